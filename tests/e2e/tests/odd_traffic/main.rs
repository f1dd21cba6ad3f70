//! What clients send that is no ordinary request: Envoy serves on, the filter's VM lives, and nothing
//! reaches what is protected but with a certificate.

mod forms;
mod frames;
mod malformed;
mod place;
mod sizes;
mod streams;
mod wire;
