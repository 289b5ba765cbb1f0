use arki_proto::communication::v1 as pb;
use arki_test_support::{fields, on_each_database, refused, told};
use prost_types::FieldMask;
use tonic::Code;

use crate::world::{World, campaign, message};

on_each_database!(
    a_campaign_lives_from_draft_to_its_end,
    a_schedule_that_can_not_be_is_refused_with_what_is_wrong,
    a_schedule_that_is_over_can_not_be_started,
    a_campaign_needs_a_message_that_is_there,
    only_what_does_not_run_is_changed,
    a_turn_with_an_old_etag_is_refused_and_a_repeated_one_answered_as_before,
    a_campaign_that_is_not_there_is_not_found_by_any_call,
    a_directory_that_is_away_is_told_as_such,
    dead_letters_are_none_where_nothing_is_consumed,
);

async fn a_campaign_lives_from_draft_to_its_end(world: World) {
    let message = world.creates_message(message()).await;
    let draft = world.creates_campaign(campaign(&message.name, "2026-11-23T09:00", "FREQ=WEEKLY")).await;
    assert_eq!(
        (draft.state.as_str(), draft.next_time, draft.missed_policy()),
        ("draft", None, pb::MissedPolicy::Send)
    );
    let pause = pb::PauseCampaignRequest { name: draft.name.clone(), ..Default::default() };
    let refusal = refused(world.client().pause_campaign(world.asks(pause.clone())).await);
    assert_eq!(told(&refusal), (Code::FailedPrecondition, "CAMPAIGN_STATE_WRONG".into()));
    assert_eq!(
        (&refusal.metadata["state"], &refusal.metadata["needed"]),
        (&"draft".into(), &"active".into())
    );

    let active = world.activates(&draft).await;
    assert_eq!(active.state, "active");
    // Nine o'clock where the tenant is at home.
    assert_eq!(
        active.next_time.unwrap().seconds,
        "2026-11-23T07:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp()
    );
    world.pauses(&active).await;
    world.activates(&active).await;

    let end = pb::EndCampaignRequest { name: draft.name.clone(), ..Default::default() };
    let ended = world.client().end_campaign(world.asks(end.clone())).await.unwrap().into_inner();
    assert_eq!(ended.campaign.unwrap().state, "ended");
    let again = refused(world.client().end_campaign(world.asks(end)).await);
    assert_eq!(told(&again).1, "CAMPAIGN_STATE_WRONG");
}

