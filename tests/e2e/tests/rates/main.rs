//! Request rates on a real Envoy: what passes, what comes too often, and who pays for whom.

mod fleet;
mod isolation;
mod limit;
mod replies;
mod stage;
