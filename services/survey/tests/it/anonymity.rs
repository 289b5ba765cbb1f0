//! What an anonymous wave leaves behind.

use arki_proto::survey::v1 as pb;
use arki_test_support::{on_each_database, told};
use chrono::TimeDelta;
use tonic::Code;

use crate::house::{House, PALETTE, crowd, felt, number};

on_each_database!(
    the_tables_have_the_columns_that_these_tests_look_at,
    after_the_end_nothing_leads_from_a_link_to_an_answer,
    who_has_answered_an_anonymous_wave_is_never_shown,
    answers_do_not_lie_in_the_order_in_which_they_came,
    a_confidential_wave_keeps_its_links_for_pairs,
);

/// Each column of a table with the text of each row, one row a line.
async fn dump(house: &House, table: &str, columns: &[&str]) -> Vec<String> {
    let all: Vec<_> = columns.iter().map(|column| format!("COALESCE(CAST({column} AS TEXT), '')")).collect();
    house.rows(&format!("SELECT {} FROM {table}", all.join(" || '|' || "))).await
}

const INVITATION: [&str; 12] = [
    "tenant_id",
    "wave_id",
    "id",
    "person",
    "unit",
    "role",
    "language",
    "token_hash",
    "fingerprint",
    "opened",
    "submitted",
    "cancelled",
];
const RESPONSE: [&str; 8] =
    ["tenant_id", "wave_id", "id", "invitation_id", "unit", "day", "language", "answers"];

/// The columns of a table as the database has them.
async fn columns(house: &House, table: &str) -> Vec<String> {
    let sql = match house.store.backend() {
        arki_database::Backend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
        arki_database::Backend::Postgres => format!(
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_name = '{table}' AND table_schema = current_schema() ORDER BY ordinal_position"
        ),
    };
    house.rows(&sql).await
}

async fn the_tables_have_the_columns_that_these_tests_look_at(house: House) {
    assert_eq!(columns(&house, "invitation").await, INVITATION);
    assert_eq!(columns(&house, "response").await, RESPONSE);
    assert_eq!(columns(&house, "imported").await, ["tenant_id", "wave_id", "mark", "fingerprint"]);
    assert_eq!(columns(&house, "wave_count").await, ["tenant_id", "wave_id", "shard", "responses"]);
}

async fn after_the_end_nothing_leads_from_a_link_to_an_answer(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let invitations = house.invitations(&wave).await;
    for (value, invitation) in invitations.iter().take(9).enumerate() {
        house.clock.advance(TimeDelta::minutes(7));
        let form = house.form(&invitation.token, "").await.unwrap();
        let shown: Vec<_> = form.questions[3].options.iter().map(|option| option.key.as_str()).collect();
        let answers =
            vec![number("recommend", i32::try_from(value).unwrap()), felt(&[shown[0], shown[1]], &shown)];
        let request = pb::SubmitResponseRequest {
            token: invitation.token.clone(),
            answers,
            language: "sv".to_owned(),
            request_id: format!("request-{value}"),
        };
        house.client.clone().submit_response(request).await.unwrap();
    }
    let import = pb::ImportResponsesRequest {
        wave: wave.name.clone(),
        key: "employee-4711".to_owned(),
        unit: "externalIds/drivers".to_owned(),
        answers: vec![number("recommend", 3)],
        ..Default::default()
    };
    house.imports(vec![import]).await.unwrap();
    house.closes(&wave).await.unwrap();

    let asked = dump(&house, "invitation", &INVITATION).await;
    let answered = dump(&house, "response", &RESPONSE).await;
    assert_eq!((asked.len(), answered.len()), (16, 10));
    let has_answered = |row: &&String| matches!(row.split('|').nth(10), Some("true" | "1"));
    assert_eq!(asked.iter().filter(has_answered).count(), 9);
    for row in &asked {
        let values: Vec<_> = row.split('|').collect();
        assert_eq!((values[7], values[8]), ("", ""), "the hash and the fingerprint are destroyed: {row}");
        assert!(values[9] == "0" || values[9] == "false", "an anonymous wave notes no opening: {row}");
    }
    // All values that an answer and an invitation share are those of many.
    let shared = |column: usize| -> Vec<&str> {
        answered.iter().map(|row| row.split('|').nth(column).unwrap()).collect()
    };
    for (column, name) in RESPONSE.iter().enumerate() {
        for value in shared(column).into_iter().filter(|value| !value.is_empty()) {
            let holders = asked.iter().filter(|row| row.split('|').any(|other| other == value)).count();
            assert!(holders == 0 || holders >= 4, "{name} {value} is that of {holders}");
        }
    }
    assert!(shared(3).iter().all(|value| value.is_empty()), "no invitation");
    assert!(shared(5).iter().all(|day| *day == "2026-11-23"), "a day and no time");
    assert!(shared(6).iter().all(|value| value.is_empty()), "no language");
    assert!(answered.iter().all(|row| !row.contains("\"o\"")), "no order in which a palette was shown");
    assert_eq!(house.count("imported").await, 0);
    // Not even the request ids, which have times, were kept.
    assert!(dump(&house, "request_id", &["request_id"]).await.is_empty());

    let refused = house.form(&invitations[0].token, "").await.unwrap_err();
    assert_eq!(told(&refused), (Code::NotFound, "INVITATION_NOT_FOUND".to_owned()));
    assert!(house.invitations(&wave).await.iter().all(|invitation| invitation.token.is_empty()));
}

