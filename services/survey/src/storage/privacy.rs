//! What each table holds of a person, and forgetting them. A new table gets its line here, and a test fails until it
//! has.

use arki_database::{Error, Store, Tx};
use arki_ids::{PersonId, TenantId};
use arki_privacy::{Room, Rows};
use arki_proto::r#type::v1::PersonalPart;
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::domain::{Anonymity, Audience, State};

/// Every table, in the order in which a person is forgotten. Only linked waves lead from a person to a response; in
/// anonymous ones nothing does, so that the invitation goes and the response, if there is one, stays with nobody.
pub const ROOMS: &[Room] = &[
    Room::erased(
        "response",
        "(wave_id, invitation_id) IN \
         (SELECT i.wave_id, i.id FROM invitation i WHERE i.tenant_id = $1 AND i.person IN ({people}))",
    ),
    // Whether somebody opened or answered is shown to nobody where the wave is anonymous.
    Room::erased("invitation", "person IN ({people})").hiding(&[
        "token_hash",
        "fingerprint",
        "opened",
        "submitted",
    ]),
    Room::by_hand(
        "wave_count",
        "",
        "while a wave is open, its number follows; later it is published and stays",
    ),
    Room::kept("imported", "keyed seals of a source's keys of responses, apart from the responses"),
    Room::no_person("questionnaire"),
    Room::no_person("questionnaire_version"),
    Room::no_person("wave"),
    Room::no_person("roster"),
    Room::no_person("ineligible"),
    Room::no_person("answered_before"),
    Room::no_person("purged_wave"),
    Room::no_person("comments_purged"),
    Room::no_person("installation"),
];

/// The shard that takes off what erasures take: none of the intake's, so that neither waits for the other.
const SHARD: i32 = -2;

/// In how many anonymous waves people were asked.
pub async fn anonymous_invitations(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<i64, Error> {
    let sql = "SELECT count(*) AS invitations FROM invitation i \
               JOIN wave w ON w.tenant_id = i.tenant_id AND w.id = i.wave_id \
               WHERE i.tenant_id = $1 AND w.anonymity = $2 AND i.person IN ({people})";
    let row = db.query_one_raw(of(db, sql, tenant, Anonymity::Anonymous.word(), people)).await?;
    Ok(row.map(|row| row.try_get("", "invitations")).transpose()?.unwrap_or_default())
}

/// Takes the responses of people off the number of those open waves that are counted at their close: they are
/// counted without these. What is counted already is published, and is never counted again.
pub async fn take_off_counts(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<Vec<Rows>, Error> {
    let guarded = Audience::ALL.iter().filter(|audience| audience.is_guarded());
    let guarded: Vec<String> = guarded.map(|audience| format!("'{}'", audience.word())).collect();
    let sql = format!(
        "SELECT r.wave_id, count(*) AS responses FROM response r \
         JOIN wave w ON w.tenant_id = r.tenant_id AND w.id = r.wave_id \
         WHERE r.tenant_id = $1 AND w.state = $2 AND w.audience IN ({}) AND (r.wave_id, r.invitation_id) IN \
         (SELECT i.wave_id, i.id FROM invitation i WHERE i.tenant_id = $1 AND i.person IN ({{people}})) \
         GROUP BY r.wave_id",
        guarded.join(", ")
    );
    let rows = tx.query_all_raw(of(tx, &sql, tenant, State::Open.word(), people)).await?;
    let mut counted = Vec::new();
    for row in rows {
        let (wave, responses): (String, i64) = (row.try_get("", "wave_id")?, row.try_get("", "responses")?);
        let sql = "INSERT INTO wave_count (tenant_id, wave_id, shard, responses) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (tenant_id, wave_id, shard) \
                   DO UPDATE SET responses = wave_count.responses + excluded.responses";
        let values: [Value; 4] = [tenant.to_string().into(), wave.into(), SHARD.into(), (-responses).into()];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        arki_privacy::add(&mut counted, "wave_count", 1);
    }
    Ok(counted)
}

/// A statement about people: `$1` is the tenant, `$2` a word, `{people}` the list of their ids.
fn of(db: &impl ConnectionTrait, sql: &str, tenant: TenantId, word: &str, people: &[PersonId]) -> Statement {
    let places: Vec<String> = (0..people.len()).map(|place| format!("${}", place + 3)).collect();
    let mut values: Vec<Value> = vec![tenant.to_string().into(), word.into()];
    values.extend(people.iter().map(|person| Value::from(person.to_string())));
    Statement::from_sql_and_values(
        db.get_database_backend(),
        sql.replace("{people}", &places.join(", ")),
        values,
    )
}

/// The word of the contract for answers that nobody can find.
pub const ANONYMOUS: &str = "anonymous_responses";

/// Everything that is held of people, and whether they were asked where answers are nobody's.
pub async fn held(store: &Store, tenant: TenantId, people: &[PersonId]) -> Result<PersonalPart, Error> {
    let reader = store.reader();
    let sections = arki_privacy::export(reader, tenant, people, ROOMS).await?;
    let is_limited = !people.is_empty() && anonymous_invitations(reader, tenant, people).await? > 0;
    let limits = is_limited.then(|| ANONYMOUS.to_owned()).into_iter().collect();
    Ok(arki_privacy::part("survey", sections, limits))
}
