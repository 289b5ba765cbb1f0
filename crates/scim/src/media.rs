//! The media type of SCIM (RFC 7644, section 3.1).

/// What every answer with a body carries.
pub const TYPE: &str = "application/scim+json";

/// Whether a body of this content type is read. None is read as SCIM, for clients that leave it out.
pub fn is_read(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    matches!(essence(content_type).as_str(), TYPE | "application/json")
}

/// Whether a client with this `Accept` takes an answer. Old clients ask for JSON and take SCIM.
pub fn is_accepted(accept: Option<&str>) -> bool {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return true };
    accept.split(',').any(|range| {
        let refused = range.split(';').skip(1).any(|parameter| {
            let weight = parameter.trim().strip_prefix("q=").map(str::parse::<f32>);
            weight.is_some_and(|weight| weight == Ok(0.0))
        });
        !refused && matches!(essence(range).as_str(), TYPE | "application/json" | "application/*" | "*/*")
    })
}

fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
