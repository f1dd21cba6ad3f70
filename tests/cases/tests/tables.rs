//! Every file of cases: natively and on wasm32-wasip1 as it lies beside this test, on
//! wasm32-unknown-unknown, where there are no files, as it was at compile time.

use std::collections::BTreeSet;

use peergate::Reason;
use peergate_cases::{Checked, Table};
use serde_json::Value;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

macro_rules! embedded {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../", $name)))),*]
    };
}

/// Every file, also those that cases refer to.
const FILES: [(&str, &str); 46] = embedded![
    "api_keys.json"
    "apk_table.json"
    "attacks.json"
    "authorities.json"
    "bound.json"
    "carriers.json"
    "certificates/authorities.json"
    "certificates/certificates.json"
    "dates.json"
    "deny.json"
    "dynamic_denials.json"
    "dynamic_lists.json"
    "faults.json"
    "forward.json"
    "hosts.json"
    "lists.json"
    "match.json"
    "multi_auth.json"
    "operations.json"
    "paths.json"
    "pins.json"
    "preflight.json"
    "rates.json"
    "rejected_api_keys.json"
    "rejected_apis.json"
    "rejected_authorities.json"
    "rejected_documents.json"
    "rejected_dynamic.json"
    "rejected_lists.json"
    "rejected_multi_auth.json"
    "rejected_places.json"
    "rejected_rates.json"
    "rejected_settings.json"
    "rejected_tokens.json"
    "replies.json"
    "replies_tokens.json"
    "requirements.json"
    "revocation.json"
    "server_name.json"
    "shadow.json"
    "signatures.json"
    "strip.json"
    "subjects.json"
    "tokens.json"
    "tyk_tables.json"
    "unmatched.json"
];

#[test]
fn every_case_holds() {
    let mut failures = Vec::new();
    for (name, table) in tables().unwrap() {
        for checked in table.run() {
            let Checked { place, description, differences, .. } = checked;
            failures.extend(
                differences.iter().map(|why| format!("{name}: {place} ({description}): {why}")),
            );
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_reason_has_a_case() {
    let mut seen = BTreeSet::new();
    for (_, table) in tables().unwrap() {
        seen.extend(table.run().iter().filter_map(|checked| checked.reason).map(Reason::word));
    }
    let all: BTreeSet<&str> = Reason::ALL.into_iter().map(Reason::word).collect();
    assert_eq!(seen, all);
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
#[test]
fn no_file_is_forgotten() {
    let found: BTreeSet<String> = std::fs::read_dir(env!("CARGO_MANIFEST_DIR"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    let listed: BTreeSet<String> = names().map(str::to_owned).collect();
    assert_eq!(found, listed);
}

/// The files of cases.
fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name).filter(|name| !name.contains('/'))
}

/// Every file of cases, by name.
fn tables() -> Result<Vec<(&'static str, Table)>, String> {
    let table = |name| match Table::read(load(name)?, &load) {
        Ok(table) => Ok((name, table)),
        Err(unusable) => Err(format!("{name}: {unusable}")),
    };
    names().map(table).collect()
}

fn load(name: &str) -> Result<Value, String> {
    serde_json::from_str(&read(name)?).map_err(|error| format!("{name}: {error}"))
}

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
fn read(name: &str) -> Result<String, String> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(directory.join(name)).map_err(|error| error.to_string())
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
fn read(name: &str) -> Result<String, String> {
    let found = FILES.iter().find(|(file, _)| *file == name);
    found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
}
