//! Every variant of `scripts/bench` answers as it must.
//!
//! Needs what `scripts/build`, `scripts/bench-modules` and `cargo build -p peergate-cli` make.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

#[test]
fn every_variant_answers_as_it_must() {
    let directory = TempDir::new().unwrap();
    let [json, svg] = ["bench.json", "bench.svg"].map(|it| directory.path().join(it));
    let output = Command::new(env!("CARGO_BIN_EXE_peergate-bench"))
        .arg("--quick")
        .arg("--json")
        .arg(&json)
        .arg("--svg")
        .arg(&svg)
        .output()
        .unwrap();
    let [table, story] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{table}\n{story}");
    assert!(table.contains("mean nothing"), "{table}");

    let figures: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(figures["means_something"], false);
    let measured = figures["variants"].as_array().unwrap();
    let has = |name: &str| measured.iter().any(|it| it["name"] == name);
    assert!(has("no filter") && has("Peergate, 1 pin") && has("Lua"), "{table}");
    assert!(measured.iter().all(|it| it["requests_a_second"]["median"].as_f64() > Some(0.0)));
    assert!(fs::read_to_string(svg).unwrap().ends_with("</svg>\n"));
}
