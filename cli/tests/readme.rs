//! What the README says is what the program does.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails where it panics")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use peergate::{Policy, Reason};

#[test]
fn the_first_policy_is_valid_and_ten_lines() {
    let readme = read("README.md");
    let section = after(&readme, "## A first policy");
    let block = after(section, "```yaml\n").split("```").next().unwrap();
    assert!(block.lines().count() <= 10, "{block}");
    let document: serde_json::Value = serde_saphyr::from_str(block).unwrap();
    Policy::read(document.to_string().as_bytes()).unwrap();
}

#[test]
fn every_reason_is_explained_with_its_statuses() {
    let readme = read("README.md");
    for reason in Reason::ALL {
        let cell = format!("`{reason}`");
        let row = readme.lines().find(|line| line.starts_with('|') && line.contains(&cell));
        let row = row.unwrap_or_else(|| panic!("no row for {reason}"));
        let statuses = match reason.status() {
            Some(status) => format!("{} / {}", status.http, status.grpc),
            None => "–".to_owned(),
        };
        assert!(row.contains(&format!("| {statuses} |")), "{reason}: {row}");
    }
}

#[test]
fn every_reason_has_something_to_do_about_it() {
    let operating = read("docs/operating.md");
    let section = after(&operating, "## Reasons").split("\n## ").next().unwrap();
    for reason in Reason::ALL {
        let cell = format!("`{reason}`");
        let names = |line: &&str| line.split('|').nth(1).is_some_and(|names| names.contains(&cell));
        let row = section.lines().find(names).unwrap_or_else(|| panic!("no row for {reason}"));
        assert!(row.split('|').skip(2).take(2).all(|cell| cell.trim().len() > 5), "{row}");
    }
}

#[test]
fn every_file_that_is_linked_is_there() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/authorities.md",
        "docs/checking.md",
        "docs/observing.md",
        "docs/istio.md",
        "docs/tokens-and-keys.md",
        "docs/operating.md",
        "docs/versions.md",
        "envoy-config/README.md",
        "tests/cases/README.md",
    ] {
        let text = read(document);
        let home = Path::new(document).parent().unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let file =
                if file.is_empty() { root().join(document) } else { root().join(home).join(file) };
            assert!(file.exists(), "{document}: {link}");
            let is_heading = |line: &str| {
                line.starts_with('#') && slug(line.trim_start_matches('#').trim()) == heading
            };
            let has_heading = || fs::read_to_string(&file).unwrap().lines().any(is_heading);
            assert!(heading.is_empty() || has_heading(), "{document}: {link}");
        }
    }
}

#[test]
fn the_first_policy_on_istio_is_valid() {
    let text = read("docs/istio.md");
    let block = after(&text, "# policy.yaml\n").split("```").next().unwrap();
    let document: serde_json::Value = serde_saphyr::from_str(block).unwrap();
    Policy::read(document.to_string().as_bytes()).unwrap();
}

#[test]
fn the_example_of_authorities_is_a_policy() {
    let text = read("docs/authorities.md");
    let policy = after(&text, "```yaml\n").split("```").next().unwrap();
    let certificates = "tests/mock/tests/certificates/authority";
    let pem =
        |name: &str| serde_json::to_string(&read(&format!("{certificates}/{name}.pem"))).unwrap();
    let policy = policy
        .replacen("\"-----BEGIN CERTIFICATE-----…\"", &pem("authority"), 1)
        .replacen("\"-----BEGIN CERTIFICATE-----…\"", &pem("intermediate"), 1)
        .replacen("\"-----BEGIN X509 CRL-----…\"", &pem("list"), 1);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("authorities.yaml");
    fs::write(&file, policy).unwrap();
    let ran =
        Command::new(env!("CARGO_BIN_EXE_peergate")).arg("check").arg(&file).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn the_example_of_tokens_and_keys_is_a_policy() {
    let text = read("docs/tokens-and-keys.md");
    let policy = after(&text, "```yaml\n").split("```").next().unwrap();
    let document: serde_json::Value = serde_saphyr::from_str(policy).unwrap();
    Policy::read(document.to_string().as_bytes()).unwrap();
}

/// The anchor of a heading.
fn slug(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

fn after<'t>(text: &'t str, mark: &str) -> &'t str {
    text.split_once(mark).unwrap_or_else(|| panic!("{mark}")).1
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
