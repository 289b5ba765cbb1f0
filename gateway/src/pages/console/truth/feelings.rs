//! The feelings that were lived against those that were chosen.

use arki_proto::scorecard::v1 as pb;
use maud::{Markup, html};
use tonic::Status;

use super::{
    super::{
        ask::Ask,
        chart::{self, Marks, Plot, Row, Scale},
        session::Visitor,
    },
    measured::{self, Audience},
    units,
};
use crate::pages::words::Words;

/// How many feelings the page begins with. More would be a list instead of a message.
const STANDING_OUT: usize = 3;

/// A profile and what was felt.
pub(super) struct Felt {
    profile: pb::TargetProfile,
    gap: Option<pb::EmotionGap>,
}

/// Reads the gap of a profile at a unit.
pub(super) async fn felt(ask: Ask<'_>, profile: pb::TargetProfile, unit: &str) -> Result<Felt, Status> {
    let gap = ask.gap(&profile.name, unit).await?;
    Ok(Felt { profile, gap })
}

impl Felt {
    /// Whose feelings they are.
    pub(super) fn audience(&self) -> Option<Audience> {
        Audience::of_profile(self.profile.audience())
    }

    /// The terms that may be shown, those furthest from their band first.
    fn terms(&self) -> Vec<&pb::TermGap> {
        let shown = self.gap.as_ref().filter(|gap| gap.shown);
        let mut terms: Vec<_> = shown.map(|gap| gap.terms.iter().collect()).unwrap_or_default();
        terms.sort_by(|one: &&pb::TermGap, other: &&pb::TermGap| distance(other).total_cmp(&distance(one)));
        terms
    }
}

fn distance(term: &pb::TermGap) -> f64 {
    term.gap.unwrap_or_default().abs()
}

fn is_off(term: &pb::TermGap) -> bool {
    matches!(term.state(), pb::GapState::Below | pb::GapState::Above)
}

