//! A module that counts what it does.
//!
//! The count is made by the module itself, not by the engine: it is the same in every engine and in every
//! version of one. Each run of instructions that are always executed together begins with an addition of their
//! number to a global.

use std::collections::HashMap;
use std::error::Error;

use walrus::ir::{
    Binop, BinaryOp, Call, Const, GlobalGet, GlobalSet, Instr, InstrSeq, LocalGet, LocalSet, RefFunc,
    UnaryOp, Unop, Value, VisitorMut, dfs_pre_order_mut,
};
use walrus::{
    ConstExpr, ElementItems, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalId, LocalId,
    Module, ValType,
};

/// The exported global with the number of instructions so far.
pub const INSTRUCTIONS: &str = "peergate_cost_instructions";

/// The exported global with the number of bytes that `memory.copy` and `memory.fill` were asked for.
pub const BYTES: &str = "peergate_cost_bytes";

/// The module of imports that a module with probes has besides.
pub const PROBES: &str = "peergate_cost";

/// A module with counters.
pub struct Counted {
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
pub fn instrument(wasm: &[u8], probes: bool) -> Result<Counted, Box<dyn Error>> {
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
    let functions = if probes { add_probes(&mut module, instructions) } else { Vec::new() };
    Ok(Counted { wasm: module.emit_wasm(), functions })
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

type Instructions = Vec<(Instr, walrus::ir::InstrLocId)>;

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

/// Puts a function around each of the module's own that tells of it.
fn add_probes(module: &mut Module, instructions: GlobalId) -> Vec<String> {
    let probe = module.types.add(&[ValType::I32, ValType::I64], &[]);
    let (enter, _) = module.add_import_func(PROBES, "enter", probe);
    let (leave, _) = module.add_import_func(PROBES, "leave", probe);
    let own: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut names = Vec::new();
    let mut around = HashMap::new();
    for (number, id) in (0..).zip(&own) {
        let function = module.funcs.get(*id);
        let name = function.name.as_deref().map(|name| format!("{:#}", rustc_demangle::demangle(name)));
        names.push(name.unwrap_or_else(|| format!("function {number}")));
        let kind = module.types.get(function.ty());
        let (takes, gives) = (kind.params().to_vec(), kind.results().to_vec());
        let arguments: Vec<LocalId> = takes.iter().map(|kind| module.locals.add(*kind)).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &takes, &gives);
        let mut body = builder.func_body();
        body.i32_const(number).global_get(instructions).call(enter);
        for argument in &arguments {
            body.local_get(*argument);
        }
        body.call(*id).i32_const(number).global_get(instructions).call(leave);
        around.insert(*id, builder.finish(arguments, &mut module.funcs));
    }
    redirect(module, &own, &around);
    names
}

/// Has everybody call the functions around the module's own.
fn redirect(module: &mut Module, own: &[FunctionId], around: &HashMap<FunctionId, FunctionId>) {
    let mut calls = Calls(around);
    for id in own {
        if let FunctionKind::Local(function) = &mut module.funcs.get_mut(*id).kind {
            dfs_pre_order_mut(&mut calls, function, function.entry_block());
        }
    }
    let replace = |id: &mut FunctionId| {
        if let Some(other) = around.get(id) {
            *id = *other;
        }
    };
    for element in module.elements.iter_mut() {
        match &mut element.items {
            ElementItems::Functions(functions) => functions.iter_mut().for_each(replace),
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    if let ConstExpr::RefFunc(id) = expression {
                        replace(id);
                    }
                }
            }
        }
    }
    for export in module.exports.iter_mut() {
        if let ExportItem::Function(id) = &mut export.item {
            replace(id);
        }
    }
}

struct Calls<'a>(&'a HashMap<FunctionId, FunctionId>);

impl VisitorMut for Calls<'_> {
    fn visit_call_mut(&mut self, call: &mut Call) {
        call.func = self.0.get(&call.func).copied().unwrap_or(call.func);
    }

    fn visit_ref_func_mut(&mut self, reference: &mut RefFunc) {
        reference.func = self.0.get(&reference.func).copied().unwrap_or(reference.func);
    }
}
