//! Measures what a request costs with Peergate, beside what else could decide it: `scripts/bench`.
//!
//! Every variant is an Envoy of its own with one worker. All of them live at once, on one core, and idle but
//! for the one whose turn it is; the load and whatever Envoy asks run on the other core. All have the listener
//! that `peergate render envoy` makes, with other HTTP filters: Envoy itself answers what they let pass, so that
//! no upstream costs anything. Access logs are off, and names with underscores are let in, since what is measured
//! has to remove one.
//!
//! What a request costs is the processor time of the whole Envoy process. User time is told from system time by
//! the kernel's ticks, so that a turn of two seconds is exact to some tenths of a microsecond a request, and
//! several rounds to less. One client sends all requests: what a filter keeps for a client is always at hand.

mod arguments;
mod compare;
mod cpu;
mod json;
mod load;
mod machine;
mod measure;
mod rounds;
mod start;
mod svg;
mod table;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match measure::run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
