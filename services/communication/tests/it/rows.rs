//! What a leader sees of whether a message was understood.

use std::collections::BTreeSet;

use arki_proto::communication::v1 as pb;
use arki_test_support::{ask_as, on_each_database, told};
use tonic::{Code, Request};

use crate::world::{World, message};

on_each_database!(
    a_leader_sees_the_units_that_are_theirs_and_no_whole,
    deliveries_to_people_are_not_for_leaders
);

async fn a_leader_sees_the_units_that_are_theirs_and_no_whole(world: World) {
    let root = world.unit("Root", None);
    let left = world.unit("Left", Some(root));
    world.unit("Right", Some(root));
    let below = world.unit("Below", Some(left));
    let message = world.creates_message(message()).await.name;
    let request = || pb::GetUnderstandingRequest { message: message.clone() };
    let whole = world.client().get_understanding(world.asks(request())).await.unwrap().into_inner();
    assert!(whole.total.is_some() && whole.units.len() == 4, "{whole:?}");
    let seen = |leads: &[arki_ids::UnitId]| {
        let request: Request<_> = ask_as(world.tenant, "communication.read", leads, None, request());
        let mut client = world.client();
        async move { client.get_understanding(request).await.unwrap().into_inner() }
    };
    let own = seen(&[left]).await;
    assert_eq!(own.total, None);
    let names: BTreeSet<_> = own.units.iter().map(|unit| unit.unit.clone()).collect();
    assert_eq!(names, [left.name(), below.name()].into());
    assert!(own.units.iter().all(|unit| whole.units.contains(unit)), "as anybody sees them");
    assert!(seen(&[]).await.units.is_empty());
}

async fn deliveries_to_people_are_not_for_leaders(world: World) {
    let root = world.unit("Root", None);
    let campaign = world.tells("2027-01-01T09:00", "").await;
    let request = pb::ListDeliveriesRequest { parent: campaign.name, ..Default::default() };
    let request = ask_as(world.tenant, "communication.read", &[root], None, request);
    let (code, reason) = told(world.client().list_deliveries(request).await);
    assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "OUT_OF_REACH"));
}
