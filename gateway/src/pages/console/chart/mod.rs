//! Charts as inline SVG: position first, length second, colour last.
//!
//! Everything is placed in percent of the width and in rem of the height, so that a chart is as wide as its column and
//! its letters stay as large as the reader wants them. Words stand in HTML beside the marks, where they wrap.

mod bar;
mod plot;
mod strip;

pub(super) use self::{
    bar::{Part, bar},
    plot::{Plot, Row, plot},
    strip::strip,
};

use maud::{Markup, html};

use crate::pages::words::Words;

/// How far from either end the scale begins, in percent of the width, so that a dot at the end is whole.
const MARGIN: f64 = 2.0;

/// What numbers run along a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// Points from -100 to 100, whose middle says something. Whole scales are never cut, so that charts beside each
    /// other compare.
    pub(super) const POINTS: Self = Self { low: -100.0, high: 100.0 };
    /// Percent from end to end.
    pub(super) const PERCENT: Self = Self { low: 0.0, high: 100.0 };

    /// Percent up to the next full twenty at or above `most`, for shares that are small together.
    pub(super) fn up_to(most: f64) -> Self {
        Self { low: 0.0, high: ((most / 20.0).ceil() * 20.0).clamp(20.0, 100.0) }
    }

    /// The numbers to write under the chart.
    fn ticks(self) -> [f64; 3] {
        [self.low, f64::midpoint(self.low, self.high), self.high]
    }

    fn share(self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        MARGIN + share.clamp(0.0, 1.0) * (100.0 - 2.0 * MARGIN)
    }

    /// Where a number stands.
    fn place(self, value: f64) -> String {
        format!("{:.2}%", self.share(value))
    }

    /// How wide a span is.
    fn width(self, from: f64, to: f64) -> String {
        format!("{:.2}%", (self.share(to) - self.share(from)).max(0.0))
    }
}

/// What is drawn on a scale: a dot in its interval, against a band.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Marks {
    /// The number; none where only its interval is known.
    pub(super) point: Option<f64>,
    /// The ends of its interval.
    pub(super) interval: Option<(f64, f64)>,
    /// What it is held against.
    pub(super) band: Option<(f64, f64)>,
    /// Whether it is certainly outside of the band.
    pub(super) is_off: bool,
}

/// The marks, without the `svg` around them.
fn drawn(scale: Scale, marks: &Marks) -> Markup {
    let off = if marks.is_off { "off" } else { "" };
    html! {
        @if let Some((low, high)) = marks.band {
            rect .band x=(scale.place(low)) y="0" width=(scale.width(low, high)) height="100%" {}
        }
        @for tick in scale.ticks() {
            line .tick x1=(scale.place(tick)) x2=(scale.place(tick)) y1="0" y2="100%" {}
        }
        @if let Some((low, high)) = marks.interval {
            line .interval .(off) x1=(scale.place(low)) x2=(scale.place(high)) y1="50%" y2="50%" {}
        }
        @if let Some(point) = marks.point {
            circle .point .(off) cx=(scale.place(point)) cy="50%" r="0.34rem" {}
        }
    }
}

/// The numbers under a scale. The description of every mark says its own, so that nobody hears these besides.
fn axis(words: &Words, scale: Scale) -> Markup {
    let anchors = ["start", "middle", "end"];
    html! {
        svg .axis aria-hidden="true" width="100%" height="1.2rem" {
            @for (tick, anchor) in scale.ticks().into_iter().zip(anchors) {
                text x=(scale.place(tick)) y="0.95rem" text-anchor=(anchor) { (words.number(tick, 0)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_where_their_scale_says() {
        assert_eq!(Scale::POINTS.place(-100.0), "2.00%");
        assert_eq!(Scale::POINTS.place(0.0), "50.00%");
        assert_eq!(Scale::PERCENT.place(100.0), "98.00%");
        assert_eq!(Scale::PERCENT.place(140.0), "98.00%", "beyond the end is the end");
        assert_eq!(Scale::PERCENT.width(25.0, 75.0), "48.00%");
        assert_eq!(Scale::PERCENT.width(75.0, 25.0), "0.00%");
    }

    #[test]
    fn a_scale_of_shares_ends_at_a_full_twenty() {
        assert_eq!(Scale::up_to(0.0), Scale { low: 0.0, high: 20.0 });
        assert_eq!(Scale::up_to(60.0), Scale { low: 0.0, high: 60.0 });
        assert_eq!(Scale::up_to(61.0), Scale { low: 0.0, high: 80.0 });
        assert_eq!(Scale::up_to(130.0), Scale::PERCENT);
    }
}
