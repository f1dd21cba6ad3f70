//! A plugin that is driven by hand, on a thread of its own if there are more of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use peergate_mock::{
    Answer, CallResponse, Fault, Filter, HttpCall, Log, OpenStream, Request, Service, SharedData,
    Tick,
};
use serde_json::Value;

use super::{by, page, policy};
use crate::{NOW, load};

/// The time of one test, which passes when it says so: nanoseconds of every worker's monotonic clock.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_000_000_000_000)))
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_nanos().try_into().unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// What filter and service have in common.
pub(crate) trait Plugin {
    fn tick_with(&self, faults: Vec<Fault>) -> Tick;
    fn answer_with(&self, token: u32, response: CallResponse, faults: Vec<Fault>) -> Tick;
    fn pending(&self) -> Vec<HttpCall>;
    fn set_monotonic(&self, time: Duration);
    fn period(&self) -> Duration;
    fn told(&self) -> Vec<Log>;
    fn metric(&self, name: &str) -> u64;
}

macro_rules! plugin {
    ($kind:ty) => {
        impl Plugin for $kind {
            fn tick_with(&self, faults: Vec<Fault>) -> Tick {
                self.tick_with(NOW, faults).unwrap()
            }

            fn answer_with(&self, token: u32, response: CallResponse, faults: Vec<Fault>) -> Tick {
                self.answer_call_with(token, response, NOW, faults).unwrap()
            }

            fn pending(&self) -> Vec<HttpCall> {
                self.pending_calls()
            }

            fn set_monotonic(&self, time: Duration) {
                self.set_monotonic(time);
            }

            fn period(&self) -> Duration {
                self.tick_period().unwrap_or_default()
            }

            fn told(&self) -> Vec<Log> {
                self.logs()
            }

            fn metric(&self, name: &str) -> u64 {
                self.metric(name)
            }
        }
    };
}

plugin!(Filter);
plugin!(Service);

/// A plugin at work, on this thread.
pub(crate) struct Running<P> {
    pub(crate) plugin: P,
    pub(crate) clock: Clock,
}

impl Running<Filter> {
    pub(crate) fn filter(policy: &Value, clock: &Clock) -> Self {
        Self { plugin: load(policy), clock: clock.clone() }
    }

    /// A filter with a clock of its own, under [`policy`].
    pub(crate) fn alone() -> Self {
        Self::filter(&policy(), &Clock::new())
    }

    /// The same once the feed has answered with these changes.
    pub(crate) fn loaded(policy: &Value, changes: impl IntoIterator<Item = Value>) -> Self {
        let running = Self::filter(policy, &Clock::new());
        running.tick();
        running.answer(page(1, changes));
        running.tick();
        running
    }

    pub(crate) fn send(&self, request: &Request) -> Answer {
        self.set_clock();
        self.plugin.send(request).unwrap()
    }

    pub(crate) fn open(&self, request: &Request) -> OpenStream<'_> {
        self.set_clock();
        self.plugin.open(request).unwrap()
    }

    /// Why a client's request passes or not.
    pub(crate) fn reason(&self, fingerprint: &str) -> String {
        self.send(&by(fingerprint)).reason().to_owned()
    }
}

impl Running<Service> {
    pub(crate) fn service(lists: &Value, clock: &Clock) -> Self {
        let plugin = Service::load(&lists.to_string()).unwrap();
        Self { plugin, clock: clock.clone() }
    }
}

impl<P: Plugin> Running<P> {
    pub(crate) fn tick(&self) -> Tick {
        self.tick_with([])
    }

    pub(crate) fn tick_with(&self, faults: impl IntoIterator<Item = Fault>) -> Tick {
        self.set_clock();
        self.plugin.tick_with(faults.into_iter().collect())
    }

    /// Lets time pass, with ticks as the plugin wants them.
    pub(crate) fn run(&self, time: Duration) {
        let end = self.clock.now() + time;
        while self.clock.now() < end {
            self.clock.pass(self.plugin.period().min(end - self.clock.now()));
            self.tick();
        }
    }

    /// The call that waits for its answer.
    pub(crate) fn call(&self) -> HttpCall {
        let mut calls = self.plugin.pending();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    /// Answers the call that waits.
    pub(crate) fn answer(&self, response: CallResponse) -> Tick {
        self.answer_with(response, [])
    }

    pub(crate) fn answer_with(
        &self,
        response: CallResponse,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Tick {
        self.set_clock();
        let token = self.call().token;
        self.plugin.answer_with(token, response, faults.into_iter().collect())
    }

    /// Waits until it is time for the next poll, and answers that.
    pub(crate) fn poll(&self, response: CallResponse) -> Tick {
        self.await_call();
        self.answer(response)
    }

    /// Waits until the plugin calls the feed.
    pub(crate) fn await_call(&self) {
        for _ in 0..2000 {
            if !self.plugin.pending().is_empty() {
                return;
            }
            self.clock.pass(Duration::from_millis(100));
            self.tick();
        }
        panic!("it calls nobody");
    }

    pub(crate) fn gauge(&self, name: &str) -> u64 {
        self.plugin.metric(&format!("peergate.list.registered.{name}"))
    }

    /// The states that were logged of the list so far, with the rest of each line.
    pub(crate) fn states(&self) -> Vec<String> {
        states(&self.plugin.told())
    }

    pub(crate) fn set_clock(&self) {
        self.plugin.set_monotonic(self.clock.now());
    }
}

/// What log lines say of the list.
pub(crate) fn states(logs: &[Log]) -> Vec<String> {
    let state = |log: &Log| {
        log.message
            .strip_prefix(r#"{"event":"peergate_list","list":"registered","state":"#)
            .map(|state| state.trim_end_matches('}').to_owned())
    };
    logs.iter().filter_map(state).collect()
}

/// A worker: a thread of its own with a plugin, which does what it is told.
pub(crate) struct Worker<P> {
    pub(crate) jobs: mpsc::Sender<Job<P>>,
    thread: thread::JoinHandle<()>,
}

pub(crate) type Job<P> = Box<dyn FnOnce(&Running<P>) + Send>;

impl<P: Plugin + 'static> Worker<P> {
    pub(crate) fn start(
        shared: &SharedData,
        load: impl FnOnce() -> Running<P> + Send + 'static,
    ) -> Self {
        let shared = shared.clone();
        let (jobs, todo) = mpsc::channel::<Job<P>>();
        let thread = thread::spawn(move || {
            shared.join();
            let running = load();
            while let Ok(job) = todo.recv() {
                job(&running);
            }
        });
        Self { jobs, thread }
    }

    /// Has it do something, and waits for what comes of it.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Running<P>) -> T + Send + 'static,
    ) -> T {
        let (done, result) = mpsc::channel();
        self.jobs.send(Box::new(move |running| done.send(act(running)).unwrap())).unwrap();
        result.recv().unwrap()
    }

    /// Ends it, and its plugin.
    pub(crate) fn stop(self) {
        drop(self.jobs);
        self.thread.join().unwrap();
    }
}

/// A filter on a worker of its own.
pub(crate) fn worker(shared: &SharedData, policy: &Value, clock: &Clock) -> Worker<Filter> {
    let (policy, clock) = (policy.clone(), clock.clone());
    Worker::start(shared, move || Running::filter(&policy, &clock))
}
