//! What is wrong with the parameters of a request: all of it is found before the request is refused.

use arki_rpc::{Failure, Violation};

use crate::refusal::Refusal;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    violations: Vec<Violation>,
    /// One of them is a page token that no list gives out.
    page_token: bool,
}

impl Mistakes {
    /// Notes that a field is wrong.
    pub(crate) fn note(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.violations.push(Violation { field: field.into(), description: description.into() });
    }

    /// Notes that a text is no page token of any list.
    pub(crate) fn note_page_token(&mut self, field: impl Into<String>) {
        self.page_token = true;
        self.note(field, "must be the next_page_token of the same list");
    }

    /// # Errors
    /// Everything that is wrong; a page token alone is refused as the list itself would do it.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.violations.len() {
            0 => Ok(()),
            1 if self.page_token => Err(Refusal::malformed_page_token()),
            _ => Err(Failure::invalid(self.violations).into()),
        }
    }
}
