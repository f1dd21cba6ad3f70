//! In which functions the instructions go.

use std::error::Error;

use peergate_cost::profile::{Profile, Spent};
use peergate_cost::scene::Scene;
use peergate_cost::variants;
use peergate_cost::vm::{Program, Vm};

/// Prints where those of a warm request go.
pub(crate) fn of_request(wasm: &[u8], name: &str, tree: bool) -> Result<(), Box<dyn Error>> {
    let scenes = variants::all().into_iter().flatten();
    let found = scenes.into_iter().find_map(|scene| {
        let mut requests = scene.requests.iter();
        let request = requests.find(|request| scene.variant(request) == name)?.clone();
        Some((scene, request))
    });
    let (scene, request) = found.ok_or_else(|| format!("no variant is called {name:?}"))?;
    let program = Program::load(wasm, true)?;
    let (mut vm, root) = configured(&program, &scene)?;
    for before in scene.before.iter().chain(std::iter::repeat_n(&request, 32)) {
        vm.send(root, before)?;
    }
    vm.host().profile = Profile::default();
    let all = vm.send(root, &request)?.instructions();
    print(&program, &vm.host().profile, &format!("{name}: {all} instructions"), tree, all);
    Ok(())
}

/// Prints where those of a start with a policy go.
pub(crate) fn of_start(wasm: &[u8], name: &str, tree: bool) -> Result<(), Box<dyn Error>> {
    let mut scenes = variants::all().into_iter().flatten();
    let scene = scenes.find(|scene| scene.name == name);
    let scene = scene.ok_or_else(|| format!("no policy is called {name:?}"))?;
    let program = Program::load(wasm, true)?;
    let (mut vm, _) = configured(&program, &scene)?;
    let profile = &vm.host().profile;
    let all = profile.functions().iter().map(|(_, spent)| spent.own).sum();
    print(&program, profile, &format!("{name}: {all} instructions to start"), tree, all);
    Ok(())
}

fn configured(program: &Program, scene: &Scene) -> Result<(Vm, u32), Box<dyn Error>> {
    let (mut vm, _) = Vm::start(program, scene.host())?;
    let (root, _) = vm.configure()?;
    Ok((vm, root))
}

fn print(program: &Program, profile: &Profile, heading: &str, tree: bool, all: u64) {
    println!("{heading}\n{:>10} {:>10} {:>8}", "own", "whole", "calls");
    let line = |depth: usize, function: usize, spent: Spent| {
        let name = program.functions.get(function).map_or("", |name| name.as_str());
        println!("{:>10} {:>10} {:>8} {:depth$}{name}", spent.own, spent.whole, spent.calls, "");
    };
    if tree {
        // What is less than half a per cent is left out.
        for (depth, function, spent) in
            profile.tree().into_iter().filter(|it| it.2.whole * 200 >= all)
        {
            line(depth * 2, function, spent);
        }
    } else {
        for (function, spent) in profile.functions() {
            line(0, function, spent);
        }
    }
}
