//! What a request costs the shipped module: Wasm instructions and host calls, counted, and held to budgets.
//!
//! `scripts/cost` prints the table and writes the budgets (`budgets.json`); `tests/budgets.rs` compares. Times differ
//! between machines and from run to run; these counts do not, and show a change of a tenth of a per cent.
//!
//! # What is counted
//! The real module, as it is shipped, runs in an interpreter, behind a [`host`] that knows what a variant says and
//! whose clocks and random numbers stand still. It counts by itself: [`instrument`] adds to each run of instructions
//! that are always executed together an addition of their number to a global. So the count is the module's and not
//! the engine's: fuel, as engines meter it, is in units that each engine and each of its versions chooses.
//!
//! - **Instructions**: each Wasm instruction that is executed counts one. `block`, `loop`, `else` and `end` are none:
//!   they say where code begins and ends.
//! - **Moved**: the bytes that `memory.copy` and `memory.fill` are asked for. The instruction itself counts one,
//!   however many they are.
//! - **Host calls**, by name and in order, with the property or header that they are about.
//! - **Allocations**: how often the host calls `proxy_on_memory_allocate`, and what it hands over that way, in bytes
//!   (**given**); **taken** is what the module shows the host: names, values, keys. What the allocator itself takes
//!   is among the instructions.
//!
//! A request is its stream's whole life: `proxy_on_context_create`, `proxy_on_request_headers` and `proxy_on_delete`,
//! each counted apart and all together. What counts is the warm request: the dearest of eight after thirty of the same
//! client. Beside it stands the first: it parses the certificate, or writes the line of a refusal to the log.
//! Requests of one kind differ by less than three per cent, by what the allocator finds.
//!
//! # What is not
//! - Time. V8 compiles what is interpreted here, an addition and a load that misses the cache count alike, and what the
//!   host does in a call counts nothing. In V8, with all that it needs in the processor's caches, an instruction takes
//!   about 0.1 ns; a host call in Envoy takes 0.1 to 1 µs, as much as some thousand instructions. So a host call less
//!   is worth more than most instructions, and only a measurement on Envoy tells what a request takes.
//! - A list of a million entries: one of 100,000 shows that the cost does not grow with it.
//! - Ticks, answers of feeds, and request trailers.
//!
//! # Budgets
//! More than one per cent above a number of its budget fails the test, and so do three below: a gain is written down,
//! with `scripts/cost --write`, so that it stays. Host calls are compared one by one. The numbers belong to the
//! compiler of `rust-toolchain.toml` and to `Cargo.lock`: a newer one of either changes them.
//!
//! # Where they go
//! `scripts/cost --profile '1 pin, 8 headers'` tells the instructions function by function: a function's own, and with
//! those that it calls. What the compiler has inlined counts as the function's own that it was inlined into.

#[path = "../../bench/src/browser.rs"]
mod browser;
pub mod budget;
mod calls;
pub mod certificate;
pub mod functions;
pub mod host;
pub mod instrument;
pub mod measure;
pub mod pairs;
pub mod probes;
pub mod profile;
pub mod request;
pub mod scene;
pub mod variants;
pub mod vm;
