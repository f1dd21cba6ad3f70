//! Documents in YAML or JSON, handed to the core as the JSON that Envoy would hand it.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

use peergate::Policy;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::failure::Failure;

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = match path.to_str() {
        Some("-") => standard_input(),
        _ => fs::read(path),
    };
    read.map_err(|error| Failure::file(path, error))
}

/// All of standard input, which ends once: manifests are read for each policy that they are held against.
fn standard_input() -> io::Result<Vec<u8>> {
    static READ: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(bytes) = READ.get() {
        return Ok(bytes.clone());
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(READ.get_or_init(|| bytes).clone())
}

/// The text of a file, or of standard input for `-`.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?).map_err(|_| Failure::file(path, "not UTF-8"))
}

/// Reads a file in either form; JSON is YAML. A duplicate key is an error with its line.
pub(crate) fn read(path: &Path) -> Result<Value, Failure> {
    parse(&text(path)?).map_err(|error| Failure::file(path, error))
}

/// Reads all documents of a file in either form.
pub(crate) fn read_all(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = text(path)?;
    let documents = serde_saphyr::from_multiple_with_options(&text, options());
    documents.map_err(|error| {
        let error = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        Failure::file(path, error)
    })
}

/// Reads a policy, and the JSON it was read from.
pub(crate) fn policy(path: &Path) -> Result<(Policy, Value), Failure> {
    let text = text(path)?;
    let place = || path.display().to_string();
    let invalid = |problems| Failure::Policy(place(), problems);
    // JSON goes to the core as it is: the core tells every duplicate key and its place.
    if serde_json::from_str::<IgnoredAny>(&text).is_ok() {
        let policy = Policy::read(text.as_bytes()).map_err(invalid)?;
        let document = serde_json::from_str(&text).map_err(|error| Failure::file(path, error))?;
        return Ok((policy, document));
    }
    if path.extension().is_some_and(|extension| extension == "json") {
        // Envoy reads it as JSON alone: what only YAML forgives is a problem there.
        return Err(invalid(match Policy::read(text.as_bytes()) {
            Err(problems) => problems,
            Ok(_) => return Err(Failure::file(path, "not JSON")),
        }));
    }
    let document = parse(&text).map_err(|error| Failure::Syntax(place(), error))?;
    let policy = Policy::read(document.to_string().as_bytes()).map_err(invalid)?;
    Ok((policy, document))
}

/// Reads a text in either form; what is wrong with it is told with its line.
pub(crate) fn parse(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| error.render_with_formatter(&serde_saphyr::UserMessageFormatter))
}

/// The default limits are for strangers' documents; a list may have 100,000 entries and more.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
        },
    }
}
