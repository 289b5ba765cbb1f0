//! What the directory does in bulk, through the public port: one part for each noun.
//!
//! ```text
//! cargo xtask bench directory
//! ```
#![allow(clippy::print_stdout, reason = "a benchmark talks to a person")]

mod webhooks;

use anyhow::Result;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(Box::pin(webhooks::measure()))
}