/// What the page begins with: the feelings that are certainly not where they should be.
pub(super) fn standout(words: &Words, felt: &[Felt]) -> Markup {
    let with_audience = |one: &'_ Felt| {
        let audience = one.audience();
        one.terms().into_iter().map(|term| (audience, term.clone())).collect::<Vec<_>>()
    };
    let mut terms: Vec<(Option<Audience>, pb::TermGap)> = felt.iter().flat_map(with_audience).collect();
    let any_shown = !terms.is_empty();
    terms.retain(|(_, term)| is_off(term));
    terms.sort_by(|(_, one), (_, other)| distance(other).total_cmp(&distance(one)));
    terms.truncate(STANDING_OUT);
    html! {
        @if any_shown {
            section .standout aria-labelledby="standout" {
                h2 #standout { (words.text(if terms.is_empty() { "standout-none" } else { "standout-heading" })) }
                @if !terms.is_empty() {
                    ul {
                        @for (audience, term) in &terms {
                            li {
                                span .who { (words.text(Audience::key(*audience))) }
                                strong { (term.label) }
                                span .how { (sentence(words, term)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many felt it, and how many should.
fn sentence(words: &Words, term: &pb::TermGap) -> String {
    let percent = words.percent(term.percent.unwrap_or_default());
    let (low, high) = (term.interval_low.unwrap_or_default(), term.interval_high.unwrap_or_default());
    let interval = format!("{}–{}", words.number(low, 0), words.percent(high));
    let is_above = term.state() == pb::GapState::Above;
    let aim = words.percent(if is_above { term.high_percent } else { term.low_percent });
    let key = if is_above { "standout-above" } else { "standout-below" };
    words.with(key, [("percent", percent.into()), ("interval", interval.into()), ("aim", aim.into())])
}

/// The plots, customers and staff side by side on one scale.
pub(super) fn section(visitor: &Visitor, felt: &[Felt]) -> Markup {
    let words = &visitor.words;
    let ends = felt
        .iter()
        .flat_map(|one| one.terms())
        .map(|term| term.high_percent.max(term.interval_high.unwrap_or_default()));
    let scale = Scale::up_to(ends.fold(0.0, f64::max));
    html! {
        @if !felt.is_empty() {
            section aria-labelledby="feelings" {
                h2 #feelings { (words.text("feelings-heading")) }
                p .quiet .small { (words.text("feelings-how")) }
                div .pair { @for one in felt { (figure(visitor, scale, one)) } }
            }
        }
    }
}

fn figure(visitor: &Visitor, scale: Scale, felt: &Felt) -> Markup {
    let words = &visitor.words;
    let title = format!("{} · {}", words.text(Audience::key(felt.audience())), felt.profile.display_name);
    let terms = felt.terms();
    let shown = felt.gap.as_ref().filter(|gap| gap.shown);
    html! {
        div .felt {
            @if let Some(gap) = shown {
                (chart::plot(words, &Plot {
                    scale,
                    reference: None,
                    rows: terms.iter().map(|term| row(words, term)).collect(),
                    table: table(words, &title, &terms),
                    file: units::file(visitor, &felt.profile.name, "targetProfiles/"),
                    title,
                }))
                (fit(words, gap))
                ul .chips { li { (measured::answered(words, gap.n)) } }
            } @else {
                h3 { (title) }
                @if felt.gap.is_some() {
                    p .unshown { (words.text("not-shown")) }
                } @else {
                    p .quiet { (words.text("not-asked")) }
                }
            }
        }
    }
}

/// The one number of the whole profile, and whether chance alone would do.
fn fit(words: &Words, gap: &pb::EmotionGap) -> Markup {
    html! {
        @if let (Some(fit), Some(by_chance), Some(is_real)) = (gap.fit, gap.fit_by_chance, gap.distinguishable) {
            @let values = [("fit", words.number(fit, 0).into()), ("chance", words.number(by_chance, 0).into())];
            p .fit { (words.with(if is_real { "fit-real" } else { "fit-chance" }, values)) }
        }
    }
}

fn row(words: &Words, term: &pb::TermGap) -> Row {
    let interval = term.interval_low.zip(term.interval_high);
    let marks = Marks {
        point: term.percent,
        interval,
        band: Some((term.low_percent, term.high_percent)),
        is_off: is_off(term),
    };
    let value = term.percent.map(|percent| words.percent(percent)).unwrap_or_default();
    let note = words.text(state(term));
    let said = interval.map(|(low, high)| {
        words.with("interval", [("low", words.number(low, 0).into()), ("high", words.percent(high).into())])
    });
    let parts = [value.clone(), said.unwrap_or_default(), aim(words, term), note.clone()];
    Row {
        name: term.label.clone(),
        link: None,
        marks: term.percent.is_some().then_some(marks),
        value,
        note: if is_off(term) { note } else { String::new() },
        description: parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "),
    }
}

fn state(term: &pb::TermGap) -> &'static str {
    match term.state() {
        pb::GapState::Below => "gap-below",
        pb::GapState::Above => "gap-above",
        pb::GapState::OnTarget => "gap-on-target",
        pb::GapState::Unclear | pb::GapState::Unspecified => "gap-unclear",
    }
}

fn aim(words: &Words, term: &pb::TermGap) -> String {
    let (low, high) = (words.number(term.low_percent, 0), words.percent(term.high_percent));
    words.with("aim", [("low", low.into()), ("high", high.into())])
}

fn table(words: &Words, title: &str, terms: &[&pb::TermGap]) -> Markup {
    html! {
        table {
            caption { (title) }
            thead {
                tr {
                    th scope="col" { (words.text("feeling")) }
                    th scope="col" { (words.text("wanted-head")) }
                    th scope="col" .figure { (words.text("aim-head")) }
                    th scope="col" .figure { (words.text("felt-head")) }
                    th scope="col" .figure { (words.text("interval-head")) }
                    th scope="col" { (words.text("stands-head")) }
                }
            }
            tbody {
                @for term in terms {
                    tr {
                        th scope="row" { (term.label) }
                        td { (words.text(match term.role() {
                            pb::TermRole::Wanted => "term-wanted",
                            pb::TermRole::Unwanted => "term-unwanted",
                            pb::TermRole::Neutral | pb::TermRole::Unspecified => "term-neutral",
                        })) }
                        td .figure { (words.number(term.low_percent, 0)) "–" (words.number(term.high_percent, 0)) }
                        @if let (Some(percent), Some(low), Some(high)) = (term.percent, term.interval_low, term.interval_high) {
                            td .figure { (words.number(percent, 0)) }
                            td .figure { (words.number(low, 0)) "–" (words.number(high, 0)) }
                            td { (words.text(state(term))) }
                        } @else {
                            td colspan="3" { (words.text("not-shown")) }
                        }
                    }
                }
            }
        }
    }
}
