//! Target profiles.

use arki_proto::scorecard::v1 as pb;
use arki_rpc::Failure;
use arki_test_support::{TestDatabase, on_each_database, said, told};
use tonic::Code;

use crate::wave::question;
use crate::world::World;

on_each_database!(
    a_profile_is_created_read_and_listed_as_it_was_given,
    faults_of_a_profile_are_all_told_at_once,
    a_profile_changes_by_its_mask,
    the_question_of_a_profile_stays_while_a_metric_measures_by_it,
);

async fn updates(
    world: &World,
    profile: pb::TargetProfile,
    mask: &[&str],
) -> Result<pb::TargetProfile, Failure> {
    let paths = mask.iter().map(ToString::to_string).collect();
    let request = pb::UpdateTargetProfileRequest {
        target_profile: Some(profile),
        update_mask: Some(prost_types::FieldMask { paths }),
        ..Default::default()
    };
    said(world.client().update_target_profile(world.ask(request)).await)
        .map(|response| response.target_profile.unwrap())
}

async fn a_profile_is_created_read_and_listed_as_it_was_given(database: TestDatabase) {
    let world = World::start(database).await;
    let given = world.whole_profile();
    let created = world.creates_profile(given.clone()).await.unwrap();
    assert!(created.name.starts_with("targetProfiles/tpr_"));
    let expected = pb::TargetProfile {
        name: created.name.clone(),
        create_time: created.create_time,
        update_time: created.create_time,
        etag: "1".to_owned(),
        ..given
    };
    assert_eq!(created, expected);
    let request = pb::GetTargetProfileRequest { name: created.name.clone() };
    let read = said(world.client().get_target_profile(world.ask(request)).await).unwrap();
    assert_eq!(read.target_profile.as_ref(), Some(&created));
    let request = pb::ListTargetProfilesRequest::default();
    let listed = said(world.client().list_target_profiles(world.ask(request)).await).unwrap();
    assert_eq!(listed.target_profiles, [created]);
}

async fn faults_of_a_profile_are_all_told_at_once(database: TestDatabase) {
    let world = World::start(database).await;
    let mut wrong = world.whole_profile();
    wrong.terms[0].role = pb::TermRole::Neutral.into();
    wrong.terms[1].role = pb::TermRole::Neutral.into();
    wrong.terms[1].low_percent = 90.0;
    wrong.terms[2].term = "calm".to_owned();
    let refusal = world.creates_profile(wrong).await.unwrap_err();
    assert_eq!((refusal.code, &*refusal.reason), (Code::InvalidArgument, "TARGET_PROFILE_INVALID"));
    let fields: Vec<_> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        fields,
        ["target_profile.terms[1].low_percent", "target_profile.terms[2].term", "target_profile.terms",]
    );
}

async fn a_profile_changes_by_its_mask(database: TestDatabase) {
    let world = World::start(database).await;
    let created = world.creates_profile(world.whole_profile()).await.unwrap();
    let renamed = pb::TargetProfile {
        name: created.name.clone(),
        display_name: "How it should feel here".to_owned(),
        etag: "1".to_owned(),
        ..Default::default()
    };
    let changed = updates(&world, renamed.clone(), &["display_name"]).await.unwrap();
    assert_eq!((changed.etag.as_str(), &changed.terms), ("2", &created.terms));
    assert_eq!(changed.display_name, renamed.display_name);
    assert_eq!(
        told(updates(&world, renamed.clone(), &["display_name"]).await),
        (Code::Aborted, "ETAG_MISMATCH".to_owned())
    );
    let bare = pb::TargetProfile { etag: String::new(), ..renamed };
    assert_eq!(told(updates(&world, bare.clone(), &["colour"]).await).1, "UPDATE_MASK_INVALID");
    let nowhere =
        pb::TargetProfile { name: "targetProfiles/tpr_00000000000000000000000001".to_owned(), ..bare };
    assert_eq!(
        told(updates(&world, nowhere, &["display_name"]).await),
        (Code::NotFound, "TARGET_PROFILE_NOT_FOUND".to_owned())
    );
}

async fn the_question_of_a_profile_stays_while_a_metric_measures_by_it(database: TestDatabase) {
    let world = World::start(database).await;
    let profile = world.creates_profile(world.whole_profile()).await.unwrap();
    let moved = pb::TargetProfile { question: question(world.questionnaire, "feels"), ..profile.clone() };
    let metric = pb::Metric {
        target_profile: profile.name.clone(),
        ..world.whole_metric(pb::MetricKind::EmotionFit, "felt")
    };
    let metric = world.creates_metric(metric).await.unwrap();
    let refusal = updates(&world, moved.clone(), &["question"]).await.unwrap_err();
    assert_eq!(&*refusal.reason, "TARGET_PROFILE_INVALID");
    assert_eq!(refusal.violations[0].field, "target_profile.question");
    let other = pb::Metric {
        kind: pb::MetricKind::Csat.into(),
        target_profile: String::new(),
        question: question(world.questionnaire, "pleased"),
        ..metric
    };
    world.updates_metric(other, &[]).await.unwrap();
    assert_eq!(updates(&world, moved.clone(), &["question"]).await.unwrap().question, moved.question);
}
