//! Prints what requests cost a module: `peergate-cost [--profile VARIANT] [--tree] [MODULE.wasm]`.

use std::error::Error;

use peergate_cost::instrument::instrument;
use peergate_cost::variants::{self, Variant};
use peergate_cost::vm::{Stream, Vm};

fn main() -> Result<(), Box<dyn Error>> {
    let mut profile = None;
    let mut only = None;
    let mut tree = false;
    let mut module = String::from("target/peergate/peergate_http.wasm");
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--profile" => profile = arguments.next(),
            "--only" => only = arguments.next(),
            "--tree" => tree = true,
            _ => module = argument,
        }
    }
    let wasm = std::fs::read(&module).map_err(|error| format!("{module}: {error}"))?;
    if let Some(name) = profile {
        let variants = variants::all();
        let variant = variants.iter().find(|variant| variant.name == name).ok_or("no such variant")?;
        return show_profile(&wasm, variant, tree);
    }
    let counted = instrument(&wasm, false)?;
    println!("{:32} {:>8} {:>8} {:>8} {:>8} | first {:>8} | {:>5} {:>6} {:>6} {:>6} {:>6}", "variant", "create", "headers", "delete", "all", "all", "calls", "allocs", "given", "taken", "moved");
    for variant in variants::all() {
        if only.as_ref().is_some_and(|only| !variant.name.contains(only.as_str())) {
            continue;
        }
        let (mut vm, started) = Vm::start(&counted, variant.host())?;
        let (root, configured) = vm.configure()?;
        let first = send(&mut vm, root, &variant)?;
        send(&mut vm, root, &variant)?;
        let warm = send(&mut vm, root, &variant)?;
        if std::env::var_os("COST_RUN").is_some() {
            let counts = (0..40).map(|_| Ok(send(&mut vm, root, &variant)?.instructions()));
            println!("{:?}", counts.collect::<Result<Vec<u64>, Box<dyn Error>>>()?);
        }
        let traffic = &warm.headers.traffic;
        println!(
            "{:32} {:>8} {:>8} {:>8} {:>8} | first {:>8} | {:>5} {:>6} {:>6} {:>6} {:>6}",
            variant.name, warm.create.instructions, warm.headers.instructions, warm.delete.instructions,
            warm.instructions(), first.instructions(), traffic.calls.len(), traffic.allocations, traffic.given,
            traffic.taken, warm.headers.moved,
        );
        println!("    start: {} + {} instructions, {} bytes of memory", started.instructions, configured.instructions, vm.memory());
        for call in &traffic.calls {
            println!("    {call}");
        }
    }
    Ok(())
}

fn send(vm: &mut Vm, root: u32, variant: &Variant) -> Result<Stream, Box<dyn Error>> {
    let host = vm.host();
    host.headers = variant.headers.clone();
    host.state.clear();
    host.reply = None;
    let stream = vm.send(root)?;
    let host = vm.host();
    let verdict = host.state.get(&b"peergate_verdict"[..]).map(|verdict| String::from_utf8_lossy(verdict));
    let verdict = verdict.unwrap_or_default().into_owned();
    if !verdict.contains(variant.reason) {
        return Err(format!("{}: {verdict} {:?} {:?}", variant.name, host.reply, host.logs).into());
    }
    Ok(stream)
}

fn show_profile(wasm: &[u8], variant: &Variant, tree: bool) -> Result<(), Box<dyn Error>> {
    let counted = instrument(wasm, true)?;
    let (mut vm, _) = Vm::start(&counted, variant.host())?;
    let (root, _) = vm.configure()?;
    for _ in 0..3 {
        send(&mut vm, root, variant)?;
    }
    vm.host().profile = Default::default();
    let stream = send(&mut vm, root, variant)?;
    let profile = std::mem::take(&mut vm.host().profile);
    let all = stream.instructions();
    println!("{}: {all} instructions", variant.name);
    let name = |function: usize| counted.functions.get(function).map_or("", |name| name.as_str());
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
