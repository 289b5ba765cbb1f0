//! Readings of customers: exact, at once, over the tree of the day on which the wave opened.

use arki_proto::scorecard::v1 as pb;
use arki_test_support::{TestDatabase, on_each_database, text, told};
use chrono::NaiveDate;
use tonic::Code;

use crate::wave::{Answers, Wave, date, felt, heard, march, recommend, unit_changed};
use crate::world::{World, values};

on_each_database!(
    answers_count_at_once_and_roll_up_from_teams_to_the_root,
    a_share_has_its_wilson_interval_and_its_mean,
    a_reversed_statement_counts_disagreement,
    a_reading_says_where_its_number_comes_from,
    words_come_in_the_language_asked_for_else_in_the_tenants,
    a_review_is_overdue_when_its_day_is_over_where_the_tenant_is,
    several_roots_have_the_whole_tenant_above_them,
    people_without_a_unit_count_for_the_whole_tenant_alone,
    a_wave_keeps_the_tree_of_its_own_day,
    the_newest_wave_is_read_unless_another_is_asked_for,
    a_unit_is_read_with_those_right_below_it,
    readings_come_in_pages_of_one_wave,
    what_nobody_asked_has_no_readings,
    house_rules_of_a_minute_ago_do_while_the_directory_is_away,
);

fn near(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 1e-3
}

async fn answers_count_at_once_and_roll_up_from_teams_to_the_root(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let north = world.unit("North", Some(head)).await;
    let south = world.unit("South", Some(head)).await;
    let empty = world.unit("Empty", Some(north)).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(north), recommend(&[10, 10, 9, 9, 9])).await;
    world.answers_on(&wave, Some(north), march(3), recommend(&[8, 7, 8, 6, 3])).await;
    world.answers(&wave, Some(south), recommend(&[10, 0])).await;
    let readings = world.readings(&metric).await.unwrap();
    assert_eq!(
        values(&readings),
        [
            ("Head".to_owned(), Some(25.0)),
            ("North".to_owned(), Some(30.0)),
            ("Empty".to_owned(), None),
            ("South".to_owned(), Some(0.0)),
        ]
    );
    let [top, team, nobody, _] = &readings[..] else { panic!("there are four units") };
    let figure = team.figure.as_ref().unwrap();
    // Five of ten promote and two detract: 5.75 and 2.75 of 13 by the adjusted Wald method.
    assert!(near(figure.low, -19.051) && near(figure.high, 65.205), "{figure:?}");
    assert_eq!((figure.interval.as_str(), figure.unit.as_str(), figure.n), ("adjusted Wald", "points", 10));
    let histogram: Vec<_> = figure.histogram.iter().map(|value| (value.value, value.count)).collect();
    assert_eq!(histogram, [(3, 1), (6, 1), (7, 1), (8, 2), (9, 3), (10, 2)]);
    assert_eq!((top.figure.as_ref().unwrap().n, top.unit.as_str()), (12, head.name().as_str()));
    assert_eq!((team.wave.as_str(), team.metric.as_str()), (wave.id.name().as_str(), metric.as_str()));
    assert!(team.shown && !nobody.shown && nobody.figure.is_none() && nobody.words.is_empty());
    assert_eq!((nobody.unit.as_str(), nobody.first_day), (empty.name().as_str(), None));
}

async fn a_share_has_its_wilson_interval_and_its_mean(database: TestDatabase) {
    let world = World::start(database).await;
    let unit = world.unit("Counter", None).await;
    let metric = world.metric(pb::MetricKind::Csat, "pleased").await;
    let wave = world.opens("prospects").await;
    let pleased = [5, 5, 4, 4, 4, 3, 3, 2, 1, 1];
    let answers = pleased.map(|value| Answers { pleased: Some(value), ..Answers::default() });
    world.answers(&wave, Some(unit), answers.to_vec()).await;
    let readings = world.readings(&metric).await.unwrap();
    let figure = readings[0].figure.as_ref().unwrap();
    assert!(near(figure.value, 50.0) && near(figure.low, 23.659) && near(figure.high, 76.341));
    assert_eq!((figure.interval.as_str(), figure.unit.as_str()), ("Wilson", "percent"));
    let mean = figure.mean.as_ref().unwrap();
    // The mean is 3.2, its standard error 0.46667, and the t of nine degrees of freedom 2.26216.
    assert!(near(mean.mean, 3.2) && near(mean.low, 2.1443) && near(mean.high, 4.2557), "{mean:?}");
}

