//! `peergate test`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use peergate_cases::{Checked, Table, Unusable};

use crate::document;
use crate::failure::Failure;
use crate::output::print;

/// Runs files of decision cases with the very core that decides in Envoy
///
/// Exit status: 0 if all cases pass, 2 if one fails, 3 if a policy is invalid, 1 if a file cannot be read.
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Files of cases, as YAML or JSON
    #[arg(required = true, value_name = "CASES")]
    files: Vec<PathBuf>,
}

impl Test {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (mut passed, mut failed) = (0_usize, 0_usize);
        let (mut unreadable, mut invalid) = (false, false);
        for file in &self.files {
            let table = match table(file) {
                Ok(table) => table,
                Err(failure) => {
                    eprintln!("{failure}");
                    invalid |= failure.is_of_policy();
                    unreadable |= !failure.is_of_policy();
                    continue;
                }
            };
            for checked in table.run() {
                if checked.passed() {
                    passed = passed.saturating_add(1);
                } else {
                    failed = failed.saturating_add(1);
                    print(&describe(file, &checked))?;
                }
            }
        }
        print(&format!("{passed} passed, {failed} failed\n"))?;
        Ok(match (unreadable, invalid, failed) {
            (true, ..) => ExitCode::from(1),
            (_, true, _) => ExitCode::from(3),
            (_, _, 0) => ExitCode::SUCCESS,
            _ => ExitCode::from(2),
        })
    }
}

fn table(file: &Path) -> Result<Table, Failure> {
    let beside = file.parent().unwrap_or(Path::new(""));
    let load =
        |path: &str| document::read(&beside.join(path)).map_err(|failure| failure.to_string());
    Table::read(document::read(file)?, &load).map_err(|unusable| match unusable {
        Unusable::Policy(place, problems) => {
            Failure::Policy(format!("{}: {place}", file.display()), problems)
        }
        malformed @ Unusable::Malformed { .. } => Failure::file(file, malformed),
    })
}

fn describe(file: &Path, checked: &Checked<'_>) -> String {
    let mut text = format!("{}: {}: {}\n", file.display(), checked.place, checked.description);
    for difference in &checked.differences {
        // A text that is built in memory has nothing to fail by.
        _ = writeln!(text, "  {difference}");
    }
    text
}
