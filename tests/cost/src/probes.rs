//! Telling of each function that begins and ends.

use std::collections::HashMap;

use walrus::ir::{Call, RefFunc, VisitorMut, dfs_pre_order_mut};
use walrus::{
    ConstExpr, ElementItems, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalId,
    LocalId, Module, ValType,
};

/// The module that probes are imported from: `enter` and `leave`, each with a function's number and the
/// instructions so far.
pub const MODULE: &str = "peergate_cost";

/// Puts a function around each of the module's own that tells of it, and gives their names.
pub(crate) fn add(module: &mut Module, instructions: GlobalId) -> Vec<String> {
    let probe = module.types.add(&[ValType::I32, ValType::I64], &[]);
    let (enter, _) = module.add_import_func(MODULE, "enter", probe);
    let (leave, _) = module.add_import_func(MODULE, "leave", probe);
    let own: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut names = Vec::new();
    let mut around = HashMap::new();
    for (number, id) in (0..).zip(&own) {
        let function = module.funcs.get(*id);
        let name =
            function.name.as_deref().map(|name| format!("{:#}", rustc_demangle::demangle(name)));
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
