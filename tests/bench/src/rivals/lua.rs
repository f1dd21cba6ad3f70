//! The same policy in Lua.

use serde_json::{Value, json};

use super::identity;

/// Lets these certificates pass (SHA-256, lower-case hex), as `acme/partner-<place>`.
///
/// What it does not do and Peergate does: it compares no paths, looks for no name of ours in
/// `connection`, counts nothing, answers gRPC as it answers HTTP.
pub fn filter(pins: &[String]) -> Value {
    let lines = pins.iter().enumerate();
    let lines: String = lines.map(|(place, pin)| format!("{pin} {}\n", identity(place))).collect();
    json!({
        "name": "envoy.filters.http.lua",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": { "inline_string": SCRIPT.replace("PINNED", &lines) },
            // No route depends on what it sets, and choosing one anew is not for nothing.
            "clear_route_cache": false,
        },
    })
}

const SCRIPT: &str = include_str!("policy.lua");
