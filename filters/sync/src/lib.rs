//! `peergate_sync.wasm`: the shim that makes the sync service a module.
#![expect(missing_docs, reason = "the macro's `_initialize` cannot be given any")]

peergate_runtime::main! {{
    peergate_runtime::register_service();
}}
