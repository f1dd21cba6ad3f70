//! Puts the functions that requests run through behind each other.
//!
//! An engine lays compiled functions down in the order of the module. The linker's, and that of the rewriting
//! here, has nothing to do with who calls whom: a warm request then touches a hundred pages of code that lie
//! scattered over megabytes, and each of them anew after every system call that emptied the translation cache.

use std::collections::HashMap;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, FunctionSection, Module, NameMap, NameSection};
use wasmparser::{
    CodeSectionReader, FunctionSectionReader, KnownCustom, Name, Parser, Payload, TypeRef,
};

use crate::names::{self, shipped_name};

/// Orders the functions of a module, those with these names first, and leaves of the names what is shipped.
///
/// # Errors
/// If it is no module.
pub(crate) fn order(module: &[u8], first: &[&str]) -> Result<Vec<u8>, Error> {
    let Functions { imported, names } = Functions::read(module)?;
    let places: HashMap<&str, usize> =
        first.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let place = |function: &u32| {
        let name = names.get(function).map(|name| names::readable(name));
        name.and_then(|name| places.get(name.as_str()).copied()).unwrap_or(usize::MAX)
    };
    let mut order: Vec<u32> = (imported..count(module)?.saturating_add(imported)).collect();
    // Stable: the others keep their order.
    order.sort_by_key(place);
    let mut indices: HashMap<u32, u32> = (0..imported).map(|index| (index, index)).collect();
    indices.extend(order.iter().copied().zip(imported..));
    let mut ordered = Module::new();
    Ordering { imported, order, indices, names }.parse_core_module(
        &mut ordered,
        Parser::new(0),
        module,
    )?;
    Ok(ordered.finish())
}

/// What a module says of its functions.
#[derive(Default)]
struct Functions {
    /// How many are imported: they come first.
    imported: u32,
    names: HashMap<u32, String>,
}

impl Functions {
    fn read(module: &[u8]) -> Result<Self, Error> {
        let mut functions = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                            functions.imported = functions.imported.saturating_add(1);
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        functions.read_names(names)?;
                    }
                }
                _ => {}
            }
        }
        Ok(functions)
    }

    fn read_names(&mut self, names: wasmparser::NameSectionReader<'_>) -> Result<(), Error> {
        for subsection in names {
            if let Name::Function(map) = subsection? {
                for naming in map {
                    let naming = naming?;
                    self.names.insert(naming.index, naming.name.to_owned());
                }
            }
        }
        Ok(())
    }
}

/// How many functions a module defines.
fn count(module: &[u8]) -> Result<u32, Error> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::FunctionSection(section) = payload? {
            return Ok(section.count());
        }
    }
    Ok(0)
}

/// Rewrites a module with its functions in another order.
struct Ordering {
    imported: u32,
    /// The functions that are defined, by their old indices.
    order: Vec<u32>,
    /// Old indices to new ones.
    indices: HashMap<u32, u32>,
    names: HashMap<u32, String>,
}

impl Ordering {
    /// The things of a section in the new order.
    fn arrange<T>(&self, things: Vec<T>) -> Vec<T> {
        let mut things: Vec<Option<T>> = things.into_iter().map(Some).collect();
        let place = |index: &u32| usize::try_from(index.checked_sub(self.imported)?).ok();
        self.order.iter().filter_map(|index| things.get_mut(place(index)?)?.take()).collect()
    }
}

impl Reencode for Ordering {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error> {
        Ok(self.indices.get(&index).copied().unwrap_or(index))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for kind in self.arrange(types) {
            functions.function(self.type_index(kind)?);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for body in self.arrange(bodies) {
            utils::parse_function_body(self, code, body)?;
        }
        Ok(())
    }

    fn custom_name_section(
        &mut self,
        _section: wasmparser::NameSectionReader<'_>,
    ) -> Result<NameSection, Error> {
        let mut functions: Vec<(u32, String)> = Vec::new();
        for (index, name) in &self.names {
            if let (Some(new), Some(name)) = (self.indices.get(index), shipped_name(name)) {
                functions.push((*new, name));
            }
        }
        functions.sort_unstable();
        let mut map = NameMap::new();
        for (index, name) in &functions {
            map.append(*index, name);
        }
        let mut names = NameSection::new();
        names.functions(&map);
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use walrus::ir::{Instr, Value};
    use walrus::{FunctionBuilder, FunctionId, FunctionKind, ValType};

    use super::*;

    /// Three functions that return their number, the last of which calls the first, and a table of them.
    fn module() -> Vec<u8> {
        let mut module = walrus::Module::default();
        let imported = module.types.add(&[], &[]);
        module.add_import_func("env", "proxy_log", imported);
        let mut known: Vec<FunctionId> = Vec::new();
        for (number, name) in (1..).zip(["one", "two", "three"]) {
            let mut builder = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
            let mut body = builder.func_body();
            if let (3, Some(first)) = (number, known.first()) {
                body.call(*first).drop();
            }
            body.i32_const(number);
            let function = builder.finish(vec![], &mut module.funcs);
            module.funcs.get_mut(function).name = Some(format!("peergate::{name}"));
            module.exports.add(name, function);
            known.push(function);
        }
        let table = module.tables.add_local(false, 3, Some(3), walrus::RefType::FUNCREF);
        let offset = walrus::ConstExpr::Value(Value::I32(0));
        module.elements.add(
            walrus::ElementKind::Active { table, offset },
            walrus::ElementItems::Functions(known),
        );
        module.emit_wasm()
    }

    /// The constants of a function, those of what it calls in brackets.
    fn told(module: &walrus::Module, function: FunctionId) -> String {
        let FunctionKind::Local(local) = &module.funcs.get(function).kind else {
            return "imported".to_owned();
        };
        let parts =
            local.block(local.entry_block()).instrs.iter().filter_map(|(one, _)| match one {
                Instr::Const(constant) => match constant.value {
                    Value::I32(number) => Some(number.to_string()),
                    _ => None,
                },
                Instr::Call(call) => Some(format!("[{}]", told(module, call.func))),
                _ => None,
            });
        parts.collect()
    }

    #[test]
    fn functions_change_their_places_and_nothing_else() {
        let ordered = order(&module(), &["peergate::two", "peergate::unheard_of"]).unwrap();
        let module = walrus::Module::from_buffer(&ordered).unwrap();
        let exported: Vec<_> = module
            .exports
            .iter()
            .filter_map(|export| match export.item {
                walrus::ExportItem::Function(function) => {
                    Some((export.name.as_str(), told(&module, function)))
                }
                _ => None,
            })
            .collect();
        let expected = [("one", "1"), ("two", "2"), ("three", "[1]3")];
        assert_eq!(exported, expected.map(|(name, told)| (name, told.to_owned())));
        let elements = module.elements.iter().flat_map(|element| match &element.items {
            walrus::ElementItems::Functions(functions) => functions.clone(),
            walrus::ElementItems::Expressions(..) => Vec::new(),
        });
        let told: Vec<_> = elements.map(|function| told(&module, function)).collect();
        assert_eq!(told, ["1", "2", "[1]3"]);
    }

    #[test]
    fn those_that_are_named_come_first_and_keep_their_names() {
        let first = |names: &[&str]| {
            let functions = Functions::read(&order(&module(), names).unwrap()).unwrap();
            // The imported one is 0.
            functions.names.get(&1).cloned()
        };
        for name in ["peergate::one", "peergate::two", "peergate::three"] {
            assert_eq!(first(&[name]).as_deref(), Some(name));
        }
    }
}
