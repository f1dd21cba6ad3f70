//! A file a target; the functions take an input and panic where something does not hold.

pub(crate) mod certificate;
pub(crate) mod config;
pub(crate) mod headers;
pub(crate) mod judge;
pub(crate) mod locations;
pub(crate) mod metadata;
pub(crate) mod page;
pub(crate) mod pairs;
pub(crate) mod pem;
pub(crate) mod storage;
pub(crate) mod target;
pub(crate) mod xfcc;
