//! Dead letters. This service consumes nothing, so the letters here are written by hand.

use arki_proto::survey::v1 as pb;
use arki_test_support::{on_each_database, told};
use tonic::Code;

use crate::house::House;

on_each_database!(
    a_service_that_consumes_nothing_has_no_dead_letters,
    a_dead_letter_is_listed_and_can_be_asked_for_again,
);

async fn a_service_that_consumes_nothing_has_no_dead_letters(house: House) {
    let request = pb::ListDeadLettersRequest::default();
    let listed = house.client.clone().list_dead_letters(house.ask(request)).await.unwrap().into_inner();
    assert!(listed.dead_letters.is_empty() && listed.next_page_token.is_empty());
    for id in ["ddl_00000000000000000000000000", "17"] {
        let request = pb::ReplayDeadLetterRequest { dead_letter: id.to_owned(), request_id: String::new() };
        let refused = house.client.clone().replay_dead_letter(house.ask(request)).await.unwrap_err();
        assert_eq!(told(&refused), (Code::NotFound, "DEAD_LETTER_NOT_FOUND".to_owned()));
    }
}

async fn a_dead_letter_is_listed_and_can_be_asked_for_again(house: House) {
    let (tenant, id) = (house.tenant, "ddl_00000000000000000000000007");
    let sql = format!(
        "INSERT INTO dead_letter (tenant_id, id, consumer, event_id, subject, aggregate, payload, event_time, \
         attempts, last_error, create_time) SELECT '{tenant}', '{id}', 'survey.nobody', \
         'evt_00000000000000000000000000', 'arki.directory.unit.changed', 'units/x', installation.value, \
         wave.create_time, 5, 'no such unit', wave.create_time FROM wave, installation"
    );
    house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    house.executes(Box::leak(sql.into_boxed_str())).await;
    let request = pb::ListDeadLettersRequest::default();
    let listed = house.client.clone().list_dead_letters(house.ask(request)).await.unwrap().into_inner();
    assert_eq!((listed.dead_letters[0].id.as_str(), listed.dead_letters[0].attempts), (id, 5));
    let request = pb::ReplayDeadLetterRequest { dead_letter: id.to_owned(), request_id: String::new() };
    let replayed = house.client.clone().replay_dead_letter(house.ask(request)).await.unwrap().into_inner();
    assert_eq!(replayed.dead_letter.unwrap().last_error, "no such unit");
}
