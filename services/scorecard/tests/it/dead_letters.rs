//! Events that could not be handled, as an operator sees them.

use arki_proto::scorecard::v1 as pb;
use arki_rpc::Failure;
use arki_test_support::{TestDatabase, ask, eventually, on_each_database, said, told};
use tonic::Code;

use crate::wave::{counted, march, recommend};
use crate::world::World;

on_each_database!(a_dead_letter_is_listed_and_replayed, an_unknown_dead_letter_is_refused);

async fn replay(world: &World, id: &str, request_id: &str) -> Result<pb::ReplayDeadLetterResponse, Failure> {
    let request =
        pb::ReplayDeadLetterRequest { dead_letter: id.to_owned(), request_id: request_id.to_owned() };
    said(world.client().replay_dead_letter(ask(world.tenant, "scorecard.admin", request)).await)
}

async fn list(world: &World, page_token: String) -> pb::ListDeadLettersResponse {
    let request = pb::ListDeadLettersRequest { page_size: 1, page_token };
    said(world.client().list_dead_letters(ask(world.tenant, "scorecard.admin", request)).await).unwrap()
}

async fn a_dead_letter_is_listed_and_replayed(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let wave = world.opens("employees").await;
    world.closes(&wave, &[]).await;
    for _ in 0..2 {
        let rows = [(Some(root), march(2), recommend(&[10]).remove(0))];
        world.hears(&counted(&wave, &rows)).await;
    }
    let first = list(&world, String::new()).await;
    let second = list(&world, first.next_page_token.clone()).await;
    assert_eq!((first.dead_letters.len(), second.dead_letters.len()), (1, 1));
    assert_eq!(second.next_page_token, "");
    let letter = first.dead_letters[0].clone();
    assert_eq!((letter.consumer.as_str(), letter.attempts), ("scorecard.answers", 1));
    assert_eq!(letter.subject, "arki.survey.responses.counted");
    assert_eq!(replay(&world, &letter.id, "again").await.unwrap().dead_letter.unwrap().id, letter.id);
    // It fails once more, since the wave is still closed.
    eventually("the replay reaches its consumer", || async {
        list(&world, String::new()).await.dead_letters[0].attempts == 2
    })
    .await;
    let other = replay(&world, &second.dead_letters[0].id, "again").await;
    assert_eq!(told(other), (Code::InvalidArgument, "REQUEST_ID_REUSED".to_owned()));
}

async fn an_unknown_dead_letter_is_refused(database: TestDatabase) {
    let world = World::start(database).await;
    for id in ["12", "dlt_00000000000000000000000000"] {
        let answer = replay(&world, id, "").await;
        assert_eq!(answer.as_ref().unwrap_err().metadata["dead_letter"], id);
        assert_eq!(told(answer), (Code::NotFound, "DEAD_LETTER_NOT_FOUND".to_owned()));
    }
}
