//! `peergate_sync.wasm`: the shim that makes the sync service a module.

peergate_runtime::main!(peergate_runtime::register_service);
