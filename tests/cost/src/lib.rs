//! What a request costs the shipped module: instructions and host calls, counted.

pub mod host;
pub mod instrument;
pub mod pairs;
pub mod profile;
pub mod variants;
pub mod vm;
