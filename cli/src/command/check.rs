//! `peergate check`.

use std::process::ExitCode;

use crate::failure::Failure;

/// Not written yet.
#[derive(clap::Args)]
pub(crate) struct Check {}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        Ok(ExitCode::SUCCESS)
    }
}
