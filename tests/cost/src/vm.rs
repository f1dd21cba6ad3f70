//! A VM with the counted module in it.

use wasmi::{
    Engine, Error, Func, FuncType, Global, Instance, Linker, Module, Store, Val, WasmParams,
    WasmResults,
};

use crate::calls::HostCall;
use crate::host::{Host, Traffic};
use crate::instrument::{BYTES, INSTRUCTIONS, instrument};
use crate::probes;
use crate::request::Request;

/// A module that counts, ready to be started.
pub struct Program {
    engine: Engine,
    module: Module,
    /// Its functions by the numbers that probes give; empty without probes.
    pub functions: Vec<String>,
}

impl Program {
    /// Loads a module, with probes for a profile or without.
    ///
    /// # Errors
    /// If it is none.
    pub fn load(wasm: &[u8], probes: bool) -> Result<Self, Error> {
        let counting = instrument(wasm, probes).map_err(|error| Error::new(error.to_string()))?;
        let engine = Engine::default();
        let module = Module::new(&engine, &counting.wasm)?;
        Ok(Self { engine, module, functions: counting.functions })
    }
}

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
    /// If the module imports what this host does not have, or traps.
    pub fn start(program: &Program, host: Host) -> Result<(Self, Cost), Error> {
        let mut store = Store::new(&program.engine, host);
        let mut linker = Linker::<Host>::new(&program.engine);
        for import in program.module.imports() {
            let (from, name) = (import.module(), import.name());
            let Some(kind) = import.ty().func() else {
                return Err(Error::new(format!("an import that is no function: {name}")));
            };
            let function = if from == probes::MODULE {
                probe(&mut store, name == "enter")
            } else {
                host_function(&mut store, name.to_owned(), kind.clone())
            };
            linker.define(from, name, function)?;
        }
        let instance = linker.instantiate_and_start(&mut store, &program.module)?;
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
            return Err(Error::new(format!(
                "the policy is refused: {}",
                self.host().logs.join("; ")
            )));
        }
        cost.instructions += configured.instructions;
        cost.moved += configured.moved;
        cost.traffic = configured.traffic;
        Ok((root, cost))
    }

    /// Shows a plugin a request, from its beginning to its end.
    ///
    /// # Errors
    /// If it is decided otherwise than expected, and as [`call`](Self::call).
    pub fn send(&mut self, root: u32, request: &Request) -> Result<Stream, Error> {
        let host = self.host();
        host.headers.clone_from(&request.headers);
        host.properties.clone_from(&request.properties);
        host.state.clear();
        let count = u32::try_from(request.headers.len()).expect("few headers");
        let id = self.context();
        let ((), create) = self.call("proxy_on_context_create", (id, root))?;
        let (_, headers): (u32, Cost) =
            self.call("proxy_on_request_headers", (id, count, 1_u32))?;
        let ((), delete) = self.call("proxy_on_delete", id)?;
        let host = self.host();
        let verdict = host.state.get(&b"peergate_verdict"[..]).map_or(&[][..], |verdict| verdict);
        let verdict = String::from_utf8_lossy(verdict);
        if !verdict.contains(&format!("reason={} ", request.reason)) {
            let problem = format!("{}: {verdict}; {}", request.name, host.logs.join("; "));
            return Err(Error::new(problem));
        }
        Ok(Stream { create, headers, delete })
    }

    /// Calls an export, and gives its result and what it took.
    ///
    /// # Errors
    /// If there is none of that name and kind, or it traps.
    pub fn call<A: WasmParams, R: WasmResults>(
        &mut self,
        name: &str,
        arguments: A,
    ) -> Result<(R, Cost), Error> {
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
        self.instance
            .get_memory(&self.store, "memory")
            .map_or(0, |memory| memory.data_size(&self.store))
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

/// A function of the host.
fn host_function(store: &mut Store<Host>, name: String, kind: FuncType) -> Func {
    Func::new(store, kind, move |mut caller, arguments, results| {
        let status = HostCall { caller: &mut caller, arguments }.answer(&name)?;
        if let Some(result) = results.first_mut() {
            *result = Val::I32(status);
        }
        Ok(())
    })
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
