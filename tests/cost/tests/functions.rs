//! The functions that the packager puts together are those that warm requests run through.

use std::collections::BTreeSet;

use peergate_cost::functions::warm;

/// The linker's module, in which every function has its name.
const LINKED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/wasm32-wasip1/release/peergate_http.wasm");

const HOT: &str = include_str!("../../../filters/package/hot.txt");

#[test]
fn the_packager_knows_them() {
    if std::env::var_os("PEERGATE_WASM").is_some() {
        println!("a module that was not built here is laid out already");
        return;
    }
    let module = std::fs::read(LINKED).expect("the linker's module: run scripts/build first");
    let hot: BTreeSet<&str> = HOT.lines().collect();
    let warm = warm(&module).expect("a module");
    let unknown: Vec<_> = warm.iter().filter(|name| !hot.contains(name.as_str())).collect();
    // A few that are new lie elsewhere, and cost little.
    assert!(
        unknown.len() * 20 <= warm.len(),
        "of {} functions these are not in filters/package/hot.txt: {unknown:#?}\n\
         scripts/cost --functions > filters/package/hot.txt, and scripts/build",
        warm.len()
    );
}
