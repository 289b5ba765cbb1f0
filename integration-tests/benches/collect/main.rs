//! How many responses of ten answers a second `arki` takes, each acknowledged after its transaction is on disk: on
//! SQLite and on PostgreSQL, at 256 connections, through the public port with every check on; beside pgbench's
//! single-row insert at 64 clients and beside a raw grouped insert, in one run, taken in turns.
//!
//! ```text
//! cargo xtask bench collect
//! ```
//! Needs `TEST_POSTGRES_URL` of a server that syncs to disk, and `PG_BIN` with its `pgbench`; without them only SQLite
//! is measured.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to a person and may stop anywhere"
)]

mod limit;
mod product;

use anyhow::Result;

/// How often each side is measured.
const ROUNDS: usize = 3;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(Box::pin(compare()))
}

async fn compare() -> Result<()> {
    let postgres = std::env::var("TEST_POSTGRES_URL").ok();
    let sqlite_side = product::Side::start(None).await?;
    let postgres_side = match &postgres {
        Some(url) => Some(product::Side::start(Some(url)).await?),
        None => None,
    };
    let mut rates: Vec<(&str, Vec<f64>)> = Vec::new();
    let mut add = |name: &'static str, rate: f64, counts: bool| {
        println!("{name:<44} {rate:>9.0} a second{}", if counts { "" } else { "   (warming up)" });
        if counts {
            match rates.iter_mut().find(|(known, _)| *known == name) {
                Some((_, all)) => all.push(rate),
                None => rates.push((name, vec![rate])),
            }
        }
    };
    for round in 0..=ROUNDS {
        let counts = round > 0;
        add("arki on SQLite", sqlite_side.round().await?, counts);
        add("raw grouped insert, SQLite", limit::grouped_sqlite().await?, counts);
        if let (Some(url), Some(side)) = (&postgres, &postgres_side) {
            add("arki on PostgreSQL", side.round().await?, counts);
            add("raw grouped insert, PostgreSQL", limit::grouped_postgres(url).await?, counts);
            if let Some(rate) = limit::pgbench(url)? {
                add("pgbench, single-row insert, 64 clients", rate, counts);
            }
        }
    }
    println!();
    for (name, of, to) in [
        ("arki on PostgreSQL / pgbench", "arki on PostgreSQL", "pgbench, single-row insert, 64 clients"),
        ("arki on SQLite / pgbench", "arki on SQLite", "pgbench, single-row insert, 64 clients"),
        ("arki on PostgreSQL / raw grouped", "arki on PostgreSQL", "raw grouped insert, PostgreSQL"),
        ("arki on SQLite / raw grouped", "arki on SQLite", "raw grouped insert, SQLite"),
    ] {
        let find = |wanted: &str| rates.iter().find(|(known, _)| *known == wanted).map(|(_, all)| all);
        if let (Some(of), Some(to)) = (find(of), find(to)) {
            let mut ratios: Vec<f64> = of.iter().zip(to).map(|(of, to)| of / to).collect();
            ratios.sort_by(f64::total_cmp);
            let last = ratios.len() - 1;
            println!("{name:<36} {:.2} ({:.2} to {:.2})", ratios[last / 2], ratios[0], ratios[last]);
        }
    }
    sqlite_side.every_acknowledged_is_stored().await?;
    if let Some(side) = &postgres_side {
        side.every_acknowledged_is_stored().await?;
    }
    println!("every acknowledged response is stored once");
    Ok(())
}
