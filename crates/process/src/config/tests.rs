use serde::Deserialize;
use tempfile::NamedTempFile;

use super::*;

#[derive(Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Goal {
    database: Database,
    cycle_days: u32,
    zone: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Database {
    url: String,
    max_connections: u32,
}

impl Default for Goal {
    fn default() -> Self {
        Self {
            database: Database { url: "sqlite:///default.db".into(), max_connections: 4 },
            cycle_days: 90,
            zone: None,
        }
    }
}

/// A file that is gone after the test.
fn holding(text: &str) -> NamedTempFile {
    let file = tempfile::Builder::new().prefix("arki-test-").suffix(".toml").tempfile().unwrap();
    std::fs::write(&file, text).unwrap();
    file
}

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn without_any_source_everything_is_the_default() {
    assert_eq!(load::<Goal>("goal", &Sources::default()).unwrap(), Goal::default());
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
    let file = holding(
        "[goal]\ncycle_days = 30\nzone = \"Europe/Helsinki\"\n[goal.database]\nurl = \"sqlite:///file.db\"\n",
    );
    let mut sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
    let loaded: Goal = load("goal", &sources).unwrap();
    assert_eq!((loaded.cycle_days, loaded.database.url.as_str()), (30, "sqlite:///file.db"));
    assert_eq!(loaded.database.max_connections, 4, "a key that the file leaves out keeps its default");
    assert_eq!(loaded.zone.as_deref(), Some("Europe/Helsinki"));

    sources.environment = environment(&[
        ("ARKI_GOAL__DATABASE__URL", "sqlite:///environment.db"),
        ("ARKI_GOAL__CYCLE_DAYS", "60"),
    ]);
    let loaded: Goal = load("goal", &sources).unwrap();
    assert_eq!((loaded.cycle_days, loaded.database.url.as_str()), (60, "sqlite:///environment.db"));

    let sources = sources.flag("goal.cycle_days", Some(7)).flag("goal.zone", None::<&str>);
    let loaded: Goal = load("goal", &sources).unwrap();
    assert_eq!((loaded.cycle_days, loaded.database.url.as_str()), (7, "sqlite:///environment.db"));
}

#[test]
fn an_unknown_key_is_refused_by_its_name_wherever_it_stands() {
    let file = holding("[goal.database]\nurll = \"sqlite:///file.db\"\n");
    let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
    let error = load::<Goal>("goal", &sources).unwrap_err().to_string();
    assert!(error.contains("urll") && error.contains("goal.database"), "{error}");
    assert!(error.contains(&file.path().display().to_string()), "{error}");

    let sources =
        Sources { environment: environment(&[("ARKI_GOAL__CICLE_DAYS", "60")]), ..Sources::default() };
    let error = load::<Goal>("goal", &sources).unwrap_err().to_string();
    assert!(error.contains("cicle_days") && error.contains("environment"), "{error}");

    let sources = Sources::default().flag("goal.database.size", Some(7));
    let error = load::<Goal>("goal", &sources).unwrap_err().to_string();
    assert!(error.contains("size") && error.contains("flags"), "{error}");
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_with_its_key() {
    let sources =
        Sources { environment: environment(&[("ARKI_GOAL__CYCLE_DAYS", "soon")]), ..Sources::default() };
    let error = load::<Goal>("goal", &sources).unwrap_err().to_string();
    assert!(error.contains("goal.cycle_days"), "{error}");
}

#[test]
fn an_unknown_section_is_refused_and_variables_of_others_are_not() {
    let known = ["process", "goal"];
    let file = holding("[gaol]\ncycle_days = 1\n");
    let sources = Sources { file: Some(file.path().to_owned()), ..Sources::default() };
    let error = check_sections(&known, &sources).unwrap_err().to_string();
    assert!(error.contains("[gaol]") && error.contains("process, goal"), "{error}");

    let sources = Sources { environment: environment(&[("ARKI_GAOL__X", "1")]), ..Sources::default() };
    assert!(check_sections(&known, &sources).is_err());

    let theirs = environment(&[("ARKI_GOAL_SERVICE_HOST", "10.0.0.1"), ("PATH", "/bin"), ("OTHER__X", "1")]);
    check_sections(&known, &Sources { environment: theirs, ..Sources::default() }).unwrap();
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let sources = Sources { file: Some("/nowhere/arki.toml".into()), ..Sources::default() };
    assert!(matches!(load::<Goal>("goal", &sources), Err(Error::NoFile(_))));
    assert!(matches!(check_sections(&["goal"], &sources), Err(Error::NoFile(_))));
}

#[test]
fn a_variable_may_hold_a_list_or_a_text_in_quotes() {
    #[derive(Default, Deserialize, Serialize)]
    #[serde(default, deny_unknown_fields)]
    struct Lists {
        names: Vec<String>,
        pin: String,
    }
    let sources = Sources {
        environment: environment(&[("ARKI_X__NAMES", "[a, b]"), ("ARKI_X__PIN", "\"0123\"")]),
        ..Sources::default()
    };
    let lists: Lists = load("x", &sources).unwrap();
    assert_eq!((lists.names, lists.pin.as_str()), (vec!["a".to_owned(), "b".to_owned()], "0123"));
}
