//! The tables as they are. A query begins at `in_tenant`, and at nothing else.

pub(super) mod cell;
pub(super) mod metric;
pub(super) mod metric_review;
pub(super) mod metric_version;
pub(super) mod organisation_unit;
pub(super) mod organisation_version;
pub(super) mod released_place;
pub(super) mod respondents;
pub(super) mod target_profile;
pub(super) mod wave;
pub(super) mod wave_invited;
pub(super) mod wave_question;
pub(super) mod wave_response;
