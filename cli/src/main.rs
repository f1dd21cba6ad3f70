//! `peergate`: checks, explains, tests and translates policies, with the very core that decides in Envoy.
#![forbid(unsafe_code)]

mod command;
mod document;
mod failure;

use std::process::ExitCode;

use clap::Parser;

/// Decides, per API and per request, which client certificates may pass.
///
/// Exit status: 0 if all is well or the request passes, 1 if something could not be done, 2 if a request is
/// refused or a case fails, 3 if a policy is invalid.
#[derive(Parser)]
#[command(name = "peergate", version)]
struct Arguments {
    #[command(subcommand)]
    command: command::Command,
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("{failure}");
            failure.status()
        }
    }
}
