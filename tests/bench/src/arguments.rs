//! What the command is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use peergate_bench::choice::Choice;

/// Measures what a request costs Envoy with Peergate, and with what else could decide it.
#[derive(Clone, Debug, Parser)]
#[command(name = "scripts/bench")]
pub(crate) struct Arguments {
    /// Rounds, in each of which every variant takes its turn.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Seconds that a turn is measured. Shorter than 1.5 tells little: processor time comes in steps of 10 ms,
    /// and the kernel tells user from system time by a look every 4 ms.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,

    /// Which variants take part.
    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Every variant over both protocols and with both numbers of headers; else only the main ones.
    #[arg(long)]
    pub(crate) full: bool,

    /// Checks that every variant answers as it must, with one short turn each and short lists. The figures mean
    /// nothing.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Measures starts, reloads and the memory of each worker instead.
    #[arg(long, conflicts_with_all = ["quick", "full", "only", "svg"])]
    pub(crate) start: bool,

    /// Where to write every figure as JSON.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,

    /// Where to draw a chart.
    #[arg(long)]
    pub(crate) svg: Option<PathBuf>,
}

impl Arguments {
    /// How many rounds there are.
    pub(crate) fn rounds(&self) -> u32 {
        if self.quick { 1 } else { self.rounds }
    }

    /// How long a turn warms up.
    pub(crate) fn warm(&self) -> Duration {
        if self.quick { Duration::from_millis(20) } else { Duration::from_millis(200) }
    }

    /// How long a turn is measured.
    pub(crate) fn turn(&self) -> Duration {
        Duration::from_secs_f64(if self.quick { 0.05 } else { self.seconds })
    }
}
