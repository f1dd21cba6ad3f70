//! A feed of a dynamic list, as good or as bad as a test wants it.
//!
//! One content is served in three forms: [`CHANGES`], [`PLAIN`] and [`CLIENT_SSL_AUTH`]. Each page
//! and file tells the version of the moment, also where more pages follow. In a first load every
//! page is a reset, the last included; what changes meanwhile comes at its end.

mod content;
mod cursor;
mod fault;
mod journal;
mod page;
mod poll;
mod reply;
mod serve;
mod shared;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::oneshot;

pub use self::content::{Change, key_of};
use self::content::{Content, Prepared};
pub use self::fault::{Fault, Member};
pub use self::journal::{Answer, Kind};
use self::shared::{Polls, Shared};

/// The path of the changes: `?after=<cursor>&limit=<changes>&wait=<seconds>`, each optional, and
/// any other parameter answered by 400. Without `after` the whole list, as a reset; 204 if there is
/// nothing new; 410 if the cursor is unknown.
pub const CHANGES: &str = "/v1/changes";

/// The path of the whole list as a file: one page, a reset, whatever the query. It has an `ETag`.
pub const PLAIN: &str = "/v1/list.json";

/// The path of the certificates that are not inactive, in the format of Envoy's `client_ssl_auth`:
/// `{"certificates": [{"fingerprint_sha256": …}]}`. It has an `ETag`.
pub const CLIENT_SSL_AUTH: &str = "/v1/certs/list/approved";

/// A feed, over HTTP/1.1 in the clear.
///
/// It runs in a thread of its own and needs no runtime around it. When it is dropped its
/// connections end and its port is free.
pub struct Feed {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a feed that was stopped leaves to the one after it: its address, and its content with the
/// cursors that clients have. Fault and journal are not in it.
#[derive(Clone)]
pub struct State {
    address: SocketAddr,
    content: Arc<Content>,
}

impl Feed {
    /// Starts on a free port, with an empty list at version 0.
    pub fn start() -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Starts at this address, with an empty list at version 0 and cursors of its own.
    pub fn start_at(address: SocketAddr) -> io::Result<Self> {
        Self::resume(State { address, content: Arc::new(Content::new()) })
    }

    /// Starts where another feed has stopped.
    pub fn resume(state: State) -> io::Result<Self> {
        let listener = TcpListener::bind(state.address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new(Shared::new(state.content));
        let (stop, stopped) = oneshot::channel();

        let served = Arc::clone(&shared);
        let thread = thread::Builder::new().name(String::from("feed")).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serve::accept(listener, served) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Stops at once, whatever is being answered.
    pub fn stop(self) -> State {
        State { address: self.address, content: Arc::clone(&self.shared.state().content) }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the version of the moment.
    pub fn version(&self) -> u64 {
        self.shared.state().content.version()
    }

    /// Sets the version, also to a lower one. This alone is no change: nobody is told of it before
    /// something changes, or asks for a file.
    pub fn set_version(&self, version: u64) {
        self.shared.change(|it| it.set_version(version));
    }

    /// Puts an entry, be it acceptable or not, in the place of any of its [key](key_of), and
    /// returns the new version.
    pub fn put(&self, entry: Value) -> u64 {
        self.apply([Change::Put(entry)])
    }

    /// Deletes the entry of this key, whether it is there or not, and returns the new version.
    pub fn delete(&self, key: Value) -> u64 {
        self.apply([Change::Delete(key)])
    }

    /// Puts all of these entries in one new version, and returns it.
    pub fn put_all(&self, entries: impl IntoIterator<Item = Value>) -> u64 {
        self.apply(entries.into_iter().map(Change::Put))
    }

    /// Puts entries of certificates that are JSON already, each with its fingerprint in front, in
    /// one new version, and returns it. It is for lists of a million, and believes what it is given.
    pub fn put_all_texts(&self, entries: impl IntoIterator<Item = (String, String)>) -> u64 {
        let prepared = |(certificate, entry): (String, String)| {
            Prepared::put(&format!("{{\"certificate\":\"{certificate}\"}}"), &entry)
        };
        let changes = entries.into_iter().map(prepared).collect();
        self.shared.change(|it| it.apply(changes))
    }

    /// Makes all of these changes in one new version, and returns it. Clients get them in the order
    /// of the last change of each key.
    pub fn apply(&self, changes: impl IntoIterator<Item = Change>) -> u64 {
        let changes = prepared(changes);
        self.shared.change(|it| it.apply(changes))
    }

    /// Forgets the list and its history: it is now these entries, in one new version, and old
    /// cursors are answered by 410.
    pub fn reset_all(&self, entries: impl IntoIterator<Item = Value>) -> u64 {
        let changes = prepared(entries.into_iter().map(Change::Put));
        self.shared.change(|it| it.restart(false, changes))
    }

    /// Does the same, but cursors that are known until now are answered by a reset.
    pub fn replace_all(&self, entries: impl IntoIterator<Item = Value>) -> u64 {
        let changes = prepared(entries.into_iter().map(Change::Put));
        self.shared.change(|it| it.restart(true, changes))
    }

    /// Does this wrong from now on, in place of any other fault.
    pub fn fail(&self, fault: Fault) {
        self.shared.fail(Some(fault), None);
    }

    /// Does this wrong in the next answers, so many of them, and is well again. Counted are the
    /// answers with the fault in them, or the connections that are refused.
    pub fn fail_next(&self, answers: usize, fault: Fault) {
        self.shared.fail((answers > 0).then_some(fault), Some(answers));
    }

    /// Does nothing wrong any more. Answers that have begun are not made good.
    pub fn heal(&self) {
        self.shared.fail(None, None);
    }

    /// Returns how many requests have come, those included that were not yet answered or never.
    pub fn requests(&self) -> usize {
        self.shared.polls.borrow().requests
    }

    /// Returns how many long polls are being held.
    pub fn held(&self) -> usize {
        self.shared.polls.borrow().held
    }

    /// Returns every answer so far, in the order in which they were sent. An answer is here before
    /// its client has read the last byte.
    pub fn journal(&self) -> Vec<Answer> {
        self.shared.state().journal.clone()
    }

    /// Forgets the answers so far.
    pub fn forget(&self) {
        self.shared.state().journal.clear();
    }

    /// Returns when the last byte was sent of the last answer with exactly this version, be it a
    /// page or a file, that a client may take.
    pub fn last_answer_with_version(&self, version: u64) -> Option<Instant> {
        let state = self.shared.state();
        let answer = state.journal.iter().rev().find(|it| it.version == Some(version))?;
        Some(answer.at)
    }

    /// Waits for a request that comes after this call.
    pub fn wait_for_poll(&self) -> impl Future<Output = ()> + Send + use<> {
        let before = self.requests();
        self.wait(move |it| it.requests > before)
    }

    /// Waits until a long poll is being held, which may be now.
    pub fn wait_until_held(&self) -> impl Future<Output = ()> + Send + use<> {
        self.wait(|it| it.held > 0)
    }

    fn wait<F>(&self, seen: F) -> impl Future<Output = ()> + Send + use<F>
    where
        F: Fn(&Polls) -> bool + Send,
    {
        let mut polls = self.shared.polls.subscribe();
        async move {
            // A feed that has stopped ends the wait too.
            let _ = polls.wait_for(seen).await;
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn prepared(changes: impl IntoIterator<Item = Change>) -> Vec<Prepared> {
    changes.into_iter().map(Prepared::from).collect()
}