async fn who_has_answered_an_anonymous_wave_is_never_shown(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let invitations = house.invitations(&wave).await;
    house.submits(&invitations[0].token, vec![number("recommend", 9)]).await.unwrap();
    house.form(&invitations[1].token, "").await.unwrap();
    assert_eq!(house.invitations(&wave).await, invitations);
    house.closes(&wave).await.unwrap();
    for invitation in house.invitations(&wave).await {
        assert_eq!(invitation.state(), pb::InvitationState::Created);
    }
}

async fn answers_do_not_lie_in_the_order_in_which_they_came(house: House) {
    house.directory.set(house.tenant, crowd(400));
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    for (turn, invitation) in house.invitations(&wave).await.iter().enumerate() {
        let turn = i32::try_from(turn).unwrap();
        let answers = vec![number("recommend", turn % 11), number("easy", 1 + turn % 7)];
        // Which of the 400 it was is told by its words.
        let why = pb::Answer {
            question: "why".to_owned(),
            value: Some(pb::answer::Value::Text(format!("turn {turn:03}"))),
        };
        house.submits(&invitation.token, answers.into_iter().chain([why]).collect()).await.unwrap();
    }
    house.closes(&wave).await.unwrap();
    let rows = match house.store.backend() {
        // Without an order SQLite walks the table as it lies, and PostgreSQL says where a row lies.
        arki_database::Backend::Sqlite => house.rows("SELECT answers FROM response").await,
        arki_database::Backend::Postgres => house.rows("SELECT answers FROM response ORDER BY ctid").await,
    };
    let turns: Vec<f64> =
        rows.iter().map(|row| row.split("turn ").nth(1).unwrap()[..3].parse::<f64>().unwrap()).collect();
    assert_eq!(turns.len(), 400);
    // Spearman's rank correlation of place and turn; four standard deviations of 1 / sqrt(399).
    let n = 400.0;
    let squares: f64 = turns.iter().enumerate().map(|(place, turn)| (place as f64 - turn).powi(2)).sum();
    let correlation = 1.0 - 6.0 * squares / (n * (n * n - 1.0));
    assert!(correlation.abs() < 0.2, "rank correlation {correlation}");
    if house.store.backend() == arki_database::Backend::Postgres {
        // One transaction wrote what is there now, so transactions tell nothing either.
        let writers = house.rows("SELECT DISTINCT CAST(xmin AS TEXT) FROM response").await;
        assert_eq!(writers.len(), 1);
        let writers = house.rows("SELECT DISTINCT CAST(xmin AS TEXT) FROM invitation").await;
        assert_eq!(writers.len(), 1);
    }
}

async fn a_confidential_wave_keeps_its_links_for_pairs(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let invitations = house.invitations(&wave).await;
    house
        .submits(&invitations[0].token, vec![number("recommend", 9), felt(&["glad"], &PALETTE)])
        .await
        .unwrap();
    house.closes(&wave).await.unwrap();
    let answered = dump(&house, "response", &RESPONSE).await;
    let values: Vec<_> = answered[0].split('|').collect();
    assert!(invitations[0].name.ends_with(values[3]), "{values:?}");
    assert!(values[7].contains("\"o\""));
    assert_eq!(house.form(&invitations[1].token, "").await.unwrap().state(), pb::FormState::Closed);
    assert_eq!(house.invitations(&wave).await[1].token, invitations[1].token);
}
