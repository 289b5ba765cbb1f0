//! Data as CSV (RFC 4180), for whoever wants to look closer in a spreadsheet.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};

/// What stands in one cell.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// Words, which a spreadsheet must not take for a formula.
    Text(String),
    /// A number with a decimal point, whatever the reader's language, since programs read it.
    Number(f64),
    /// A count.
    Count(i64),
    /// Nothing, as where a number may not be shown.
    Nothing,
}

impl Cell {
    /// Words.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number that may be missing.
    pub(super) fn maybe(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }

    fn written(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => format!("{number:.1}"),
            Self::Count(count) => count.to_string(),
            Self::Nothing => String::new(),
        }
    }
}

/// Spreadsheets run a cell that begins like a formula; an apostrophe before it makes it words again.
fn quoted(text: &str) -> String {
    let is_formula =
        text.trim_start().starts_with(['=', '+', '-', '@', '|', '%']) || text.starts_with(['\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// A table as a file to keep. Letters, digits and hyphens make the name.
pub(super) fn reply(name: &str, head: &[&str], rows: &[Vec<Cell>]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let mut response = (headers, table(head, rows)).into_response();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    if let Ok(kept) = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, kept);
    }
    response
}

fn table(head: &[&str], rows: &[Vec<Cell>]) -> String {
    // The mark at the start tells spreadsheets that this is UTF-8.
    let mut table = format!("\u{feff}{}\r\n", head.join(","));
    for row in rows {
        let cells: Vec<_> = row.iter().map(Cell::written).collect();
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_can_neither_end_their_cell_nor_be_a_formula() {
        for (text, written) in [
            ("Phone", "\"Phone\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            (" +1", "\"' +1\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("\t=1", "\"'\t=1\""),
        ] {
            assert_eq!(Cell::text(text).written(), written);
        }
    }

    #[test]
    fn numbers_are_numbers() {
        let row = vec![Cell::Number(-12.34), Cell::Count(7), Cell::Nothing, Cell::maybe(None)];
        assert_eq!(table(&["a", "b", "c", "d"], &[row]), "\u{feff}a,b,c,d\r\n-12.3,7,,\r\n");
    }
}
