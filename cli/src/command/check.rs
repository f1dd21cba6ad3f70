//! `peergate check`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use crate::clock;
use crate::document;
use crate::failure::Failure;
use crate::output::print;

/// Checks policies and tells all that is wrong with them
///
/// Warns of entries that their lists go without, and of what is out of date or soon will be.
///
/// Exit status: 0 if all are valid, 3 if one is not, 1 if one cannot be read.
#[derive(clap::Args)]
pub(crate) struct Check {
    /// Policies, as YAML or JSON; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let now = clock::now()?;
        let (mut unreadable, mut invalid) = (false, false);
        for file in &self.files {
            match document::policy(file) {
                Ok((policy, document)) => {
                    let (lists, entries) = count(&document);
                    let apis = policy.apis().len();
                    print(&format!(
                        "{}: ok ({}, {}, {})\n",
                        file.display(),
                        plural(lists, "list", "lists"),
                        plural(entries, "entry", "entries"),
                        plural(apis, "API", "APIs"),
                    ))?;
                    for skipped in policy.skipped().iter() {
                        eprintln!("{}: warning: skipped: {skipped}", file.display());
                    }
                    for ending in policy.endings_soon(now) {
                        eprintln!("{}: warning: {ending}", file.display());
                    }
                }
                Err(failure) => {
                    eprintln!("{failure}");
                    invalid |= failure.is_of_policy();
                    unreadable |= !failure.is_of_policy();
                }
            }
        }
        Ok(match (unreadable, invalid) {
            (true, _) => ExitCode::from(1),
            (false, true) => ExitCode::from(3),
            (false, false) => ExitCode::SUCCESS,
        })
    }
}

/// How many lists there are, and how many entries in them.
fn count(document: &Value) -> (usize, usize) {
    let Some(lists) = document.get("lists").and_then(Value::as_object) else {
        return (0, 0);
    };
    let entries = lists.values().filter_map(|list| list.get("entries")?.as_array());
    (lists.len(), entries.map(Vec::len).sum())
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
