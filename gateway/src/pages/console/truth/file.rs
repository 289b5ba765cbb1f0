//! The numbers behind the charts of truth, as files.

use arki_proto::google::r#type::Date;
use arki_proto::scorecard::v1 as pb;
use axum::{
    extract::{Path, State as Extract},
    response::Response,
};
use tonic::Status;

use super::{
    super::{
        ask::Ask,
        csv::{self, Cell},
        room::{self, Room},
        session::Visitor,
    },
    measured,
};
use crate::pages::State;

/// What stands where a number may not be shown. It is the same whatever the reason.
const NOT_SHOWN: &str = "not shown";

pub(in super::super) async fn file(
    Extract(state): Extract<State>,
    visitor: Visitor,
    Path(file): Path<String>,
) -> Response {
    let ask = Ask::new(&state, &visitor);
    let unit = visitor.place.unit_name();
    let written = match file.strip_suffix(".csv") {
        Some(id) if id.starts_with("met_") => readings(ask, id, &unit).await,
        Some(id) if id.starts_with("tpr_") => gap(ask, id, &unit).await,
        _ => Err(Status::not_found("no such file")),
    };
    written.unwrap_or_else(|status| room::refused(&visitor, Room::Truth, &status))
}

async fn readings(ask: Ask<'_>, id: &str, unit: &str) -> Result<Response, Status> {
    let metric = ask.metric(format!("metrics/{id}")).await?;
    let readings = ask.readings(&metric.name, unit).await?;
    let head = [
        "unit",
        "unit_name",
        "metric",
        "metric_version",
        "measure",
        "value",
        "low",
        "high",
        "interval",
        "n",
        "first_day",
        "last_day",
        "note",
    ];
    let rows: Vec<_> = readings.iter().map(|reading| row(&metric, reading)).collect();
    Ok(csv::reply(id, &head, &rows))
}

fn row(metric: &pb::Metric, reading: &pb::Reading) -> Vec<Cell> {
    let mut row = vec![
        Cell::text(&reading.unit),
        Cell::text(&reading.unit_display_name),
        Cell::text(&metric.display_name),
        Cell::Count(reading.metric_version.into()),
    ];
    let Some(figure) = measured::figure(reading) else {
        row.extend(vec![Cell::Nothing; 8]);
        row.push(Cell::text(NOT_SHOWN));
        return row;
    };
    row.push(Cell::text(&figure.unit));
    let band = match figure.band() {
        pb::FigureBand::AtMostTenPercent => "at most 10 percent",
        pb::FigureBand::AtLeastNinetyPercent => "at least 90 percent",
        pb::FigureBand::Unspecified => "",
    };
    if band.is_empty() {
        row.extend([figure.value, figure.low, figure.high].map(Cell::Number));
        row.push(Cell::text(&figure.interval));
    } else {
        row.extend(vec![Cell::Nothing; 4]);
    }
    row.extend([
        Cell::Count(figure.n),
        day(reading.first_day.as_ref()),
        day(reading.last_day.as_ref()),
        Cell::text(band),
    ]);
    row
}

fn day(day: Option<&Date>) -> Cell {
    day.map_or(Cell::Nothing, |day| Cell::text(format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)))
}

async fn gap(ask: Ask<'_>, id: &str, unit: &str) -> Result<Response, Status> {
    let profile = ask.profile(format!("targetProfiles/{id}")).await?;
    let gap = ask.gap(&profile.name, unit).await?;
    let head =
        ["term", "label", "role", "aim_low", "aim_high", "percent", "low", "high", "gap", "state", "note"];
    let is_shown = gap.as_ref().is_some_and(|gap| gap.shown);
    let terms = gap.map(|gap| gap.terms).unwrap_or_default();
    let rows: Vec<_> = terms.iter().map(|term| term_row(term, is_shown)).collect();
    Ok(csv::reply(id, &head, &rows))
}

fn term_row(term: &pb::TermGap, is_shown: bool) -> Vec<Cell> {
    let mut row = vec![
        Cell::text(&term.term),
        Cell::text(&term.label),
        Cell::text(term.role().as_str_name().trim_start_matches("TERM_ROLE_").to_lowercase()),
        Cell::Number(term.low_percent),
        Cell::Number(term.high_percent),
    ];
    if is_shown && term.percent.is_some() {
        row.extend([term.percent, term.interval_low, term.interval_high, term.gap].map(Cell::maybe));
        row.push(Cell::text(term.state().as_str_name().trim_start_matches("GAP_STATE_").to_lowercase()));
        row.push(Cell::Nothing);
    } else {
        row.extend(vec![Cell::Nothing; 5]);
        row.push(Cell::text(NOT_SHOWN));
    }
    row
}
