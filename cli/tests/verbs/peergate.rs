//! Runs the command.
#![expect(clippy::expect_used, reason = "a test stops at a failed expectation")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the command printed, and how it exited.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn peergate(arguments: &[&str]) -> Ran {
    peergate_reading(arguments, "")
}

/// Runs it with a text on standard input.
pub(crate) fn peergate_reading(arguments: &[&str], input: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peergate"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // A command that reads no input may have gone by now.
    _ = child.stdin.take().expect("it has an input").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    Ran {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Writes a file for one test; names are the tests' own.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("the directory for tests is writable");
    path.into_os_string().into_string().expect("UTF-8")
}

/// A committed certificate.
pub(crate) fn certificate(name: &str) -> String {
    let text = fs::read_to_string(cases().join("certificates/certificates.json"));
    let mut certificates: BTreeMap<String, String> =
        serde_json::from_str(&text.expect("it is committed")).expect("names and PEM");
    certificates.remove(name).expect("a certificate of this name")
}

/// Where the decision cases lie.
pub(crate) fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases")
}
