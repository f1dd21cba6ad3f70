//! What all measurements of a request's cost have in common: the variants, each as an Envoy of its own, and
//! what their client sends.

mod browser;
pub mod check;
pub mod choice;
pub mod cores;
pub mod request;
pub mod rivals;
pub mod scene;
pub mod setup;
pub mod spread;
pub mod subject;
pub mod variant;
