//! Listeners: where the connections of a manager come from.

use super::manager::Manager;
use super::proto::Part;
use super::resources::Index;

/// A filter chain of a listener.
pub(crate) struct Connection<'d> {
    pub(crate) listener: Part<'d>,
    pub(crate) chain: Part<'d>,
}

impl<'d> Connection<'d> {
    /// Where a manager's connections come from; nowhere if its listener is not among the files.
    pub(crate) fn of(manager: &Manager<'d>, index: &Index<'d>) -> Option<Self> {
        for listener in index.listeners() {
            let mut chains = listener.items_of("filter_chains");
            chains.extend(listener.get("default_filter_chain"));
            for chain in chains {
                let mut is_in_it = false;
                chain.walk(&mut |part| {
                    is_in_it |= std::ptr::eq(part.value, manager.config.value);
                    !is_in_it
                });
                if is_in_it {
                    return Some(Self { listener: listener.clone(), chain });
                }
            }
        }
        None
    }
}
