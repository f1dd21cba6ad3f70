//! Policy and module of a running Envoy change while clients are connected. `docs/operating.md` says what
//! operators do and see.

mod change;
mod listener;
mod load;
mod module;
