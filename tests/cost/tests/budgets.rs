//! The shipped module against the budgets.

use std::fs;

use peergate_cost::budget::Budgets;
use peergate_cost::measure::measure;
use peergate_cost::variants;
use peergate_cost::vm::Program;

/// `None` if the module is another's: what that one costs is not ours to judge.
fn module() -> Option<Vec<u8>> {
    if std::env::var_os("PEERGATE_WASM").is_some() {
        eprintln!("PEERGATE_WASM: the module has no budgets");
        return None;
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peergate/peergate_http.wasm");
    Some(fs::read(path).expect("the module: run scripts/build first"))
}

#[test]
fn no_request_is_dearer_than_its_budget() {
    let Some(wasm) = module() else { return };
    let budgets = Budgets::read().expect("budgets");
    let measured = Budgets::measure(&wasm, variants::all()).expect("measured");
    let problems = budgets.problems(&measured);
    assert!(
        problems.is_empty(),
        "\n{}\n\nIf that is meant, write the budgets anew: scripts/cost --write\n",
        problems.join("\n")
    );
}

#[test]
fn counts_are_the_same_every_time() {
    let Some(wasm) = module() else { return };
    let [pins, _] = variants::all();
    let counts = || {
        let program = Program::load(&wasm, false).expect("the module");
        measure(&program, &pins[0]).expect("measured")
    };
    let (start, all) = counts();
    assert_eq!((start, all.clone()), counts());
    for one in all {
        // Requests differ by what the allocator finds, and by nothing else.
        let most = one.warm.instructions();
        assert!(most - one.least <= most / 33, "{}: {} to {most}", one.variant, one.least);
    }
}
