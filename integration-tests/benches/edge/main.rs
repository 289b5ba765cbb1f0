//! What the edge costs: a unary call by gRPC and by REST through the gateway, beside the bare tonic service and beside
//! Envoy's JSON transcoder, in one run, taken in turns. Prints rates, and the median of the ratios with its range.
//!
//! ```text
//! cargo xtask bench edge
//! ```
//! The load comes from `h2load` (Debian's nghttp2-client), on 10 connections with 20 streams each. Everything shares
//! the cores of one machine, so only ratios of one run mean something.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to a person and may stop anywhere"
)]

mod backend;
mod envoy;
mod load;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// As in production.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each side is measured.
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", "bare"] => backend::serve_bare(),
        ["serve", "gateway", address] => backend::serve_gateway(Some(address)),
        ["serve", "gateway"] => backend::serve_gateway(None),
        [] => compare(),
        other => bail!("unknown arguments {other:?}"),
    }
}

/// A side of the comparison, in a process of its own.
struct Side {
    child: Child,
    address: String,
}

impl Side {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn compare() -> Result<()> {
    let bare = Side::start(&["bare"])?;
    let far = Side::start(&["gateway", &bare.address])?;
    let near = Side::start(&["gateway"])?;
    let envoy = envoy::start(&bare.address)?;

    let mut cases = vec![
        ("bare tonic, gRPC", bare.address.clone(), load::Call::Grpc),
        ("gateway to the service over TCP, gRPC", far.address.clone(), load::Call::Grpc),
        ("gateway to the service over TCP, REST", far.address.clone(), load::Call::Rest),
        ("gateway in one process, gRPC", near.address.clone(), load::Call::Grpc),
        ("gateway in one process, REST", near.address.clone(), load::Call::Rest),
    ];
    if let Some(envoy) = &envoy {
        cases.push(("Envoy's JSON transcoder, REST", envoy.address.clone(), load::Call::Rest));
    } else {
        println!("Envoy is left out: set ENVOY to its program, or run `cargo xtask bench edge`");
    }
    // A time counts only when the answers agree.
    let expected = load::once(&far.address)?;
    for (name, address, call) in &cases {
        if matches!(call, load::Call::Rest) {
            let mut answer = load::once(address)?;
            // Envoy answers with the reply around the resource.
            if let Some(role) = answer.get_mut("role") {
                answer = role.take();
            }
            if answer != expected {
                bail!("{name} answers {answer}, not {expected}");
            }
        }
    }
    let mut rates = vec![Vec::new(); cases.len()];
    for round in 0..=ROUNDS {
        for (place, (name, address, call)) in cases.iter().enumerate() {
            let rate = load::rate(address, *call).with_context(|| format!("loading {name}"))?;
            // The first round warms up.
            if round > 0 {
                rates[place].push(rate);
            }
        }
    }
    println!("{:<40} {:>10} {:>22}", "case", "calls/s", "range");
    for (place, (name, _, _)) in cases.iter().enumerate() {
        let (low, middle, high) = spread(&rates[place]);
        println!("{name:<40} {middle:>10.0} {:>22}", format!("{low:.0} to {high:.0}"));
    }
    println!();
    for (name, of, to) in [
        ("gateway REST over TCP / Envoy REST", 2, 5),
        ("gateway REST in one process / Envoy REST", 4, 5),
        ("gateway gRPC over TCP / bare tonic", 1, 0),
        ("gateway gRPC in one process / bare tonic", 3, 0),
    ] {
        if to < rates.len() {
            let ratios: Vec<f64> = rates[of].iter().zip(&rates[to]).map(|(of, to)| of / to).collect();
            let (low, middle, high) = spread(&ratios);
            println!("{name:<42} {middle:.2} ({low:.2} to {high:.2})");
        }
    }
    Ok(())
}

/// The least, the middle and the greatest.
fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1])
}
