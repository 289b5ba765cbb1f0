//! How finely a group of a given size is shown.

use serde::{Deserialize, Serialize};

/// What may be shown of a group, from nothing to everything. Each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Fewer than 5 people: nothing.
    Nothing,
    /// 5 to 9: the favourable share, rounded to 10 points.
    Share,
    /// 10 to 19: three classes and the feelings that several chose, rounded to 5 points.
    Classes,
    /// 20 to 29: every answer with its count.
    Histogram,
    /// 30 to 99: the themes of comments too.
    Themes,
    /// 100 and more: drivers, weights and reliability too.
    Analysis,
}

impl Detail {
    #[must_use]
    pub fn of(people: u64) -> Self {
        match people {
            0..=4 => Self::Nothing,
            5..=9 => Self::Share,
            10..=19 => Self::Classes,
            20..=29 => Self::Histogram,
            30..=99 => Self::Themes,
            100.. => Self::Analysis,
        }
    }

    /// The step that shares are rounded to, in points of percent; `None` where they are exact or not shown.
    #[must_use]
    pub fn step(self) -> Option<u64> {
        match self {
            Self::Share => Some(10),
            Self::Classes => Some(5),
            Self::Nothing | Self::Histogram | Self::Themes | Self::Analysis => None,
        }
    }
}

/// The number of people as it is shown: below twenty rounded down to full fives, so that one more answer does not
/// show.
#[must_use]
pub fn shown_people(people: u64) -> u64 {
    if people < 20 { people - people % 5 } else { people }
}

/// `part / whole` in percent, rounded half up to a multiple of `step`; 0 for a `whole` of nobody.
pub(crate) fn rounded_percent(part: u64, whole: u64, step: u64) -> u64 {
    if whole == 0 {
        return 0;
    }
    let (part, whole, step) = (u128::from(part), u128::from(whole), u128::from(step));
    let steps = (200 * part + step * whole) / (2 * step * whole);
    u64::try_from(steps * step).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::{Detail, rounded_percent, shown_people};

    #[test]
    fn detail_grows_at_the_declared_sizes() {
        let levels: Vec<Detail> =
            [4, 5, 9, 10, 19, 20, 29, 30, 99, 100].into_iter().map(Detail::of).collect();
        use Detail::{Analysis, Classes, Histogram, Nothing, Share, Themes};
        assert_eq!(
            levels,
            [Nothing, Share, Share, Classes, Classes, Histogram, Histogram, Themes, Themes, Analysis]
        );
        assert!(levels.is_sorted());
    }

    #[test]
    fn a_small_number_of_people_is_shown_in_fives() {
        let shown: Vec<u64> = [5, 9, 10, 14, 19, 20, 21].into_iter().map(shown_people).collect();
        assert_eq!(shown, [5, 5, 10, 10, 15, 20, 21]);
    }

    #[test]
    fn shares_are_rounded_half_up() {
        assert_eq!(rounded_percent(3, 7, 10), 40);
        assert_eq!(rounded_percent(1, 4, 10), 30);
        assert_eq!(rounded_percent(1, 8, 5), 15);
        assert_eq!(rounded_percent(11, 11, 5), 100);
        assert_eq!(rounded_percent(0, 0, 5), 0);
    }
}
