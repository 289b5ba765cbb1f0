//! Figures by kind of metric, exact and coarsened.

use std::fmt;

use arki_stats::{Confidence, Histogram, Interval, likert, nps, proportion};
use serde::{Deserialize, Serialize};

use crate::domain::metric::{Computation, MetricKind};
use crate::domain::release::{Classes, Clearance, Verdict, rounded_percent, shown_people};

const CONFIDENCE: Confidence = Confidence::P95;

/// Why there is no figure. That one may not be shown is no error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the figure cannot be computed: {0}")]
    Statistics(#[from] arki_stats::Error),
    #[error("an emotion fit is computed from a palette and its target profile, not from ratings")]
    NeedsPalette,
    #[error("the permission is for other answers than the ones given")]
    OtherAnswers,
}

/// How the interval of a figure was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    AdjustedWald,
    Wilson,
    Bootstrap,
}

impl fmt::Display for IntervalMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AdjustedWald => "adjusted Wald",
            Self::Wilson => "Wilson",
            Self::Bootstrap => "bootstrap",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureUnit {
    Points,
    Percent,
}

impl fmt::Display for FigureUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Points => "points",
            Self::Percent => "percent",
        })
    }
}

/// All that may be known of the favourable share of a group that nearly agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    AtMostTenPercent,
    AtLeastNinetyPercent,
}

/// The shares of three classes in rounded percent; rounded each by itself, so they need not sum to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundedClasses {
    pub unfavourable: u64,
    pub neutral: u64,
    pub favourable: u64,
}

/// A mean in points of the answering scale, with its 95 % t interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanFigure {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// A number with its 95 % interval, which always contains it, and the number of people behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Points from -100 to 100 for recommendation, percent from 0 to 100 for everything else.
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub interval: IntervalMethod,
    pub unit: FigureUnit,
    /// How many gave a rating; for employees rounded down to full fives below twenty.
    pub n: u64,
    /// Set where only this is known; the value is then the middle of the band.
    pub band: Option<Band>,
    /// Set where classes may be shown but single answers may not.
    pub classes: Option<RoundedClasses>,
    /// The mean of a rating scale from 1, where it may be shown.
    pub mean: Option<MeanFigure>,
    /// How often each rating was given, where it may be shown.
    pub histogram: Option<Histogram>,
}

impl Figure {
    pub(crate) fn new(
        value: f64,
        interval: Interval,
        method: IntervalMethod,
        unit: FigureUnit,
        n: u64,
    ) -> Self {
        Self {
            value,
            low: interval.low.min(value),
            high: interval.high.max(value),
            interval: method,
            unit,
            n,
            band: None,
            classes: None,
            mean: None,
            histogram: None,
        }
    }
}

/// The ratings in the direction in which more is better.
fn oriented(computation: &Computation, histogram: &Histogram) -> Result<Histogram, Error> {
    let rated = histogram.rated();
    Ok(if computation.reversed { likert::reverse(&rated, 1, 5)? } else { rated })
}

/// The ratings in three classes: what the gate decides on.
///
/// # Errors
/// [`Error::Statistics`] for a rating that is not on the scale, [`Error::NeedsPalette`] for an emotion fit.
pub fn classes(computation: &Computation, histogram: &Histogram) -> Result<Classes, Error> {
    let (scale, neutral) = match computation.kind {
        MetricKind::Nps | MetricKind::Enps => (0..=10, 7..=8),
        MetricKind::Csat | MetricKind::Favourable => (1..=5, 3..=3),
        MetricKind::Ces => (1..=7, 4..=4),
        MetricKind::EmotionFit => return Err(Error::NeedsPalette),
    };
    let ratings = oriented(computation, histogram)?;
    ratings.check_scale("rating", *scale.start(), *scale.end())?;
    Ok(Classes {
        unfavourable: ratings.count_between(*scale.start(), neutral.start() - 1),
        neutral: ratings.count_between(*neutral.start(), *neutral.end()),
        favourable: ratings.count_between(neutral.end() + 1, *scale.end()),
    })
}

/// The figure of a kind from the three classes, which hold all it needs.
fn of_classes(kind: MetricKind, classes: Classes) -> Result<Figure, Error> {
    let n = classes.n();
    if kind.is_points() {
        let Classes { unfavourable, neutral, favourable } = classes;
        let counts = nps::Counts { detractors: unfavourable, passives: neutral, promoters: favourable };
        let interval = counts.adjusted_wald(CONFIDENCE)?.scaled(100.0);
        let value = 100.0 * counts.score()?;
        Ok(Figure::new(value, interval, IntervalMethod::AdjustedWald, FigureUnit::Points, n))
    } else {
        let interval = proportion::wilson(classes.favourable, n, CONFIDENCE)?.scaled(100.0);
        let value = 100.0 * proportion::share(classes.favourable, n)?;
        Ok(Figure::new(value, interval, IntervalMethod::Wilson, FigureUnit::Percent, n))
    }
}

