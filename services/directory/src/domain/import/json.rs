//! A JSON report as rows that know their lines.

use serde_json::{Map, Value};

use super::report::Faults;
use super::table::{Row, Table};

/// Under which keys reports keep their entries: web services of Workday, reports of `BambooHR`, answers of `OData` v2.
const ENTRIES: [&str; 3] = ["\"Report_Entry\"", "\"employees\"", "\"results\""];

/// Whether a file is JSON rather than CSV.
pub(super) fn is(content: &str) -> bool {
    content.trim_start().starts_with(['{', '['])
}

/// Reads the entries of a report. A key of any entry is a column; an entry without it has an empty cell there.
pub(super) fn read(content: &str) -> Result<Table, Faults> {
    let mut faults = Faults::default();
    let Some(mut at) = begin(content) else {
        let problem =
            "no entries, the file must be an array or an object with Report_Entry, employees or results";
        faults.add(0, "", "", problem);
        return Err(faults);
    };
    let mut headings: Vec<String> = Vec::new();
    let mut entries = Vec::new();
    let (mut line, mut counted) = (1, 0);
    loop {
        at += space(&content[at..]);
        line += content[counted..at].matches('\n').count() as u64;
        counted = at;
        if content[at..].starts_with(']') {
            break;
        }
        let mut stream = serde_json::Deserializer::from_str(&content[at..]).into_iter::<Map<String, Value>>();
        let entry = match stream.next() {
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                let line = line + (error.line() as u64).saturating_sub(1);
                faults.add(line, "", "", format!("the entry can't be read as JSON: {error}"));
                return Err(faults);
            }
            None => {
                faults.add(line, "", "", "the file ends within its entries, export it again");
                return Err(faults);
            }
        };
        at += stream.byte_offset();
        for key in entry.keys() {
            if !headings.contains(key) {
                headings.push(key.clone());
            }
        }
        entries.push((line, entry));
        at += space(&content[at..]);
        match content[at..].bytes().next() {
            Some(b',') => at += 1,
            Some(b']') => {}
            _ => {
                let line = line + content[counted..at].matches('\n').count() as u64;
                faults.add(line, "", "", "a comma or the end of the entries must follow the entry");
                return Err(faults);
            }
        }
    }
    let rows = entries.into_iter().filter_map(|(line, entry)| {
        let cells: Vec<String> =
            headings.iter().map(|key| entry.get(key).map(text).unwrap_or_default()).collect();
        cells.iter().any(|cell| !cell.trim().is_empty()).then(|| Row::new(line, &cells))
    });
    let rows: Vec<Row> = rows.collect();
    let table = Table { headings, rows };
    table.check_cells(&mut faults);
    if faults.is_empty() { Ok(table) } else { Err(faults) }
}

/// Where the first entry, or the end of none, stands.
fn begin(content: &str) -> Option<usize> {
    let start = space(content);
    if content[start..].starts_with('[') {
        return Some(start + 1);
    }
    ENTRIES.iter().find_map(|key| {
        content.match_indices(*key).find_map(|(at, key)| {
            let mut at = at + key.len();
            for token in [':', '['] {
                at += space(&content[at..]);
                at += content[at..].strip_prefix(token).map(|_| 1)?;
            }
            Some(at)
        })
    })
}

fn space(content: &str) -> usize {
    content.len() - content.trim_start().len()
}

/// A value as the cell of a file would have it: several are joined, a reference is its descriptor.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => {
            values.iter().map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
        }
        Value::Object(object) => {
            let descriptor = object.get("Descriptor").or_else(|| object.get("descriptor"));
            descriptor.map(text).unwrap_or_default()
        }
    }
}
