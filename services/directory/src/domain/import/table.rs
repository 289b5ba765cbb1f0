//! A CSV file as rows that know their lines.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{Chain, Cursor, Read};
use std::rc::Rc;

use csv::{ReaderBuilder, StringRecord};

use super::json;
use super::report::Faults;

/// The longest cell that is taken, in bytes. A longer one is nearly always the rest of the file behind a quotation
/// mark that nobody closed, and saying so helps more than a complaint about its contents.
const LONGEST_CELL: usize = 10_000;

/// How much of a file is read to find out what it is, in bytes.
const LONGEST_HEAD: usize = 65_536;

const BYTE_ORDER_MARK: char = '\u{feff}';
const BYTE_ORDER_MARK_BYTES: &[u8] = "\u{feff}".as_bytes();

/// The separators that are looked for when none is given, the most likely one first.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// A file with a heading.
#[derive(Clone, Debug)]
pub struct Table {
    /// The headings as written, without the space around them.
    pub headings: Vec<String>,
    pub rows: Vec<Row>,
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

    /// What can't be meant of a cell of this row.
    pub fn complaint(&self) -> Option<(&str, String)> {
        if let Some(long) = self.cells.iter().find(|cell| cell.len() > LONGEST_CELL) {
            return Some((long, format!("a cell is longer than {LONGEST_CELL} bytes")));
        }
        self.cells.iter().find(|cell| cell.contains('\0')).map(|cell| (cell, NUL.to_owned()))
    }

    /// Adds empty cells up to a number of cells.
    pub fn fill(&mut self, count: usize) {
        while self.cells.len() < count {
            self.cells.push_field("");
        }
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
    // Of JSON the columns are known at the end, so that the rows are made in a second scan.
    let known = if json::is(content.trim_start_matches(BYTE_ORDER_MARK)) {
        scan(content.as_bytes(), delimiter, &[], &mut faults, &mut |_, _, _| true)
    } else {
        Some(Vec::new())
    };
    let Some(known) = known.filter(|_| faults.is_empty()) else { return Err(faults) };
    let mut rows = Vec::new();
    let mut take = |_: &[String], row: Row, _: &mut Faults| {
        rows.push(row);
        true
    };
    match scan(content.as_bytes(), delimiter, &known, &mut faults, &mut take) {
        Some(headings) if faults.is_empty() => Ok(Table { headings, rows }),
        _ => Err(faults),
    }
}

/// What takes a row, with the columns that are known by then. It answers whether it wants more.
pub type Take<'t> = &'t mut dyn FnMut(&[String], Row, &mut Faults) -> bool;

/// Reads a file row by row, holding no more than a row of it, and returns its columns. `known` are the columns of an earlier
/// scan: those of JSON are all known only at its end.
pub fn scan(
    source: impl Read,
    delimiter: Option<u8>,
    known: &[String],
    faults: &mut Faults,
    take: Take<'_>,
) -> Option<Vec<String>> {
    let (start, source) = open(source, faults)?;
    if json::is(&start) {
        return json::scan(source, known, faults, take);
    }
    scan_csv(source, delimiter.unwrap_or_else(|| sniff(&start)), faults, take)
}

/// The columns of a file: of CSV by its first line, of JSON by all of its entries.
pub fn columns(source: impl Read, delimiter: Option<u8>, faults: &mut Faults) -> Option<Vec<String>> {
    let (start, source) = open(source, faults)?;
    if json::is(&start) {
        return json::scan(source, &[], faults, &mut |_, _, _| true);
    }
    scan_csv(source, delimiter.unwrap_or_else(|| sniff(&start)), faults, &mut |_, _, _| false)
}

/// A file whose beginning was read already.
type Opened<R> = Chain<Cursor<Vec<u8>>, R>;

/// The first line of a file, and all of it, without the byte order mark.
fn open<R: Read>(mut source: R, faults: &mut Faults) -> Option<(String, Opened<R>)> {
    match head(&mut source) {
        Ok(head) => {
            let head = head.strip_prefix(BYTE_ORDER_MARK_BYTES).unwrap_or(&head).to_vec();
            Some((String::from_utf8_lossy(&head).into_owned(), Cursor::new(head).chain(source)))
        }
        Err(error) => {
            faults.add(0, "", "", format!("the file can't be read: {error}"));
            None
        }
    }
}

fn scan_csv(source: impl Read, delimiter: u8, faults: &mut Faults, take: Take<'_>) -> Option<Vec<String>> {
    let breaks = Rc::default();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        // A row with too many or too few cells is told by its line and does not hide those after it.
        .flexible(true)
        .from_reader(Counted { source, breaks: Rc::clone(&breaks) });
    let mut headings: Option<Vec<String>> = None;
    let mut cells = StringRecord::new();
    loop {
        match reader.read_record(&mut cells) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                faults.add(0, "", "", format!("the file can't be read as CSV: {error}"));
                break;
            }
        }
        let line = breaks.borrow_mut().line_of(cells.position().map_or(0, csv::Position::byte));
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
        if !take(headings, Row { line, cells: cells.clone() }, faults) {
            break;
        }
    }
    if headings.is_none() && faults.is_empty() {
        faults.add(0, "", "", "the file is empty, its first line must name the columns");
    }
    headings
}

/// The beginning of a file up to the end of its first line, which tells what kind of file it is.
fn head(source: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let (mut quoted, mut filled) = (false, false);
    let mut byte = [0; 4096];
    while head.len() < LONGEST_HEAD {
        let length = source.read(&mut byte)?;
        if length == 0 {
            break;
        }
        head.extend_from_slice(&byte[..length]);
        let ends = byte[..length].iter().any(|byte| {
            quoted ^= *byte == b'"';
            let is_break = matches!(byte, b'\n' | b'\r');
            filled |= !byte.is_ascii_whitespace();
            is_break && filled && !quoted
        });
        if ends {
            break;
        }
    }
    Ok(head)
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

/// Notes where lines end, while a reader reads on.
struct Counted<R> {
    source: R,
    breaks: Rc<RefCell<Breaks>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let length = self.source.read(into)?;
        self.breaks.borrow_mut().feed(&into[..length]);
        Ok(length)
    }
}

/// Counts lines up to ever later places. The reader's own count is of where it stopped reading the record before,
/// which empty lines and the second half of CR LF make differ from where this one begins.
#[derive(Default)]
struct Breaks {
    /// How many lines ended before the first of `ahead`.
    lines: u64,
    /// How many bytes were fed.
    fed: u64,
    /// A CR whose next byte is not known yet.
    open: Option<u64>,
    /// Where breaks are that were not counted yet, and whether each ends a line.
    ahead: VecDeque<(u64, bool)>,
}

impl Breaks {
    fn feed(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.ahead.extend(self.open.take().map(|at| (at, true)));
        }
        for byte in bytes {
            // A lone CR ends a line too, as old spreadsheets write it.
            if let Some(at) = self.open.take() {
                self.ahead.push_back((at, *byte != b'\n'));
            }
            match byte {
                b'\n' => self.ahead.push_back((self.fed, true)),
                b'\r' => self.open = Some(self.fed),
                _ => {}
            }
            self.fed += 1;
        }
    }

    fn line_of(&mut self, begin: u64) -> u64 {
        let mut at = begin;
        while let Some((place, ends)) = self.ahead.front().copied() {
            if place > at {
                break;
            }
            self.ahead.pop_front();
            self.lines += u64::from(ends);
            at = at.max(place + 1);
        }
        self.lines + 1
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