async fn a_schedule_that_can_not_be_is_refused_with_what_is_wrong(world: World) {
    let message = world.creates_message(message()).await;
    let create = |start: &str, rrule: &str| {
        let campaign = Some(campaign(&message.name, start, rrule));
        world.asks(pb::CreateCampaignRequest { campaign, request_id: String::new() })
    };
    for (start, rrule, field) in [
        ("2026-11-23T09:00", "FREQ=HOURLY", "campaign.schedule.rrule"),
        ("2026-11-23T09:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "campaign.schedule.rrule"),
        ("2026-02-30T09:00", "", "campaign.schedule.local_start"),
    ] {
        let refusal = refused(world.client().create_campaign(create(start, rrule)).await);
        assert_eq!(
            (told(&refusal), fields(&refusal)),
            ((Code::InvalidArgument, "SCHEDULE_INVALID".into()), vec![field.into()])
        );
        assert_eq!(refusal.metadata["rrule"], rrule);
    }
}

async fn a_schedule_that_is_over_can_not_be_started(world: World) {
    let message = world.creates_message(message()).await;
    let draft = world.creates_campaign(campaign(&message.name, "2026-11-20T09:00", "")).await;
    let activate = pb::ActivateCampaignRequest { name: draft.name, ..Default::default() };
    let refusal = refused(world.client().activate_campaign(world.asks(activate)).await);
    assert_eq!(told(&refusal).1, "SCHEDULE_INVALID");
}

async fn a_campaign_needs_a_message_that_is_there(world: World) {
    let missing = "messages/msg_00000000000000000000000001";
    let campaign = Some(campaign(missing, "2026-11-23T09:00", ""));
    let request = pb::CreateCampaignRequest { campaign, request_id: String::new() };
    let refusal = refused(world.client().create_campaign(world.asks(request)).await);
    assert_eq!(
        (told(&refusal).1.as_str(), refusal.metadata["name"].as_str()),
        ("MESSAGE_NOT_FOUND", missing)
    );
}

async fn only_what_does_not_run_is_changed(world: World) {
    let active = world.tells("2026-11-23T09:00", "").await;
    let rename = || pb::UpdateCampaignRequest {
        campaign: Some(pb::Campaign {
            name: active.name.clone(),
            display_name: "Winter".into(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["display_name".into()] }),
        request_id: String::new(),
    };
    let refusal = refused(world.client().update_campaign(world.asks(rename())).await);
    assert_eq!(told(&refusal).1, "CAMPAIGN_STATE_WRONG");
    world.pauses(&active).await;
    let renamed =
        world.client().update_campaign(world.asks(rename())).await.unwrap().into_inner().campaign.unwrap();
    assert_eq!((renamed.display_name.as_str(), renamed.schedule), ("Winter", active.schedule));
}

async fn a_turn_with_an_old_etag_is_refused_and_a_repeated_one_answered_as_before(world: World) {
    let message = world.creates_message(message()).await;
    let draft = world.creates_campaign(campaign(&message.name, "2026-11-23T09:00", "")).await;
    let activate = |etag: &str, request_id: &str| {
        world.asks(pb::ActivateCampaignRequest {
            name: draft.name.clone(),
            etag: etag.into(),
            request_id: request_id.into(),
        })
    };
    let refusal = refused(world.client().activate_campaign(activate("7", "")).await);
    assert_eq!(told(&refusal).1, "ETAG_MISMATCH");
    let first = world.client().activate_campaign(activate("1", "x")).await.unwrap().into_inner();
    let again = world.client().activate_campaign(activate("1", "x")).await.unwrap().into_inner();
    assert_eq!(first, again);
}

async fn a_campaign_that_is_not_there_is_not_found_by_any_call(world: World) {
    let name = "campaigns/cmp_00000000000000000000000001".to_owned();
    let mut client = world.client();
    let get = pb::GetCampaignRequest { name: name.clone() };
    let list = pb::ListDeliveriesRequest { parent: name.clone(), ..Default::default() };
    let end = pb::EndCampaignRequest { name: name.clone(), ..Default::default() };
    let refusals = [
        refused(client.get_campaign(world.asks(get)).await),
        refused(client.list_deliveries(world.asks(list)).await),
        refused(client.end_campaign(world.asks(end)).await),
    ];
    for refusal in refusals {
        assert_eq!(told(&refusal), (Code::NotFound, "CAMPAIGN_NOT_FOUND".into()));
        assert_eq!(refusal.metadata["name"], name);
    }
}

async fn a_directory_that_is_away_is_told_as_such(world: World) {
    let message = world.creates_message(message()).await;
    let draft = world.creates_campaign(campaign(&message.name, "2026-11-23T09:00", "")).await;
    world.directory.set_away(true);
    let activate = pb::ActivateCampaignRequest { name: draft.name.clone(), ..Default::default() };
    let refusal = refused(world.client().activate_campaign(world.asks(activate)).await);
    assert_eq!(told(&refusal), (Code::Unavailable, "UNAVAILABLE".into()));
    world.directory.set_away(false);
    assert_eq!(world.activates(&draft).await.state, "active");
}

async fn dead_letters_are_none_where_nothing_is_consumed(world: World) {
    let list = pb::ListDeadLettersRequest::default();
    let listed = world.client().list_dead_letters(world.asks(list)).await.unwrap().into_inner();
    assert_eq!(listed, pb::ListDeadLettersResponse::default());
    for dead_letter in ["ddl_00000000000000000000000001", "12"] {
        let replay = pb::ReplayDeadLetterRequest { dead_letter: dead_letter.into(), request_id: "r".into() };
        let refusal = refused(world.client().replay_dead_letter(world.asks(replay)).await);
        assert_eq!(told(&refusal), (Code::NotFound, "DEAD_LETTER_NOT_FOUND".into()));
    }
}
