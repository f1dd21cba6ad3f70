//! The table of all variants.

use std::error::Error;

use peergate_cost::budget::Budgets;
use peergate_cost::measure::{Measured, measure};
use peergate_cost::variants;
use peergate_cost::vm::Program;

/// Prints what the variants cost whose policies' names have this text in them. `of budget` is how much of its budget
/// a request takes.
pub(crate) fn print(wasm: &[u8], only: &str, calls: bool) -> Result<(), Box<dyn Error>> {
    let program = Program::load(wasm, false)?;
    let budgets = Budgets::read()?;
    let heading = [
        "create", "headers", "delete", "all", "first", "calls", "allocs", "given", "taken", "moved",
    ];
    print_line("a warm request", &heading.map(str::to_owned));
    for scene in variants::all().into_iter().flatten() {
        if !scene.name.contains(only) {
            continue;
        }
        let (start, all) = measure(&program, &scene)?;
        for one in all {
            let Measured { variant, first, warm, least } = one;
            let traffic = &warm.headers.traffic;
            let numbers = [
                warm.create.instructions,
                warm.headers.instructions,
                warm.delete.instructions,
                warm.instructions(),
                first.instructions(),
                traffic.calls.len() as u64,
                traffic.allocations,
                traffic.given,
                traffic.taken,
                warm.headers.moved,
            ];
            let budget = budgets.requests.iter().find(|budget| budget.variant == variant);
            let part = budget.map_or(String::new(), |budget| {
                format!("{:.3}", warm.instructions() as f64 / budget.all as f64)
            });
            let columns: Vec<String> =
                numbers.iter().map(ToString::to_string).chain([part]).collect();
            print_line(&variant, &columns);
            if least != warm.instructions() {
                println!("    at least {least}");
            }
            for call in traffic.calls.iter().filter(|_| calls) {
                println!("    {call}");
            }
        }
        println!(
            "    start: {} + {} instructions, {} bytes of memory",
            start.initialize, start.configure, start.memory
        );
    }
    Ok(())
}

fn print_line(name: &str, columns: &[String]) {
    let columns: String = columns.iter().map(|text| format!(" {text:>9}")).collect();
    println!("{name:38}{columns}");
}
