//! `peergate_http.wasm`: the shim that makes the HTTP filter a module.

peergate_runtime::main!(peergate_runtime::register);
