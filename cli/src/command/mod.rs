//! One file per verb.

mod check;
mod explain;
mod feed;
mod fingerprint;
mod hash_key;
mod render;
mod schema;
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
    HashKey(hash_key::HashKey),
    Render(render::Render),
    Schema(schema::Schema),
    Test(test::Test),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Check(check) => check.run(),
            Self::Explain(explain) => explain.run(),
            Self::Feed(feed) => feed.run(),
            Self::Fingerprint(fingerprint) => fingerprint.run(),
            Self::HashKey(hash_key) => hash_key.run(),
            Self::Render(render) => render.run(),
            Self::Schema(schema) => schema.run(),
            Self::Test(test) => test.run(),
        }
    }
}
