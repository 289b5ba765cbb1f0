//! Responses from elsewhere.

use arki_proto::event::v1 as event;
use arki_proto::google::r#type::Date;
use arki_proto::survey::v1 as pb;
use arki_test_support::{on_each_database, told};
use pb::import_responses_response::Result as Outcome;
use tonic::Code;

use crate::house::{House, number, unit};

on_each_database!(
    a_thousand_with_doubles_and_bad_rows_come_back_in_order,
    each_refusal_says_why_and_changes_nothing,
    a_wave_that_is_not_open_takes_nothing,
    a_stream_begins_with_its_wave,
    two_imports_of_the_same_at_once_have_one_effect,
    nobody_can_be_added_to_a_wave_of_employees,
);

fn response(wave: &pb::Wave, key: &str, value: i32) -> pb::ImportResponsesRequest {
    pb::ImportResponsesRequest {
        wave: wave.name.clone(),
        key: key.to_owned(),
        unit: "externalIds/counters".to_owned(),
        answers: vec![number("recommend", value)],
        ..Default::default()
    }
}

/// What became of each: "new", "replayed", or the reason of a refusal.
fn outcomes(results: &[pb::ImportResponsesResponse]) -> Vec<&str> {
    results
        .iter()
        .map(|result| match result.result.as_ref().unwrap() {
            Outcome::Imported(imported) if imported.replayed => "replayed",
            Outcome::Imported(_) => "new",
            Outcome::Refused(refused) => refused.reason.as_str(),
        })
        .collect()
}

async fn a_thousand_with_doubles_and_bad_rows_come_back_in_order(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let requests: Vec<_> = (0..1_000)
        .map(|index| match index % 10 {
            7 => response(&wave, &format!("k{}", index - 1), 6),
            8 => response(&wave, &format!("k{index}"), 11),
            9 => response(&wave, &format!("k{}", index - 4), 0),
            rest => response(&wave, &format!("k{index}"), rest),
        })
        .collect();
    let results = house.imports(requests.clone()).await.unwrap();
    let keys: Vec<_> = results.iter().map(|result| result.key.as_str()).collect();
    assert_eq!(keys, requests.iter().map(|request| request.key.as_str()).collect::<Vec<_>>());
    for (index, outcome) in outcomes(&results).into_iter().enumerate() {
        let expected = match index % 10 {
            7 => "replayed",
            8 => "ANSWER_INVALID",
            9 => "RESPONSE_ALREADY_SUBMITTED",
            _ => "new",
        };
        assert_eq!(outcome, expected, "{index}");
    }
    assert_eq!(house.count("response").await, 700);
    assert_eq!(house.sees(&wave).await.responses, 700);
    // The whole stream again changes nothing.
    let again = house.imports(requests).await.unwrap();
    assert!(outcomes(&again).iter().all(|outcome| *outcome != "new"));
    assert_eq!(house.count("response").await, 700);
    let told: i64 = house
        .hears::<event::ResponsesCounted>(1)
        .await
        .iter()
        .flat_map(|told| &told.responses)
        .map(|unit| unit.responses)
        .sum();
    assert!(told > 0);
}

