//! Lists of invitations.

use arki_proto::survey::v1 as pb;
use arki_test_support::{on_each_database, told};
use tonic::Code;

use crate::house::{House, number, unit};

on_each_database!(
    a_list_can_be_of_a_unit_or_of_a_person,
    a_linked_wave_shows_how_far_people_came,
    a_list_asks_for_a_wave_that_is_there,
);

async fn list(
    house: &House,
    request: pb::ListInvitationsRequest,
) -> Result<pb::ListInvitationsResponse, tonic::Status> {
    Ok(house.client.clone().list_invitations(house.ask(request)).await?.into_inner())
}

async fn a_list_can_be_of_a_unit_or_of_a_person(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let of_unit =
        pb::ListInvitationsRequest { parent: wave.name.clone(), unit: unit(3).name(), ..Default::default() };
    let listed = list(&house, of_unit.clone()).await.unwrap().invitations;
    assert_eq!(listed.len(), 4);
    assert!(
        listed.iter().all(|one| one.unit == unit(3).name() && one.language == "sv" && !one.token.is_empty())
    );
    let of_person = pb::ListInvitationsRequest {
        parent: wave.name.clone(),
        person: listed[2].person.clone(),
        ..Default::default()
    };
    assert_eq!(list(&house, of_person).await.unwrap().invitations, [listed[2].clone()]);
    let page = list(&house, pb::ListInvitationsRequest { page_size: 3, ..of_unit.clone() }).await.unwrap();
    assert_eq!(page.invitations, listed[..3]);
    // The token of one list is not that of another.
    let other = pb::ListInvitationsRequest {
        unit: unit(2).name(),
        page_size: 3,
        page_token: page.next_page_token.clone(),
        ..of_unit.clone()
    };
    let refused = list(&house, other).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "PAGE_TOKEN_INVALID".to_owned()));
    let rest =
        pb::ListInvitationsRequest { page_size: 3, page_token: page.next_page_token, ..of_unit.clone() };
    assert_eq!(list(&house, rest).await.unwrap().invitations, listed[3..]);
    let wrong = pb::ListInvitationsRequest { unit: "units/17".to_owned(), ..of_unit };
    let refused = list(&house, wrong).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "INVALID_FIELDS".to_owned()));
}

async fn a_linked_wave_shows_how_far_people_came(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let invitations = house.invitations(&wave).await;
    house.form(&invitations[0].token, "").await.unwrap();
    house.form(&invitations[1].token, "").await.unwrap();
    house.submits(&invitations[1].token, vec![number("recommend", 3)]).await.unwrap();
    let states =
        |invitations: Vec<pb::Invitation>| invitations.iter().map(pb::Invitation::state).collect::<Vec<_>>();
    use pb::InvitationState::{Created, Expired, Opened, Submitted};
    assert_eq!(states(house.invitations(&wave).await), [Opened, Submitted, Created]);
    house.closes(&wave).await.unwrap();
    assert_eq!(states(house.invitations(&wave).await), [Expired, Submitted, Expired]);
}

async fn a_list_asks_for_a_wave_that_is_there(house: House) {
    let parent = "waves/wav_00000000000000000000000000".to_owned();
    let refused =
        list(&house, pb::ListInvitationsRequest { parent, ..Default::default() }).await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "WAVE_NOT_FOUND".to_owned()));
}
