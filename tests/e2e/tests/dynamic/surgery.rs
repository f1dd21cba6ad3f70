//! The shipped modules with something wrong in them, which happens on cue: to whoever asks the feed, when
//! it gives a certain answer.

use std::time::Duration;

use peergate_lab::feed::Fault;
use walrus::ir::{self, BinaryOp, LoadKind, MemArg, Value, VisitorMut};
use walrus::{ConstExpr, FunctionBuilder, FunctionId, InstrSeqBuilder, Module, ValType};

/// The answer that is the cue.
pub(crate) const CUE: Fault = Fault::Status(418);

/// The size of its body: no other answer is as short.
const CUE_BYTES: i32 = 14;

/// The host call that tells the time.
const TIME: &str = "proxy_get_current_time_nanoseconds";

/// Has the VM trap that gets the cue.
pub(crate) fn trap_on_cue(shipped: &[u8]) -> Vec<u8> {
    let mut module = Module::from_buffer(shipped).unwrap();
    on_cue(&mut module, |cue| {
        cue.unreachable();
    });
    module.emit_wasm()
}

/// Has the VM that gets the cue fall asleep when it is about to write for the so-manieth time from then on.
pub(crate) fn sleep_after_cue(shipped: &[u8], writes: i32, sleep: Duration) -> Vec<u8> {
    let mut module = Module::from_buffer(shipped).unwrap();
    let left = ConstExpr::Value(Value::I32(0));
    let left = module.globals.add_local(ValType::I32, true, false, left);
    on_cue(&mut module, |cue| {
        cue.i32_const(writes).global_set(left);
    });

    let set = module.imports.get_func("env", "proxy_set_shared_data").unwrap();
    // The service has no use for it.
    let now = module.imports.get_func("env", TIME).unwrap_or_else(|_| {
        let kind = module.types.add(&[ValType::I32], &[ValType::I32]);
        module.add_import_func("env", TIME, kind).0
    });
    let memory = module.memories.iter().next().unwrap().id();
    let arguments = [(); 5].map(|()| module.locals.add(ValType::I32));
    let end = module.locals.add(ValType::I64);
    let sleep = i64::try_from(sleep.as_nanos()).unwrap();
    let read = |body: &mut InstrSeqBuilder| {
        body.i32_const(UNUSED).call(now).drop().i32_const(UNUSED);
        let word = MemArg { align: 8, offset: 0 };
        body.load(memory, LoadKind::I64 { atomic: false }, word);
    };
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 5], &[ValType::I32]);
    let mut body = function.func_body();
    body.global_get(left).if_else(
        None,
        |armed| {
            armed.global_get(left).i32_const(1).binop(BinaryOp::I32Sub).global_set(left);
            armed.global_get(left).if_else(
                None,
                |_| {},
                |asleep| {
                    read(asleep);
                    asleep.i64_const(sleep).binop(BinaryOp::I64Add).local_set(end);
                    asleep.loop_(None, |turn| {
                        let again = turn.id();
                        read(turn);
                        turn.local_get(end).binop(BinaryOp::I64LtU).br_if(again);
                    });
                },
            );
        },
        |_| {},
    );
    for argument in arguments {
        body.local_get(argument);
    }
    body.call(set);
    let wrapped = function.finish(arguments.to_vec(), &mut module.funcs);
    let functions: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    for id in functions.into_iter().filter(|id| *id != wrapped) {
        let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let entry = function.entry_block();
        ir::dfs_pre_order_mut(&mut Redirect { from: set, to: wrapped }, function, entry);
    }
    module.emit_wasm()
}

/// Puts something before what the module does with the cue.
fn on_cue(module: &mut Module, act: impl FnOnce(&mut InstrSeqBuilder)) {
    let original = module.exports.get_func(CALLBACK).unwrap();
    let arguments = [(); 5].map(|()| module.locals.add(ValType::I32));
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 5], &[]);
    let mut body = function.func_body();
    let [_, _, _, body_size, _] = arguments;
    body.local_get(body_size).i32_const(CUE_BYTES).binop(BinaryOp::I32Eq).if_else(
        None,
        act,
        |_| {},
    );
    for argument in arguments {
        body.local_get(argument);
    }
    body.call(original);
    let wrapped = function.finish(arguments.to_vec(), &mut module.funcs);
    module.exports.remove(CALLBACK).unwrap();
    module.exports.add(CALLBACK, wrapped);
}

/// Calls of one function become calls of another.
struct Redirect {
    from: FunctionId,
    to: FunctionId,
}

impl VisitorMut for Redirect {
    fn visit_function_id_mut(&mut self, function: &mut FunctionId) {
        if *function == self.from {
            *function = self.to;
        }
    }
}

const CALLBACK: &str = "proxy_on_http_call_response";

/// Memory that the module does not use at rest: the top of its stack.
const UNUSED: i32 = 64;