async fn each_refusal_says_why_and_changes_nothing(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let other = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let good = response(&wave, "good", 5);
    let requests = vec![
        good.clone(),
        pb::ImportResponsesRequest {
            wave: String::new(),
            key: "by name".to_owned(),
            unit: unit(3).name(),
            ..good.clone()
        },
        pb::ImportResponsesRequest { key: "nowhere".to_owned(), unit: String::new(), ..good.clone() },
        pb::ImportResponsesRequest {
            key: "unknown key".to_owned(),
            unit: "externalIds/x".to_owned(),
            ..good.clone()
        },
        pb::ImportResponsesRequest { key: "unknown id".to_owned(), unit: unit(9).name(), ..good.clone() },
        pb::ImportResponsesRequest { key: "other wave".to_owned(), wave: other.name, ..good.clone() },
        pb::ImportResponsesRequest { key: String::new(), ..good.clone() },
        pb::ImportResponsesRequest {
            key: "tomorrow".to_owned(),
            day: Some(Date { year: 2026, month: 11, day: 24 }),
            ..good.clone()
        },
        pb::ImportResponsesRequest {
            key: "yesterday".to_owned(),
            day: Some(Date { year: 2026, month: 11, day: 22 }),
            ..good.clone()
        },
        pb::ImportResponsesRequest { key: "nothing".to_owned(), answers: vec![], ..good },
    ];
    let results = house.imports(requests).await.unwrap();
    assert_eq!(
        outcomes(&results),
        [
            "new",
            "new",
            "new",
            "UNIT_UNKNOWN",
            "UNIT_UNKNOWN",
            "INVALID_FIELDS",
            "INVALID_FIELDS",
            "INVALID_FIELDS",
            "new",
            "ANSWER_INVALID",
        ]
    );
    assert_eq!(house.count("response").await, 4);
    assert_eq!(house.count("imported").await, 4);
    let mut days = house.rows("SELECT CAST(day AS TEXT) FROM response ORDER BY 1").await;
    days.dedup();
    assert_eq!(days, ["2026-11-22", "2026-11-23"]);
    assert_eq!(house.directory.calls("ListUnits"), 1, "units are read once for a stream");
}

async fn a_wave_that_is_not_open_takes_nothing(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    assert_eq!(outcomes(&house.imports(vec![response(&wave, "a", 5)]).await.unwrap()), ["new"]);
    house.closes(&wave).await.unwrap();
    let results = house.imports(vec![response(&wave, "a", 5), response(&wave, "b", 5)]).await.unwrap();
    assert_eq!(outcomes(&results), ["replayed", "WAVE_STATE_WRONG"]);
    assert_eq!(house.count("response").await, 1);
}

async fn a_stream_begins_with_its_wave(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let nameless = pb::ImportResponsesRequest { wave: String::new(), ..response(&wave, "a", 5) };
    let refused = house.imports(vec![nameless]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::InvalidArgument, "INVALID_FIELDS".to_owned()));
    let missing = pb::ImportResponsesRequest {
        wave: "waves/wav_00000000000000000000000000".to_owned(),
        ..response(&wave, "a", 5)
    };
    let refused = house.imports(vec![missing]).await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "WAVE_NOT_FOUND".to_owned()));
    assert!(house.imports(vec![]).await.unwrap().is_empty());
}

async fn two_imports_of_the_same_at_once_have_one_effect(house: House) {
    let wave = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let requests: Vec<_> = (0..200).map(|index| response(&wave, &format!("k{index}"), index % 11)).collect();
    let all = futures::future::join_all((0..4).map(|_| house.imports(requests.clone()))).await;
    let new: usize = all
        .iter()
        .map(|results| outcomes(results.as_ref().unwrap()).iter().filter(|one| **one == "new").count())
        .sum();
    assert_eq!(new, 200);
    assert!(
        all.iter()
            .flat_map(|results| outcomes(results.as_ref().unwrap()))
            .all(|one| matches!(one, "new" | "replayed"))
    );
    assert_eq!(house.count("response").await, 200);
}

async fn nobody_can_be_added_to_a_wave_of_employees(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let driver = |key: &str| pb::ImportResponsesRequest {
        unit: "externalIds/drivers".to_owned(),
        ..response(&wave, key, 5)
    };
    let tokens: Vec<_> = house
        .invitations(&wave)
        .await
        .into_iter()
        .filter(|invitation| invitation.unit == unit(3).name())
        .map(|invitation| invitation.token)
        .collect();
    house.submits(&tokens[0], vec![number("recommend", 5)]).await.unwrap();
    let requests = vec![
        driver("a"),
        driver("b"),
        driver("a"),
        driver("c"),
        driver("d"),
        pb::ImportResponsesRequest { unit: unit(1).name(), ..driver("of the company") },
        pb::ImportResponsesRequest { unit: String::new(), ..driver("of nowhere") },
    ];
    let results = house.imports(requests).await.unwrap();
    assert_eq!(
        outcomes(&results),
        ["new", "new", "replayed", "new", "ROSTER_EXCEEDED", "UNIT_UNKNOWN", "UNIT_UNKNOWN"]
    );
    assert_eq!(outcomes(&house.imports(vec![driver("e")]).await.unwrap()), ["ROSTER_EXCEEDED"]);
}
