//! Where it was measured, and what.

use std::fs;
use std::path::Path;
use std::process::Command;

use peergate_bench::setup::VERSION;
use peergate_lab::envoy::Envoy;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The machine, and the versions of all that was measured.
pub(crate) fn describe() -> Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = line.map(|line| line.trim_start_matches(['\t', ' ', ':']).to_owned());
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = memory.lines().find_map(|it| it.strip_prefix("MemTotal:"));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // Not those that this process may use: it keeps to one.
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let envoy = Envoy::binary(VERSION).ok().and_then(|it| output(it.as_os_str(), "--version"));
    let now = OffsetDateTime::now_utc().truncate_to_second();
    json!({
        "date": now.format(&Rfc3339).unwrap_or_default(),
        "cpu": model,
        "cores": cores,
        "memory": kilobytes.map(str::trim),
        "kernel": kernel.trim(),
        "envoy": envoy.as_deref().and_then(version),
        "module_bytes": modules(),
    })
}

/// The version in `envoy  version: <commit>/<version>/…`.
fn version(output: &str) -> Option<&str> {
    output.rsplit("version: ").next()?.split('/').nth(1)
}

/// The sizes of all modules, in bytes.
fn modules() -> Map<String, Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peergate");
    let names = ["peergate_http", "peergate_sync", "bench/empty", "bench/floor"];
    let size = |name: &str| {
        let file = directory.join(name).with_extension("wasm");
        fs::metadata(file).ok().map(|it| it.len())
    };
    names.into_iter().map(|name| (name.to_owned(), size(name).into())).collect()
}

fn output(program: &std::ffi::OsStr, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_stands_after_the_commit() {
        let output = "\n/opt/envoy  version: 9e55809/1.40.0/Clean/RELEASE/BoringSSL\n\n";
        assert_eq!(version(output), Some("1.40.0"));
    }
}
