//! The configuration as it would be used, without what must stay secret.

use serde_json::Value;

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Shows sections as TOML that could be a file, except for secrets: a value whose key says that it is one, and the
/// password in an address.
///
/// # Errors
/// When a section can't be shown as TOML, which a section that was read from it can.
pub fn print<'a>(sections: impl IntoIterator<Item = (&'a str, Value)>) -> anyhow::Result<String> {
    let mut root = serde_json::Map::new();
    for (name, mut section) in sections {
        clean(&mut section, false);
        root.insert(name.to_owned(), section);
    }
    // By way of a table, which puts plain values before the tables that would otherwise swallow them.
    Ok(toml::to_string_pretty(&toml::Table::try_from(root)?)?)
}

/// Redacts secrets, and drops what is not set: TOML has no word for it.
fn clean(value: &mut Value, is_secret: bool) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            for (key, value) in fields {
                clean(value, is_secret || names_a_secret(key));
            }
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(|item| clean(item, is_secret));
        }
        Value::String(text) if is_secret && !text.is_empty() => REDACTED.clone_into(text),
        Value::String(text) => *text = without_password(text),
        Value::Number(_) if is_secret => *value = REDACTED.into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A file that holds a secret is not one, its path helps.
fn names_a_secret(key: &str) -> bool {
    let last = key.rsplit('_').next().unwrap_or_default();
    matches!(last, "secret" | "secrets" | "key" | "keys" | "password" | "passphrase" | "token" | "tokens")
}

/// Redacts the password of every address in a text: before the host, and among the arguments.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (address, arguments) = rest.split_once('?').map_or((rest, None), |(a, b)| (a, Some(b)));
    // Up to the last `@`, wherever it stands: a password that should have been escaped must not show for that.
    let address = match address.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:{REDACTED}@{host}"),
            None => format!("{user}@{host}"),
        },
        None => address.to_owned(),
    };
    let mut shown = format!("{scheme}://{address}");
    if let Some(arguments) = arguments {
        let arguments: Vec<_> = arguments
            .split('&')
            .map(|argument| match argument.split_once('=') {
                Some((key, _)) if key.to_lowercase().contains("password") || names_a_secret(key) => {
                    format!("{key}={REDACTED}")
                }
                _ => argument.to_owned(),
            })
            .collect();
        shown.push('?');
        shown.push_str(&arguments.join("&"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_an_address_is_hidden_and_the_rest_is_not() {
        for (given, shown) in [
            ("postgres://goal:hunter2@db:5432/arki", "postgres://goal:***@db:5432/arki"),
            ("postgres://goal:p@ss/word@db/arki", "postgres://goal:***@db/arki"),
            (
                "postgres://goal@db/arki?password=hunter2&sslmode=require",
                "postgres://goal@db/arki?password=***&sslmode=require",
            ),
            ("nats://user:secret@bus:4222", "nats://user:***@bus:4222"),
            ("sqlite:///var/lib/arki/goal.db", "sqlite:///var/lib/arki/goal.db"),
            ("not an address", "not an address"),
        ] {
            assert_eq!(without_password(given), shown);
        }
    }

    #[test]
    fn a_key_that_names_a_secret_hides_its_value_and_everything_below() {
        let config = serde_json::json!({
            "url": "postgres://goal:hunter2@db/arki",
            "page_token_key": "hunter2",
            "signing_secret": ["hunter2"],
            "smtp_password": { "current": "hunter2", "since": 2020 },
            "secret_file": "/run/secrets/goal",
            "keyboard": "qwerty",
            "pin_token": 1234,
            "schema": null,
        });
        let shown = print([("goal", config)]).unwrap();
        assert!(!shown.contains("hunter2") && !shown.contains("2020") && !shown.contains("1234"), "{shown}");
        assert!(shown.contains("/run/secrets/goal") && shown.contains("qwerty") && !shown.contains("schema"));
    }
}
