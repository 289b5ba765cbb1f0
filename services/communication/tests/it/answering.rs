use arki_ids::UnitId;
use arki_proto::communication::v1 as pb;
use arki_proto::event::v1::MessageUnderstood;
use arki_test_support::{fields, on_each_database, refused, told};
use prost::Message as _;
use sea_orm::FromQueryResult;
use tonic::{Code, Request};

use crate::world::{World, campaign, message, text};

on_each_database!(
    a_link_leads_to_the_page_and_nobody_needs_a_key_for_it,
    a_page_comes_in_the_language_that_is_wished_for,
    a_question_is_answered_once,
    the_link_of_a_later_occurrence_is_no_second_voice,
    the_same_request_id_is_the_same_answer,
    options_and_links_that_are_not_there_are_refused,
    answers_become_known_in_batches_that_name_nobody,
    understanding_is_told_by_unit_where_it_may_be,
    nothing_that_is_kept_joins_a_person_and_an_answer,
    a_question_that_was_answered_keeps_what_it_measures,
    many_who_answer_at_once_are_all_counted,
);

/// Sends a message to so many of a unit, and gives their links' tokens.
async fn tokens_of(world: &World, units: &[(Option<UnitId>, usize)]) -> (pb::Campaign, Vec<String>) {
    for (unit, people) in units {
        for number in 0..*people {
            world.employee(&format!("P{number}"), *unit, "Europe/Helsinki");
        }
    }
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    (campaign, tokens(world))
}