async fn a_reversed_statement_counts_disagreement(database: TestDatabase) {
    let world = World::start(database).await;
    let unit = world.unit("Counter", None).await;
    let metric = pb::Metric { reversed: true, ..world.whole_metric(pb::MetricKind::Favourable, "heard") };
    let metric = world.creates_metric(metric).await.unwrap().name;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(unit), heard(&[1, 1, 2, 5])).await;
    let readings = world.readings(&metric).await.unwrap();
    let figure = readings[0].figure.as_ref().unwrap();
    assert!(near(figure.value, 75.0), "{figure:?}");
    let histogram: Vec<_> = figure.histogram.iter().map(|value| (value.value, value.count)).collect();
    assert_eq!(histogram, [(1, 1), (4, 1), (5, 2)]);
}

async fn a_reading_says_where_its_number_comes_from(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let team = world.unit("Team", Some(head)).await;
    world.unit("Empty", Some(head)).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(head), recommend(&[10])).await;
    world.answers_on(&wave, Some(team), march(5), recommend(&[9, 2])).await;
    let told = async |language: &str| {
        let request = pb::ListReadingsRequest {
            metric: metric.clone(),
            language: language.to_owned(),
            ..Default::default()
        };
        let readings = world.reads(request).await.unwrap().readings;
        readings.into_iter().map(|reading| reading.provenance).collect::<Vec<_>>()
    };
    assert_eq!(
        told("en").await,
        [
            "3 answered between 2 March 2026 and 5 March 2026; 95 % interval by the adjusted Wald method",
            "2 answered between 5 March 2026 and 5 March 2026; 95 % interval by the adjusted Wald method",
            "Asked since 1 March 2026",
        ]
    );
    world.closes(&wave, &[(Some(head), 10), (Some(team), 30), (None, 4)]).await;
    assert!(told("").await[0].starts_with("3 of 40 invited answered between 2 March 2026"));
    assert_eq!(
        told("fi").await[1],
        "Vastasi 2, kutsuttuja 30, 5.3.2026–5.3.2026; 95 %:n luottamusväli korjatulla Waldin menetelmällä"
    );
    assert!(told("sv-FI").await[1].starts_with("2 av 30 inbjudna svarade mellan 5 mars 2026"));
    let readings = world.readings(&metric).await.unwrap();
    assert_eq!((readings[0].first_day, readings[0].last_day), (date(march(2)), date(march(5))));
}

async fn words_come_in_the_language_asked_for_else_in_the_tenants(database: TestDatabase) {
    let world = World::start(database).await;
    world.house_rules("sv", 2);
    let unit = world.unit("Counter", None).await;
    let mut good = text("fi", "Kolme neljästä kertoo meistä").unwrap();
    good.by_language.insert("sv".to_owned(), "Tre av fyra berättar om oss".to_owned());
    let metric = pb::Metric {
        meanings: vec![
            pb::BandMeaning { from: -100.0, words: text("fi", "Moni varoittaa meistä") },
            pb::BandMeaning { from: 50.0, words: Some(good) },
        ],
        ..world.whole_metric(pb::MetricKind::Nps, "recommend")
    };
    let metric = world.creates_metric(metric).await.unwrap().name;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(unit), recommend(&[10, 9, 9, 7])).await;
    let words = async |language: &str| {
        let request = pb::ListReadingsRequest {
            metric: metric.clone(),
            language: language.to_owned(),
            ..Default::default()
        };
        world.reads(request).await.unwrap().readings[0].words.clone()
    };
    assert_eq!(words("fi").await, "Kolme neljästä kertoo meistä");
    assert_eq!(words("FI-fi").await, "Kolme neljästä kertoo meistä");
    assert_eq!(words("de").await, "Tre av fyra berättar om oss");
    world.answers(&wave, Some(unit), recommend(&[0, 0, 0])).await;
    assert_eq!(words("sv").await, "Moni varoittaa meistä", "there are no other words for that band");
}

