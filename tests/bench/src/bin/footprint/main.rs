//! Counts how much code a request touches in a real Envoy with each filter: `scripts/footprint`.
//!
//! Under load a request finds caches and address translations cold, so that it pays for the lines and pages of
//! code that it needs. Clocks do not show that for a small change; counting does. Every variant is an Envoy of
//! its own with one worker, as for `scripts/bench`. One client sends the same request over one connection, and
//! once Envoy is warm the worker's thread is stepped from instruction to instruction, request by request.
//!
//! What runs in memory that belongs to no file is the filter, as V8 has compiled it (with Lua: what LuaJIT has
//! compiled; what it interprets counts as Envoy). Everything else is Envoy, with the libraries that it loads.
//! System calls count as one instruction each, and so does one that repeats itself. Data is not counted.

mod arguments;
mod maps;
mod request;
mod stepping;
mod steps;
mod table;
mod tracee;
mod visit;

use std::error::Error;
use std::fs;
use std::process::ExitCode;

use clap::Parser;
use peergate_bench::check::check;
use peergate_bench::cores::Cores;
use peergate_bench::request::Shape;
use peergate_bench::scene::Scene;
use peergate_bench::setup::build;
use peergate_bench::subject::Subject;
use peergate_bench::variant::Variant;

use crate::arguments::Arguments;
use crate::table::Row;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !tracee::IS_SUPPORTED {
        eprintln!("footprint: this needs Linux on x86-64");
        return ExitCode::from(2);
    }
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("footprint: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let scene = Scene::new(Cores::find()?, false);
    scene.cores.keep_to_load()?;
    let choice = &arguments.choice;
    let shapes = arguments.shapes().into_iter();
    let mut tables: Vec<_> = shapes.map(|shape| (shape, Vec::new())).collect();
    let wants = |it: &Variant| *it == Variant::Nothing || choice.wants(&it.name());
    for variant in VARIANTS.into_iter().filter(wants) {
        eprintln!("stepping {}", variant.name());
        let subject = variant.start(&scene).await?;
        fill(&mut tables, &variant.name(), arguments, &scene, &subject).await?;
    }
    for (name, path) in &choice.module {
        eprintln!("stepping {name}");
        let subject = build(&scene, name, fs::read(path)?)?;
        fill(&mut tables, name, arguments, &scene, &subject).await?;
    }
    for (shape, rows) in &tables {
        print!("\n{}", table::table(*shape, arguments.requests, rows));
    }
    if arguments.calls {
        for (shape, rows) in &tables {
            rows.iter().for_each(|row| print!("{}", table::calls(*shape, row)));
        }
    }
    Ok(())
}

/// Adds a row to each table.
async fn fill(
    tables: &mut [(Shape, Vec<Row>)],
    name: &str,
    arguments: &Arguments,
    scene: &Scene,
    subject: &Subject,
) -> Result<(), Box<dyn Error>> {
    check(scene, subject).await?;
    for (shape, rows) in tables {
        let requests = visit::visit(subject, *shape, arguments.requests, scene.cores).await;
        let requests = requests.map_err(|error| format!("{name}: {error}"))?;
        rows.extend(Row::of(name, requests));
    }
    Ok(())
}

/// What the others stand above first.
const VARIANTS: [Variant; 7] = [
    Variant::Nothing,
    Variant::Rbac { principals: 1 },
    Variant::Rbac { principals: 25 },
    Variant::Lua,
    Variant::Empty,
    Variant::Floor,
    Variant::PEERGATE,
];
