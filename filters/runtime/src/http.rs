//! The HTTP filter: its plugins, and what becomes of their streams.

use std::rc::Rc;
use std::time::Duration;

use peergate::{Policy, Unreadable, internal_refusal};

use crate::contexts::{Action, Judge, Plugin};
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

impl Plugin for Root {
    /// Depends on the configuration alone: a worker that failed where the others did not would be left
    /// without a filter by Envoy.
    fn configure(&mut self) -> bool {
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

    fn tick(&mut self) {
        self.go_on();
    }

    fn judge(&self) -> Option<Rc<dyn Judge>> {
        Some(self.gate.clone()?)
    }
}

impl Judge for Gate {
    fn headers(&self, stream: u32) -> Action {
        match self.judge(stream) {
            Passage::Open => Action::Continue,
            Passage::Held => Action::Pause,
            Passage::Shut(reply) => {
                answer(reply.as_ref());
                Action::Pause
            }
        }
    }

    fn trailers(&self, stream: u32) -> Action {
        match self.clear_trailers() {
            Ok(()) => Action::Continue,
            Err(Unreadable) => {
                // It ends by this, and must not be ended a second time before the host says that it has.
                self.forget(stream);
                refuse()
            }
        }
    }

    fn forget(&self, stream: u32) {
        self.forget(stream);
    }
}

/// Refuses the current stream because something is wrong that its client has no part in.
pub(crate) fn refuse() -> Action {
    answer(internal_refusal().as_ref());
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
