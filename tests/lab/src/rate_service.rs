//! A rate limit service, as Envoy's `ratelimit` filter asks one
//! (`envoy.service.ratelimit.v3.RateLimitService`).

mod message;
mod serve;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

pub use self::message::Question;

/// What is counted: keys with their values, in the order of the actions that made them.
pub type Descriptor = Vec<(String, String)>;

/// A service that lets each descriptor pass so often, and no more until it is dropped.
///
/// It speaks gRPC over HTTP/2 in the clear. A request is over the limit if one of its descriptors
/// is; each of them counts, also then. It runs in a thread of its own and needs no runtime around
/// it.
pub struct RateService {
    address: SocketAddr,
    counters: Arc<Mutex<Counters>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RateService {
    /// Starts on a free port, with this limit for every descriptor.
    pub fn start(limit: u32) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let counters = Arc::new(Mutex::new(Counters { limit, ..Counters::default() }));
        let (stop, stopped) = oneshot::channel();

        let served = Arc::clone(&counters);
        let thread = thread::Builder::new().name("rate service".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serve::accept(listener, served) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, counters, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns every question so far, in the order of their answers.
    pub fn asked(&self) -> Vec<Question> {
        self.counters().asked.clone()
    }

    /// Returns how often a descriptor was counted.
    pub fn count(&self, descriptor: &[(&str, &str)]) -> u32 {
        let descriptor: Descriptor =
            descriptor.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        self.counters().counts.get(&descriptor).copied().unwrap_or_default()
    }

    /// Forgets the questions and counts from nothing, under this limit.
    pub fn restart(&self, limit: u32) {
        *self.counters() = Counters { limit, ..Counters::default() };
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().expect("nobody panics with the counters")
    }
}

impl Drop for RateService {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Default)]
struct Counters {
    limit: u32,
    counts: HashMap<Descriptor, u32>,
    asked: Vec<Question>,
}

impl Counters {
    /// Counts a question. Says of each of its descriptors whether it is over the limit.
    fn count(&mut self, question: Question) -> Vec<bool> {
        let over = question.descriptors.iter().map(|descriptor| {
            let count = self.counts.entry(descriptor.clone()).or_default();
            *count = count.saturating_add(question.hits);
            *count > self.limit
        });
        let over = over.collect();
        self.asked.push(question);
        over
    }
}
