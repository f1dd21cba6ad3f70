//! A VM with the counted module in it.

use wasmi::{Engine, Error, Func, Global, Instance, Linker, Module, Store, Val, WasmParams, WasmResults};

use crate::host::{Host, HostCall, Traffic};
use crate::instrument::{BYTES, Counted, INSTRUCTIONS, PROBES};

/// A VM.
pub struct Vm {
    store: Store<Host>,
    instance: Instance,
    contexts: u32,
}

/// What a call into the module took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Wasm instructions; `block`, `loop` and `end` are none.
    pub instructions: u64,
    /// Bytes that `memory.copy` and `memory.fill` moved, which count as one instruction each.
    pub moved: u64,
    /// What went between module and host.
    pub traffic: Traffic,
}

/// What a stream took, callback by callback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// `proxy_on_context_create`.
    pub create: Cost,
    /// `proxy_on_request_headers`.
    pub headers: Cost,
    /// `proxy_on_delete`.
    pub delete: Cost,
}

impl Stream {
    /// All of its instructions.
    pub fn instructions(&self) -> u64 {
        self.create.instructions + self.headers.instructions + self.delete.instructions
    }
}

impl Vm {
    /// Starts a VM: what `_initialize` takes comes with it.
    ///
    /// # Errors
    /// If the module cannot be loaded, imports what this host does not have, or traps.
    pub fn start(module: &Counted, host: Host) -> Result<(Self, Cost), Error> {
        let engine = Engine::default();
        let module = Module::new(&engine, &module.wasm)?;
        let mut store = Store::new(&engine, host);
        let mut linker = Linker::<Host>::new(&engine);
        for import in module.imports() {
            let Some(kind) = import.ty().func() else {
                return Err(Error::new(format!("an import that is no function: {}", import.name())));
            };
            let function = if import.module() == PROBES {
                probe(&mut store, import.name() == "enter")
            } else {
                // The few names live as long as the process.
                let name: &'static str = String::from(import.name()).leak();
                Func::new(&mut store, kind.clone(), move |mut caller, arguments, results| {
                    let status = HostCall { caller: &mut caller, arguments }.answer(name)?;
                    if let Some(result) = results.first_mut() {
                        *result = Val::I32(status);
                    }
                    Ok(())
                })
            };
            linker.define(import.module(), import.name(), function)?;
        }
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        let mut vm = Self { store, instance, contexts: 0 };
        let ((), cost) = vm.call("_initialize", ())?;
        Ok((vm, cost))
    }

    /// Begins a plugin with the host's configuration, and gives its context.
    ///
    /// # Errors
    /// If the policy is refused, and as [`call`](Self::call).
    pub fn configure(&mut self) -> Result<(u32, Cost), Error> {
        let root = self.context();
        let ((), mut cost) = self.call("proxy_on_context_create", (root, 0u32))?;
        let size = u32::try_from(self.host().configuration.len()).expect("fits in the module");
        let (accepted, configured): (u32, Cost) = self.call("proxy_on_configure", (root, size))?;
        if accepted == 0 {
            return Err(Error::new(format!("the policy is refused: {}", self.host().logs.join("; "))));
        }
        cost.instructions += configured.instructions;
        cost.moved += configured.moved;
        cost.traffic = configured.traffic;
        Ok((root, cost))
    }

    /// Shows a plugin a request, from its beginning to its end. The host has its headers and properties.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn send(&mut self, root: u32) -> Result<Stream, Error> {
        let count = u32::try_from(self.host().headers.len()).expect("few headers");
        let id = self.context();
        let ((), create) = self.call("proxy_on_context_create", (id, root))?;
        let (_, headers): (u32, Cost) = self.call("proxy_on_request_headers", (id, count, 1u32))?;
        let ((), delete) = self.call("proxy_on_delete", id)?;
        Ok(Stream { create, headers, delete })
    }

    /// Calls an export, and gives its result and what it took.
    ///
    /// # Errors
    /// If there is none of that name and kind, or it traps.
    pub fn call<A: WasmParams, R: WasmResults>(&mut self, name: &str, arguments: A) -> Result<(R, Cost), Error> {
        let export = self.instance.get_typed_func::<A, R>(&self.store, name)?;
        let (instructions, moved) = (self.counter(INSTRUCTIONS), self.counter(BYTES));
        self.host().traffic = Traffic::default();
        let result = export.call(&mut self.store, arguments)?;
        let cost = Cost {
            instructions: self.counter(INSTRUCTIONS) - instructions,
            moved: self.counter(BYTES) - moved,
            traffic: std::mem::take(&mut self.host().traffic),
        };
        Ok((result, cost))
    }

    /// The host.
    pub fn host(&mut self) -> &mut Host {
        self.store.data_mut()
    }

    /// Bytes of linear memory.
    pub fn memory(&self) -> usize {
        self.instance.get_memory(&self.store, "memory").map_or(0, |memory| memory.data_size(&self.store))
    }

    fn context(&mut self) -> u32 {
        self.contexts += 1;
        self.contexts
    }

    fn counter(&self, name: &str) -> u64 {
        let global: Option<Global> = self.instance.get_global(&self.store, name);
        match global.map(|global| global.get(&self.store)) {
            Some(Val::I64(count)) => count.cast_unsigned(),
            _ => 0,
        }
    }
}

/// What a module with probes tells.
fn probe(store: &mut Store<Host>, enters: bool) -> Func {
    Func::wrap(store, move |mut caller: wasmi::Caller<'_, Host>, function: u32, now: u64| {
        let profile = &mut caller.data_mut().profile;
        if enters {
            profile.enter(function as usize, now);
        } else {
            profile.leave(now);
        }
    })
}
