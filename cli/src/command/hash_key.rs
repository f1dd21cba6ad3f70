//! `peergate hash-key`.

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use peergate::KeyDigest;
use serde_json::json;

use crate::document;
use crate::failure::Failure;
use crate::output::{Format, print, print_json};

/// Prints what the entry of a feed has in place of an API key: its SHA-256, or its HMAC under a secret
///
/// The key comes from standard input, one line, and never from an argument: arguments are seen by others and
/// kept in histories. `{"api_key": "<what is printed>", "identity": …, "apis": […]}` is the entry.
#[derive(clap::Args)]
pub(crate) struct HashKey {
    /// Make a new key of 256 random bits, and print it too; nothing is read
    #[arg(long)]
    generate: bool,
    /// A file with the policy's `api_key.hmac_secret`: for keys that somebody chose and others could guess
    #[arg(long, value_name = "FILE")]
    hmac_secret_file: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

impl HashKey {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let digest = match &self.hmac_secret_file {
            Some(file) => KeyDigest::Hmac(secret(file)?.into_bytes().into()),
            None => KeyDigest::Sha256,
        };
        let key = if self.generate { generate()? } else { read()? };
        if !self.generate && self.hmac_secret_file.is_none() && key.len() < GUESSABLE {
            eprintln!(
                "warning: whoever sees the hash of so short a key can find the key by trying: give clients \
                 longer ones (--generate), or the policy an hmac_secret (--hmac-secret-file)"
            );
        }
        let hash = digest.hex(key.as_bytes());
        let hash = hash.ok_or_else(|| Failure::Input("the secret cannot be used".to_owned()))?;
        match (self.output, self.generate) {
            (Format::Text, false) => print(&format!("{hash}\n"))?,
            (Format::Text, true) => print(&format!("key      {key}\napi_key  {hash}\n"))?,
            (Format::Json, false) => print_json(&json!({ "api_key": hash }))?,
            (Format::Json, true) => print_json(&json!({ "key": key, "api_key": hash }))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A key that nobody can guess: 256 bits, as 43 characters that need no escape anywhere.
fn generate() -> Result<String, Failure> {
    let mut bits = [0; 32];
    getrandom::getrandom(&mut bits)
        .map_err(|error| Failure::Input(format!("no random bits: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bits))
}

fn read() -> Result<String, Failure> {
    let (mut key, mut input) = (String::new(), io::stdin().lock());
    let read = if input.is_terminal() {
        eprintln!("the key (it is shown):");
        input.read_line(&mut key)
    } else {
        input.read_to_string(&mut key)
    };
    read.map_err(|error| Failure::Input(format!("standard input: {error}")))?;
    one_line(key).map_err(|why| Failure::Input(format!("standard input: {why}")))
}

/// Reads the secret as the policy holds it.
fn secret(file: &Path) -> Result<String, Failure> {
    let secret = one_line(document::text(file)?).map_err(|why| Failure::file(file, why))?;
    if secret.len() < SHORTEST_SECRET {
        return Err(Failure::file(file, "expected 16 bytes at least, as in the policy"));
    }
    Ok(secret)
}

/// A text without the end of its line: what no header, query or cookie would carry as it is is no key.
fn one_line(mut text: String) -> Result<String, &'static str> {
    let kept = text.strip_suffix('\n').map(|rest| rest.strip_suffix('\r').unwrap_or(rest).len());
    text.truncate(kept.unwrap_or(text.len()));
    if text.is_empty() {
        return Err("empty");
    }
    if text.contains(char::is_control) {
        return Err("expected one line, without control characters");
    }
    if text.trim() != text {
        return Err("begins or ends with a blank, which requests lose on their way");
    }
    Ok(text)
}

/// Bytes of a key below which random ones have fewer than 128 bits, in letters and digits.
const GUESSABLE: usize = 22;

/// Bytes, as the policy demands.
const SHORTEST_SECRET: usize = 16;
