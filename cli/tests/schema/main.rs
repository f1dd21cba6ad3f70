//! The JSON Schemas, held against the core's readers: whatever one of them knows the other knows.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails where it panics"
)]

mod agreement;
mod chance;
mod corpus;
mod documents;
mod drift;
mod reader;
mod tree;
mod values;

use std::fs;

use agreement::{Pair, printed};
use corpus::root;
use reader::Reader;
use serde_json::Value;

/// Where the schema of policies is committed.
const COMMITTED: &str = "envoy-config/peergate.schema.json";

#[test]
fn the_committed_schema_is_current() {
    let committed = fs::read_to_string(root().join(COMMITTED)).unwrap_or_default();
    let is_current = committed == printed(Reader::Policy);
    assert!(is_current, "cargo run -p peergate-cli -- schema > {COMMITTED}");
}

#[test]
fn schemas_are_of_the_draft_that_they_name() {
    for reader in Reader::ALL {
        let schema: Value = serde_json::from_str(&printed(reader)).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        jsonschema::draft202012::meta::validate(&schema).unwrap();
    }
}

#[test]
fn everything_is_described() {
    for pair in Pair::all() {
        for place in pair.places() {
            let schema = &place.schema;
            let is_told = !schema["description"].is_null() || !schema["title"].is_null();
            // What a list is of, its list says.
            let is_item = place.path.ends_with(']') || place.path.contains("].");
            assert!(is_told || is_item, "{:?}: {}: {schema}", pair.reader, place.path);
        }
    }
}
