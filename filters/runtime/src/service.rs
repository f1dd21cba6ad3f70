//! The sync service: fills dynamic lists on Envoy's main thread, where no request waits for it.

use std::rc::Rc;
use std::time::Duration;

use peergate::dynamic::DynamicList;

use crate::contexts::Plugin;
use crate::followers::Followers;
use crate::host::{self, Level};
use crate::pace::Pace;

/// One service configuration in one VM.
#[derive(Default)]
pub(crate) struct Service {
    followers: Option<Rc<Followers>>,
    pace: Rc<Pace>,
}

impl Plugin for Service {
    fn configure(&mut self) -> bool {
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

    fn tick(&mut self) {
        if let Some(pause) = self.followers.as_ref().and_then(|followers| followers.tick()) {
            self.pace.set(pause);
        }
    }

    fn stop(&mut self) {
        if let Some(followers) = &self.followers {
            followers.stop();
        }
    }
}
