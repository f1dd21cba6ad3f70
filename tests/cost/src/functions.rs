//! Which functions warm requests run through.

use std::collections::BTreeSet;
use std::error::Error;

use crate::profile::Profile;
use crate::variants;
use crate::vm::{Program, Vm};

/// The names of all functions that warm requests of any variant run through, each once and after its first
/// caller. Those without a name are left out.
///
/// # Errors
/// If it is no module, or does not answer as it must.
pub fn warm(wasm: &[u8]) -> Result<Vec<String>, Box<dyn Error>> {
    let program = Program::load(wasm, true)?;
    let (mut names, mut known) = (Vec::new(), BTreeSet::new());
    for scene in variants::all().into_iter().flatten() {
        let (mut vm, _) = Vm::start(&program, scene.host())?;
        let (root, _) = vm.configure()?;
        if let Some(before) = &scene.before {
            vm.send(root, before)?;
        }
        for request in &scene.requests {
            for _ in 0..WARM {
                vm.send(root, request)?;
            }
            vm.host().profile = Profile::default();
            vm.send(root, request)?;
            for (_, function, _) in vm.host().profile.tree() {
                let name = program.functions.get(function).map_or("", |name| name.as_str());
                if !name.is_empty() && known.insert(name) {
                    names.push(name.to_owned());
                }
            }
        }
    }
    Ok(names)
}

/// So many requests of a kind, and all is known of it that will be.
const WARM: usize = 8;
