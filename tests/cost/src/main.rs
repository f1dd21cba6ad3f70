//! Prints what requests cost a module.

use std::error::Error;
use std::process::ExitCode;

use peergate_cost::measure::measure;
use peergate_cost::scene::Scene;
use peergate_cost::variants;
use peergate_cost::vm::{Program, Vm};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut profile, mut only, mut tree, mut calls) = (None, String::new(), false, false);
    let mut module = String::from("target/peergate/peergate_http.wasm");
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--profile" => profile = arguments.next(),
            "--only" => only = arguments.next().unwrap_or_default(),
            "--tree" => tree = true,
            "--calls" => calls = true,
            _ if argument.starts_with('-') => {
                eprintln!("{USAGE}");
                return Ok(ExitCode::from(2));
            }
            _ => module = argument,
        }
    }
    let wasm = std::fs::read(&module).map_err(|error| format!("{module}: {error}"))?;
    let scenes = variants::pins().into_iter().chain(variants::others());
    if let Some(name) = profile {
        show_profile(&wasm, scenes, &name, tree)?;
    } else {
        show_table(&wasm, scenes, &only, calls)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_table(wasm: &[u8], scenes: impl Iterator<Item = Scene>, only: &str, calls: bool) -> Result<(), Box<dyn Error>> {
    let program = Program::load(wasm, false)?;
    println!("{:44} {:>8} {:>8} {:>8} {:>8} {:>9} {:>5} {:>6} {:>6} {:>6} {:>6}", "warm request", "create", "headers", "delete", "all", "first", "calls", "allocs", "given", "taken", "moved");
    for scene in scenes.filter(|scene| scene.name.contains(only)) {
        let (start, all) = measure(&program, &scene)?;
        for one in all {
            let warm = &one.warm;
            let traffic = &warm.headers.traffic;
            println!(
                "{:44} {:>8} {:>8} {:>8} {:>8} {:>9} {:>5} {:>6} {:>6} {:>6} {:>6}",
                one.variant, warm.create.instructions, warm.headers.instructions, warm.delete.instructions,
                warm.instructions(), one.first.instructions(), traffic.calls.len(), traffic.allocations,
                traffic.given, traffic.taken, warm.headers.moved,
            );
            if one.least != warm.instructions() {
                println!("    at least {}", one.least);
            }
            if calls {
                for call in &traffic.calls {
                    println!("    {call}");
                }
            }
        }
        println!("    start: {} + {} instructions, {} bytes of memory", start.initialize, start.configure, start.memory);
    }
    Ok(())
}

fn show_profile(wasm: &[u8], scenes: impl Iterator<Item = Scene>, name: &str, tree: bool) -> Result<(), Box<dyn Error>> {
    let program = Program::load(wasm, true)?;
    let found = scenes.into_iter().find_map(|scene| {
        let wanted = |request: &&peergate_cost::request::Request| format!("{}, {}", scene.name, request.name) == name;
        let request = scene.requests.iter().find(wanted)?.clone();
        Some((scene, request))
    });
    let (scene, request) = found.ok_or("no such variant")?;
    let (mut vm, _) = Vm::start(&program, scene.host())?;
    let (root, _) = vm.configure()?;
    if let Some(before) = &scene.before {
        vm.send(root, before)?;
    }
    for _ in 0..32 {
        vm.send(root, &request)?;
    }
    vm.host().profile = Default::default();
    let stream = vm.send(root, &request)?;
    let profile = std::mem::take(&mut vm.host().profile);
    let all = stream.instructions();
    println!("{name}: {all} instructions");
    let name = |function: usize| program.functions.get(function).map_or("", |name| name.as_str());
    if tree {
        for (path, spent) in profile.paths() {
            if spent.whole * 200 >= all {
                let depth = path.len() - 1;
                let last = path.last().copied().unwrap_or_default();
                println!("{:>7} {:>7} {:>4} {}{}", spent.whole, spent.own, spent.calls, "  ".repeat(depth), name(last));
            }
        }
        return Ok(());
    }
    println!("{:>7} {:>7} {:>7}", "own", "whole", "calls");
    for (function, spent) in profile.functions() {
        println!("{:>7} {:>7} {:>7} {}", spent.own, spent.whole, spent.calls, name(function));
    }
    Ok(())
}

const USAGE: &str = "usage: peergate-cost [--profile VARIANT [--tree]] [--only TEXT] [--calls] [MODULE.wasm]";
