//! What a recipient chooses to get.

/// For what people are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Survey,
    Communication,
    Story,
}

/// What a recipient gets for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preference {
    pub(crate) purpose: Purpose,
    pub(crate) is_subscribed: bool,
}

/// What a recipient gets, and the language in which to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) preferences: Vec<Preference>,
    pub(crate) language: String,
}
