//! Working on questionnaires, and freezing them.

use arki_proto::survey::v1 as pb;
use arki_rpc::Failure;
use arki_test_support::{fields, mask, on_each_database, told};
use tonic::Code;

use crate::house::{House, questionnaire, words};

on_each_database!(
    a_created_questionnaire_reads_back_as_it_was_given,
    a_repeated_request_has_one_effect_and_a_reused_id_is_refused,
    fields_out_of_bounds_are_all_named,
    an_update_changes_what_its_mask_names,
    without_a_mask_every_field_changes,
    a_version_never_changes_and_unchanged_content_makes_no_new_one,
    a_half_finished_questionnaire_can_be_kept_but_not_published,
    a_version_that_is_not_there_is_not_found,
    lists_go_on_where_they_stopped,
);

async fn create(house: &House, request_id: &str) -> Result<pb::Questionnaire, tonic::Status> {
    let request = pb::CreateQuestionnaireRequest {
        questionnaire: Some(questionnaire()),
        request_id: request_id.to_owned(),
    };
    let created = house.client.clone().create_questionnaire(house.ask(request)).await?;
    Ok(created.into_inner().questionnaire.unwrap())
}

async fn update(
    house: &House,
    questionnaire: pb::Questionnaire,
    paths: &[&str],
) -> Result<pb::Questionnaire, tonic::Status> {
    let request = pb::UpdateQuestionnaireRequest {
        questionnaire: Some(questionnaire),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let updated = house.client.clone().update_questionnaire(house.ask(request)).await?;
    Ok(updated.into_inner().questionnaire.unwrap())
}

async fn publish(house: &House, name: &str, etag: &str) -> Result<pb::QuestionnaireVersion, tonic::Status> {
    let request = pb::PublishQuestionnaireRequest {
        name: name.to_owned(),
        etag: etag.to_owned(),
        request_id: String::new(),
    };
    let published = house.client.clone().publish_questionnaire(house.ask(request)).await?;
    Ok(published.into_inner().version.unwrap())
}

async fn a_created_questionnaire_reads_back_as_it_was_given(house: House) {
    let created = create(&house, "").await.unwrap();
    let request = pb::GetQuestionnaireRequest { name: created.name.clone() };
    let found = house.client.clone().get_questionnaire(house.ask(request)).await.unwrap().into_inner();
    assert_eq!(found.questionnaire, Some(created.clone()));
    let given = pb::Questionnaire {
        name: created.name.clone(),
        create_time: created.create_time,
        update_time: created.update_time,
        etag: "1".to_owned(),
        ..questionnaire()
    };
    assert_eq!(created, given);
}

async fn a_repeated_request_has_one_effect_and_a_reused_id_is_refused(house: House) {
    let first = create(&house, "r1").await.unwrap();
    assert_eq!(create(&house, "r1").await.unwrap(), first);
    assert_eq!(house.count("questionnaire").await, 1);
    let other = pb::CreateQuestionnaireRequest {
        questionnaire: Some(pb::Questionnaire { display_name: "Other".to_owned(), ..questionnaire() }),
        request_id: "r1".to_owned(),
    };
    let refused = house.client.clone().create_questionnaire(house.ask(other)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
    assert_eq!(Failure::from_status(&refused).metadata["request_id"], "r1");
}

async fn fields_out_of_bounds_are_all_named(house: House) {
    let given = pb::Questionnaire { display_name: String::new(), languages: vec![], ..questionnaire() };
    let request = pb::CreateQuestionnaireRequest { questionnaire: Some(given), request_id: String::new() };
    let refused = house.client.clone().create_questionnaire(house.ask(request)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "INVALID_FIELDS".to_owned()));
    assert_eq!(fields(&refused), ["questionnaire.display_name", "questionnaire.languages"]);
}

async fn an_update_changes_what_its_mask_names(house: House) {
    let created = create(&house, "").await.unwrap();
    let given = pb::Questionnaire {
        name: created.name.clone(),
        display_name: "Renamed".to_owned(),
        title: words("Never taken"),
        etag: created.etag.clone(),
        ..Default::default()
    };
    let updated = update(&house, given.clone(), &["display_name", "etag"]).await.unwrap();
    assert_eq!((updated.display_name.as_str(), &updated.title), ("Renamed", &created.title));
    assert_eq!(updated.questions, created.questions);
    // Its etag is the one from before.
    let refused = update(&house, given.clone(), &["display_name"]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
    assert_eq!(Failure::from_status(&refused).metadata["etag"], "2");
    let refused = update(&house, given.clone(), &["create_time"]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "UPDATE_MASK_INVALID".to_owned()));
    let missing = pb::Questionnaire {
        name: "questionnaires/qst_00000000000000000000000000".to_owned(),
        etag: String::new(),
        ..given
    };
    let refused = update(&house, missing, &["display_name"]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "QUESTIONNAIRE_NOT_FOUND".to_owned()));
}

