//! The figures as a table.

use peergate_bench::request::Shape;
use peergate_bench::spread::Spread;
use serde_json::Value;

use crate::arguments::Arguments;
use crate::compare::{Comparison, Unit};
use crate::rounds::{NONE, Rounds, Sample, Series};

/// Prints all figures, one table for each shape of requests, and then what they are to show.
pub(crate) fn print(
    arguments: &Arguments,
    machine: &Value,
    rounds: &Rounds,
    comparisons: &[Comparison],
) {
    let word = |name: &str| machine[name].as_str().unwrap_or("unknown").to_owned();
    println!("{}, {} cores, Linux {}", word("cpu"), machine["cores"], word("kernel"));
    println!("Envoy {}", word("envoy"));
    println!(
        "Envoy's processor time a request in microseconds above `{NONE}` in the same round: median (least, \
         greatest) of {} rounds of {} s",
        arguments.rounds(),
        arguments.turn().as_secs_f64()
    );
    for shape in Shape::ALL {
        let mut series = rounds.all.iter().filter(|it| it.shape == shape).peekable();
        if series.peek().is_none() {
            continue;
        }
        println!("\n{}, {} headers", shape.protocol.name(), shape.headers);
        let [user, system, rate, p50, p99, memory, core] =
            ["user", "system", "requests/s", "p50", "p99", "memory MB", "core"];
        println!(
            "  {:<41}{user:>28}{system:>28}{rate:>11}{p50:>8}{p99:>8}{memory:>11}{core:>6}",
            ""
        );
        for series in series {
            println!("{}", row(rounds, series));
        }
    }
    if arguments.quick {
        println!(
            "\nThese figures mean nothing: turns and lists were short, and V8 had not warmed up."
        );
        return;
    }
    if !comparisons.is_empty() {
        println!("\nuser time, compared within each round");
    }
    for comparison in comparisons {
        println!("{}", line(comparison));
    }
    warn(rounds);
}

/// Says so if the figures are not to be trusted.
fn warn(rounds: &Rounds) {
    let samples = || rounds.all.iter().flat_map(|it| &it.samples);
    let share = |of: fn(&Sample) -> f64| Spread::of(samples().map(of)).map_or(0.0, |it| it.median);
    if share(|it| it.others) > DISTURBED {
        let percent = share(|it| it.others) * 100.0;
        println!("\nOthers used {percent:.0} % of Envoy's core: measure on a quiet machine.");
    }
    if share(|it| it.busy + it.others) < STARVED {
        let percent = share(|it| it.busy) * 100.0;
        println!("\nEnvoy used {percent:.0} % of its core: the load is what was slow.");
    }
}

fn line(comparison: &Comparison) -> String {
    let Comparison { what, shape, spread, unit, most } = comparison;
    let unit = if *unit == Unit::Times { "x " } else { "us" };
    let sign = if unit == "us" { "+" } else { "" };
    let figure = |it: f64| if sign.is_empty() { format!("{it:.2}") } else { format!("{it:+.2}") };
    let Spread { median, min, max } = *spread;
    let verdict = match (most, comparison.is_kept()) {
        (Some(most), Some(true)) => format!("at most {most}: kept"),
        (Some(most), _) => format!("at most {most}: MISSED"),
        (None, _) => String::new(),
    };
    let requests = format!("{}, {} headers", shape.protocol.name(), shape.headers);
    format!(
        "  {what:<54}{requests:<22}{:>8} {unit} {:<22}{verdict}",
        figure(median),
        format!("({}, {})", figure(min), figure(max))
    )
}

fn row(rounds: &Rounds, series: &Series) -> String {
    let time = |of: fn(&Sample) -> f64| {
        if series.name == NONE {
            // Nothing is above itself: what it takes is shown instead.
            series.spread(of).map(|it| format!("all: {}", range(it, false)))
        } else {
            Spread::of(rounds.above(&series.name, series.shape, of)).map(|it| range(it, true))
        }
        .unwrap_or_default()
    };
    let median = |of: fn(&Sample) -> f64| series.spread(of).map_or(f64::NAN, |it| it.median);
    let megabytes = rounds.resident(&series.name).unwrap_or_default() as f64 / 1e6;
    format!(
        "  {:<41}{:>28}{:>28}{:>11.0}{:>8.0}{:>8.0}{megabytes:>11.1}{:>5.0}%",
        series.name,
        time(|it| it.user),
        time(|it| it.system),
        median(|it| it.rate),
        median(|it| it.p50),
        median(|it| it.p99),
        median(|it| it.busy) * 100.0,
    )
}

fn range(spread: Spread, signed: bool) -> String {
    let Spread { median, min, max } = spread;
    if signed {
        format!("{median:+.2} ({min:+.2}, {max:+.2})")
    } else {
        format!("{median:.2} ({min:.2}, {max:.2})")
    }
}

/// How much of Envoy's core others may use.
const DISTURBED: f64 = 0.05;

/// How much of its core Envoy should use at least.
const STARVED: f64 = 0.6;
