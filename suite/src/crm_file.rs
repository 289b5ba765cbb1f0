//! `arki import crm`: a file of any size in the memory of a part of it.
//!
//! A file that fits into one part is loaded as a whole or not at all. A larger one is sent part by part, each with the
//! heading before it: a part is loaded as a whole or not at all, and loading it again changes nothing, so that a load
//! that was interrupted goes on at the line that it names, or simply begins again.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use anyhow::{Context as _, Result, bail, ensure};
use arki_proto::directory::v1::{
    ColumnMapping, ImportCount, ImportCrmFileRequest, ImportReport,
    directory_service_client::DirectoryServiceClient,
};

use crate::{crm_counted::Counted, progress::Progress, remote::Api};

/// Rows of one part.
const ROWS: u64 = 1_000;

/// Rows of one part of a dry run: a row changes an account, a customer and an outcome at most, and a report lists 1,000
/// changes, so that it lists all of them.
const TRIED_ROWS: u64 = 333;

/// The longest row, in bytes: a quotation mark that nobody closed must not take the rest of the file for one.
const LONGEST_ROW: usize = 1024 * 1024;

/// A file in parts.
struct Parts<R> {
    reader: R,
    heading: String,
    /// The line on which the next row begins, counted from 1.
    line: u64,
    /// The line after the heading.
    first: u64,
    bytes: u64,
    /// Rows of one part.
    most: u64,
}

/// Some rows with the heading before them.
#[derive(Debug)]
struct Part {
    content: String,
    /// The line of the first row.
    line: u64,
    rows: u64,
}

impl<R: BufRead> Parts<R> {
    fn open(mut reader: R, most: u64) -> Result<Self> {
        let mut line = 1;
        let heading = row(&mut reader, &mut line)?.context("the file is empty")?;
        let bytes = heading.len() as u64;
        Ok(Self { reader, heading, line, first: line, bytes, most })
    }

    /// Passes by what lies before a line.
    fn skip_to(&mut self, line: u64) -> Result<()> {
        while self.line < line {
            let Some(row) = row(&mut self.reader, &mut self.line)? else {
                bail!("the file has only {} lines", self.line - 1);
            };
            self.bytes += row.len() as u64;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Part>> {
        let line = self.line;
        let mut part = Part { content: self.heading.clone(), line, rows: 0 };
        while part.rows < self.most {
            let Some(row) = row(&mut self.reader, &mut self.line)? else { break };
            self.bytes += row.len() as u64;
            part.content.push_str(&row);
            part.rows += u64::from(!row.trim().is_empty());
        }
        Ok((self.line > line).then_some(part))
    }
}

/// One row with its line feed: lines until the quotation marks are even in number. None at the end.
fn row(reader: &mut impl BufRead, line: &mut u64) -> Result<Option<String>> {
    let begin = *line;
    let mut bytes = Vec::new();
    let mut quotes = 0;
    loop {
        let before = bytes.len();
        let left = (LONGEST_ROW + 1).saturating_sub(before);
        let read = reader.by_ref().take(left as u64).read_until(b'\n', &mut bytes)?;
        quotes += bytes[before..].iter().filter(|byte| **byte == b'"').count();
        if read == 0 && before == 0 {
            return Ok(None);
        }
        *line += u64::from(bytes.ends_with(b"\n") || read == 0);
        if read == 0 || (quotes % 2 == 0 && bytes.ends_with(b"\n")) {
            break;
        }
        ensure!(
            bytes.len() <= LONGEST_ROW,
            "the row on line {begin} is longer than {LONGEST_ROW} bytes, is a quotation mark not closed?"
        );
    }
    if !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    let text = String::from_utf8(bytes).ok().with_context(|| format!("line {begin} is not UTF-8"))?;
    Ok(Some(text))
}

/// Brings the directory to what a CRM file says, or tells what would change. `from_line` passes by the rows before it.
///
/// # Errors
/// When the file can't be read, or the directory refuses a part of it; what stands before it is loaded, and the error
/// says where to go on. Errors in the file are in the report, with their lines.
pub async fn load(
    client: &mut DirectoryServiceClient<Api>,
    path: &Path,
    mapping: &ColumnMapping,
    dry_run: bool,
    from_line: Option<u64>,
    progress: &Progress,
) -> Result<ImportReport> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let all = file.metadata()?.len();
    let most = if dry_run { TRIED_ROWS } else { ROWS };
    let mut parts = Parts::open(BufReader::new(&mut file), most)?;
    let mut counted = Counted::new();
    if let Some(line) = from_line {
        parts.skip_to(line)?;
    }
    let mut total = ImportReport { dry_run, ..Default::default() };
    while let Some(part) = parts.next()? {
        let line = part.line;
        let heading_lines = parts.first - 1;
        let request = ImportCrmFileRequest {
            content: part.content,
            mapping: Some(mapping.clone()),
            dry_run,
            ..Default::default()
        };
        let answered = client.import_crm_file(request).await;
        let go_on = || format!("everything before line {line} is loaded, go on with --from-line {line}");
        let mut report =
            answered.with_context(go_on)?.into_inner().report.context("no report in the reply")?;
        if dry_run {
            counted.correct(&mut report);
        }
        let is_refused = report.error_count > 0;
        add(&mut total, report, line, heading_lines);
        progress.step("kilobytes", kilobytes(parts.bytes), kilobytes(all));
        // A dry run finds what is wrong anywhere; a load stops there, so that nothing is passed by.
        if is_refused && !dry_run {
            break;
        }
    }
    Ok(total)
}

/// How many rows a first part of a file would leave out: whether it must be sent in parts.
///
/// # Errors
/// When the file can't be read.
pub fn is_large(path: &Path) -> Result<bool> {
    let mut file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut begin = [0; 64];
    let read = file.read(&mut begin)?;
    let text = String::from_utf8_lossy(&begin[..read]);
    if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(0))?;
    let mut parts = Parts::open(BufReader::new(file), ROWS)?;
    Ok(parts.next()?.is_some() && parts.next()?.is_some())
}

