//! The HTTP filter's contexts.

use std::rc::Rc;

use peergate::{Policy, Unreadable, internal_refusal};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::gate::{Gate, Passage};
use crate::host::{self, Level};

/// One plugin configuration in one VM.
#[derive(Default)]
pub(crate) struct Root {
    gate: Option<Rc<Gate>>,
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
                self.gate = Some(Rc::new(Gate::new(policy, &configuration)));
                host::set_tick_period(FIRST_TICK);
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
        if let Some(gate) = &self.gate {
            host::set_tick_period(TICK);
            gate.watch();
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { gate: self.gate.clone() }))
    }
}

/// One request.
struct Stream {
    /// The policy of the configuration that the stream began under; `None` refuses.
    gate: Option<Rc<Gate>>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        match self.gate.as_ref().map(|gate| gate.judge()) {
            Some(Passage::Open) => Action::Continue,
            Some(Passage::Shut(reply)) => refuse(reply.as_ref()),
            None => refuse(internal_refusal().as_ref()),
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        match self.gate.as_ref().ok_or(Unreadable).and_then(|gate| gate.clear_trailers()) {
            Ok(()) => Action::Continue,
            Err(Unreadable) => refuse(internal_refusal().as_ref()),
        }
    }
}

/// The one way to refuse: answer, and stop. Should the answer fail, the stream stays paused and ends by
/// Envoy's own time limit, unanswered but refused.
fn refuse(reply: Option<&peergate::Reply>) -> Action {
    if reply.is_none_or(|reply| host::reply(reply).is_err()) {
        host::log(Level::Error, "a refusal could not be sent");
    }
    Action::Pause
}

/// Milliseconds until the expiry watch looks for the first time.
const FIRST_TICK: u32 = 1_000;

/// Milliseconds from then on.
const TICK: u32 = 30_000;
