//! Imports that run for a while.
//!
//! What do we store, and why: `import_run` is where each stands. `import_piece` holds the file as it comes in, so that
//! nobody holds it in memory and a restart loses nothing of it. `import_write` is what a plan would write and
//! `import_change` the same for people to look at; `import_error` is what is wrong with the file. All but the first hold
//! personal data: [`forget`] removes them when an import ends, and [`erase`] when somebody is to be forgotten.

mod known;
mod runs;
mod staged;

pub use known::{elsewhere, structure};
pub use runs::{
    Claimed, claim, count_open, expire, find, hold, insert, list, release, release_all, save, save_held,
};
pub use staged::{
    FREE, PERSON, ROLE, Stage, Staged, UNIT, WAITING, Write, add_piece, changes, erase, errors, forget,
    forget_plan, pieces, stamp, unmoved, writes,
};