async fn without_a_mask_every_field_changes(house: House) {
    let created = create(&house, "").await.unwrap();
    let given = pb::Questionnaire { purpose: words("Another"), ..created.clone() };
    let updated = update(&house, given, &[]).await.unwrap();
    assert_eq!(updated.purpose, words("Another"));
    assert_eq!(updated.questions, created.questions);
}

async fn a_version_never_changes_and_unchanged_content_makes_no_new_one(house: House) {
    let created = create(&house, "").await.unwrap();
    let first = publish(&house, &created.name, &created.etag).await.unwrap();
    assert_eq!((first.number, first.name), (1, format!("{}/versions/1", created.name)));
    let again = publish(&house, &created.name, "").await.unwrap();
    assert_eq!(again.number, 1);
    let changed =
        pb::Questionnaire { name: created.name.clone(), title: words("New title"), ..Default::default() };
    update(&house, changed, &["title"]).await.unwrap();
    let second = publish(&house, &created.name, "").await.unwrap();
    assert_eq!(second.number, 2);
    let request = pb::GetQuestionnaireVersionRequest { name: again.name.clone() };
    let found =
        house.client.clone().get_questionnaire_version(house.ask(request)).await.unwrap().into_inner();
    assert_eq!(found.version, Some(again));
    assert_eq!(found.version.unwrap().content.unwrap().title, created.title);
    let request = pb::ListQuestionnaireVersionsRequest { parent: created.name.clone(), ..Default::default() };
    let listed = house.client.clone().list_questionnaire_versions(house.ask(request)).await.unwrap();
    let numbers: Vec<_> = listed.into_inner().versions.iter().map(|version| version.number).collect();
    assert_eq!(numbers, [1, 2]);
    let refused = publish(&house, &created.name, "1").await.unwrap_err();
    assert_eq!(told(&refused), (Code::Aborted, "ETAG_MISMATCH".to_owned()));
}

async fn a_half_finished_questionnaire_can_be_kept_but_not_published(house: House) {
    let mut half = questionnaire();
    half.questions[3].options.truncate(7);
    half.questions[4].key = "recommend".to_owned();
    half.languages.push("et".to_owned());
    let request = pb::CreateQuestionnaireRequest { questionnaire: Some(half), request_id: String::new() };
    let created = house.client.clone().create_questionnaire(house.ask(request)).await.unwrap().into_inner();
    let refused = publish(&house, &created.questionnaire.unwrap().name, "").await.unwrap_err();
    assert_eq!(told(&refused), (Code::FailedPrecondition, "QUESTIONNAIRE_INCOMPLETE".to_owned()));
    let failure = Failure::from_status(&refused);
    let fields: Vec<_> = failure.violations.iter().map(|one| one.field.as_str()).collect();
    for field in ["title", "questions[0].text", "questions[3].options", "questions[4].key"] {
        assert!(fields.contains(&field), "{field} is not in {fields:?}");
    }
    assert_eq!(house.count("questionnaire_version").await, 0);
}

async fn a_version_that_is_not_there_is_not_found(house: House) {
    let created = create(&house, "").await.unwrap();
    let request = pb::GetQuestionnaireVersionRequest { name: format!("{}/versions/1", created.name) };
    let refused = house.client.clone().get_questionnaire_version(house.ask(request)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "VERSION_NOT_FOUND".to_owned()));
}

async fn lists_go_on_where_they_stopped(house: House) {
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(create(&house, "").await.unwrap().name);
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListQuestionnairesRequest { page_size: 2, page_token };
        let page = house.client.clone().list_questionnaires(house.ask(request)).await.unwrap().into_inner();
        listed.extend(page.questionnaires.into_iter().map(|one| one.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, names);
    let request = pb::ListQuestionnairesRequest { page_size: 2, page_token: "made up".to_owned() };
    let refused = house.client.clone().list_questionnaires(house.ask(request)).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
}
