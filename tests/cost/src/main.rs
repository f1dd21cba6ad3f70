//! Prints what requests cost a module, and writes the budgets.

mod show;

use std::error::Error;
use std::process::ExitCode;

use peergate_cost::budget::Budgets;
use peergate_cost::{functions, variants};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut profile, mut start, mut only) = (None, None, String::new());
    let (mut tree, mut calls, mut write, mut warm) = (false, false, false, false);
    let mut module = String::from(MODULE);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--profile" => profile = Some(arguments.next().ok_or(USAGE)?),
            "--profile-start" => start = Some(arguments.next().ok_or(USAGE)?),
            "--only" => only = arguments.next().ok_or(USAGE)?,
            "--tree" => tree = true,
            "--calls" => calls = true,
            "--write" => write = true,
            "--functions" => warm = true,
            _ if argument.starts_with('-') => return Err(USAGE.into()),
            _ => module = argument,
        }
    }
    let wasm = std::fs::read(&module).map_err(|error| format!("{module}: {error}"))?;
    if let Some(name) = profile {
        show::profile::of_request(&wasm, &name, tree)?;
    } else if let Some(name) = start {
        show::profile::of_start(&wasm, &name, tree)?;
    } else if warm {
        for name in functions::warm(&wasm)? {
            println!("{name}");
        }
    } else if write {
        let budgets = Budgets::measure(&wasm, variants::all())?;
        std::fs::write(Budgets::FILE, budgets.to_json())?;
        println!("{} written", Budgets::FILE);
    } else {
        show::table::print(&wasm, &only, calls)?;
    }
    Ok(ExitCode::SUCCESS)
}

const USAGE: &str = "usage: peergate-cost [MODULE.wasm] [--only TEXT] [--calls]
       peergate-cost [MODULE.wasm] --profile VARIANT [--tree]
       peergate-cost [MODULE.wasm] --profile-start POLICY [--tree]
       peergate-cost [MODULE.wasm] --functions
       peergate-cost [MODULE.wasm] --write";

/// The module as it is shipped.
const MODULE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peergate/peergate_http.wasm");
