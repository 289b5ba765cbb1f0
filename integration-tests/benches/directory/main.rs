//! What the directory does in bulk, through the public port with every check on, beside those who do the same where
//! there are any; one part for each noun.
//!
//! ```text
//! cargo xtask bench directory
//! ```
//! `PART` names the only part that is wanted: scim, webhooks or hr; `PEOPLE` how many an HR file has.
//! `ARKI_PROGRAM` names another `arki` for SCIM than the one that was built with the benchmark.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to a person and may stop anywhere"
)]

mod hr;
mod load;
mod scim;
mod webhooks;

use anyhow::Result;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let only = std::env::var("PART").unwrap_or_default();
        let is_wanted = |part: &str| only.is_empty() || only == part;
        if is_wanted("scim") {
            println!("SCIM, one by one");
            Box::pin(scim::measure()).await?;
        }
        if is_wanted("webhooks") {
            Box::pin(webhooks::measure()).await?;
        }
        if is_wanted("hr") {
            Box::pin(hr::measure()).await?;
        }
        Ok(())
    })
}
