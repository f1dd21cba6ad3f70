//! The sync service: fills dynamic lists on Envoy's main thread, where no request waits for it.

use std::rc::Rc;
use std::time::Duration;

use peergate::dynamic::DynamicList;
use proxy_wasm::traits::{Context, RootContext};

use crate::followers::Followers;
use crate::host::{self, Level};
use crate::pace::Pace;

/// One service configuration in one VM.
#[derive(Default)]
pub(crate) struct Service {
    followers: Option<Rc<Followers>>,
    pace: Rc<Pace>,
}

impl Context for Service {
    fn on_done(&mut self) -> bool {
        if let Some(followers) = &self.followers {
            followers.stop();
        }
        true
    }
}

impl RootContext for Service {
    fn on_configure(&mut self, _size: usize) -> bool {
        match DynamicList::read_all(&host::configuration()) {
            Ok(lists) => {
                self.followers = Some(Followers::new(&lists, true, &self.pace));
                // As soon as a timer can: before a worker takes the lists on.
                self.pace.set(Duration::ZERO);
                true
            }
            Err(problems) => {
                for problem in problems.iter() {
                    host::log(Level::Error, &format!("invalid lists: {problem}"));
                }
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(pause) = self.followers.as_ref().and_then(|followers| followers.tick()) {
            self.pace.set(pause);
        }
    }
}
