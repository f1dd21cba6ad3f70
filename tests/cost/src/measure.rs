//! Counting what the variants cost.

use wasmi::Error;

use crate::scene::Scene;
use crate::vm::{Program, Stream, Vm};

/// What starting a VM with a policy costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Instructions of `_initialize`.
    pub initialize: u64,
    /// Instructions of the plugin's context and of `proxy_on_configure`.
    pub configure: u64,
    /// Bytes of linear memory after that.
    pub memory: u64,
}

/// What a request costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The policy and the request.
    pub variant: String,
    /// The first of its kind: a certificate that was not seen before is parsed, a refusal is written to the log.
    pub first: Stream,
    /// Every later one: the dearest of several. They differ by what the allocator finds.
    pub warm: Stream,
    /// The cheapest of them.
    pub least: u64,
}

/// Counts what a policy and the requests to it cost.
///
/// # Errors
/// If the module traps, or decides otherwise than expected.
pub fn measure(program: &Program, scene: &Scene) -> Result<(Start, Vec<Measured>), Error> {
    let (mut vm, started) = Vm::start(program, scene.host())?;
    let (root, configured) = vm.configure()?;
    let start = Start {
        initialize: started.instructions,
        configure: configured.instructions,
        memory: vm.memory() as u64,
    };
    if let Some(before) = &scene.before {
        vm.send(root, before)?;
    }
    let mut all = Vec::new();
    for request in &scene.requests {
        let first = vm.send(root, request)?;
        for _ in 0..SETTLED {
            vm.send(root, request)?;
        }
        let mut warm = vm.send(root, request)?;
        let mut least = warm.instructions();
        for _ in 1..COUNTED {
            let next = vm.send(root, request)?;
            least = least.min(next.instructions());
            if next.instructions() > warm.instructions() {
                warm = next;
            }
        }
        all.push(Measured { variant: scene.variant(request), first, warm, least });
    }
    Ok((start, all))
}

/// Requests after the first until nothing is new: refusals are written to the log some ten times a minute.
const SETTLED: usize = 30;

/// Requests of which the dearest counts.
const COUNTED: usize = 8;
