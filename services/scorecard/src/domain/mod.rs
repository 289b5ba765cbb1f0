//! What the scorecard knows without a database, a network or a clock.
//!
//! Raw answers arrive as mergeable counts by unit. [`tree`] says how units hang together on a day and sums the
//! counts upwards; [`metric`] says what is measured and why; [`reading`] turns counts into a number with its
//! interval, its size and its words; [`emotion`] compares chosen feelings with those aimed at. What is known of
//! employees passes [`release`], the one gate between counts and readers; [`ledger`] is for whatever is released of
//! a wave beside its tree. [`wave`] is a time of asking, [`hierarchy`] the places that its results roll up, and
//! [`results`] puts all of it together.
//!
//! Every function takes the day as an argument.

pub mod emotion;
pub mod hierarchy;
pub mod ledger;
pub mod metric;
pub mod reading;
pub mod release;
pub mod results;
pub mod stored;
pub mod tree;
pub mod wave;
