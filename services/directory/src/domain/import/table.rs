//! A CSV file as rows that know their lines.

use csv::{ReaderBuilder, StringRecord};

use super::json;
use super::report::Faults;

/// The longest cell that is taken, in bytes. A longer one is nearly always the rest of the file behind a quotation
/// mark that nobody closed, and saying so helps more than a complaint about its contents.
const LONGEST_CELL: usize = 10_000;

/// The separators that are looked for when none is given, the most likely one first.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// A file with a heading.
#[derive(Clone, Debug)]
pub struct Table {
    /// The headings as written, without the space around them.
    pub headings: Vec<String>,
    pub rows: Vec<Row>,
}

impl Table {
    /// Complains of cells that can't be meant.
    pub fn check_cells(&self, faults: &mut Faults) {
        for row in &self.rows {
            if let Some(long) = row.cells.iter().find(|cell| cell.len() > LONGEST_CELL) {
                faults.add(row.line, "", long, format!("a cell is longer than {LONGEST_CELL} bytes"));
            } else if let Some(cell) = row.cells.iter().find(|cell| cell.contains('\0')) {
                faults.add(row.line, "", cell, NUL);
            }
        }
    }
}

/// A row and where it begins.
#[derive(Clone, Debug)]
pub struct Row {
    /// From 1; the heading is line 1 where nothing stands above it.
    pub line: u64,
    cells: StringRecord,
}

impl Row {
    /// A row of these cells.
    pub fn new(line: u64, cells: &[String]) -> Self {
        Self { line, cells: StringRecord::from(cells.to_vec()) }
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: &str) {
        self.cells.push_field(cell);
    }

    /// The cell of a column without the space around it; empty where the row is too short.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default().trim()
    }
}

/// What is said of a cell that no database takes.
const NUL: &str = "a cell contains the character U+0000, remove it";

/// Reads a file: JSON where it begins as such, else CSV. Rows of nothing but empty cells are passed over: spreadsheets leave them behind.
pub fn read(content: &str, delimiter: Option<u8>) -> Result<Table, Faults> {
    let mut faults = Faults::default();
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    if json::is(content) {
        return json::read(content);
    }
    let delimiter = delimiter.unwrap_or_else(|| sniff(content));
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        // A row with too many or too few cells is told by its line and does not hide those after it.
        .flexible(true)
        .from_reader(content.as_bytes());
    let mut lines = Lines::new(content);
    let mut headings: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    for record in reader.records() {
        let cells = match record {
            Ok(cells) => cells,
            Err(error) => {
                faults.add(0, "", "", format!("the file can't be read as CSV: {error}"));
                break;
            }
        };
        let line = lines.of(cells.position().map_or(0, csv::Position::byte));
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if let Some(long) = cells.iter().find(|cell| cell.len() > LONGEST_CELL) {
            let problem = format!(
                "a cell is longer than {LONGEST_CELL} bytes, look for a quotation mark that is not closed"
            );
            faults.add(line, "", long, problem);
            continue;
        }
        let Some(headings) = &headings else {
            headings = Some(cells.iter().map(|cell| cell.trim().to_owned()).collect());
            continue;
        };
        if cells.len() != headings.len() {
            let problem = format!("the line has {} cells, the heading has {}", cells.len(), headings.len());
            faults.add(line, "", "", problem);
            continue;
        }
        if let Some(cell) = cells.iter().find(|cell| cell.contains('\0')) {
            faults.add(line, "", cell, NUL);
            continue;
        }
        rows.push(Row { line, cells });
    }
    match headings {
        Some(headings) if faults.is_empty() => Ok(Table { headings, rows }),
        Some(_) => Err(faults),
        None => {
            if faults.is_empty() {
                faults.add(0, "", "", "the file is empty, its first line must name the columns");
            }
            Err(faults)
        }
    }
}

/// The separator that occurs most in the first line, outside of quotation marks.
fn sniff(content: &str) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for byte in content.trim_start().bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => {
                if let Some(index) = SEPARATORS.iter().position(|separator| *separator == byte) {
                    counts[index] += 1;
                }
            }
            _ => {}
        }
    }
    let best = (0..SEPARATORS.len()).rev().max_by_key(|index| counts[*index]).unwrap_or(0);
    SEPARATORS[best]
}

