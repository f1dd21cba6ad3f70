//! `peergate`: checks, explains, tests and translates policies, with the very core that decides in Envoy.
#![forbid(unsafe_code)]

mod certificate;
mod clock;
mod command;
mod contents;
mod document;
mod envoy_gateway;
mod explanation;
mod failure;
mod feed;
mod istio;
mod manifest;
mod output;
mod proxy;
mod render;
mod schema;

use std::process::ExitCode;

use clap::Parser;

/// Decides, per API and per request, which client certificates may pass.
///
/// Exit status: 0 if all is well or the request passes, 1 if something could not be done or the arguments
/// are wrong, 2 if a request is refused, a case fails or a feed is warned of, 3 if a policy is invalid or an
/// answer of a feed would be refused.
#[derive(Parser)]
#[command(name = "peergate", version)]
struct Arguments {
    #[command(subcommand)]
    command: command::Command,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Not the parser's own status for a wrong call, which here says that a request is refused.
            let status = if error.use_stderr() { ExitCode::from(1) } else { ExitCode::SUCCESS };
            return error.print().map_or(ExitCode::from(1), |()| status);
        }
    };
    match arguments.command.run() {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("{failure}");
            failure.status()
        }
    }
}