async fn a_review_is_overdue_when_its_day_is_over_where_the_tenant_is(database: TestDatabase) {
    let world = World::start(database).await;
    let unit = world.unit("Counter", None).await;
    let metric =
        pb::Metric { review_day: date(march(21)), ..world.whole_metric(pb::MetricKind::Nps, "recommend") };
    let metric = world.creates_metric(metric).await.unwrap().name;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(unit), recommend(&[10, 9])).await;
    world.clock.set("2026-03-21T21:59:00Z");
    assert!(!world.readings(&metric).await.unwrap()[0].review_overdue);
    world.clock.set("2026-03-21T22:00:00Z");
    assert!(world.readings(&metric).await.unwrap()[0].review_overdue, "in Helsinki it is the next day");
}

async fn several_roots_have_the_whole_tenant_above_them(database: TestDatabase) {
    let world = World::start(database).await;
    let one = world.unit("One", None).await;
    let two = world.unit("Two", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(one), recommend(&[10, 10])).await;
    world.answers(&wave, Some(two), recommend(&[0, 7])).await;
    let readings = world.readings(&metric).await.unwrap();
    let expected = [(String::new(), Some(25.0)), ("One".into(), Some(100.0)), ("Two".into(), Some(-50.0))];
    assert_eq!(values(&readings), expected);
    assert_eq!(readings[0].unit, "");
}

async fn people_without_a_unit_count_for_the_whole_tenant_alone(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(root), recommend(&[10, 10])).await;
    assert_eq!(values(&world.readings(&metric).await.unwrap()), [("Root".to_owned(), Some(100.0))]);
    world.answers(&wave, None, recommend(&[0, 0])).await;
    let expected = [(String::new(), Some(0.0)), ("Root".to_owned(), Some(100.0))];
    assert_eq!(values(&world.readings(&metric).await.unwrap()), expected);
}

async fn a_wave_keeps_the_tree_of_its_own_day(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let (north, south) = (world.unit("North", Some(head)).await, world.unit("South", Some(head)).await);
    let team = world.unit("Team", Some(north)).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(team), recommend(&[10])).await;
    let before = world.readings(&metric).await.unwrap();
    // From the tenth of March on the team belongs to the south and has another name.
    let mut moved = unit_changed(team, Some(north), "Team", 2);
    moved.versions[0].valid_to = date(march(10));
    let mut after = unit_changed(team, Some(south), "New team", 2).versions.remove(0);
    after.valid_from = date(march(10));
    moved.versions.push(after);
    world.hears(&moved).await;
    assert_eq!(world.readings(&metric).await.unwrap(), before);
    let late = Wave { open_day: march(12), ..Wave::of("customers", world.questionnaire) };
    world.hears(&late.opened()).await;
    world.answers(&late, Some(team), recommend(&[10])).await;
    let names: Vec<_> = values(&world.readings(&metric).await.unwrap());
    let expected =
        [("Head", Some(100.0)), ("North", None), ("South", Some(100.0)), ("New team", Some(100.0))];
    assert_eq!(names, expected.map(|(name, value)| (name.to_owned(), value)));
}

async fn the_newest_wave_is_read_unless_another_is_asked_for(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let mut waves = Vec::new();
    for (day, answer) in [(10, 10), (1, 0), (20, 7)] {
        let wave = Wave { open_day: march(day), ..Wave::of("customers", world.questionnaire) };
        world.hears(&wave.opened()).await;
        world.answers(&wave, Some(root), recommend(&[answer])).await;
        waves.push(wave);
    }
    let newest = world.readings(&metric).await.unwrap();
    assert_eq!(
        (newest[0].wave.as_str(), newest[0].figure.as_ref().unwrap().value),
        (waves[2].id.name().as_str(), 0.0)
    );
    let request =
        pb::ListReadingsRequest { metric: metric.clone(), wave: waves[0].id.name(), ..Default::default() };
    let asked = world.reads(request).await.unwrap().readings;
    assert_eq!(asked[0].figure.as_ref().unwrap().value, 100.0);
}

