//! What the resources are called, where they are, and for which workloads.

use crate::failure::Failure;
use crate::render::argument::{self, Label};
use crate::render::quote;

/// What all resources of a manifest have in common; each is text that a template takes as it is.
pub(super) struct Place {
    /// The name without quotes, for names that begin with it.
    plain: String,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) selector: String,
}

impl Place {
    /// # Errors
    /// A selector with a key that is there twice.
    pub(super) fn new(name: &str, namespace: &str, selector: &[Label]) -> Result<Self, Failure> {
        Ok(Self {
            plain: name.to_owned(),
            name: quote::text(name),
            namespace: quote::text(namespace),
            selector: argument::labels(selector)?,
        })
    }

    /// The name of what is for a host.
    ///
    /// # Errors
    /// It is longer than names are.
    pub(super) fn name_for(&self, host: &str) -> Result<String, Failure> {
        let name = format!("{}-{host}", self.plain);
        match argument::resource(&name) {
            Ok(name) => Ok(quote::text(&name)),
            Err(why) => Err(Failure::Input(format!("--name: {name:?} would be for a feed: {why}"))),
        }
    }
}
