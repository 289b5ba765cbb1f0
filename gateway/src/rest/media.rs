//! Media types: what a caller sends and what it accepts.

use http::{HeaderMap, header};

/// The type of a single document.
pub(crate) const JSON: &str = "application/json";
/// The type of a stream: one document a line.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// Whether a content type is the wanted one, whatever its parameters; `None` when there is no such header.
pub(crate) fn content_is(headers: &HeaderMap, wanted: &str) -> Option<bool> {
    let value = headers.get(header::CONTENT_TYPE)?;
    Some(value.to_str().is_ok_and(|value| essence(value).eq_ignore_ascii_case(wanted)))
}

fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// Whether the caller takes an answer of this type. Without a header, anything goes.
pub(crate) fn accepts(headers: &HeaderMap, offered: &str) -> bool {
    let mut values = headers.get_all(header::ACCEPT).iter().peekable();
    if values.peek().is_none() {
        return true;
    }
    // The most specific range that matches decides: `*/*, application/json;q=0` excludes JSON.
    let mut best: Option<(u8, bool)> = None;
    for range in values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
        let specific = match essence(range) {
            "*/*" => 0,
            "application/*" => 1,
            range if range.eq_ignore_ascii_case(offered) => 2,
            _ => continue,
        };
        let wanted = quality(range) > 0.0;
        if best.is_none_or(|(known, _)| specific >= known) {
            best = Some((specific, wanted));
        }
    }
    best.is_some_and(|(_, wanted)| wanted)
}

fn quality(range: &str) -> f32 {
    let weight = range.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("q="));
    weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn json_is_accepted_unless_it_is_excluded() {
        for (accept, accepted) in [
            ("application/json", true),
            ("*/*", true),
            ("application/*;q=0.1", true),
            ("text/html, */*;q=0.8", true),
            ("APPLICATION/JSON; charset=utf-8", true),
            ("text/csv", false),
            ("application/json;q=0", false),
            ("*/*, application/json;q=0", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(accepts(&headers, JSON), accepted, "{accept}");
        }
        assert!(accepts(&HeaderMap::new(), JSON));
    }

    #[test]
    fn parameters_of_a_content_type_do_not_matter() {
        for (given, is_json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/jsonp", false),
            ("text/plain", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(given));
            assert_eq!(content_is(&headers, JSON), Some(is_json), "{given}");
        }
        assert_eq!(content_is(&HeaderMap::new(), JSON), None);
    }
}
