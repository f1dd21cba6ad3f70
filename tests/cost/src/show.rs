//! What is printed.

pub(crate) mod profile;
pub(crate) mod table;
