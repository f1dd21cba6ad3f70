//! A module that counts what it does.
//!
//! The count is made by the module itself, not by the engine: it is the same in every engine and in every
//! version of one. Each run of instructions that are always executed together begins with an addition of their
//! number to a global.

use std::error::Error;

use walrus::ir::{
    BinaryOp, Binop, Const, GlobalGet, GlobalSet, Instr, InstrLocId, InstrSeq, LocalGet, LocalSet,
    UnaryOp, Unop, Value, VisitorMut, dfs_pre_order_mut,
};
use walrus::{ConstExpr, GlobalId, LocalId, Module, ValType};

use crate::probes;

/// The exported global with the number of instructions so far.
pub const INSTRUCTIONS: &str = "peergate_cost_instructions";

/// The exported global with the number of bytes that `memory.copy` and `memory.fill` were asked for.
pub const BYTES: &str = "peergate_cost_bytes";

/// A module with counters.
#[derive(Clone, Debug)]
pub struct Counting {
    /// The module.
    pub wasm: Vec<u8>,
    /// Its functions by the numbers that probes give; empty without probes.
    pub functions: Vec<String>,
}

/// Adds counters. With `probes`, the module tells `peergate_cost.enter` and `.leave` of every call of a
/// function: its number, and the instructions so far.
///
/// # Errors
/// If it is no module.
pub fn instrument(wasm: &[u8], probes: bool) -> Result<Counting, Box<dyn Error>> {
    let mut module = Module::from_buffer(wasm)?;
    let zero = ConstExpr::Value(Value::I64(0));
    let instructions = module.globals.add_local(ValType::I64, true, false, zero.clone());
    let bytes = module.globals.add_local(ValType::I64, true, false, zero);
    module.exports.add(INSTRUCTIONS, instructions);
    module.exports.add(BYTES, bytes);
    let length = module.locals.add(ValType::I32);
    let mut counters = Counters { instructions, bytes, length };
    for (_, function) in module.funcs.iter_local_mut() {
        dfs_pre_order_mut(&mut counters, function, function.entry_block());
    }
    let functions = if probes { probes::add(&mut module, instructions) } else { Vec::new() };
    Ok(Counting { wasm: module.emit_wasm(), functions })
}

struct Counters {
    instructions: GlobalId,
    bytes: GlobalId,
    length: LocalId,
}

impl VisitorMut for Counters {
    fn start_instr_seq_mut(&mut self, sequence: &mut InstrSeq) {
        let mut counted = Vec::new();
        let mut run = Vec::new();
        let mut size = 0;
        for (instruction, place) in std::mem::take(&mut sequence.instrs) {
            // `block` and `loop` only say where one can jump to.
            size += i64::from(!matches!(instruction, Instr::Block(_) | Instr::Loop(_)));
            if matches!(instruction, Instr::MemoryCopy(_) | Instr::MemoryFill(_)) {
                run.push((LocalSet { local: self.length }.into(), place));
                add(&mut run, self.bytes, |sum| {
                    sum.push((LocalGet { local: self.length }.into(), place));
                    sum.push((Unop { op: UnaryOp::I64ExtendUI32 }.into(), place));
                });
                run.push((LocalGet { local: self.length }.into(), place));
            }
            let ends = ends_run(&instruction);
            run.push((instruction, place));
            if ends {
                self.flush(&mut counted, &mut run, &mut size);
            }
        }
        self.flush(&mut counted, &mut run, &mut size);
        sequence.instrs = counted;
    }
}

type Instructions = Vec<(Instr, InstrLocId)>;

impl Counters {
    fn flush(&self, counted: &mut Instructions, run: &mut Instructions, size: &mut i64) {
        if *size > 0 {
            add(counted, self.instructions, |sum| {
                sum.push((Const { value: Value::I64(*size) }.into(), Default::default()));
            });
        }
        counted.append(run);
        *size = 0;
    }
}

/// Adds to a global what the middle pushes.
fn add(to: &mut Instructions, global: GlobalId, middle: impl FnOnce(&mut Instructions)) {
    to.push((GlobalGet { global }.into(), Default::default()));
    middle(to);
    to.push((Binop { op: BinaryOp::I64Add }.into(), Default::default()));
    to.push((GlobalSet { global }.into(), Default::default()));
}

/// Whether what follows in the sequence may be skipped, or come after something else. A call comes back, or the
/// module is at its end.
fn ends_run(instruction: &Instr) -> bool {
    matches!(
        instruction,
        Instr::Block(_)
            | Instr::Loop(_)
            | Instr::IfElse(_)
            | Instr::Br(_)
            | Instr::BrIf(_)
            | Instr::BrTable(_)
            | Instr::Return(_)
            | Instr::Unreachable(_)
    )
}

#[cfg(test)]
mod tests {
    use walrus::FunctionBuilder;
    use walrus::ir::BinaryOp;
    use wasmi::{Engine, Linker, Module as Loaded, Store, Val};

    use super::*;

    /// Counts down to nothing: `loop { n = n - 1; if n != 0 { continue } } ; memory.fill(0, 0, 100)`.
    fn countdown() -> Vec<u8> {
        let mut module = Module::default();
        let memory = module.memories.add_local(false, false, 1, None, None);
        let number = module.locals.add(ValType::I32);
        let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[]);
        let mut body = function.func_body();
        body.loop_(None, |body| {
            let again = body.id();
            body.local_get(number)
                .i32_const(1)
                .binop(BinaryOp::I32Sub)
                .local_tee(number)
                .br_if(again);
        });
        body.i32_const(0).i32_const(0).i32_const(100).memory_fill(memory);
        let function = function.finish(vec![number], &mut module.funcs);
        module.exports.add("countdown", function);
        module.emit_wasm()
    }

    fn counts(probes: bool, from: u32) -> (u64, u64) {
        let counting = instrument(&countdown(), probes).expect("a module");
        let engine = Engine::default();
        let module = Loaded::new(&engine, &counting.wasm).expect("a module");
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        for name in ["enter", "leave"] {
            linker.func_wrap(probes::MODULE, name, |_: u32, _: u64| {}).expect("a function");
        }
        let instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
        let countdown = instance.get_typed_func::<u32, ()>(&store, "countdown").expect("it");
        countdown.call(&mut store, from).expect("no trap");
        let [instructions, bytes] = [INSTRUCTIONS, BYTES].map(|name| {
            let global = instance.get_global(&store, name).expect("a counter");
            match global.get(&store) {
                Val::I64(count) => count.cast_unsigned(),
                other => panic!("{other:?}"),
            }
        });
        (instructions, bytes)
    }

    #[test]
    fn every_instruction_that_is_executed_counts_once() {
        for probes in [false, true] {
            assert_eq!(counts(probes, 1), (5 + 4, 100));
            assert_eq!(counts(probes, 1000), (5 * 1000 + 4, 100));
        }
    }
}
