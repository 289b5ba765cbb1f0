//! Keyset pages: a page begins after the key of the last row of the page before, so that a list costs the same
//! at its end as at its beginning, and rows that come and go in between neither repeat nor hide others.
//!
//! The key travels through the client inside a token. [`Tokens`] seals it, together with a hash of the other
//! arguments of the list: a token that was changed, or that came from a list with another filter, is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many items a page has when the caller doesn't say.
pub const DEFAULT_SIZE: u64 = 50;
/// How many items a page has at most; a caller that asks for more gets this many.
pub const MAX_SIZE: u64 = 1_000;

/// The values of the key columns of the last row of a page, in the order of the sort.
pub type Cursor = Vec<String>;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    pub size: u64,
    /// The key after which the page begins; none for the first page.
    pub after: Option<Cursor>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { size: DEFAULT_SIZE, after: None }
    }
}

impl PageRequest {
    /// Reads the page size as a caller gave it: 0 means the default, more than [`MAX_SIZE`] is cut to it.
    pub fn new(page_size: i32, after: Option<Cursor>) -> Result<Self, Error> {
        let size = match u64::try_from(page_size) {
            Err(_) => return Err(Error::NegativeSize),
            Ok(0) => DEFAULT_SIZE,
            Ok(size) => size.min(MAX_SIZE),
        };
        Ok(Self { size, after })
    }

    /// How many rows to fetch: one more than the page has, to know whether there is another page.
    pub fn limit(&self) -> u64 {
        self.size.saturating_add(1)
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The key after which the next page begins; none on the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were fetched with [`PageRequest::limit`].
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, key: impl FnOnce(&T) -> Cursor) -> Self {
        let size = usize::try_from(request.size).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }

    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

/// Why a page can't be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("page_size is negative: give 0 for the default of {DEFAULT_SIZE}, or up to {MAX_SIZE}")]
    NegativeSize,
    #[error("page_token was not given out for this list and these arguments: leave it empty to start over")]
    Token,
}

/// Seals and opens page tokens.
#[derive(Clone)]
pub struct Tokens {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

/// Bytes of the seal. A forger gains a look at another place of a list that he may read anyway, so half of the
/// hash is plenty, and tokens stay short.
const SEAL: usize = 16;

impl Tokens {
    /// All replicas of a service need the same key, or a page asked of one can't be continued at another.
    pub fn new(key: impl AsRef<[u8]>) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_ref()).unwrap_or_else(|_| {
            unreachable!("HMAC takes a key of any length");
        });
        // Keeps tokens apart from whatever else the same key may sign.
        mac.update(b"arki page token 1\n");
        Self { mac }
    }

    pub fn seal(&self, cursor: &Cursor, args_hash: [u8; 32]) -> String {
        let mut token = Vec::new();
        for value in cursor {
            token.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
            token.extend(value.as_bytes());
        }
        let seal = self.over(&token, args_hash).finalize().into_bytes();
        token.extend(&seal[..SEAL]);
        URL_SAFE_NO_PAD.encode(token)
    }

    pub fn open(&self, token: &str, args_hash: [u8; 32]) -> Result<Cursor, Error> {
        let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::Token)?;
        let (body, seal) = token.split_at_checked(token.len().wrapping_sub(SEAL)).ok_or(Error::Token)?;
        self.over(body, args_hash).verify_truncated_left(seal).map_err(|_| Error::Token)?;
        values(body).ok_or(Error::Token)
    }

    fn over(&self, body: &[u8], args_hash: [u8; 32]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        mac.update(&args_hash);
        mac.update(body);
        mac
    }
}

fn values(mut body: &[u8]) -> Option<Cursor> {
    let mut cursor = Vec::new();
    while !body.is_empty() {
        let (length, rest) = body.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        cursor.push(String::from_utf8(value.to_vec()).ok()?);
        body = rest;
    }
    Some(cursor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cursor, DEFAULT_SIZE, Error, MAX_SIZE, Page, PageRequest, Tokens};

    proptest! {
        #[test]
        fn what_was_sealed_is_opened(cursor: Vec<String>, args: [u8; 32], key: Vec<u8>) {
            let tokens = Tokens::new(&key);
            prop_assert_eq!(tokens.open(&tokens.seal(&cursor, args), args), Ok(cursor));
        }

        #[test]
        fn a_changed_token_is_refused(cursor: Vec<String>, at: prop::sample::Index, letter in "[A-Za-z0-9_-]") {
            let tokens = Tokens::new("key");
            let sealed = tokens.seal(&cursor, [7; 32]);
            let at = at.index(sealed.len());
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, &letter);
            prop_assume!(changed != sealed);
            prop_assert_eq!(tokens.open(&changed, [7; 32]), Err(Error::Token));
        }

        #[test]
        fn no_text_whatever_opens(token: String) {
            prop_assert_eq!(Tokens::new("key").open(&token, [0; 32]), Err(Error::Token));
        }

        #[test]
        fn pages_of_any_size_hold_every_row_once(count in 0_usize..40, size in 1_u64..12) {
            let rows: Vec<usize> = (0..count).collect();
            let mut seen = Vec::new();
            let mut request = PageRequest { size, after: None };
            loop {
                let from = request.after.as_ref().map_or(0, |after: &Cursor| after[0].parse::<usize>().unwrap() + 1);
                let fetched = rows[from..].iter().copied().take(usize::try_from(request.limit()).unwrap()).collect();
                let page = Page::cut(fetched, &request, |row| vec![row.to_string()]);
                seen.extend(page.items);
                match page.next {
                    Some(next) => request.after = Some(next),
                    None => break,
                }
            }
            prop_assert_eq!(seen, rows);
        }
    }

    #[test]
    fn a_token_of_another_key_or_of_other_arguments_is_refused() {
        let sealed = Tokens::new("key").seal(&vec!["gol_1".to_owned()], [1; 32]);
        assert_eq!(Tokens::new("key").open(&sealed, [2; 32]), Err(Error::Token));
        assert_eq!(Tokens::new("other").open(&sealed, [1; 32]), Err(Error::Token));
        assert_eq!(Tokens::new("key").open("", [1; 32]), Err(Error::Token));
    }

    #[test]
    fn the_size_is_defaulted_cut_and_never_negative() {
        assert_eq!(PageRequest::new(0, None).map(|page| page.size), Ok(DEFAULT_SIZE));
        assert_eq!(PageRequest::new(7, None).map(|page| page.size), Ok(7));
        assert_eq!(PageRequest::new(i32::MAX, None).map(|page| page.size), Ok(MAX_SIZE));
        assert_eq!(PageRequest::new(-1, None), Err(Error::NegativeSize));
    }
}
