//! `peergate_http.wasm`: the shim that makes the HTTP filter a module.
#![expect(missing_docs, reason = "the macro's `_initialize` cannot be given any")]

peergate_runtime::main! {{
    peergate_runtime::register();
}}
