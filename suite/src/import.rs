//! `arki import`: HR files, CRM files and responses, through the public API.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use anyhow::{Context as _, Result, bail};
use arki_proto::{
    directory::v1::{self as directory, directory_service_client::DirectoryServiceClient},
    survey::v1 as survey,
};
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;

use crate::{
    progress::Progress,
    remote::{Api, Server},
};

/// A mapping file: which column fills which field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    columns: BTreeMap<String, String>,
    #[serde(default)]
    delimiter: String,
    #[serde(default)]
    date_format: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    default_currency: String,
}

impl Mapping {
    pub(crate) fn read(text: &str) -> Result<Self> {
        toml::from_str(text).context("the mapping cannot be read")
    }

    pub(crate) fn wire(self) -> directory::ColumnMapping {
        directory::ColumnMapping {
            columns: self.columns,
            delimiter: self.delimiter,
            date_format: self.date_format,
            source: self.source,
            default_currency: self.default_currency,
        }
    }
}

/// An HR file and what is to be done with it.
#[derive(Clone, Copy, Default)]
pub struct HrFile<'a> {
    /// The file itself.
    pub content: &'a str,
    /// The system that wrote it; empty for none.
    pub profile: &'a str,
    /// The mapping, as TOML.
    pub mapping: Option<&'a str>,
    /// Whether who is missing has left.
    pub full: bool,
    /// From which day the changes hold; none for today.
    pub effective: Option<NaiveDate>,
    /// Whether only to tell what would change.
    pub dry_run: bool,
    /// The plan that is confirmed; empty for none.
    pub confirm: &'a str,
}

/// Brings the directory to what an HR file says, or tells what would change.
///
/// # Errors
/// When the mapping cannot be read or the directory refuses the call; errors in the file are in the report.
pub async fn hr(
    client: &mut DirectoryServiceClient<Api>,
    file: HrFile<'_>,
) -> Result<directory::ImportReport> {
    let HrFile { content, profile, mapping, full, effective, dry_run, confirm } = file;
    let mode = if full { directory::HrFileMode::Full } else { directory::HrFileMode::Delta };
    let request = directory::ImportHrFileRequest {
        content: content.to_owned(),
        mapping: mapping.map(Mapping::read).transpose()?.map(Mapping::wire),
        dry_run,
        effective: effective.map(wire_day),
        request_id: String::new(),
        profile: profile.to_owned(),
        mode: mode.into(),
        confirm: confirm.to_owned(),
    };
    client.import_hr_file(request).await?.into_inner().report.context("no report in the reply")
}

/// Brings the directory to what a CRM file says, or tells what would change.
///
/// # Errors
/// When the mapping cannot be read or the directory refuses the call; errors in the file are in the report.
pub async fn crm(
    client: &mut DirectoryServiceClient<Api>,
    content: &str,
    mapping: &str,
    dry_run: bool,
) -> Result<directory::ImportReport> {
    let request = directory::ImportCrmFileRequest {
        content: content.to_owned(),
        mapping: Some(Mapping::read(mapping)?.wire()),
        dry_run,
        ..Default::default()
    };
    client.import_crm_file(request).await?.into_inner().report.context("no report in the reply")
}

/// The counts of a report in one line.
pub fn counted(report: &directory::ImportReport) -> String {
    let mut parts = vec![format!("{} rows", report.rows)];
    for count in &report.counts {
        parts.push(format!(
            "{} {} new, {} changed, {} as before",
            count.kind, count.created, count.updated, count.unchanged
        ));
    }
    parts.join("; ")
}

/// A report for a person: the counts, what changes, and what is wrong.
pub fn told(report: &directory::ImportReport) -> String {
    let mut text = format!("{}{}\n", if report.dry_run { "dry run: " } else { "" }, counted(report));
    if report.dry_run {
        for change in &report.changes {
            let fields: Vec<_> = change
                .fields
                .iter()
                .map(|field| format!("{} {:?} -> {:?}", field.field, field.before, field.after))
                .collect();
            let _ = writeln!(
                text,
                "  {} {} {}: {}",
                change.action,
                change.kind,
                change.external_id,
                fields.join(", ")
            );
        }
    }
    for error in &report.errors {
        let _ =
            writeln!(text, "  line {}, {}: {} ({:?})", error.line, error.column, error.problem, error.value);
    }
    if report.employees > 0 {
        let _ = writeln!(
            text,
            "of {} employees before {} leave; {} leavers are back",
            report.employees, report.leavers, report.returned
        );
    }
    if report.pending_manager_count > 0 {
        let _ =
            writeln!(text, "{} people wait for a manager who is not there yet", report.pending_manager_count);
    }
    if !report.brake.is_empty() {
        let _ = writeln!(text, "the brake stops this: {}", report.brake);
        let _ = writeln!(text, "if it is meant: --confirm {}", report.plan);
    }
    if report.error_count > 0 {
        let _ = writeln!(text, "{} errors; nothing was written", report.error_count);
    }
    text
}

