//! A run, from its start to its figures.

use std::error::Error;
use std::fs;

use peergate_bench::check::check;
use peergate_bench::cores::Cores;
use peergate_bench::request::Shape;
use peergate_bench::scene::Scene;
use peergate_bench::setup::build;
use peergate_bench::subject::Subject;
use peergate_bench::variant::Variant;

use crate::arguments::Arguments;
use crate::rounds::Rounds;
use crate::{compare, json, load, machine, start, svg, table};

/// Starts every variant, measures them in turn, and shows the figures.
///
/// # Errors
///
/// When a variant does not start or does not answer as it must.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let scene = Scene::new(Cores::find()?, arguments.quick);
    if arguments.start {
        return start::run(arguments, scene).await;
    }
    let wants = |it: &Variant| *it == Variant::Nothing || arguments.choice.wants(&it.name());
    let variants: Vec<Variant> = Variant::ALL.into_iter().filter(wants).collect();
    let mut subjects: Subjects = Vec::new();
    for variant in &variants {
        eprintln!("starting {}", variant.name());
        let subject = variant.start(&scene).await?;
        check(&scene, &subject).await?;
        subjects.push((subject, variant.shapes(arguments.full)));
    }
    for (name, path) in &arguments.choice.module {
        eprintln!("starting {name}");
        let subject = build(&scene, name, fs::read(path)?)?;
        check(&scene, &subject).await?;
        subjects.push((subject, &Shape::ALL));
    }
    // Until here Envoys had both cores to compile on.
    scene.cores.keep_to_load()?;
    foretell(arguments, &subjects);
    let mut rounds = Rounds::default();
    for round in 1..=arguments.rounds() {
        eprintln!("round {round} of {}", arguments.rounds());
        turn(arguments, &scene, &subjects, &mut rounds).await?;
    }
    for (subject, _) in &subjects {
        for door in &subject.doors {
            rounds.remember(&door.name, subject.resident()?);
        }
    }
    report(arguments, &rounds)
}

/// What runs, and the requests that it is measured with.
type Subjects = Vec<(Subject, &'static [Shape])>;

/// Shows the figures.
fn report(arguments: &Arguments, rounds: &Rounds) -> Result<(), Box<dyn Error>> {
    let (machine, comparisons) = (machine::describe(), compare::all(rounds));
    table::print(arguments, &machine, rounds, &comparisons);
    if let Some(path) = &arguments.json {
        let json = json::write(arguments, machine, rounds, &comparisons);
        fs::write(path, format!("{json:#}\n"))?;
    }
    if let Some(path) = &arguments.svg {
        fs::write(path, svg::draw(rounds))?;
    }
    Ok(())
}

/// One round.
async fn turn(
    arguments: &Arguments,
    scene: &Scene,
    subjects: &Subjects,
    rounds: &mut Rounds,
) -> Result<(), Box<dyn Error>> {
    for shape in Shape::ALL {
        for (subject, _) in subjects.iter().filter(|(_, shapes)| shapes.contains(&shape)) {
            for door in &subject.doors {
                let (warm, measured) = (arguments.warm(), arguments.turn());
                let turn = load::run(subject, door, shape, scene.cores.envoy, warm, measured);
                let turn = turn.await.map_err(|error| format!("{}: {error}", door.name))?;
                rounds.add(&door.name, shape, &turn);
            }
        }
    }
    Ok(())
}

/// Says how long it will take.
fn foretell(arguments: &Arguments, subjects: &Subjects) {
    let turns: usize = subjects.iter().map(|it| it.0.doors.len() * it.1.len()).sum();
    let turn = (arguments.warm() + arguments.turn()).as_secs_f64() + OVERHEAD;
    let minutes = turn * turns as f64 * f64::from(arguments.rounds()) / 60.0;
    eprintln!("{turns} turns a round: some {:.0} minutes", minutes.ceil());
}

/// Seconds that a turn takes besides: connections, and what is left to be answered.
const OVERHEAD: f64 = 0.05;
