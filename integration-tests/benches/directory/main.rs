//! How fast the directory takes what other systems tell it, through the public port with every check on, beside those
//! who do the same; in one run, taken in turns.
//!
//! ```text
//! cargo xtask bench directory
//! ```
//! `ARKI_PROGRAM` names another `arki` than the one that was built with the benchmark.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to a person and may stop anywhere"
)]

mod load;
mod scim;

use anyhow::Result;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        println!("SCIM, one by one");
        Box::pin(scim::measure()).await
    })
}
