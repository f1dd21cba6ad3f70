//! Documents in YAML or JSON, handed to the core as the JSON that Envoy would hand it.

use std::fs;
use std::path::Path;

use peergate::Policy;
use serde_json::Value;

use crate::failure::Failure;

/// Reads a file in either form; JSON is YAML. A duplicate key is an error with its line.
pub(crate) fn read(path: &Path) -> Result<Value, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
    serde_saphyr::from_str(&text).map_err(|error| Failure::file(path, error))
}

/// Reads a policy, and the JSON it was read from.
pub(crate) fn policy(path: &Path) -> Result<(Policy, Value), Failure> {
    let document = read(path)?;
    let policy = Policy::read(document.to_string().as_bytes())
        .map_err(|problems| Failure::Policy(path.display().to_string(), problems))?;
    Ok((policy, document))
}
