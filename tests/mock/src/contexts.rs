//! The contexts of a VM, and which of them a host call is about.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::status::Status;
use crate::stream::Stream;

/// The contexts of a VM.
#[derive(Debug, Default)]
pub(crate) struct Contexts {
    roots: BTreeSet<u32>,
    /// Those that have ended too, until whoever opened them has seen what became of them.
    streams: BTreeMap<u32, Stream>,
    /// Whose callback is running.
    running: u32,
    /// Whom the callback acts for; 0 is itself.
    effective: u32,
    /// Streams that Envoy looks at once the callback has returned.
    touched: VecDeque<u32>,
}

impl Contexts {
    pub(crate) fn add_root(&mut self, id: u32) {
        self.roots.insert(id);
    }

    pub(crate) fn remove_root(&mut self, id: u32) {
        self.roots.remove(&id);
    }

    pub(crate) fn add_stream(&mut self, id: u32, stream: Stream) {
        self.streams.insert(id, stream);
    }

    pub(crate) fn remove_stream(&mut self, id: u32) -> Option<Stream> {
        self.streams.remove(&id)
    }

    pub(crate) fn get(&mut self, id: u32) -> Option<&mut Stream> {
        self.streams.get_mut(&id)
    }

    /// A callback of this context begins: it acts for itself.
    pub(crate) fn enter(&mut self, id: u32) {
        self.running = id;
        self.effective = 0;
    }

    /// Has the callback act for another context, or for itself again. If there is no such context, it goes
    /// on acting for whom it did.
    pub(crate) fn set_effective(&mut self, id: u32) -> Result<(), Status> {
        if id != 0 && !self.is_there(id) {
            return Err(Status::BAD_ARGUMENT);
        }
        self.effective = id;
        Ok(())
    }

    /// The stream that host calls are about; `None` if that is a root context.
    pub(crate) fn stream(&mut self) -> Option<&mut Stream> {
        let id = self.acting();
        self.streams.get_mut(&id)
    }

    /// Whether the stream that host calls are about is in a callback of its own.
    pub(crate) fn is_own(&self) -> bool {
        self.acting() == self.running
    }

    /// Has Envoy look at the stream that host calls are about, once the callback has returned.
    pub(crate) fn touch(&mut self) {
        let id = self.acting();
        self.touched.push_back(id);
    }

    /// The next stream that Envoy has to look at.
    pub(crate) fn next_touched(&mut self) -> Option<u32> {
        self.touched.pop_front()
    }

    fn acting(&self) -> u32 {
        // One that has gone meanwhile gives way to the callback's own.
        if self.is_there(self.effective) { self.effective } else { self.running }
    }

    fn is_there(&self, id: u32) -> bool {
        self.roots.contains(&id) || self.streams.get(&id).is_some_and(|stream| !stream.gone)
    }
}