fn kilobytes(bytes: u64) -> usize {
    usize::try_from(bytes / 1_024).unwrap_or(usize::MAX)
}

/// Adds the report of a part, whose lines are counted from its heading.
fn add(total: &mut ImportReport, part: ImportReport, line: u64, heading_lines: u64) {
    let most = 1_000;
    total.rows += part.rows;
    total.error_count += part.error_count;
    let mut counts: BTreeMap<String, ImportCount> =
        std::mem::take(&mut total.counts).into_iter().map(|count| (count.kind.clone(), count)).collect();
    for count in part.counts {
        let sum = counts
            .entry(count.kind.clone())
            .or_insert_with(|| ImportCount { kind: count.kind.clone(), ..Default::default() });
        sum.created += count.created;
        sum.updated += count.updated;
        sum.unchanged += count.unchanged;
    }
    total.counts = counts.into_values().collect();
    let before = i64::try_from(line.saturating_sub(heading_lines + 1)).unwrap_or(i64::MAX);
    for mut error in part.errors {
        // What is wrong with the heading is in the first line of every part.
        if error.line > i64::try_from(heading_lines).unwrap_or(i64::MAX) {
            error.line = error.line.saturating_add(before);
        }
        total.errors.push(error);
    }
    total.errors.truncate(most);
    total.changes.extend(part.changes);
    total.changes.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(u64, u64, String)> {
        let mut parts = Parts::open(text.as_bytes(), ROWS).unwrap();
        let mut found = Vec::new();
        while let Some(part) = parts.next().unwrap() {
            found.push((part.line, part.rows, part.content));
        }
        found
    }

    #[test]
    fn rows_stay_whole_and_every_part_has_the_heading() {
        let mut text = "id;\"na\nme\"\r\n".to_owned();
        for number in 0..2_500 {
            // Every tenth row goes over two lines.
            text.push_str(&if number % 10 == 0 {
                format!("{number};\"a\nb\"\n")
            } else {
                format!("{number};c\n")
            });
        }
        let found = parts(&text);
        let rows: Vec<_> = found.iter().map(|(line, rows, _)| (*line, *rows)).collect();
        assert_eq!(rows, [(3, 1_000), (1_103, 1_000), (2_203, 500)]);
        assert!(found.iter().all(|(_, _, content)| content.starts_with("id;\"na\nme\"\r\n")));
        let whole: String =
            found.iter().map(|(_, _, content)| &content["id;\"na\nme\"\r\n".len()..]).collect();
        assert_eq!(whole, text["id;\"na\nme\"\r\n".len()..]);
    }

    #[test]
    fn a_file_goes_on_at_a_line_and_may_end_without_a_line_feed() {
        let mut parts = Parts::open("id\n1\n2\n3".as_bytes(), ROWS).unwrap();
        parts.skip_to(3).unwrap();
        let part = parts.next().unwrap().unwrap();
        assert_eq!((part.line, part.content.as_str()), (3, "id\n2\n3\n"));
        assert!(parts.next().unwrap().is_none());
        assert!(Parts::open("id\n1\n".as_bytes(), ROWS).unwrap().skip_to(9).is_err());
    }

    #[test]
    fn a_quotation_mark_that_nobody_closed_is_told_by_its_line() {
        let text = format!("id\n1\n\"2\n{}", "3\n".repeat(LONGEST_ROW));
        let error = Parts::open(text.as_bytes(), ROWS).unwrap().next().unwrap_err();
        assert!(error.to_string().contains("line 3 "), "{error}");
        assert!(Parts::open("".as_bytes(), ROWS).is_err());
    }

    #[test]
    fn errors_are_told_by_the_lines_of_the_file() {
        let mut total = ImportReport::default();
        let error = |line| arki_proto::directory::v1::ImportError { line, ..Default::default() };
        let part =
            ImportReport { errors: vec![error(0), error(2), error(5)], error_count: 3, ..Default::default() };
        add(&mut total, part, 1_103, 2);
        // The heading takes two lines here, so that line 3 of the part is its first row.
        let lines: Vec<_> = total.errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [0, 2, 1_105]);
    }
}
