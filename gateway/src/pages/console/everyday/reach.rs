//! Whom the vision has reached, and whom it has not.

use arki_proto::goal::v1 as pb;
use maud::{Markup, html};

use super::super::{
    Organisation,
    chart::{self, Part},
    csv::Cell,
    room::Room,
    session::Visitor,
};
use crate::pages::words::Words;

/// The columns of the file.
pub(super) const HEAD: [&str; 10] = [
    "unit",
    "unit_name",
    "employees",
    "with_goal",
    "unseen",
    "seen",
    "understood",
    "committed",
    "objected",
    "note",
];

/// How many holes are named before the rest is counted.
const NAMED: usize = 12;

/// How far a vision has come: how many have it, where nobody does, and how far it went.
pub(super) fn section(
    visitor: &Visitor,
    organisation: &Organisation,
    coverage: &pb::GetCoverageResponse,
) -> Markup {
    let words = &visitor.words;
    let Some(total) = &coverage.total else { return html! {} };
    let unit = visitor.place.unit_name();
    let parts = organisation.parts(&unit);
    let below: Vec<_> =
        coverage.units.iter().filter(|unit| parts.iter().any(|part| part.name == unit.unit)).collect();
    html! {
        section aria-labelledby="reach" {
            h2 #reach { (words.text("reach-heading")) }
            p .lead { (with_goal(words, total)) }
            (holes(visitor, organisation, coverage))
            (states(words, total, &words.text("reach-states")))
            @if total.shown { (legend(words, total)) }
            @if !below.is_empty() { (by_unit(visitor, &below)) }
            (table(visitor, total, &below))
        }
    }
}

fn with_goal(words: &Words, unit: &pb::UnitCoverage) -> String {
    let count = |count: i32| words.count(count.into());
    let values = [
        ("count", unit.with_goal.into()),
        ("with", count(unit.with_goal).into()),
        ("all", count(unit.employees).into()),
    ];
    words.with("reach-with-goal", values)
}

/// The units where nobody has a goal: whom to ask first.
fn holes(visitor: &Visitor, organisation: &Organisation, coverage: &pb::GetCoverageResponse) -> Markup {
    let words = &visitor.words;
    let name_of = |unit: &str| {
        let known = coverage.units.iter().find(|own| own.unit == unit).map(|own| own.display_name.as_str());
        known.unwrap_or_else(|| organisation.name_of(unit)).to_owned()
    };
    let count = i64::try_from(coverage.holes.len()).unwrap_or(i64::MAX);
    html! {
        @if coverage.holes.is_empty() {
            p { (words.text("holes-none")) }
        } @else {
            div .holes {
                p { strong { (words.with("holes", [("count", count.into())])) } }
                ul {
                    @for unit in coverage.holes.iter().take(NAMED) {
                        li { a href=(visitor.place.at(unit).address(Room::Everyday.path())) { (name_of(unit)) } }
                    }
                    @if coverage.holes.len() > NAMED {
                        li .quiet {
                            (words.with("holes-more", [("count", (count - NAMED as i64).into())]))
                        }
                    }
                }
            }
        }
    }
}

fn parts(words: &Words, unit: &pb::UnitCoverage) -> [Part; 5] {
    let part = |class: &'static str, count: i32| Part {
        class,
        name: words.text(&format!("state-{class}")),
        count: count.into(),
    };
    [
        part("committed", unit.committed),
        part("understood", unit.understood),
        part("seen", unit.seen),
        part("unseen", unit.unseen),
        part("objected", unit.objected),
    ]
}

fn states(words: &Words, unit: &pb::UnitCoverage, title: &str) -> Markup {
    html! {
        @if unit.shown {
            (chart::bar(words, title, &parts(words, unit)))
        } @else {
            span .unshown { (words.text("not-shown")) }
        }
    }
}

fn legend(words: &Words, unit: &pb::UnitCoverage) -> Markup {
    html! {
        ul .legend {
            @for part in parts(words, unit) {
                li { span .swatch .(part.class) aria-hidden="true" {} (part.name) " " strong { (words.count(part.count)) } }
            }
        }
    }
}

fn by_unit(visitor: &Visitor, units: &[&pb::UnitCoverage]) -> Markup {
    let words = &visitor.words;
    html! {
        h3 { (words.text("reach-units")) }
        p .quiet .small { (words.text("reach-units-how")) }
        ul .rows .bars {
            @for unit in units {
                li .row {
                    span .name {
                        a href=(visitor.place.at(&unit.unit).address(Room::Everyday.path())) { (unit.display_name) }
                    }
                    (states(words, unit, &unit.display_name))
                    @if unit.shown { span .value { (words.count(unit.with_goal.into())) "/" (words.count(unit.employees.into())) } }
                }
            }
        }
    }
}

fn table(visitor: &Visitor, total: &pb::UnitCoverage, below: &[&pb::UnitCoverage]) -> Markup {
    let words = &visitor.words;
    let states = ["unseen", "seen", "understood", "committed", "objected"];
    let line = |name: &str, unit: &pb::UnitCoverage| {
        html! {
            tr {
                th scope="row" { (name) }
                td .figure { (words.count(unit.employees.into())) }
                td .figure { (words.count(unit.with_goal.into())) }
                @if unit.shown {
                    @for count in [unit.unseen, unit.seen, unit.understood, unit.committed, unit.objected] {
                        td .figure { (words.count(count.into())) }
                    }
                } @else {
                    td colspan="5" { (words.text("not-shown")) }
                }
            }
        }
    };
    html! {
        details .data {
            summary { (words.text("as-table")) }
            div .scroll tabindex="0" role="region" aria-label=(words.text("reach-heading")) {
                table {
                    caption { (words.text("reach-heading")) }
                    thead {
                        tr {
                            th scope="col" { (words.text("unit")) }
                            th scope="col" .figure { (words.text("employees")) }
                            th scope="col" .figure { (words.text("with-goal")) }
                            @for state in states { th scope="col" .figure { (words.text(&format!("state-{state}"))) } }
                        }
                    }
                    tbody {
                        (line(&words.text("reach-total"), total))
                        @for unit in below { (line(&unit.display_name, unit)) }
                    }
                }
            }
            p { a href=(visitor.place.address("/console/everyday/coverage.csv")) download { (words.text("as-csv")) } }
        }
    }
}

/// The same as rows of the file.
pub(super) fn rows(coverage: &pb::GetCoverageResponse) -> Vec<Vec<Cell>> {
    coverage.total.iter().chain(&coverage.units).map(row).collect()
}

fn row(unit: &pb::UnitCoverage) -> Vec<Cell> {
    let count = |count: i32| Cell::Count(count.into());
    let mut row = vec![
        Cell::text(&unit.unit),
        Cell::text(&unit.display_name),
        count(unit.employees),
        count(unit.with_goal),
    ];
    if unit.shown {
        row.extend([unit.unseen, unit.seen, unit.understood, unit.committed, unit.objected].map(count));
        row.push(Cell::Nothing);
    } else {
        row.extend(vec![Cell::Nothing; 5]);
        row.push(Cell::text("not shown"));
    }
    row
}
