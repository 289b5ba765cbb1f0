use arki_communication::TlsMode;
use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::DeliveryState::{Failed, Pending, Sent, Unknown};
use arki_test_support::{TestDatabase, eventually, on_each_database};
use chrono::TimeDelta;
use tokio::net::TcpSocket;

use crate::server::{Answer, MailServer, Manners, POLITE};
use crate::world::World;

on_each_database!(
    mails_go_over_sessions_that_are_kept,
    a_server_that_puts_it_off_is_asked_again_ever_later_and_then_no_more,
    a_server_that_took_a_breath_gets_the_mail_once,
    what_is_refused_is_not_tried_again_and_the_rest_goes_on,
    a_lost_answer_to_the_whole_mail_is_unknown_and_never_sent_again,
    a_connection_lost_before_the_mail_is_tried_again,
    a_kept_session_that_the_server_closed_is_not_the_mails_fault,
    a_server_that_is_not_there_costs_no_attempt_but_not_for_ever,
    a_server_that_does_not_take_the_sender_fails_no_recipient,
    nothing_goes_in_the_clear_where_tls_is_asked_for,
    what_a_sender_had_in_hand_when_it_died_is_unknown,
);

/// A campaign that is due now for so many, and a server.
async fn due(world: World, people: usize) -> (World, MailServer, pb::Campaign) {
    let server = MailServer::start().await;
    let world = world.over_smtp(server.port).await;
    let campaign = due_now(&world, people).await;
    (world, server, campaign)
}

/// A campaign that is due now for so many.
async fn due_now(world: &World, people: usize) -> pb::Campaign {
    world.staff(people);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.hands.plan().await.unwrap();
    campaign
}

async fn sends(world: &World) {
    while world.hands.send().await.unwrap() > 0 {}
}

/// The one delivery: state, attempts and what went wrong.
async fn stands(world: &World, campaign: &pb::Campaign) -> (pb::DeliveryState, i32, String) {
    let delivery = world.deliveries(campaign).await.remove(0);
    (delivery.state(), delivery.attempts, delivery.problem)
}

async fn mails_go_over_sessions_that_are_kept(world: World) {
    let (world, server, campaign) = due(world, 100).await;
    sends(&world).await;
    assert_eq!(world.states(&campaign).await, [(Sent, 100)]);
    let mut recipients: Vec<_> = server
        .mails()
        .iter()
        .map(|mail| mail.lines().find(|line| line.starts_with("To: ")).unwrap().to_owned())
        .collect();
    recipients.sort();
    recipients.dedup();
    assert_eq!((recipients.len(), server.mails().len()), (100, 100));
    assert!(server.sessions() <= 10, "{} sessions for five at a time", server.sessions());
}

async fn a_server_that_puts_it_off_is_asked_again_ever_later_and_then_no_more(world: World) {
    let (world, server, campaign) = due(world, 1).await;
    server.behaves(Manners { recipient: Answer::Say("450 4.2.0 <p0@example.org>: greylisted"), ..POLITE });
    let mut waits = Vec::new();
    for attempt in 1..=5 {
        sends(&world).await;
        let (state, attempts, problem) = stands(&world, &campaign).await;
        assert_eq!((state, attempts), (Pending, attempt));
        assert_eq!(problem, "the mail server put it off (450)", "the address is not kept");
        let mut minutes = 0;
        while world.hands.send().await.unwrap() == 0 {
            world.advance(TimeDelta::seconds(30));
            minutes += 1;
            assert!(minutes < 2_000, "attempt {attempt} is never made");
            if stands(&world, &campaign).await.1 > attempt {
                break;
            }
        }
        waits.push(minutes);
    }
    assert!(waits.is_sorted_by(|a, b| a * 2 < *b), "{waits:?}");
    assert_eq!(
        stands(&world, &campaign).await,
        (Failed, 6, "the mail server put it off (450), given up after 6 attempts".to_owned())
    );
    assert_eq!(server.mails().len(), 0);
}

async fn a_server_that_took_a_breath_gets_the_mail_once(world: World) {
    let (world, server, campaign) = due(world, 10).await;
    server.behaves(Manners { message: Answer::Say("451 4.3.0 later"), ..POLITE });
    sends(&world).await;
    assert_eq!(world.states(&campaign).await, [(Pending, 10)]);
    server.behaves(POLITE);
    world.advance(TimeDelta::minutes(2));
    sends(&world).await;
    assert_eq!(world.states(&campaign).await, [(Sent, 10)]);
    assert_eq!(server.mails().len(), 20, "each was refused once and taken once");
}

async fn what_is_refused_is_not_tried_again_and_the_rest_goes_on(world: World) {
    let (world, server, campaign) = due(world, 1).await;
    server.behaves(Manners { recipient: Answer::Say("550 5.1.1 <p0@example.org>: no such user"), ..POLITE });
    sends(&world).await;
    assert_eq!(stands(&world, &campaign).await, (Failed, 1, "the mail server refused it (550)".to_owned()));
    server.behaves(POLITE);
    world.advance(TimeDelta::days(2));
    sends(&world).await;
    assert_eq!(server.mails().len(), 0);
    let next = world.tells("2026-11-25T09:00", "").await;
    world.plans_and_sends().await;
    assert_eq!((world.states(&next).await, server.mails().len()), (vec![(Sent, 1)], 1));
    assert_eq!(server.sessions(), 1, "a refusal does not end the session");
}

