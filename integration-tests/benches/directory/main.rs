//! What the directory does in bulk, through the public port with every check on, beside those who do the same where
//! there are any; one part for each noun.
//!
//! ```text
//! cargo xtask bench directory
//! cargo xtask bench directory --only crm
//! ```
//! `PART` names the only part that is wanted: scim, webhooks, hr or crm; `PEOPLE` how many an HR file has, and
//! `ARKI_BENCH_CRM_CONTACTS` how many contacts a CRM tells of.
//! `ARKI_PROGRAM` names another `arki` for SCIM than the one that was built with the benchmark.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to a person and may stop anywhere"
)]

mod crm;
mod hr;
mod load;
mod scim;
mod webhooks;

use anyhow::{Context as _, Result, ensure};

/// The parts, in the order in which they are measured.
const PARTS: [&str; 4] = ["scim", "webhooks", "hr", "crm"];

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let only = std::env::var("PART").unwrap_or_default();
        ensure!(only.is_empty() || PARTS.contains(&only.as_str()), "PART is one of {PARTS:?}");
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
        if is_wanted("crm") {
            Box::pin(crm::measure()).await?;
        }
        Ok(())
    })
}

/// A figure of the memory of a process, in KiB.
fn memory(process: u32, field: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with(field)).context("no such field")?;
    Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
}