/// How the columns of a file of responses become answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseMapping {
    /// The wave, as `waves/wav_…`.
    wave: String,
    /// The column that holds the key of the row; without one, the number of the row is the key.
    #[serde(default)]
    key: Option<String>,
    /// The column that holds the unit by its key in the HR system.
    #[serde(default)]
    unit: Option<String>,
    /// The column that holds the day, as 2026-11-22.
    #[serde(default)]
    day: Option<String>,
    /// The key of a question by column. Whole numbers become numbers, other values a choice or a text.
    answers: BTreeMap<String, Answered>,
}

/// Which question a column answers, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    question: String,
    #[serde(default)]
    kind: AnswerKind,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerKind {
    #[default]
    Number,
    Choice,
    Text,
}

/// Streams a file of responses into a wave. Returns how many were stored, how many had been before, and what was
/// refused.
///
/// # Errors
/// When the mapping or the file cannot be read, or the call itself breaks; a refused row is in the result.
pub async fn responses(server: &Server, file: &Path, mapping: &str, progress: &Progress) -> Result<Taken> {
    let mapping: ResponseMapping = toml::from_str(mapping).context("the mapping cannot be read")?;
    let mut reader =
        csv::Reader::from_path(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let headings: Vec<String> =
        reader.headers()?.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let column = |name: &str| {
        headings
            .iter()
            .position(|heading| heading == name)
            .with_context(|| format!("the file has no column {name}; it has {}", headings.join(", ")))
    };
    let key = mapping.key.as_deref().map(column).transpose()?;
    let unit = mapping.unit.as_deref().map(column).transpose()?;
    let day = mapping.day.as_deref().map(column).transpose()?;
    let mut answers = Vec::new();
    for (name, answered) in &mapping.answers {
        answers.push((column(name)?, answered));
    }

    let mut requests = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.with_context(|| format!("row {} cannot be read", row + 1))?;
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let mut request = survey::ImportResponsesRequest {
            wave: mapping.wave.clone(),
            key: key.map_or_else(|| format!("row-{}", row + 1), |at| cell(at).to_owned()),
            unit: unit.map(|at| format!("externalIds/{}", cell(at))).unwrap_or_default(),
            ..Default::default()
        };
        if let Some(at) = day {
            request.day = Some(read_day(cell(at)).with_context(|| format!("row {}", row + 1))?);
        }
        for (at, answered) in &answers {
            if let Some(value) =
                read_answer(cell(*at), answered.kind).with_context(|| format!("row {}", row + 1))?
            {
                request
                    .answers
                    .push(survey::Answer { question: answered.question.clone(), value: Some(value) });
            }
        }
        requests.push(request);
    }

    let all = requests.len();
    let mut taken = Taken::default();
    let mut results = server.survey().import_responses(futures::stream::iter(requests)).await?.into_inner();
    while let Some(result) = results.message().await? {
        match result.result {
            Some(survey::import_responses_response::Result::Imported(stored)) if stored.replayed => {
                taken.before += 1
            }
            Some(survey::import_responses_response::Result::Imported(_)) => taken.stored += 1,
            Some(survey::import_responses_response::Result::Refused(refused)) => {
                taken.refused.push(format!("{}: {}", result.key, refused.message));
            }
            None => bail!("the reply for {} is empty", result.key),
        }
        progress.step("responses", taken.stored + taken.before + taken.refused.len(), all);
    }
    Ok(taken)
}

/// What became of a file of responses.
#[derive(Debug, Default)]
pub struct Taken {
    /// Stored now.
    pub stored: usize,
    /// Stored before, by the same keys.
    pub before: usize,
    /// Refused, with the reason.
    pub refused: Vec<String>,
}

fn read_day(cell: &str) -> Result<arki_proto::google::r#type::Date> {
    let day: NaiveDate = cell.parse().with_context(|| format!("{cell:?} is no day such as 2026-11-22"))?;
    Ok(wire_day(day))
}

pub(crate) fn wire_day(day: NaiveDate) -> arki_proto::google::r#type::Date {
    let part = |value: u32| i32::try_from(value).unwrap_or_default();
    arki_proto::google::r#type::Date { year: day.year(), month: part(day.month()), day: part(day.day()) }
}

fn read_answer(cell: &str, kind: AnswerKind) -> Result<Option<survey::answer::Value>> {
    if cell.is_empty() || cell == "NA" {
        return Ok(None);
    }
    Ok(Some(match kind {
        AnswerKind::Number => survey::answer::Value::Number(
            cell.parse().with_context(|| format!("{cell:?} is no whole number"))?,
        ),
        AnswerKind::Choice => survey::answer::Value::Choice(cell.to_owned()),
        AnswerKind::Text => survey::answer::Value::Text(cell.to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_with_an_unknown_field_is_refused_by_name() {
        let error = Mapping::read("sauce = \"hr\"\n[columns]\n").err().unwrap();
        assert!(format!("{error:#}").contains("sauce"));
    }

    #[test]
    fn an_empty_cell_is_no_answer_and_a_bad_number_is_named() {
        assert_eq!(read_answer("", AnswerKind::Number).unwrap(), None);
        assert_eq!(read_answer("7", AnswerKind::Number).unwrap(), Some(survey::answer::Value::Number(7)));
        assert!(read_answer("7.5", AnswerKind::Number).unwrap_err().to_string().contains("7.5"));
    }
}
