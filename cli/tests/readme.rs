//! What the README says is what the program does.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails where it panics")]

use std::fs;
use std::path::{Path, PathBuf};

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
fn every_file_that_is_linked_is_there() {
    for document in
        ["README.md", "ARCHITECTURE.md", "envoy-config/README.md", "tests/cases/README.md"]
    {
        let text = read(document);
        let home = Path::new(document).parent().unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            assert!(root().join(home).join(link).exists(), "{document}: {link}");
        }
    }
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