async fn a_lost_answer_to_the_whole_mail_is_unknown_and_never_sent_again(world: World) {
    let (world, server, campaign) = due(world, 5).await;
    server.behaves(Manners { message: Answer::HangUp, ..POLITE });
    sends(&world).await;
    assert_eq!(world.states(&campaign).await, [(Unknown, 5)]);
    let (_, _, problem) = stands(&world, &campaign).await;
    assert_eq!(problem, "the connection was lost after the message was handed over");
    server.behaves(POLITE);
    world.advance(TimeDelta::days(2));
    sends(&world).await;
    assert_eq!((world.states(&campaign).await, server.mails().len()), (vec![(Unknown, 5)], 5));
}

async fn a_connection_lost_before_the_mail_is_tried_again(world: World) {
    let (world, server, campaign) = due(world, 1).await;
    server.behaves(Manners { data: Answer::HangUp, ..POLITE });
    sends(&world).await;
    assert_eq!(
        stands(&world, &campaign).await,
        (Pending, 1, "the connection was lost before the message was handed over".to_owned())
    );
    server.behaves(POLITE);
    world.advance(TimeDelta::minutes(2));
    sends(&world).await;
    assert_eq!((world.states(&campaign).await, server.mails().len()), (vec![(Sent, 1)], 1));
}

async fn a_kept_session_that_the_server_closed_is_not_the_mails_fault(world: World) {
    let (world, server, campaign) = due(world, 1).await;
    sends(&world).await;
    let next = world.tells("2026-11-24T09:00", "").await;
    world.set_time("2026-11-24T07:00:00Z");
    world.hands.plan().await.unwrap();
    server.behaves(Manners { sender: Answer::HangUp, ..POLITE });
    // The first command over the kept session is cut; so is the one over the fresh session.
    sends(&world).await;
    assert_eq!(stands(&world, &next).await.0, Pending);
    assert_eq!(server.sessions(), 2);
    server.behaves(POLITE);
    world.advance(TimeDelta::minutes(2));
    sends(&world).await;
    assert_eq!(
        (world.states(&campaign).await, world.states(&next).await),
        (vec![(Sent, 1)], vec![(Sent, 1)])
    );
}

async fn a_server_that_is_not_there_costs_no_attempt_but_not_for_ever(world: World) {
    // A port that is taken and on which nobody listens, so that nobody else can come to listen on it.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let world = world.over_smtp(taken.local_addr().unwrap().port()).await;
    let campaign = due_now(&world, 1).await;
    sends(&world).await;
    let (state, attempts, problem) = stands(&world, &campaign).await;
    assert_eq!((state, attempts, problem.as_str()), (Pending, 0, "the mail server can't be used"));
    world.advance(TimeDelta::hours(73));
    sends(&world).await;
    let (state, _, problem) = stands(&world, &campaign).await;
    assert_eq!((state, problem.as_str()), (Failed, "the mail server can't be used, given up after 3 days"));
}

async fn a_server_that_does_not_take_the_sender_fails_no_recipient(world: World) {
    let (world, server, campaign) = due(world, 1).await;
    server.behaves(Manners { sender: Answer::Say("530 5.7.0 log in first"), ..POLITE });
    sends(&world).await;
    let (state, attempts, problem) = stands(&world, &campaign).await;
    assert_eq!((state, attempts), (Pending, 0));
    assert_eq!(problem, "the mail server does not take mail of this sender (530)");
}

async fn nothing_goes_in_the_clear_where_tls_is_asked_for(world: World) {
    for tls in [TlsMode::Starttls, TlsMode::Tls] {
        let server = MailServer::start().await;
        let secure = arki_test_support::start::<World>(TestDatabase::sqlite()).await;
        let secure = secure.over_smtp_with(server.port, tls).await;
        secure.employee("Ann", None, "Europe/Helsinki");
        let campaign = secure.tells("2026-11-23T09:00", "").await;
        secure.set_time("2026-11-23T07:00:00Z");
        secure.plans_and_sends().await;
        assert_eq!((stands(&secure, &campaign).await.0, server.mails().len()), (Pending, 0), "{tls:?}");
    }
    drop(world);
}

async fn what_a_sender_had_in_hand_when_it_died_is_unknown(world: World) {
    let (world, server, campaign) = due(world, 2).await;
    world.advance(TimeDelta::minutes(6));
    world.directory.hold_people();
    {
        let dies = world.hands.send();
        tokio::pin!(dies);
        tokio::select! {
            _ = &mut dies => panic!("it had to wait"),
            () = eventually("it has claimed", async || world.directory.waiting() == 2) => {}
        }
    }
    world.directory.let_go();
    let other = world.another_process().await;
    assert_eq!(other.send().await.unwrap(), 0);
    world.advance(TimeDelta::seconds(60));
    other.send().await.unwrap();
    assert_eq!(world.states(&campaign).await, [(Unknown, 2)]);
    assert_eq!(server.mails().len(), 0);
}
