use arki_ids::QuestionnaireId;
use chrono::TimeDelta;

use super::*;

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
}

fn draft(close_time: Option<DateTime<Utc>>) -> Wave {
    let draft = Draft {
        display_name: "Autumn pulse".to_owned(),
        version: VersionKey { questionnaire: QuestionnaireId::random(), number: 1 },
        audience: Audience::Employees,
        units: Vec::new(),
        anonymity: Anonymity::Anonymous,
        is_relational: false,
        close_time,
        sender: Words::new("en", "Testi Oy"),
        results_day: None,
    };
    Wave::new(WaveId::random(), draft, at(0)).unwrap()
}

fn open(close_time: Option<DateTime<Utc>>, invitations: u64) -> Wave {
    let mut wave = draft(close_time);
    let opening = Opening {
        time: at(1),
        day: day_in("Europe/Helsinki", at(1)),
        time_zone: "Europe/Helsinki".to_owned(),
        default_language: "fi".to_owned(),
        minimum_group: 5,
        invitations,
    };
    wave.open(opening).unwrap();
    wave
}

fn renamed() -> Change {
    Change { display_name: Some("Renamed".to_owned()), ..Change::default() }
}

#[test]
fn a_wave_goes_from_draft_over_open_to_closed_and_never_back() {
    let mut wave = open(None, 20);
    let opening = wave.opening.clone().unwrap();
    assert_eq!(wave.open(opening), Err(Error::StateWrong { state: State::Open, needed: "draft" }));
    assert!(wave.finish_closing().is_err());
    wave.begin_closing(at(5)).unwrap();
    assert_eq!((wave.state.shown(), wave.close_time), (State::Closed, Some(at(5))));
    assert!(wave.begin_closing(at(6)).is_err());
    wave.finish_closing().unwrap();
    assert_eq!(wave.state, State::Closed);
    assert!(draft(None).begin_closing(at(1)).is_err());
}

#[test]
fn a_wave_takes_answers_until_its_close_time_whoever_notes_it() {
    let wave = open(Some(at(10)), 20);
    assert!(wave.must_take(at(10) - TimeDelta::milliseconds(1)).is_ok());
    assert_eq!(wave.must_take(at(10)), Err(Error::StateWrong { state: State::Closed, needed: "open" }));
    assert_eq!((wave.state_at(at(9)), wave.state_at(at(10))), (State::Open, State::Closed));
    assert!(draft(None).must_take(at(1)).is_err());
}

#[test]
fn a_wave_that_ended_by_itself_keeps_its_planned_end() {
    let mut wave = open(Some(at(10)), 20);
    wave.begin_closing(at(12)).unwrap();
    assert_eq!(wave.close_time, Some(at(10)));
}

#[test]
fn an_end_in_the_past_is_refused() {
    let mut wave = open(None, 20);
    let past = Change { close_time: Some(Some(at(2))), ..Change::default() };
    assert_eq!(wave.apply(past, at(3)), Err(Error::CloseTimePassed));
    let mut late = draft(Some(at(2)));
    let opening = Opening { time: at(2), ..wave.opening.unwrap() };
    assert_eq!(late.open(opening), Err(Error::CloseTimePassed));
}

#[test]
fn what_was_promised_can_not_change_while_people_answer() {
    let mut wave = open(None, 20);
    let promise = Change { anonymity: Some(Anonymity::Identified), ..Change::default() };
    assert_eq!(
        wave.apply(promise.clone(), at(2)),
        Err(Error::StateWrong { state: State::Open, needed: "draft" })
    );
    let same = Change { anonymity: Some(Anonymity::Anonymous), ..renamed() };
    wave.apply(same, at(2)).unwrap();
    assert_eq!((wave.display_name.as_str(), wave.revision), ("Renamed", 3));
    wave.begin_closing(at(5)).unwrap();
    let other = Change { display_name: Some("Other".to_owned()), ..Change::default() };
    assert!(wave.apply(other, at(6)).is_err());
    let mut early = draft(None);
    early.apply(promise, at(2)).unwrap();
    assert_eq!(early.anonymity, Anonymity::Identified);
}

#[test]
fn days_are_counted_where_the_tenant_is() {
    // 21:59 and 22:00 in UTC are 23:59 and midnight in Helsinki, in winter.
    assert_eq!(day_in("Europe/Helsinki", at(21)).to_string(), "1970-01-01");
    assert_eq!(day_in("Europe/Helsinki", at(22)).to_string(), "1970-01-02");
    assert_eq!(day_in("no/where", at(22)).to_string(), "1970-01-01");
}

#[test]
fn an_open_employee_wave_tells_full_fives_only_and_nothing_of_a_few() {
    let wave = open(None, 10);
    assert_eq!([0, 4, 5, 9, 10].map(|responses| wave.shown_responses(responses)), [0, 0, 5, 5, 10]);
    assert_eq!(open(None, 9).shown_responses(9), 0);
    let mut customers = open(None, 9);
    customers.audience = Audience::Customers;
    assert_eq!(customers.shown_responses(7), 7);
    let mut closed = open(None, 9);
    closed.begin_closing(at(3)).unwrap();
    assert_eq!(closed.shown_responses(7), 7);
}
