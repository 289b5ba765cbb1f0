//! A second tenant sees and changes nothing of the first.

use arki_ids::TenantId;
use arki_proto::survey::v1 as pb;
use arki_rpc::client;
use arki_survey::domain::VersionKey;
use arki_survey::storage::invitations::Filter;
use arki_survey::storage::{invitations, questionnaires, responses, waves};
use arki_test_support::{on_each_database, told};
use tonic::{Code, Request};

use crate::house::{House, caller, number};

on_each_database!(
    calls_of_another_tenant_find_nothing,
    every_finder_is_of_one_tenant,
    a_caller_without_the_scope_is_refused,
);

/// Asks as somebody of another tenant.
fn stranger<T>(request: T) -> Request<T> {
    client::with_caller(Request::new(request), &caller(TenantId::generate()))
}

async fn calls_of_another_tenant_find_nothing(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let (name, version) = (wave.name.clone(), wave.questionnaire_version.clone());
    let questionnaire = version.split("/versions/").next().unwrap().to_owned();
    let mut client = house.client.clone();
    let (q, w) = (
        (Code::NotFound, "QUESTIONNAIRE_NOT_FOUND".to_owned()),
        (Code::NotFound, "WAVE_NOT_FOUND".to_owned()),
    );
    let v = (Code::NotFound, "VERSION_NOT_FOUND".to_owned());

    let request = pb::GetQuestionnaireRequest { name: questionnaire.clone() };
    assert_eq!(told(client.get_questionnaire(stranger(request)).await.unwrap_err()), q);
    let update = pb::UpdateQuestionnaireRequest {
        questionnaire: Some(pb::Questionnaire {
            name: questionnaire.clone(),
            ..crate::house::questionnaire()
        }),
        ..Default::default()
    };
    assert_eq!(told(client.update_questionnaire(stranger(update)).await.unwrap_err()), q);
    let request = pb::PublishQuestionnaireRequest { name: questionnaire.clone(), ..Default::default() };
    assert_eq!(told(client.publish_questionnaire(stranger(request)).await.unwrap_err()), q);
    let request = pb::ListQuestionnaireVersionsRequest { parent: questionnaire, ..Default::default() };
    assert_eq!(told(client.list_questionnaire_versions(stranger(request)).await.unwrap_err()), q);
    let request = pb::GetQuestionnaireVersionRequest { name: version.clone() };
    assert_eq!(told(client.get_questionnaire_version(stranger(request)).await.unwrap_err()), v);
    let create = pb::CreateWaveRequest {
        wave: Some(pb::Wave { name: String::new(), close_time: None, ..wave.clone() }),
        request_id: String::new(),
    };
    assert_eq!(told(client.create_wave(stranger(create)).await.unwrap_err()), v);

    let request = pb::GetWaveRequest { name: name.clone() };
    assert_eq!(told(client.get_wave(stranger(request)).await.unwrap_err()), w);
    let update = pb::UpdateWaveRequest { wave: Some(wave.clone()), ..Default::default() };
    assert_eq!(told(client.update_wave(stranger(update)).await.unwrap_err()), w);
    let request = pb::OpenWaveRequest { name: name.clone(), ..Default::default() };
    assert_eq!(told(client.open_wave(stranger(request)).await.unwrap_err()), w);
    let request = pb::CloseWaveRequest { name: name.clone(), ..Default::default() };
    assert_eq!(told(client.close_wave(stranger(request)).await.unwrap_err()), w);
    let request = pb::GetResponseRateRequest { name: name.clone() };
    assert_eq!(told(client.get_response_rate(stranger(request)).await.unwrap_err()), w);
    let request = pb::ListInvitationsRequest { parent: name.clone(), ..Default::default() };
    assert_eq!(told(client.list_invitations(stranger(request)).await.unwrap_err()), w);
    let import = pb::ImportResponsesRequest {
        wave: name,
        key: "a".to_owned(),
        answers: vec![number("recommend", 1)],
        ..Default::default()
    };
    let mut results =
        client.import_responses(stranger(futures::stream::iter([import]))).await.unwrap().into_inner();
    assert_eq!(told(results.message().await.unwrap_err()), w);

    let request = pb::ListQuestionnairesRequest::default();
    assert!(
        client.list_questionnaires(stranger(request)).await.unwrap().into_inner().questionnaires.is_empty()
    );
    let request = pb::ListWavesRequest::default();
    assert!(client.list_waves(stranger(request)).await.unwrap().into_inner().waves.is_empty());
    assert_eq!(house.sees(&wave).await, wave);
}

async fn every_finder_is_of_one_tenant(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let token = house.invitations(&wave).await[0].token.clone();
    house.submits(&token, vec![number("recommend", 1)]).await.unwrap();
    let (own, other, reader) = (house.tenant, TenantId::generate(), house.store.reader());
    let version = VersionKey::from_name(&wave.questionnaire_version).unwrap();
    let id = arki_ids::WaveId::from_name(&wave.name).unwrap();
    let page = arki_database::page::PageRequest::default();
    let hash = arki_survey::domain::Token::parse(&token).unwrap().hash();
    for (tenant, sees) in [(own, 1), (other, 0)] {
        let found = questionnaires::find(reader, tenant, version.questionnaire).await.unwrap();
        assert_eq!(usize::from(found.is_some()), sees);
        assert_eq!(questionnaires::list(reader, tenant, &page).await.unwrap().items.len(), sees);
        assert_eq!(
            usize::from(questionnaires::find_version(reader, tenant, version).await.unwrap().is_some()),
            sees
        );
        let listed =
            questionnaires::list_versions(reader, tenant, version.questionnaire, &page).await.unwrap();
        assert_eq!(listed.items.len(), sees);
        let found = waves::find(reader, tenant, id).await.unwrap();
        assert_eq!(usize::from(found.is_some()), sees);
        assert_eq!(waves::list(reader, tenant, &page).await.unwrap().items.len(), sees);
        assert_eq!(waves::find_all(reader, &[(tenant, id)]).await.unwrap().len(), sees);
        assert_eq!(waves::responses(reader, tenant, &[id]).await.unwrap().len(), sees);
        assert_eq!(waves::list_roster(reader, tenant, id).await.unwrap().len(), 2 * sees);
        let one = waves::find(reader, own, id).await.unwrap().unwrap();
        assert_eq!(waves::answered(reader, tenant, &one).await.unwrap().len(), sees);
        let listed = invitations::list(reader, tenant, id, Filter::default(), &page).await.unwrap();
        assert_eq!(listed.items.len(), 3 * sees);
        let found = invitations::find_by_token(reader, tenant, &hash).await.unwrap();
        assert_eq!(usize::from(found.is_some()), sees);
        let mut seen = 0;
        responses::for_each(reader, tenant, id, |_| seen += 1).await.unwrap();
        assert_eq!(seen, sees);
    }
}

async fn a_caller_without_the_scope_is_refused(house: House) {
    let reader = arki_rpc::Caller { scopes: arki_rpc::Scopes::parse("survey.read"), ..caller(house.tenant) };
    let request = client::with_caller(Request::new(pb::ListInvitationsRequest::default()), &reader);
    let refused = house.client.clone().list_invitations(request).await.unwrap_err();
    assert_eq!(told(&refused), (Code::PermissionDenied, "SCOPE_MISSING".to_owned()));
}
