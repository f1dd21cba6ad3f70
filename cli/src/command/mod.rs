//! One file per verb.

mod check;
mod explain;
mod feed;
mod fingerprint;
mod render;
mod test;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Subcommand)]
pub(crate) enum Command {
    Check(check::Check),
    Explain(Box<explain::Explain>),
    Feed(feed::Feed),
    Fingerprint(fingerprint::Fingerprint),
    Render(render::Render),
    Test(test::Test),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Check(check) => check.run(),
            Self::Explain(explain) => explain.run(),
            Self::Feed(feed) => feed.run(),
            Self::Fingerprint(fingerprint) => fingerprint.run(),
            Self::Render(render) => render.run(),
            Self::Test(test) => test.run(),
        }
    }
}
