//! Listeners: where the connections of a manager come from.

use super::finding::Findings;
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
            for chain in chains(listener) {
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

    /// Tells of filter chains of the same listener whose connections nobody reads. Other managers are told of as such.
    pub(crate) fn unread(&self, findings: &mut Findings) {
        for chain in chains(&self.listener) {
            let (mut is_read, mut passes_on) = (false, None);
            chain.walk(&mut |part| {
                let kind = part.message().map(|(kind, _)| kind).unwrap_or_default();
                is_read |= kind.ends_with(MANAGER);
                if kind.ends_with(TCP) {
                    passes_on.get_or_insert_with(|| part.place.clone());
                }
                !is_read
            });
            let place = match passes_on {
                Some(place) => place,
                None if is_read => continue,
                None => chain.place,
            };
            findings
                .note(&place, "reads no requests: what comes by this filter chain is not judged");
        }
    }
}

/// All filter chains of a listener.
fn chains<'d>(listener: &Part<'d>) -> Vec<Part<'d>> {
    let mut chains = listener.items_of("filter_chains");
    chains.extend(listener.get("default_filter_chain"));
    chains
}

const MANAGER: &str = "http_connection_manager.v3.HttpConnectionManager";

const TCP: &str = "filters.network.tcp_proxy.v3.TcpProxy";