/// The tokens of the links in all mails. Names of files sort as deliveries do, which is as people were planned.
fn tokens(world: &World) -> Vec<String> {
    let token = |mail: String| {
        let rest = mail.split("https://arki.example.org/m/").nth(1).unwrap().to_owned();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    world.mails().into_iter().map(token).collect()
}

fn answer(token: &str, option: &str) -> Request<pb::AnswerComprehensionRequest> {
    Request::new(pb::AnswerComprehensionRequest {
        token: token.to_owned(),
        option: option.to_owned(),
        request_id: String::new(),
    })
}

async fn page(world: &World, token: &str, language: &str) -> pb::MessagePage {
    let request = pb::GetMessagePageRequest { token: token.to_owned(), language: language.to_owned() };
    world.client().get_message_page(Request::new(request)).await.unwrap().into_inner().page.unwrap()
}

async fn understanding(world: &World, message: &str) -> pb::GetUnderstandingResponse {
    let request = pb::GetUnderstandingRequest { message: message.to_owned() };
    world.client().get_understanding(world.asks(request)).await.unwrap().into_inner()
}

#[derive(Debug, FromQueryResult)]
struct Event {
    subject: String,
    payload: Vec<u8>,
}

async fn events(world: &World) -> Vec<MessageUnderstood> {
    let rows: Vec<Event> = world.rows("SELECT subject, payload FROM outbox ORDER BY id").await;
    let read = |row: Event| {
        assert_eq!(row.subject, "arki.communication.message.understood");
        MessageUnderstood::decode(row.payload.as_slice()).unwrap()
    };
    rows.into_iter().map(read).collect()
}

#[derive(Debug, FromQueryResult)]
struct Secret {
    token_secret: Option<Vec<u8>>,
}

async fn a_link_leads_to_the_page_and_nobody_needs_a_key_for_it(world: World) {
    let (_, tokens) = tokens_of(&world, &[(None, 1)]).await;
    let page = page(&world, &tokens[0], "").await;
    assert_eq!(
        (page.language.as_str(), page.subject.as_str(), page.answered),
        ("en", "Fewer transfers", false)
    );
    assert_eq!(page.question, "Who sees a case through?");
    let keys: Vec<_> = page.options.iter().map(|option| option.key.as_str()).collect();
    assert_eq!(keys, ["one", "many", "nobody"]);
}

async fn a_page_comes_in_the_language_that_is_wished_for(world: World) {
    world.employee("Ann", None, "Europe/Helsinki");
    let mut both = message();
    both.subject.as_mut().unwrap().by_language.insert("fi".into(), "Vähemmän siirtoja".into());
    both.body.as_mut().unwrap().by_language.insert("fi".into(), "Katso {link}".into());
    let both = world.creates_message(both).await;
    let campaign = world.creates_campaign(campaign(&both.name, "2026-11-23T09:00", "")).await;
    world.activates(&campaign).await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    let token = tokens(&world).remove(0);
    let own = page(&world, &token, "").await;
    assert_eq!((own.language.as_str(), own.languages), ("en", vec!["en".to_owned(), "fi".to_owned()]));
    let finnish = page(&world, &token, "fi").await;
    assert_eq!((finnish.language.as_str(), finnish.subject.as_str()), ("fi", "Vähemmän siirtoja"));
    assert_eq!(finnish.body, format!("Katso https://arki.example.org/m/{token}"));
    assert_eq!(page(&world, &token, "de").await.language, "en");
}

async fn a_question_is_answered_once(world: World) {
    let (_, tokens) = tokens_of(&world, &[(None, 2)]).await;
    let mut client = world.client();
    let first = client.answer_comprehension(answer(&tokens[0], "one")).await.unwrap().into_inner();
    assert!(!first.replayed);
    let again = client.answer_comprehension(answer(&tokens[0], "one")).await.unwrap().into_inner();
    assert!(again.replayed);
    let other = refused(client.answer_comprehension(answer(&tokens[0], "many")).await);
    assert_eq!(told(&other), (Code::FailedPrecondition, "ALREADY_ANSWERED".into()));
    assert!(page(&world, &tokens[0], "").await.answered);
    assert!(!page(&world, &tokens[1], "").await.answered);
}

async fn the_link_of_a_later_occurrence_is_no_second_voice(world: World) {
    world.employee("Ann", None, "Europe/Helsinki");
    world.tells("2026-11-23T09:00", "FREQ=DAILY;COUNT=2").await;
    for time in ["2026-11-23T07:00:00Z", "2026-11-24T07:00:00Z"] {
        world.set_time(time);
        world.plans_and_sends().await;
    }
    let tokens = tokens(&world);
    assert_eq!(tokens.len(), 2);
    world.client().answer_comprehension(answer(&tokens[0], "one")).await.unwrap();
    assert!(page(&world, &tokens[1], "").await.answered);
    let refusal = refused(world.client().answer_comprehension(answer(&tokens[1], "one")).await);
    assert_eq!(told(&refusal).1, "ALREADY_ANSWERED");
}

async fn the_same_request_id_is_the_same_answer(world: World) {
    let (_, tokens) = tokens_of(&world, &[(None, 1)]).await;
    let ask = |option: &str| {
        let mut request = answer(&tokens[0], option);
        request.get_mut().request_id = "a".to_owned();
        request
    };
    let first = world.client().answer_comprehension(ask("one")).await.unwrap().into_inner();
    let again = world.client().answer_comprehension(ask("one")).await.unwrap().into_inner();
    assert_eq!((first.replayed, again.replayed), (false, false));
    let refusal = refused(world.client().answer_comprehension(ask("many")).await);
    assert_eq!(told(&refusal).1, "REQUEST_ID_REUSED");
}

async fn options_and_links_that_are_not_there_are_refused(world: World) {
    let (_, tokens) = tokens_of(&world, &[(None, 1)]).await;
    let refusal = refused(world.client().answer_comprehension(answer(&tokens[0], "maybe")).await);
    assert_eq!(told(&refusal), (Code::InvalidArgument, "OPTION_UNKNOWN".into()));
    assert_eq!(refusal.metadata["option"], "maybe");
    let forged = format!("{}{}", &tokens[0][..42], if tokens[0].ends_with('A') { 'E' } else { 'A' });
    for token in [forged.as_str(), "not-a-token-but-long-enough"] {
        let refusal = refused(world.client().answer_comprehension(answer(token, "one")).await);
        assert_eq!(told(&refusal), (Code::NotFound, "MESSAGE_LINK_NOT_FOUND".into()));
        let request = pb::GetMessagePageRequest { token: token.to_owned(), language: String::new() };
        let refusal = refused(world.client().get_message_page(Request::new(request)).await);
        assert_eq!(told(&refusal).1, "MESSAGE_LINK_NOT_FOUND");
    }
}

async fn answers_become_known_in_batches_that_name_nobody(world: World) {
    let shop = world.unit("Shop", None);
    let (campaign, tokens) = tokens_of(&world, &[(Some(shop), 7)]).await;
    for (token, option) in tokens.iter().zip(["one", "many", "one", "one"]) {
        world.client().answer_comprehension(answer(token, option)).await.unwrap();
    }
    assert_eq!(events(&world).await, []);
    assert!(!understanding(&world, &campaign.message).await.total.unwrap().shown);
    world.client().answer_comprehension(answer(&tokens[4], "many")).await.unwrap();
    let event = |correct| MessageUnderstood { message: campaign.message.clone(), unit: shop.name(), correct };
    assert_eq!(events(&world).await, [event(true), event(true), event(true), event(false), event(false)]);
    // Two more wait for their batch.
    for token in &tokens[5..] {
        world.client().answer_comprehension(answer(token, "one")).await.unwrap();
    }
    assert_eq!(events(&world).await.len(), 5);
}

async fn understanding_is_told_by_unit_where_it_may_be(world: World) {
    let head = world.unit("Head", None);
    let shop = world.unit("Shop", Some(head));
    let desk = world.unit("Desk", Some(head));
    let (campaign, tokens) = tokens_of(&world, &[(Some(shop), 12), (Some(desk), 8), (Some(head), 0)]).await;
    // Nine of twelve in the shop, five of eight at the desk.
    for (number, token) in tokens.iter().enumerate() {
        let option = if number < 9 || (12..17).contains(&number) { "one" } else { "nobody" };
        world.client().answer_comprehension(answer(token, option)).await.unwrap();
    }
    let told = understanding(&world, &campaign.message).await;
    let total = told.total.unwrap();
    assert_eq!(
        (total.unit.as_str(), total.delivered, total.answered, total.percent),
        ("", 20, Some(20), Some(70.0))
    );
    assert!((total.low.unwrap() - 48.1).abs() < 0.1 && (total.high.unwrap() - 85.5).abs() < 0.1, "{total:?}");
    let rows: Vec<_> = told
        .units
        .iter()
        .map(|unit| (unit.display_name.as_str(), unit.delivered, unit.shown, unit.answered, unit.percent))
        .collect();
    assert_eq!(
        rows,
        [
            ("Head", 20, true, Some(20), Some(70.0)),
            ("Shop", 12, true, Some(10), Some(75.0)),
            ("Desk", 8, true, Some(5), Some(60.0)),
        ]
    );
    // A tenant with a larger least group sees less.
    world.directory.change(world.tenant, |known| known.rules.minimum_group_employees = 10);
    let told = understanding(&world, &campaign.message).await;
    let shown: Vec<_> = told.units.iter().map(|unit| unit.shown).collect();
    assert_eq!((told.total.unwrap().shown, shown), (true, vec![true, false, false]));
}

async fn nothing_that_is_kept_joins_a_person_and_an_answer(world: World) {
    let (_, tokens) = tokens_of(&world, &[(None, 5)]).await;
    for token in &tokens {
        world.client().answer_comprehension(answer(token, "many")).await.unwrap();
    }
    // Once a message is handed over, the secret of its link is forgotten, and with it the key by which the
    // options could be tried out against what is kept.
    let secrets: Vec<Secret> = world.rows("SELECT token_secret FROM delivery").await;
    assert!(secrets.len() == 5 && secrets.iter().all(|row| row.token_secret.is_none()), "{secrets:?}");
    // Who answered, and how many of which, are in tables without a common key below the message.
    for (table, forbidden) in [
        ("reader", ["correct", "option", "unit_id", "time"]),
        ("tally", ["person", "delivery", "fingerprint", "time"]),
    ] {
        let columns = world.columns(table).await;
        for word in forbidden {
            assert!(!columns.iter().any(|column| column.contains(word)), "{table} {columns:?} has {word}");
        }
    }
}

async fn a_question_that_was_answered_keeps_what_it_measures(world: World) {
    let (campaign, tokens) = tokens_of(&world, &[(None, 1)]).await;
    world.client().answer_comprehension(answer(&tokens[0], "one")).await.unwrap();
    let update = |edit: fn(&mut pb::Message)| {
        let mut message = pb::Message { name: campaign.message.clone(), ..message() };
        edit(&mut message);
        world.asks(pb::UpdateMessageRequest { message: Some(message), ..Default::default() })
    };
    let turned = update(|message| message.comprehension.as_mut().unwrap().options[1].correct = true);
    let refusal = refused(world.client().update_message(turned).await);
    assert_eq!(
        (told(&refusal), fields(&refusal)),
        ((Code::InvalidArgument, "MESSAGE_INVALID".into()), vec!["message.comprehension".into()])
    );
    let reworded =
        update(|message| message.comprehension.as_mut().unwrap().text = text("Who stays with a case?"));
    world.client().update_message(reworded).await.unwrap();
}

async fn many_who_answer_at_once_are_all_counted(world: World) {
    let (campaign, tokens) = tokens_of(&world, &[(None, 40)]).await;
    let answers = tokens.iter().enumerate().map(|(number, token)| {
        let mut client = world.client();
        async move {
            let option = if number % 4 == 0 { "many" } else { "one" };
            client.answer_comprehension(answer(token, option)).await.unwrap();
        }
    });
    futures::future::join_all(answers).await;
    let total = understanding(&world, &campaign.message).await.total.unwrap();
    assert_eq!((total.answered, total.percent), (Some(40), Some(75.0)));
    assert_eq!(events(&world).await.len(), 40);
}
