//! Waves and what they ask.

use arki_database::{Error, Tx};
use arki_ids::{TenantId, WaveId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::entity::{wave, wave_question};
use super::{CHUNK, row};
use crate::domain::metric::QuestionBinding;
use crate::domain::release::MinimumGroup;
use crate::domain::wave::{Audience, Opening, Question, Wave, WaveState};

pub async fn find(db: &impl ConnectionTrait, tenant: TenantId, id: WaveId) -> Result<Option<Wave>, Error> {
    let found = wave::Entity::in_tenant(tenant).filter(wave::Column::Id.eq(id.to_string())).one(db).await?;
    found.map(of_model).transpose()
}

/// The newest wave that may be shown, asks one of the audiences and has the question as one of that kind.
pub async fn find_newest_shown(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    question: &QuestionBinding,
    kind: &str,
    audiences: &[Audience],
) -> Result<Option<Wave>, Error> {
    let asking = wave_question::Entity::in_tenant(tenant)
        .filter(wave_question::Column::QuestionnaireId.eq(question.questionnaire.to_string()))
        .filter(wave_question::Column::Question.eq(question.question.as_str()))
        .filter(wave_question::Column::Kind.eq(kind))
        .select_only()
        .column(wave_question::Column::WaveId)
        .into_query();
    let words = |gated: bool| {
        let of_kind = audiences.iter().filter(move |audience| audience.is_gated() == gated);
        of_kind.map(|audience| audience.word()).collect::<Vec<_>>()
    };
    let released = Condition::all()
        .add(wave::Column::Audience.is_in(words(true)))
        .add(wave::Column::State.eq(WaveState::Released.word()));
    let found = wave::Entity::in_tenant(tenant)
        .filter(wave::Column::Id.in_subquery(asking))
        .filter(Condition::any().add(wave::Column::Audience.is_in(words(false))).add(released))
        .order_by_desc(wave::Column::OpenDay)
        .order_by_desc(wave::Column::Id)
        .one(db)
        .await?;
    found.map(of_model).transpose()
}

/// The waves that have ended and could not be released yet.
pub async fn list_closed(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Vec<Wave>, Error> {
    let closed = wave::Column::State.eq(WaveState::Closed.word());
    let rows = wave::Entity::in_tenant(tenant).filter(closed).order_by_asc(wave::Column::Id).all(db).await?;
    rows.into_iter().map(of_model).collect()
}

/// What a wave asks under a key, if it does.
pub async fn find_question(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    wave: WaveId,
    question: &QuestionBinding,
) -> Result<Option<Question>, Error> {
    let found = wave_question::Entity::in_tenant(tenant)
        .filter(wave_question::Column::WaveId.eq(wave.to_string()))
        .filter(wave_question::Column::QuestionnaireId.eq(question.questionnaire.to_string()))
        .filter(wave_question::Column::Question.eq(question.question.as_str()))
        .one(db)
        .await?;
    let read = |wave_question::Model { kind, options, .. }| {
        Ok(Question { kind, options: row::read("wave_question.options", options)? })
    };
    found.map(read).transpose()
}

/// Writes what is known of a wave, whether anything was before or not.
pub async fn save(tx: &Tx, tenant: TenantId, wave: &Wave) -> Result<(), Error> {
    let key = [wave::Column::TenantId, wave::Column::Id];
    let rest = [
        wave::Column::State,
        wave::Column::DisplayName,
        wave::Column::Audience,
        wave::Column::Anonymity,
        wave::Column::OpenDay,
        wave::Column::MinimumGroup,
        wave::Column::CloseTime,
    ];
    wave::Entity::insert(model(tenant, wave)?.into_active_model())
        .on_conflict(OnConflict::columns(key).update_columns(rest).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

pub async fn insert_questions(
    tx: &Tx,
    tenant: TenantId,
    wave: WaveId,
    questions: &[(QuestionBinding, Question)],
) -> Result<(), Error> {
    for chunk in questions.chunks(CHUNK) {
        let rows = chunk.iter().map(|(binding, Question { kind, options })| {
            let model = wave_question::Model {
                tenant_id: row::tenant(tenant),
                wave_id: wave.to_string(),
                questionnaire_id: binding.questionnaire.to_string(),
                question: binding.question.clone(),
                kind: kind.clone(),
                options: row::write("wave_question.options", options)?,
            };
            Ok(model.into_active_model())
        });
        let rows = rows.collect::<Result<Vec<_>, Error>>()?;
        wave_question::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn of_model(model: wave::Model) -> Result<Wave, Error> {
    let wave::Model {
        tenant_id: _,
        id,
        state,
        display_name,
        audience,
        anonymity,
        open_day,
        minimum_group,
        close_time,
    } = model;
    let opening = match (display_name, audience, anonymity, open_day, minimum_group) {
        (Some(display_name), Some(audience), Some(anonymity), Some(open_day), Some(minimum_group)) => {
            let people: u64 = row::number("wave.minimum_group", minimum_group.into())?;
            Some(Opening {
                display_name,
                audience: row::word("wave.audience", &audience, Audience::from_word)?,
                anonymity,
                open_day,
                minimum_group: MinimumGroup::new(people)
                    .map_err(|error| Error::Corrupt(format!("wave.minimum_group: {error}")))?,
            })
        }
        _ => None,
    };
    Ok(Wave {
        id: row::parse("wave.id", &id)?,
        opening,
        state: row::word("wave.state", &state, WaveState::from_word)?,
        close_time,
    })
}

fn model(tenant: TenantId, wave: &Wave) -> Result<wave::Model, Error> {
    let Wave { id, opening, state, close_time } = wave;
    let opening = opening.as_ref();
    let minimum_group = opening.map(|opening| row::signed("wave.minimum_group", opening.minimum_group.get()));
    Ok(wave::Model {
        tenant_id: row::tenant(tenant),
        id: id.to_string(),
        state: state.word().to_owned(),
        display_name: opening.map(|opening| opening.display_name.clone()),
        audience: opening.map(|opening| opening.audience.word().to_owned()),
        anonymity: opening.map(|opening| opening.anonymity.clone()),
        open_day: opening.map(|opening| opening.open_day),
        minimum_group: minimum_group.transpose()?.map(|people| i32::try_from(people).unwrap_or(i32::MAX)),
        close_time: *close_time,
    })
}
