//! Tokens and API keys: which requests they let pass, where they stand, and that nothing else is one.

mod blocks;
mod locations;
mod metadata;
pub(crate) mod requirements;
pub(crate) mod shown;
