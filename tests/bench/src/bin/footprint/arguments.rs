//! What the command is told.

use clap::Parser;
use peergate_bench::choice::Choice;
use peergate_bench::request::{FEW, MANY, Protocol, Shape};

/// Counts how much code a request touches in a real Envoy with each filter, by stepping the worker through it.
#[derive(Clone, Debug, Parser)]
#[command(name = "scripts/footprint")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) choice: Choice,

    /// How many requests of each kind are stepped, once Envoy is warm. The one with the fewest instructions
    /// counts: what timers have Envoy and the filter do meanwhile only ever adds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) requests: u32,

    /// How many headers the client writes: 8 or 33. May be said several times; both unless said.
    #[arg(long, value_parser = shape)]
    pub(crate) headers: Vec<Shape>,

    /// Shows also how often the filter is entered and left in one request, and what each time costs: between
    /// two entries is a host call, or part of one that comes back for memory.
    #[arg(long)]
    pub(crate) calls: bool,
}

/// HTTP/1.1 alone: there one request at a time wakes the worker once.
fn shape(headers: &str) -> Result<Shape, String> {
    let is_meant = |it: &&Shape| it.headers.to_string() == headers;
    SHAPES.iter().find(is_meant).copied().ok_or_else(|| format!("expected {FEW} or {MANY}"))
}

impl Arguments {
    /// The requests that are wanted.
    pub(crate) fn shapes(&self) -> Vec<Shape> {
        if self.headers.is_empty() { SHAPES.into() } else { self.headers.clone() }
    }
}

const SHAPES: [Shape; 2] = [Shape::FIRST, Shape { protocol: Protocol::H1, headers: MANY }];
