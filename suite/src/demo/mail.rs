//! Reading the mail that went out, as its recipients would: only to find the link to their own page.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result};
use base64::Engine as _;

/// The secret parts of the message links in the mails of a folder, by the address of the recipient.
pub(super) fn links(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut links = BTreeMap::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let mail = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        if let Some(found) = link(&mail) {
            links.insert(found.0, found.1);
        }
    }
    Ok(links)
}

/// The recipient's address and the secret of the link.
fn link(mail: &str) -> Option<(String, String)> {
    let mail = mail.replace("\r\n", "\n");
    let (head, body) = mail.split_once("\n\n")?;
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
        Some(line[name.len()..].trim().to_owned())
    };
    let text = match header("content-transfer-encoding:").unwrap_or_default().to_ascii_lowercase().as_str() {
        "quoted-printable" => unquoted(body),
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            String::from_utf8(base64::engine::general_purpose::STANDARD.decode(packed).ok()?).ok()?
        }
        _ => body.to_owned(),
    };
    let to = header("to:")?;
    let address = to.rsplit_once('<').map_or(to.as_str(), |(_, address)| address).trim_end_matches('>');
    let (_, rest) = text.split_once("/m/")?;
    let token: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    Some((address.to_owned(), token))
}

/// Quoted-printable (RFC 2045, section 6.7), as far as a link needs it: only ASCII is unfolded.
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\n", "");
    let mut text = String::new();
    let mut rest = joined.as_str();
    while let Some(at) = rest.find('=') {
        text.push_str(&rest[..at]);
        match rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(u8::is_ascii) {
            Some(byte) => {
                text.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                text.push('=');
                rest = &rest[at + 1..];
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_link_in_every_encoding() {
        let expected = Some(("aino@kaarna.example".to_owned(), "Ab-c_1".to_owned()));
        let plain = "To: Aino <aino@kaarna.example>\r\n\r\nsee http://x/m/Ab-c_1 now";
        assert_eq!(link(plain), expected);
        let quoted = "To: aino@kaarna.example\nContent-Transfer-Encoding: quoted-printable\n\nsee http=\n://x/m/Ab=2Dc_1=\n";
        assert_eq!(link(quoted), expected);
        let packed =
            "To: aino@kaarna.example\nContent-Transfer-Encoding: base64\n\naHR0cDovL3gvbS9B\nYi1jXzEg";
        assert_eq!(link(packed), expected);
    }
}