/// Counts lines up to ever later places. The reader's own count is of where it stopped reading the record before,
/// which empty lines and the second half of CR LF make differ from where this one begins.
struct Lines<'a> {
    content: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(content: &'a str) -> Self {
        Self { content: content.as_bytes(), at: 0, line: 1 }
    }

    fn of(&mut self, byte: u64) -> u64 {
        let begin = usize::try_from(byte).unwrap_or(usize::MAX).min(self.content.len());
        while let Some(byte) = self.content.get(self.at) {
            let is_break = matches!(byte, b'\n' | b'\r');
            if self.at >= begin && !is_break {
                break;
            }
            // A lone CR ends a line too, as old spreadsheets write it.
            if *byte == b'\n' || (*byte == b'\r' && self.content.get(self.at + 1) != Some(&b'\n')) {
                self.line += 1;
            }
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::report::Report;
    use super::*;

    fn cells(content: &str) -> Vec<(u64, Vec<String>)> {
        let table = read(content, None).unwrap();
        let count = table.headings.len();
        table
            .rows
            .iter()
            .map(|row| (row.line, (0..count).map(|c| row.cell(c).to_owned()).collect()))
            .collect()
    }

    fn faults(content: &str) -> Vec<(u64, String)> {
        let faults = read(content, None).unwrap_err();
        Report::refused(0, true, faults).faults.into_iter().map(|fault| (fault.line, fault.problem)).collect()
    }

    #[test]
    fn a_byte_order_mark_and_any_separator_are_taken() {
        for separator in [",", ";", "\t", "|"] {
            let content = format!("\u{feff}id{separator}name\r\n1{separator}\"a, b; c\"\r\n");
            assert_eq!(cells(&content), [(2, vec!["1".to_owned(), "a, b; c".to_owned()])], "{separator:?}");
        }
    }

    #[test]
    fn rows_know_their_lines_behind_quoted_newlines_and_empty_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let content = ["id,name", "1,\"two", "lines\"", "", "", "2,x", ",", "3,y"].join(end);
            let lines: Vec<_> = cells(&content).into_iter().map(|(line, _)| line).collect();
            assert_eq!(lines, [2, 6, 8], "{end:?}");
        }
    }

    #[test]
    fn a_row_of_another_width_is_told_by_its_line() {
        assert_eq!(
            faults("id,name\n1,a\n2\n3,b,c\n"),
            [
                (3, "the line has 1 cells, the heading has 2".to_owned()),
                (4, "the line has 3 cells, the heading has 2".to_owned())
            ]
        );
    }

    #[test]
    fn an_empty_file_says_what_is_missing() {
        assert_eq!(faults("\u{feff}\n")[0].0, 0);
        assert!(read("id,name", None).unwrap().rows.is_empty());
    }

    #[test]
    fn an_unclosed_quotation_mark_is_suspected() {
        let content = format!("id,name\n1,\"open\n{}", "2,x\n".repeat(5_000));
        let faults = faults(&content);
        assert_eq!(faults[0].0, 2);
        assert!(faults[0].1.contains("quotation mark"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rows in prop::collection::vec(("[a-z]{1,5}", "[a-zä\",;\n]{0,12}"), 1..20)) {
            let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
            writer.write_record(["id", "name"]).unwrap();
            for (id, name) in &rows {
                writer.write_record([id, name]).unwrap();
            }
            let content = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let table = read(&content, Some(b';')).unwrap();
            prop_assert_eq!(table.rows.len(), rows.len());
            for (row, (id, name)) in table.rows.iter().zip(&rows) {
                prop_assert_eq!(row.cell(0), id);
                prop_assert_eq!(row.cell(1), name.trim());
                let begins = content.lines().nth(usize::try_from(row.line - 1).unwrap()).unwrap();
                let start = format!("{id};");
                prop_assert!(begins.starts_with(start.as_str()));
            }
        }

        #[test]
        fn no_text_whatever_panics(content: String) {
            let _ = read(&content, None);
        }
    }
}