async fn a_unit_is_read_with_those_right_below_it(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    let north = world.unit("North", Some(head)).await;
    let team = world.unit("Team", Some(north)).await;
    world.unit("Squad", Some(team)).await;
    world.unit("South", Some(head)).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(team), recommend(&[10])).await;
    let below = async |unit: String| {
        let request = pb::ListReadingsRequest { metric: metric.clone(), unit, ..Default::default() };
        world.reads(request).await.map(|response| values(&response.readings))
    };
    let expected = [("North".to_owned(), Some(100.0)), ("Team".to_owned(), Some(100.0))];
    assert_eq!(below(north.name()).await.unwrap(), expected);
    let refusal = below("units/unt_00000000000000000000000001".to_owned()).await.unwrap_err();
    assert_eq!((refusal.code, &*refusal.reason), (Code::NotFound, "UNIT_NOT_FOUND"));
}

async fn readings_come_in_pages_of_one_wave(database: TestDatabase) {
    let world = World::start(database).await;
    let head = world.unit("Head", None).await;
    for number in 1..=4 {
        world.unit(&format!("Team {number}"), Some(head)).await;
    }
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let first = world.opens("customers").await;
    world.answers(&first, Some(head), recommend(&[10])).await;
    let whole = world.readings(&metric).await.unwrap();
    let mut request = pb::ListReadingsRequest { metric, page_size: 2, ..Default::default() };
    let mut seen = Vec::new();
    loop {
        let page = world.reads(request.clone()).await.unwrap();
        assert!(page.readings.len() <= 2);
        seen.extend(page.readings);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        // A newer wave begins while the pages are read.
        let newer = Wave { open_day: march(9), ..Wave::of("customers", world.questionnaire) };
        world.hears(&newer.opened()).await;
    }
    assert_eq!(seen, whole);
    let other = pb::ListReadingsRequest { unit: head.name(), ..request };
    assert_eq!(told(world.reads(other).await).1, "PAGE_TOKEN_INVALID");
}

async fn what_nobody_asked_has_no_readings(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let nps = world.metric(pb::MetricKind::Nps, "recommend").await;
    let refusal = world.readings(&nps).await.unwrap_err();
    assert_eq!((refusal.code, &*refusal.reason), (Code::NotFound, "NO_READINGS"));
    assert!(refusal.metadata["question"].ends_with("/questions/recommend"));
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(root), felt(&[&[0]])).await;
    // The question is there, but answers to it are on another scale.
    let csat = world.metric(pb::MetricKind::Csat, "recommend").await;
    assert_eq!(told(world.readings(&csat).await).1, "NO_READINGS");
    let unknown = pb::ListReadingsRequest {
        metric: nps,
        wave: "waves/wav_00000000000000000000000001".to_owned(),
        ..Default::default()
    };
    assert_eq!(told(world.reads(unknown).await).1, "NO_READINGS");
    let refusal = world.readings("metrics/met_00000000000000000000000001").await;
    assert_eq!(told(refusal), (Code::NotFound, "METRIC_NOT_FOUND".to_owned()));
}

async fn house_rules_of_a_minute_ago_do_while_the_directory_is_away(database: TestDatabase) {
    let world = World::start(database).await;
    let root = world.unit("Root", None).await;
    let metric = world.metric(pb::MetricKind::Nps, "recommend").await;
    let wave = world.opens("customers").await;
    world.answers(&wave, Some(root), recommend(&[10])).await;
    world.directory.set_away(true);
    assert_eq!(told(world.readings(&metric).await), (Code::Unavailable, "UNAVAILABLE".to_owned()));
    world.directory.set_away(false);
    world.readings(&metric).await.unwrap();
    world.readings(&metric).await.unwrap();
    assert_eq!(world.directory.calls("GetTenant"), 1, "the second read asks nobody");
    world.directory.set_away(true);
    world.clock.set("2026-03-22T12:00:00Z");
    world.readings(&metric).await.unwrap();
    let headline = pb::Metric {
        headline: true,
        customer_relevance: Some(pb::CustomerRelevance { score: 5, evidence: "Asked".to_owned() }),
        review_day: date(NaiveDate::from_ymd_opt(2027, 1, 1).unwrap()),
        ..world.whole_metric(pb::MetricKind::Nps, "recommend")
    };
    assert_eq!(told(world.creates_metric(headline).await).1, "UNAVAILABLE", "a cap is asked anew");
}
