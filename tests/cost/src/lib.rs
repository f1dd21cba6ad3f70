//! What a request costs the shipped module: instructions and host calls, counted.

pub mod budget;
mod calls;
pub mod certificate;
pub mod host;
pub mod instrument;
pub mod measure;
pub mod pairs;
pub mod probes;
pub mod profile;
pub mod request;
pub mod scene;
pub mod variants;
pub mod vm;
