//! The followers of a configuration's dynamic lists, and the host as the world they live in.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use peergate::Unreadable;
use peergate::dynamic::{DynamicList, Store};
use peergate::feed::{Request, Response};
use peergate::follower::{Event, Follower, Outside};

use crate::host::{self, Caller, Level};
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::pairs;
use crate::shared::Shared;

/// The followers of one root context.
pub(crate) struct Followers {
    followers: RefCell<Vec<Follower>>,
    world: World,
    pace: Rc<Pace>,
    /// The longest callback so far, in microseconds.
    longest: Cell<u64>,
}

/// The host, and what goes with it.
struct World {
    metrics: Metrics,
    /// Who makes the calls.
    caller: Weak<Followers>,
}

impl Followers {
    /// Followers of these lists, none of which has looked yet. Those of the sync service go before those of
    /// the HTTP filter.
    pub(crate) fn new<'l>(
        lists: impl IntoIterator<Item = &'l Arc<DynamicList>>,
        is_service: bool,
        pace: &Rc<Pace>,
    ) -> Rc<Self> {
        let follower = |list: &Arc<DynamicList>| Follower::new(Arc::clone(list), is_service);
        let followers: Vec<Follower> = lists.into_iter().map(follower).collect();
        Rc::new_cyclic(|caller| Self {
            followers: RefCell::new(followers),
            world: World { metrics: Metrics::default(), caller: Weak::clone(caller) },
            longest: Cell::default(),
            pace: Rc::clone(pace),
        })
    }

    /// Does what is due. Returns when to call again; `None` if there is nothing to follow.
    pub(crate) fn tick(&self) -> Option<Duration> {
        let mut followers = self.followers.try_borrow_mut().ok()?;
        let begun = host::monotonic();
        let pause = followers.iter_mut().map(|follower| follower.tick(&self.world)).min();
        self.show_length(&followers, begun);
        pause
    }

    /// Leaves the lists to others.
    pub(crate) fn stop(&self) {
        if let Ok(mut followers) = self.followers.try_borrow_mut() {
            followers.iter_mut().for_each(|follower| follower.stop(&self.world));
        }
    }
}

impl Followers {
    /// Shows how long a leader's callback was, if none was longer: nothing else happened on its thread.
    fn show_length(&self, followers: &[Follower], begun: Result<u64, Unreadable>) {
        let (Ok(begun), Ok(ended)) = (begun, host::monotonic()) else {
            return;
        };
        let length = ended.saturating_sub(begun) / MICROSECOND;
        if length > self.longest.get() && followers.iter().any(Follower::leads) {
            self.longest.set(length);
            self.world.metrics.record(LONGEST.to_owned(), length);
        }
    }
}

impl Caller for Followers {
    fn answered(&self, token: u32, size: Option<usize>) {
        // There are no headers to ask for where nobody answered.
        let bytes = size.and_then(|_| host::response_headers().ok()).unwrap_or_default();
        let pairs = pairs::parse(&bytes).unwrap_or_default();
        let field =
            |name: &[u8]| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
        let status = field(b":status").and_then(|value| std::str::from_utf8(value).ok());
        let response = Response {
            status: status.and_then(|text| text.parse().ok()),
            etag: field(b"etag"),
            body_bytes: size.unwrap_or_default(),
        };
        let begun = host::monotonic();
        let Ok(mut followers) = self.followers.try_borrow_mut() else {
            return;
        };
        let pause = followers.iter_mut().find_map(|follower| {
            follower.answered(&self.world, token, &response, host::response_body)
        });
        self.show_length(&followers, begun);
        drop(followers);
        if let Some(pause) = pause {
            self.pace.set_sooner(pause);
        }
    }
}

impl Store for World {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        Shared.get(key)
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        Shared.set(key, value, number)
    }
}

impl Outside for World {
    fn monotonic(&self) -> Result<u64, Unreadable> {
        host::monotonic()
    }

    fn random(&self) -> u64 {
        host::random()
    }

    fn call(&self, list: &DynamicList, request: &Request) -> Result<u32, Unreadable> {
        let feed = list.keeping().feeds.get(request.feed).ok_or(Unreadable)?;
        let mut headers = vec![
            (":method", "GET"),
            (":scheme", "http"),
            (":authority", &*feed.authority),
            (":path", &*request.path),
            ("accept", "application/json"),
            ("user-agent", "peergate"),
        ];
        if let Some(etag) = &request.if_none_match {
            headers.push(("if-none-match", etag));
        }
        let caller: Rc<dyn Caller> = self.caller.upgrade().ok_or(Unreadable)?;
        host::call(&feed.cluster, &headers, request.timeout, &caller)
    }

    fn tell(&self, list: &DynamicList, event: &Event) {
        if let Event::Polled(result) = event {
            self.metrics.count(format!("peergate.list.{}.poll.{result}", list.name()));
        }
        if event.is_told() {
            let level = if event.is_warning() { Level::Warning } else { Level::Info };
            let name = list.name();
            host::log(level, &format!(r#"{{"event":"peergate_list","list":"{name}",{event}}}"#));
        }
    }
}

const LONGEST: &str = "peergate.sync.longest_callback_microseconds";

/// Nanoseconds.
const MICROSECOND: u64 = 1_000;
