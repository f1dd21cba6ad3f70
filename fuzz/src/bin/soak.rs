//! Sends random requests through the filter in the native host mock, millions of them, and shows how much memory
//! the process has on the way: `scripts/soak`.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use peergate_fuzz::soak::Soak;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| match arguments.next() {
        None => Some(default),
        Some(text) => text.parse::<u64>().ok().filter(|number| *number >= PARTS),
    };
    let (Some(requests), Some(seed)) = (number(10_000_000), number(2026)) else {
        eprintln!("usage: soak [REQUESTS [SEED]], {PARTS} at least");
        return ExitCode::from(2);
    };
    let began = Instant::now();
    let mut sizes = Vec::new();
    let mut reasons = String::new();
    Soak::new(seed).run(requests, requests / PARTS, |done| {
        let size = resident();
        println!(
            "{} requests ({} passed), {} policies, {} answers of feeds, {} open streams, {:.0} s: {} KiB",
            done.requests,
            done.passed,
            done.policies,
            done.answers,
            done.streams,
            began.elapsed().as_secs_f64(),
            size.map_or("?".to_owned(), |size| size.to_string()),
        );
        sizes.extend(size);
        reasons = format!("{} reasons: {:?}", done.reasons.len(), done.reasons);
    });
    println!("{reasons}");
    // Half of the way is warm-up: what is remembered has its bounds, and the allocator its habits.
    let (Some(early), Some(late)) = (sizes.get(sizes.len() / 2), sizes.last()) else {
        eprintln!("the size of the process is not known here");
        return ExitCode::SUCCESS;
    };
    let most = early.saturating_add(early / 20).saturating_add(1024);
    if requests < ENOUGH {
        println!("too few requests to tell whether something grows");
    } else if late > &most {
        eprintln!("the process grew from {early} KiB half way to {late} KiB, more than {most}");
        return ExitCode::FAILURE;
    } else {
        println!("from {early} KiB half way to {late} KiB: nothing grows");
    }
    ExitCode::SUCCESS
}

/// How much memory the process has, in KiB; `None` where the system does not say.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Requests until everything has been as large as it gets.
const ENOUGH: u64 = 5_000_000;

/// How often it is told how things are.
const PARTS: u64 = 10;
