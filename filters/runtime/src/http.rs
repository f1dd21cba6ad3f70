//! The HTTP filter's contexts.

use std::rc::Rc;
use std::time::Duration;

use peergate::{Policy, Unreadable, internal_refusal};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::followers::Followers;
use crate::gate::{Gate, Passage, answer};
use crate::host::{self, Level};
use crate::pace::Pace;

/// One plugin configuration in one VM.
#[derive(Default)]
pub(crate) struct Root {
    gate: Option<Rc<Gate>>,
    followers: Option<Rc<Followers>>,
    pace: Rc<Pace>,
    /// When the expiry watch looks again: nanoseconds of the monotonic clock.
    watches_at: u64,
}

impl Root {
    /// Keeps the dynamic lists, and looks at them.
    fn go_on(&mut self) {
        let Some(gate) = self.gate.clone() else {
            return;
        };
        let follow = self.followers.as_ref().and_then(|followers| followers.tick());
        let is_due = host::monotonic().is_ok_and(|now| {
            let is_due = now >= self.watches_at;
            if is_due {
                self.watches_at = now.saturating_add(WATCH);
            }
            is_due
        });
        // Without dynamic lists the watch is all that there is to call for.
        if is_due || follow.is_none() {
            gate.watch();
        }
        let pause = follow.map(|follow| {
            let look = gate.look();
            gate.show();
            // Streams were entered; what comes now is the plugin's own again.
            let _ = host::leave_context();
            follow.min(look)
        });
        self.pace.set(pause.unwrap_or(TICK));
    }
}

impl Drop for Root {
    /// Another policy has taken its place, and its last stream has ended.
    fn drop(&mut self) {
        if let Some(followers) = &self.followers {
            followers.stop();
        }
    }
}

impl Context for Root {}

impl RootContext for Root {
    /// Depends on the configuration alone: a worker that failed where the others did not would be left
    /// without a filter by Envoy.
    fn on_configure(&mut self, _size: usize) -> bool {
        let configuration = host::configuration();
        match Policy::read(&configuration) {
            Ok(policy) => {
                for problem in policy.skipped().iter() {
                    host::log(Level::Error, &format!("skipped entry: {problem}"));
                }
                let has_lists = policy.dynamic_lists().next().is_some();
                self.followers = Some(Followers::new(policy.dynamic_lists(), false, &self.pace));
                self.gate = Some(Rc::new(Gate::new(policy, &configuration)));
                self.pace.set(if has_lists { FIRST_LOOK } else { FIRST_TICK });
                true
            }
            Err(problems) => {
                for problem in problems.iter() {
                    host::log(Level::Error, &format!("invalid policy: {problem}"));
                }
                false
            }
        }
    }

    fn on_tick(&mut self) {
        self.go_on();
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { id, gate: self.gate.clone() }))
    }
}

/// One request.
struct Stream {
    id: u32,
    /// The policy of the configuration that the stream began under; `None` refuses.
    gate: Option<Rc<Gate>>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(gate) = &self.gate {
            gate.forget(self.id);
        }
    }
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        match self.gate.as_ref().map(|gate| gate.judge(self.id)) {
            Some(Passage::Open) => Action::Continue,
            Some(Passage::Held) => Action::Pause,
            Some(Passage::Shut(reply)) => refuse(reply.as_ref()),
            None => refuse(internal_refusal().as_ref()),
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        match self.gate.as_ref().ok_or(Unreadable).and_then(|gate| gate.clear_trailers()) {
            Ok(()) => Action::Continue,
            Err(Unreadable) => {
                // It ends by this, and must not be ended a second time before the host says that it has.
                if let Some(gate) = &self.gate {
                    gate.forget(self.id);
                }
                refuse(internal_refusal().as_ref())
            }
        }
    }
}

/// The one way to refuse: answer, and stop.
fn refuse(reply: Option<&peergate::Reply>) -> Action {
    answer(reply);
    Action::Pause
}

/// Until the first tick.
const FIRST_TICK: Duration = Duration::from_secs(1);

/// The same where there are dynamic lists: soon, but not before the sync service, which is there first.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// From then on, where nothing else is to be done.
const TICK: Duration = Duration::from_secs(30);

/// Nanoseconds from one look of the expiry watch to the next.
const WATCH: u64 = 30_000_000_000;
