//! The month as a table: a row for each week, what goes out on each day.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime};
use maud::{Markup, html};

use super::{Told, class};
use crate::pages::words::Words;

pub(super) fn section(words: &Words, month: NaiveDate, today: NaiveDate, told: &[Told]) -> Markup {
    html! {
        section aria-labelledby="calendar" {
            h2 #calendar { (words.text("calendar-heading")) }
            // Narrow screens lay the table out as a list, which takes its meaning away unless the roles say it.
            table .calendar role="table" {
                caption .hidden { (super::name(words, month)) }
                thead role="rowgroup" {
                    tr role="row" {
                        th role="columnheader" scope="col" { (words.text("week")) }
                        @for day in 1..=7 {
                            th role="columnheader" scope="col" { (weekday(words, day)) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for monday in mondays(month) {
                        tr role="row" .quiet-week[is_quiet(monday, today, told)] {
                            th role="rowheader" scope="row" {
                                span .week-word { (words.text("week")) " " }
                                (monday.iso_week().week())
                            }
                            @for offset in 0..7 { (cell(words, month, today, monday + Days::new(offset), told)) }
                        }
                    }
                }
            }
        }
    }
}

/// Whether a week has nothing to tell, so that a list leaves it out.
fn is_quiet(monday: NaiveDate, today: NaiveDate, told: &[Told]) -> bool {
    let is_within = |day: NaiveDate| (monday..monday + Days::new(7)).contains(&day);
    !is_within(today) && !told.iter().any(|told| is_within(told.at.date()))
}

fn weekday(words: &Words, day: u32) -> String {
    words.with("weekday", [("day", day.into())])
}

/// The Mondays of the weeks that have a day of the month.
fn mondays(month: NaiveDate) -> Vec<NaiveDate> {
    let first = month.week(chrono::Weekday::Mon).first_day();
    let is_of_month = |monday: &NaiveDate| {
        *monday <= month || (monday.year(), monday.month()) == (month.year(), month.month())
    };
    first.iter_weeks().take_while(is_of_month).collect()
}

fn cell(words: &Words, month: NaiveDate, today: NaiveDate, day: NaiveDate, told: &[Told]) -> Markup {
    let own: Vec<_> = told.iter().filter(|told| told.at.date() == day).collect();
    let is_other = day.month() != month.month();
    html! {
        td role="cell" .other[is_other] .quiet-day[own.is_empty()] aria-current=[(day == today).then_some("date")] {
            @if !is_other {
                span .day {
                    span .day-word { (weekday(words, day.weekday().number_from_monday())) " " }
                    (day.day())
                    @if day == today { " " span .today { (words.text("today")) } }
                }
                @if !own.is_empty() {
                    ul { @for told in own { (entry(words, told)) } }
                }
            }
        }
    }
}

fn entry(words: &Words, told: &Told) -> Markup {
    let occurrence = &told.occurrence;
    let kind = class(occurrence.kind());
    let sent = told.is_past && occurrence.recipients > 0;
    html! {
        li .entry .(kind) {
            span .time { (clock(words, told.at)) }
            " " (occurrence.display_name) " "
            small .quiet {
                (words.text(&format!("kind-{kind}")))
                @if sent {
                    " · " (words.with("sent", [("count", occurrence.sent.into()), ("shown", words.count(occurrence.sent).into())]))
                }
            }
        }
    }
}

/// A time of day as the language writes it.
fn clock(words: &Words, at: NaiveDateTime) -> String {
    at.format(if words.language() == "fi" { "%-H.%M" } else { "%H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_the_weeks_that_touch_it() {
        let first = |year, month| NaiveDate::from_ymd_opt(year, month, 1).unwrap();
        let days = |month| mondays(month).iter().map(chrono::Datelike::day).collect::<Vec<_>>();
        assert_eq!(days(first(2026, 11)), [26, 2, 9, 16, 23, 30]);
        assert_eq!(days(first(2027, 2)), [1, 8, 15, 22]);
        assert_eq!(days(first(2026, 12)), [30, 7, 14, 21, 28]);
    }
}
