//! `peergate fingerprint`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use peergate::Leaf;
use serde_json::{Value, json};

use crate::certificate::{self, Certificate};
use crate::failure::Failure;
use crate::output::{Format, on_one_line, print, print_json};

/// Prints certificates as entries of a list, and what else a policy may need of them
#[derive(clap::Args)]
pub(crate) struct Fingerprint {
    /// Certificates, as PEM (one or several) or DER; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

impl Fingerprint {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (mut text, mut documents) = (String::new(), Vec::new());
        for file in &self.files {
            let certificates = certificate::read_all(file)?;
            for (index, certificate) in certificates.iter().enumerate() {
                let file = file.display().to_string();
                let place = Place { file: &file, index, of: certificates.len() };
                documents.push(document(certificate, &place));
                // A text that is built in memory has nothing to fail by.
                _ = describe(&mut text, certificate, &place);
            }
        }
        match self.output {
            Format::Text => print(&text)?,
            Format::Json => print_json(&Value::Array(documents))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where a certificate stands.
struct Place<'f> {
    file: &'f str,
    /// From 0.
    index: usize,
    of: usize,
}

/// YAML that can be put under `entries` as it is: what is no entry is a comment.
fn describe(out: &mut String, certificate: &Certificate, place: &Place<'_>) -> std::fmt::Result {
    if !out.is_empty() {
        writeln!(out)?;
    }
    let leaf = &certificate.leaf;
    write!(out, "# {}", on_one_line(place.file))?;
    if place.of > 1 {
        write!(out, " ({} of {})", place.index.saturating_add(1), place.of)?;
    }
    writeln!(out)?;
    writeln!(out, "#   subject  {}", on_one_line(&certificate.subject))?;
    writeln!(out, "#   issuer   {}", on_one_line(&certificate.issuer))?;
    writeln!(out, "#   serial   {}", certificate.serial)?;
    for name in &certificate.names {
        writeln!(out, "#   name     {}", on_one_line(&name.to_string()))?;
    }
    writeln!(out, "#   valid    {} to {}", certificate.not_before(), certificate.not_after())?;
    writeln!(out, "#   TBS      {} (SHA-256 of what the issuer signed)", leaf.tbs())?;
    let thumbprint = leaf.fingerprint().thumbprint();
    writeln!(out, "#   x5t#S256 {thumbprint} (`cnf` of a token that is bound to it)")?;
    writeln!(out, "# This certificate alone:")?;
    writeln!(out, "- sha256: \"{}\"", leaf.fingerprint())?;
    writeln!(out, "  not_after: \"{}\"", certificate.not_after())?;
    writeln!(out, "  # identity: who it is; else its fingerprint")?;
    writeln!(
        out,
        "# Instead, every certificate that the holder of its key makes, renewals among them:"
    )?;
    writeln!(out, "# - spki_sha256: \"{}\"", leaf.key())?;
    writeln!(out, "# To deny it, in a list for `deny`; `by` is the PEM of its issuer, which is")?;
    writeln!(out, "# {}:", on_one_line(&certificate.issuer))?;
    writeln!(out, "# - issued: {{ serial: \"{}\", by: \"(PEM)\" }}", certificate.serial)?;
    writeln!(out, "# To deny it in a feed:")?;
    let issued =
        json!({ "by_name_sha256": issuer(leaf), "serial": certificate.serial.to_string() });
    writeln!(out, "# {}", json!({ "deny": { "issued": issued } }))
}

/// The SHA-256 of the issuer's name, in hex.
fn issuer(leaf: &Leaf) -> String {
    leaf.issuer().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn document(certificate: &Certificate, place: &Place<'_>) -> Value {
    let leaf = &certificate.leaf;
    let names = certificate.names.iter();
    let names: Vec<Value> =
        names.map(|name| json!({ "kind": name.kind, "name": name.text })).collect();
    json!({
        "file": place.file,
        "position": place.index,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial.to_string(),
        "names": names,
        "not_before": certificate.not_before(),
        "not_after": certificate.not_after(),
        "sha256": leaf.fingerprint().to_string(),
        "spki_sha256": leaf.key().to_string(),
        "issuer_name_sha256": issuer(leaf),
        "tbs_sha256": leaf.tbs().to_string(),
        "x5t#S256": leaf.fingerprint().thumbprint(),
    })
}
