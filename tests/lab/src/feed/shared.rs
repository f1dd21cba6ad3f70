//! What a feed and its connections share.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use super::content::Content;
use super::fault::Fault;
use super::journal::{Answer, Kind};
use super::poll::{Asked, Poll};
use super::reply::Reply;

/// All of it.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told of every change of content or fault.
    pub(super) turn: watch::Sender<Turn>,
    /// Told of every request.
    pub(super) polls: watch::Sender<Polls>,
}

/// Numbers that tell one moment from another.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Turn {
    changes: u64,
    /// How often all open connections were cut.
    pub(super) cuts: u64,
}

/// Counts of requests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Polls {
    /// How many have come.
    pub(super) requests: usize,
    /// How many of them are being held until something changes.
    pub(super) held: usize,
}

/// What a lock is needed for.
pub(super) struct State {
    /// Copied on write, so that a replica can fall behind.
    pub(super) content: Arc<Content>,
    pub(super) journal: Vec<Answer>,
    active: Option<Active>,
}

/// The fault of the moment.
struct Active {
    fault: Fault,
    /// How many answers are still to be spoiled, if it ends by itself.
    left: Option<usize>,
    /// What a lagging replica holds.
    snapshot: Arc<Content>,
    /// Whether the next answer comes from there.
    lags: bool,
    /// The page that has to come twice.
    again: Option<Reply>,
}

impl Shared {
    pub(super) fn new(content: Arc<Content>) -> Self {
        let state = Mutex::new(State { content, journal: Vec::new(), active: None });
        Self { state, turn: watch::Sender::default(), polls: watch::Sender::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with the state")
    }

    /// Changes the content, and tells those who wait for that.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Content) -> T) -> T {
        let result = change(Arc::make_mut(&mut self.state().content));
        self.turn.send_modify(|it| it.changes += 1);
        result
    }

    /// Sets or ends a fault, and tells those who wait.
    pub(super) fn fail(&self, fault: Option<Fault>, left: Option<usize>) {
        let cuts = u64::from(fault == Some(Fault::Refuse));
        let mut state = self.state();
        let snapshot = Arc::clone(&state.content);
        state.active = fault.map(|fault| Active { fault, left, snapshot, lags: true, again: None });
        drop(state);
        self.turn.send_modify(|it| {
            it.changes += 1;
            it.cuts += cuts;
        });
    }

    /// Says whether a connection is to be closed that has just been accepted.
    pub(super) fn refuses(&self) -> bool {
        let mut state = self.state();
        let refuses = state.active.as_ref().is_some_and(|it| it.fault == Fault::Refuse);
        if refuses {
            state.spoil();
        }
        refuses
    }

    /// Answers, with the fault in the answer. Nothing if a long poll that is not yet over has
    /// nothing to be told.
    pub(super) fn answer(&self, poll: &Poll, over: bool) -> Option<(Reply, Option<Fault>)> {
        let mut state = self.state();
        let State { content, active, .. } = &mut *state;
        let Some(active) = active else {
            let reply = Reply::new(content, poll, None);
            return (over || reply.kind != Kind::Nothing).then_some((reply, None));
        };

        let fault = active.fault.clone();
        let (mut reply, spoiled) = match fault {
            Fault::DuplicatePages => match active.again.take_if(|it| poll.follows(it)) {
                Some(page) => (page, true),
                None => {
                    let reply = Reply::new(content, poll, None);
                    if reply.cursor.is_some() {
                        active.again = Some(reply.clone());
                    }
                    (reply, false)
                }
            },
            Fault::LaggingReplica if active.lags => {
                (Reply::new(&active.snapshot, &poll.afresh(), None), true)
            }
            Fault::LaggingReplica => (Reply::new(content, poll, None), false),
            _ => {
                let reply = Reply::new(content, poll, Some(&fault));
                let spoiled = !matches!(fault, Fault::Poisoned(_)) || reply.status == 200;
                (reply, spoiled)
            }
        };
        if reply.kind == Kind::Nothing && !over && !fault.forces() {
            return None;
        }
        active.lags = !active.lags;
        if !spoiled {
            return Some((reply, None));
        }
        if fault.forces() && fault != Fault::Loop {
            reply.version = None;
        }
        // Connections count there, and they have.
        if fault != Fault::Refuse {
            state.spoil();
        }
        Some((reply, Some(fault)))
    }

    /// Counts a request that is held, until the returned value is dropped.
    pub(super) fn hold(&self) -> Held<'_> {
        self.polls.send_modify(|it| it.held += 1);
        Held(self)
    }
}

impl State {
    /// Counts a spoiled answer.
    fn spoil(&mut self) {
        if let Some(Active { left: Some(left), .. }) = &mut self.active {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.active = None;
            }
        }
    }
}

impl Poll {
    /// Says whether this asks for what follows that page.
    fn follows(&self, page: &Reply) -> bool {
        match &self.asked {
            Asked::Changes { after, .. } => after.is_some() && *after == page.cursor,
            _ => false,
        }
    }

    /// The same from the beginning, from somebody who has nothing yet.
    fn afresh(&self) -> Self {
        let mut poll = self.clone();
        poll.headers.retain(|(name, _)| name != "if-none-match");
        if let Asked::Changes { after, .. } = &mut poll.asked {
            *after = None;
        }
        poll
    }
}

/// A request that is held.
pub(super) struct Held<'a>(&'a Shared);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.polls.send_modify(|it| it.held -= 1);
    }
}
