use arki_proto::communication::v1 as pb;
use arki_test_support::{fields, on_each_database, refused, told};
use prost_types::FieldMask;
use tonic::Code;

use crate::world::{World, message, text};

on_each_database!(
    a_message_reads_back_as_it_was_written,
    messages_are_listed_page_by_page_in_the_order_of_their_creation,
    a_page_token_of_another_list_is_refused,
    an_update_changes_what_its_mask_names,
    an_update_without_a_mask_is_judged_as_a_whole,
    parts_that_do_not_fit_together_are_all_named,
    a_message_that_is_not_there_is_not_found_by_name,
    the_same_request_id_answers_as_before_and_has_no_second_effect,
);

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() })
}

async fn a_message_reads_back_as_it_was_written(world: World) {
    let created = world.creates_message(message()).await;
    assert!(created.name.starts_with("messages/msg_"));
    let question = created.comprehension.clone().unwrap();
    assert_eq!(question.key, "understood");
    let expected = pb::Message {
        name: created.name.clone(),
        comprehension: Some(question),
        create_time: created.create_time,
        update_time: created.create_time,
        etag: "1".to_owned(),
        ..message()
    };
    assert_eq!(created, expected);
    let request = pb::GetMessageRequest { name: created.name.clone() };
    let read = world.client().get_message(world.asks(request)).await.unwrap().into_inner();
    assert_eq!(read.message, Some(created));
}

async fn messages_are_listed_page_by_page_in_the_order_of_their_creation(world: World) {
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(world.creates_message(message()).await.name);
    }
    let list = |page_token: String| pb::ListMessagesRequest { page_size: 2, page_token };
    let (mut listed, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = world.client().list_messages(world.asks(list(token))).await.unwrap().into_inner();
        listed.extend(page.messages.into_iter().map(|message| message.name));
        token = page.next_page_token;
        pages += 1;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((listed, pages), (names, 3));
    let refusal = refused(world.client().list_messages(world.asks(list("AAAA".to_owned()))).await);
    assert_eq!(
        (told(&refusal), fields(&refusal)),
        ((Code::InvalidArgument, "PAGE_TOKEN_INVALID".into()), vec!["page_token".into()])
    );
}

async fn a_page_token_of_another_list_is_refused(world: World) {
    for _ in 0..2 {
        world.creates_message(message()).await;
    }
    let request = pb::ListMessagesRequest { page_size: 1, page_token: String::new() };
    let token = world.client().list_messages(world.asks(request)).await.unwrap().into_inner().next_page_token;
    let request = pb::ListCampaignsRequest { page_size: 1, page_token: token };
    let refusal = refused(world.client().list_campaigns(world.asks(request)).await);
    assert_eq!(told(&refusal).1, "PAGE_TOKEN_INVALID");
}

async fn an_update_changes_what_its_mask_names(world: World) {
    let created = world.creates_message(message()).await;
    let request = pb::UpdateMessageRequest {
        message: Some(pb::Message {
            name: created.name.clone(),
            why: text("Because."),
            subject: text("Not this"),
            etag: created.etag.clone(),
            ..Default::default()
        }),
        update_mask: mask(&["why"]),
        request_id: String::new(),
    };
    let updated = world.client().update_message(world.asks(request.clone())).await.unwrap().into_inner();
    let updated = updated.message.unwrap();
    assert_eq!((&updated.why, &updated.subject), (&text("Because."), &created.subject));
    assert_eq!(updated.etag, "2");

    let refusal = refused(world.client().update_message(world.asks(request.clone())).await);
    assert_eq!(told(&refusal).1, "ETAG_MISMATCH");
    assert_eq!((refusal.code, &refusal.metadata["etag"]), (Code::Aborted, &"2".to_owned()));

    let unknown = pb::UpdateMessageRequest { update_mask: mask(&["colour"]), ..request };
    let refusal = refused(world.client().update_message(world.asks(unknown)).await);
    assert_eq!(
        (told(&refusal).1.as_str(), &refusal.metadata["path"]),
        ("UPDATE_MASK_INVALID", &"colour".to_owned())
    );
}

async fn an_update_without_a_mask_is_judged_as_a_whole(world: World) {
    let created = world.creates_message(message()).await;
    let whole =
        |message: pb::Message| pb::UpdateMessageRequest { message: Some(message), ..Default::default() };
    let half = pb::Message { name: created.name.clone(), why: text("Because."), ..Default::default() };
    let refusal = refused(world.client().update_message(world.asks(whole(half))).await);
    assert_eq!(told(&refusal).0, Code::InvalidArgument);
    let updated =
        pb::Message { name: created.name, subject: text("Fewer calls"), comprehension: None, ..message() };
    let updated = world.client().update_message(world.asks(whole(updated))).await.unwrap().into_inner();
    assert_eq!(updated.message.unwrap().comprehension, None);
}

async fn parts_that_do_not_fit_together_are_all_named(world: World) {
    let mut broken = message();
    broken.subject = text("two\nlines");
    broken.comprehension.as_mut().unwrap().options[0].correct = false;
    let request = pb::CreateMessageRequest { message: Some(broken), request_id: String::new() };
    let refusal = refused(world.client().create_message(world.asks(request)).await);
    assert_eq!(told(&refusal), (Code::InvalidArgument, "MESSAGE_INVALID".into()));
    assert_eq!(fields(&refusal), ["message.subject", "message.comprehension.options"]);
}

async fn a_message_that_is_not_there_is_not_found_by_name(world: World) {
    let name = "messages/msg_00000000000000000000000001".to_owned();
    let request = pb::GetMessageRequest { name: name.clone() };
    let refusal = refused(world.client().get_message(world.asks(request)).await);
    assert_eq!(told(&refusal), (Code::NotFound, "MESSAGE_NOT_FOUND".into()));
    assert_eq!((&*refusal.domain, &refusal.metadata["name"]), ("communication.arki", &name));
}

async fn the_same_request_id_answers_as_before_and_has_no_second_effect(world: World) {
    let request = pb::CreateMessageRequest { message: Some(message()), request_id: "a1".to_owned() };
    let mut client = world.client();
    let first = client.create_message(world.asks(request.clone())).await.unwrap().into_inner();
    let again = client.create_message(world.asks(request.clone())).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = pb::CreateMessageRequest {
        message: Some(pb::Message { why: text("Other."), ..message() }),
        request_id: "a1".to_owned(),
    };
    let refusal = refused(client.create_message(world.asks(other)).await);
    assert_eq!(
        (told(&refusal).1.as_str(), &refusal.metadata["request_id"]),
        ("REQUEST_ID_REUSED", &"a1".to_owned())
    );
    let listed =
        client.list_messages(world.asks(pb::ListMessagesRequest::default())).await.unwrap().into_inner();
    assert_eq!(listed.messages.len(), 1);
}