/// The exact figure of a metric from the counts of its question.
///
/// # Errors
/// [`Error::Statistics`] without ratings or for one that is not on the scale, [`Error::NeedsPalette`] for an emotion
/// fit.
pub fn measure(computation: &Computation, histogram: &Histogram) -> Result<Figure, Error> {
    let mut figure = of_classes(computation.kind, classes(computation, histogram)?)?;
    let ratings = oriented(computation, histogram)?;
    if !computation.kind.is_points() {
        let mean = likert::mean(&ratings, CONFIDENCE)?;
        figure.mean = mean.interval.map(|interval| MeanFigure {
            mean: mean.mean,
            low: interval.low,
            high: interval.high,
        });
    }
    figure.histogram = Some(ratings);
    Ok(figure)
}

/// The figure of employees that the gate permits, as finely as it permits; `None` for none.
///
/// # Errors
/// As [`measure`], and [`Error::OtherAnswers`] when the permission was given for other counts.
pub fn measure_released(
    computation: &Computation,
    histogram: &Histogram,
    clearance: &Clearance,
) -> Result<Option<Figure>, Error> {
    let exact = classes(computation, histogram)?;
    if exact != clearance.classes() {
        return Err(Error::OtherAnswers);
    }
    let kind = computation.kind;
    match clearance.verdict() {
        Verdict::Nothing => Ok(None),
        Verdict::AtMostTenPercent => band(kind, exact, Band::AtMostTenPercent),
        Verdict::AtLeastNinetyPercent => band(kind, exact, Band::AtLeastNinetyPercent),
        Verdict::Figure if exact.n() < 5 => Ok(None),
        Verdict::Figure => match clearance.detail().step() {
            Some(step) => coarse(kind, exact, step).map(Some),
            None => measure(computation, histogram).map(Some),
        },
    }
}

/// The three classes of `n` people that have the given rounded shares, as nearly as whole people can.
fn whole_people(shares: RoundedClasses, n: u64) -> Classes {
    let people = |percent: u64| (percent * n + 50) / 100;
    let favourable = people(shares.favourable).min(n);
    let unfavourable = people(shares.unfavourable).min(n - favourable);
    Classes { unfavourable, neutral: n - favourable - unfavourable, favourable }
}

/// A figure that knows only rounded shares and the rounded number of people. Its interval is rounded outwards.
fn coarse(kind: MetricKind, exact: Classes, step: u64) -> Result<Figure, Error> {
    let n = exact.n();
    let shown = shown_people(n);
    let shares = RoundedClasses {
        unfavourable: rounded_percent(exact.unfavourable, n, step),
        neutral: rounded_percent(exact.neutral, n, step),
        favourable: rounded_percent(exact.favourable, n, step),
    };
    let basis = of_classes(kind, whole_people(shares, shown))?;
    let value = if kind.is_points() {
        shares.favourable as f64 - shares.unfavourable as f64
    } else {
        shares.favourable as f64
    };
    let (least, most) = kind.scale();
    let grid = step as f64;
    let outward =
        Interval { low: (basis.low / grid).floor() * grid, high: (basis.high / grid).ceil() * grid };
    let mut figure = Figure::new(value, outward.clipped(least, most), basis.interval, basis.unit, shown);
    // The lowest level tells one share only; all three classes of it would be nearly the answers.
    figure.classes = (step < 10).then_some(shares);
    Ok(figure)
}

/// A figure that knows only that a group nearly agrees. Points do not follow from a low favourable share, so there
/// is no figure then.
fn band(kind: MetricKind, exact: Classes, band: Band) -> Result<Option<Figure>, Error> {
    let shown = shown_people(exact.n());
    let few = shown / 10;
    let (value, edge) = match band {
        Band::AtMostTenPercent if kind.is_points() => return Ok(None),
        Band::AtMostTenPercent => (5.0, few),
        Band::AtLeastNinetyPercent if kind.is_points() => (90.0, shown - few),
        Band::AtLeastNinetyPercent => (95.0, shown - few),
    };
    let basis = of_classes(kind, Classes { unfavourable: shown - edge, neutral: 0, favourable: edge })?;
    let (least, most) = kind.scale();
    let whole = match band {
        Band::AtMostTenPercent => Interval { low: least, high: (basis.high / 10.0).ceil() * 10.0 },
        Band::AtLeastNinetyPercent => Interval { low: (basis.low / 10.0).floor() * 10.0, high: most },
    };
    let mut figure = Figure::new(value, whole.clipped(least, most), basis.interval, basis.unit, shown);
    figure.band = Some(band);
    Ok(Some(figure))
}
