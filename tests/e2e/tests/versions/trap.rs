//! A build of the filter that traps on cue.

use walrus::ir::BinaryOp;
use walrus::{FunctionBuilder, Module, ValType};

/// Has the filter trap on a request with more than 50 headers.
pub(crate) fn trap_on_many_headers(shipped: &[u8]) -> Vec<u8> {
    let mut module = Module::from_buffer(shipped).unwrap();
    let original = module.exports.get_func(CALLBACK).unwrap();
    let arguments = [(); 3].map(|()| module.locals.add(ValType::I32));
    let [_, count, _] = arguments;
    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 3], &[ValType::I32]);
    let mut body = function.func_body();
    body.local_get(count).i32_const(50).binop(BinaryOp::I32GtS).if_else(
        None,
        |many| {
            many.unreachable();
        },
        |_| {},
    );
    for argument in arguments {
        body.local_get(argument);
    }
    body.call(original);
    let wrapped = function.finish(arguments.to_vec(), &mut module.funcs);
    module.exports.remove(CALLBACK).unwrap();
    module.exports.add(CALLBACK, wrapped);
    module.emit_wasm()
}

const CALLBACK: &str = "proxy_on_request_headers";
