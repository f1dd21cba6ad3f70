//! The figures as JSON.

use peergate_bench::request::Shape;
use peergate_bench::spread::Spread;
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::compare::{Comparison, Unit};
use crate::load::{CONNECTIONS, STREAMS};
use crate::rounds::{Rounds, Sample, Series};

/// All figures, each round's among them.
pub(crate) fn write(
    arguments: &Arguments,
    machine: Value,
    rounds: &Rounds,
    comparisons: &[Comparison],
) -> Value {
    json!({
        "machine": machine,
        "rounds": arguments.rounds(),
        "seconds": arguments.turn().as_secs_f64(),
        "connections": CONNECTIONS,
        "streams": STREAMS,
        "unit": "microseconds of the Envoy process a request",
        "means_something": !arguments.quick,
        "variants": rounds.all.iter().map(|it| series(rounds, it)).collect::<Vec<_>>(),
        "comparisons": comparisons.iter().map(comparison).collect::<Vec<_>>(),
    })
}

fn series(rounds: &Rounds, series: &Series) -> Value {
    let above = |of: fn(&Sample) -> f64| {
        Spread::of(rounds.above(&series.name, series.shape, of)).map(spread)
    };
    let own = |of: fn(&Sample) -> f64| series.spread(of).map(spread);
    json!({
        "name": series.name,
        "requests": shape(series.shape),
        "above": {
            "user": above(|it| it.user), "system": above(|it| it.system), "all": above(Sample::all),
        },
        "user": own(|it| it.user),
        "system": own(|it| it.system),
        "requests_a_second": own(|it| it.rate),
        "p50": own(|it| it.p50),
        "p99": own(|it| it.p99),
        "resident_bytes": rounds.resident(&series.name),
        "samples": series.samples.iter().map(sample).collect::<Vec<_>>(),
    })
}

fn sample(sample: &Sample) -> Value {
    let Sample { user, system, rate, p50, p99, busy, others } = sample;
    json!({
        "user": user, "system": system, "requests_a_second": rate, "p50": p50, "p99": p99,
        "core_used_by_envoy": busy, "core_used_by_others": others,
    })
}

fn comparison(comparison: &Comparison) -> Value {
    json!({
        "what": comparison.what,
        "requests": shape(comparison.shape),
        "unit": match comparison.unit {
            Unit::Times => "times",
            Unit::Microseconds => "microseconds",
        },
        "of": spread(comparison.spread),
        "most": comparison.most,
        "is_kept": comparison.is_kept(),
    })
}

fn shape(shape: Shape) -> Value {
    json!({ "protocol": shape.protocol.name(), "headers": shape.headers })
}

fn spread(spread: Spread) -> Value {
    json!({ "median": spread.median, "min": spread.min, "max": spread.max })
}
