//! What it costs to start, to take another policy, and to have workers: `scripts/bench --start`.

use std::error::Error;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use peergate_bench::scene::Scene;
use peergate_bench::spread::Spread;
use peergate_bench::subject::Subject;
use peergate_bench::variant::Variant;
use peergate_e2e::{replace_policy, with_policy};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::machine;

/// Measures all of it, and shows the figures.
///
/// # Errors
///
/// When an Envoy does not start, or never takes a policy.
pub(crate) async fn run(arguments: &Arguments, scene: Scene) -> Result<(), Box<dyn Error>> {
    let rounds = arguments.rounds;
    // Envoys inherit it when they start.
    scene.cores.keep_to_load()?;
    println!("median (least, greatest) of {rounds} rounds; Envoy has one core\n");
    let starts = starts(&scene, rounds).await?;
    let reloads = reloads(&scene, rounds).await?;
    let memory = memory(scene).await?;
    if let Some(path) = &arguments.json {
        let json = json!({
            "machine": machine::describe(), "rounds": rounds,
            "start": starts, "reload": reloads, "memory": memory,
        });
        fs::write(path, format!("{json:#}\n"))?;
    }
    Ok(())
}

/// How long until an Envoy with one worker is ready: it compiles the module once, makes a VM of it for the main
/// thread and for each worker, and configures those.
async fn starts(scene: &Scene, rounds: u32) -> Result<Value, Box<dyn Error>> {
    println!("seconds from its start until Envoy is ready, and above no filter in the same round");
    let mut subjects = Vec::new();
    for variant in VARIANTS {
        subjects.push((variant.start(scene).await?, Vec::new()));
    }
    for _ in 0..rounds {
        for (subject, seconds) in &mut subjects {
            let start = Instant::now();
            subject.restart()?;
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    let none = subjects.first().map(|it| it.1.clone()).unwrap_or_default();
    let mut all = Vec::new();
    for (subject, seconds) in &subjects {
        let name = &subject.doors[0].name;
        let above = seconds.iter().zip(&none).map(|(own, none)| own - none);
        let (own, above) = (Spread::of(seconds.iter().copied()), Spread::of(above));
        println!("  {name:<36}{:>24}{:>26}", shown(own), shown(above));
        all.push(json!({
            "name": name, "seconds": spread(own), "seconds_above": spread(above),
        }));
    }
    println!();
    Ok(all.into())
}

/// How long after a file was replaced the next request has the new policy, and how long a request waited
/// meanwhile.
async fn reloads(scene: &Scene, rounds: u32) -> Result<Value, Box<dyn Error>> {
    println!(
        "milliseconds from the new policy's file until a request has it, and the longest request meanwhile"
    );
    let subject = Variant::PEERGATE.start(scene).await?;
    let refusing = resource(
        &subject,
        &scene.policy(json!({ "entries": [{ "sha256": scene.bob.fingerprint() }] })),
    );
    let mut all = Vec::new();
    for pins in [1, 100_000] {
        let admitting = resource(&subject, &scene.pinned(pins));
        let mut figures = Vec::new();
        for _ in 0..rounds {
            change(&subject, &refusing, 403).await?;
            // The new one's root context is not to wait for the end of the old one's.
            sleep(Duration::from_millis(500));
            figures.push(change(&subject, &admitting, 200).await?);
        }
        let of = |column: usize| Spread::of(figures.iter().map(|it| it[column]));
        let name = Variant::Pinned { pins }.name();
        println!("  {name:<36}{:>24}{:>26}", shown(of(0)), shown(of(1)));
        all.push(json!({
            "name": name, "milliseconds": spread(of(0)), "longest_request": spread(of(1)),
        }));
    }
    println!();
    Ok(all.into())
}

/// Replaces the policy and asks until it decides. Returns how long that took, and the longest request.
async fn change(
    subject: &Subject,
    resource: &str,
    status: u16,
) -> Result<[f64; 2], Box<dyn Error>> {
    let gateway = subject.gateway();
    let mut connection = subject.client.h1(gateway.address()).await?;
    replace_policy(gateway.directory(), resource);
    let start = Instant::now();
    let mut longest = Duration::ZERO;
    while start.elapsed() < PATIENCE {
        let asked = Instant::now();
        let answer = connection.get("localhost", "/", &[]).await?;
        longest = longest.max(asked.elapsed());
        if answer.status == status {
            return Ok([start.elapsed(), longest].map(|it| it.as_secs_f64() * 1e3));
        }
    }
    Err(format!("{status} never came; {}", gateway.story()).into())
}

/// What each worker adds to Envoy's resident memory.
async fn memory(mut scene: Scene) -> Result<Value, Box<dyn Error>> {
    println!(
        "resident memory in MB with 1, 2 and 4 workers, and what a worker adds above no filter"
    );
    let mut all: Vec<(String, Vec<f64>)> = VARIANTS.map(|it| (it.name(), Vec::new())).into();
    for workers in WORKERS {
        scene = scene.workers(workers);
        for (variant, (_, figures)) in VARIANTS.iter().zip(&mut all) {
            let subject = variant.start(&scene).await?;
            // What was needed only for the start goes back little by little.
            sleep(SETTLED);
            figures.push(subject.resident()? as f64 / 1e6);
        }
    }
    let none = all.first().map(|it| a_worker(&it.1)).unwrap_or_default();
    let mut shown = Vec::new();
    for (name, figures) in &all {
        let texts: String = figures.iter().map(|it| format!("{it:>12.1}")).collect();
        let each = a_worker(figures) - none;
        println!("  {name:<36}{texts}{each:>+14.1}");
        shown.push(json!({
            "name": name, "workers": WORKERS, "megabytes": figures, "megabytes_a_worker_above": each,
        }));
    }
    Ok(shown.into())
}

/// What a worker adds, from the least number of workers to the greatest.
fn a_worker(figures: &[f64]) -> f64 {
    let (Some(first), Some(last)) = (figures.first(), figures.last()) else { return f64::NAN };
    (last - first) / f64::from(WORKERS[WORKERS.len() - 1] - WORKERS[0])
}

/// The policy's file as it is to be, so that making it is not measured.
fn resource(subject: &Subject, policy: &Value) -> String {
    with_policy(subject.gateway().directory(), policy).to_string()
}

fn shown(spread: Option<Spread>) -> String {
    spread.map_or_else(String::new, |it| format!("{:.2} ({:.2}, {:.2})", it.median, it.min, it.max))
}

fn spread(spread: Option<Spread>) -> Value {
    spread.map_or(Value::Null, |it| json!({ "median": it.median, "min": it.min, "max": it.max }))
}

/// That which the others are compared with first.
const VARIANTS: [Variant; 5] = [
    Variant::Nothing,
    Variant::Empty,
    Variant::Floor,
    Variant::PEERGATE,
    Variant::Pinned { pins: 100_000 },
];

const WORKERS: [u32; 3] = [1, 2, 4];

const SETTLED: Duration = Duration::from_secs(3);

const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_adds_the_slope() {
        assert_eq!(a_worker(&[100.0, 130.0, 160.0]), 20.0);
    }
}
