//! One number on its scale.

use maud::{Markup, html};

use super::{Marks, Scale, axis, drawn};
use crate::pages::words::Words;

/// The marks of one number, with the ends of its scale written under it.
pub(in super::super) fn strip(
    words: &Words,
    scale: Scale,
    marks: &Marks,
    title: &str,
    description: &str,
) -> Markup {
    html! {
        div .strip {
            svg .marks role="img" width="100%" height="1.6rem" {
                title { (title) }
                desc { (description) }
                line .ground x1=(scale.place(scale.low)) x2=(scale.place(scale.high)) y1="50%" y2="50%" {}
                (drawn(scale, marks))
            }
            (axis(words, scale))
        }
    }
}
