use arki_ids::TenantId;
use arki_proto::communication::v1 as pb;
use arki_proto::google::r#type::Date;
use arki_rpc::client::with_caller;
use arki_rpc::{Caller, Scopes};
use arki_test_support::{on_each_database, refused, told};
use tonic::{Code, Request};

use crate::world::{World, campaign, message, of_tenant};

on_each_database!(
    a_second_tenant_sees_nothing_from_any_finder,
    a_page_token_of_one_tenant_is_no_good_for_another,
    each_call_needs_its_scope,
);

async fn a_second_tenant_sees_nothing_from_any_finder(world: World) {
    world.employee("Ann", None, "Europe/Helsinki");
    let theirs = world.tells("2026-11-23T09:00", "FREQ=DAILY;COUNT=5").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    let other = TenantId::generate();
    let mut client = world.client();

    macro_rules! not_found {
        ($reason:literal, $($method:ident($request:expr)),* $(,)?) => {
            $(
                let refusal = refused(client.$method(of_tenant(other, $request)).await);
                assert_eq!(told(&refusal), (Code::NotFound, $reason.to_owned()), stringify!($method));
            )*
        };
    }
    not_found!(
        "MESSAGE_NOT_FOUND",
        get_message(pb::GetMessageRequest { name: theirs.message.clone() }),
        update_message(pb::UpdateMessageRequest {
            message: Some(pb::Message { name: theirs.message.clone(), ..message() }),
            ..Default::default()
        }),
        create_campaign(pb::CreateCampaignRequest {
            campaign: Some(campaign(&theirs.message, "2026-11-24T09:00", "")),
            ..Default::default()
        }),
        get_understanding(pb::GetUnderstandingRequest { message: theirs.message.clone() }),
    );
    not_found!(
        "CAMPAIGN_NOT_FOUND",
        get_campaign(pb::GetCampaignRequest { name: theirs.name.clone() }),
        update_campaign(pb::UpdateCampaignRequest {
            campaign: Some(pb::Campaign {
                name: theirs.name.clone(),
                ..campaign(&theirs.message, "2026-11-24T09:00", "")
            }),
            ..Default::default()
        }),
        activate_campaign(pb::ActivateCampaignRequest { name: theirs.name.clone(), ..Default::default() }),
        pause_campaign(pb::PauseCampaignRequest { name: theirs.name.clone(), ..Default::default() }),
        end_campaign(pb::EndCampaignRequest { name: theirs.name.clone(), ..Default::default() }),
        list_deliveries(pb::ListDeliveriesRequest { parent: theirs.name.clone(), ..Default::default() }),
    );
    let messages = client.list_messages(of_tenant(other, pb::ListMessagesRequest::default())).await.unwrap();
    assert_eq!(messages.into_inner(), pb::ListMessagesResponse::default());
    let campaigns =
        client.list_campaigns(of_tenant(other, pb::ListCampaignsRequest::default())).await.unwrap();
    assert_eq!(campaigns.into_inner(), pb::ListCampaignsResponse::default());
    let date = |day| Some(Date { year: 2026, month: 11, day });
    let calendar = pb::ListOccurrencesRequest { from: date(1), to: date(30), time_zone: String::new() };
    let calendar = client.list_occurrences(of_tenant(other, calendar)).await.unwrap();
    assert_eq!(calendar.into_inner(), pb::ListOccurrencesResponse::default());
    assert_eq!(world.deliveries(&theirs).await.len(), 1, "theirs is still there for them");
}

async fn a_page_token_of_one_tenant_is_no_good_for_another(world: World) {
    for _ in 0..2 {
        world.creates_message(message()).await;
    }
    let list = |page_token: String| pb::ListMessagesRequest { page_size: 1, page_token };
    let token = world.client().list_messages(world.asks(list(String::new()))).await.unwrap().into_inner();
    let request = of_tenant(TenantId::generate(), list(token.next_page_token));
    let refusal = refused(world.client().list_messages(request).await);
    assert_eq!(told(&refusal).1, "PAGE_TOKEN_INVALID");
}

async fn each_call_needs_its_scope(world: World) {
    let as_reader = |request: pb::CreateMessageRequest| {
        let scopes = Scopes::from_iter(["communication.read"]);
        let caller = Caller {
            tenant: world.tenant,
            subject: "people/per_1".to_owned(),
            scopes,
            reach: arki_rpc::Reach::Tenant,
        };
        with_caller(Request::new(request), &caller)
    };
    let create = pb::CreateMessageRequest { message: Some(message()), request_id: String::new() };
    let refusal = refused(world.client().create_message(as_reader(create.clone())).await);
    assert_eq!(told(&refusal), (Code::PermissionDenied, "SCOPE_MISSING".into()));
    let refusal = refused(world.client().create_message(Request::new(create)).await);
    assert_eq!(told(&refusal).0, Code::Unauthenticated);
}
