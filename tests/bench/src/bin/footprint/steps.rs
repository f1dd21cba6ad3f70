//! Steps, divided into requests and into the turns of Envoy and the filter.

use std::mem::take;

use crate::maps::Side;
use crate::request::{Request, Segment, Touched};

/// What the thread is about to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    /// Where its next instruction lies.
    pub(crate) address: u64,
    /// Whose that is.
    pub(crate) side: Side,
    /// The system call that it makes, if it is one that tells something.
    pub(crate) call: Option<Call>,
}

/// A system call that tells something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Call {
    /// It waits for events: there is nothing else to do.
    Wait,
    /// It sends to a connection.
    Send,
}

/// The steps of one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    phase: Phase,
    /// Where the one before lay.
    last: Option<u64>,
    envoy: Touched,
    filter: Touched,
    segments: Vec<Segment>,
    /// The turn that is not over yet.
    turn: Option<(Side, Touched)>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Phase {
    #[default]
    Early,
    Begun,
    Answered,
}

impl Steps {
    /// Adds a step. A request begins where the worker waits, and is over when it has sent an answer and waits
    /// again; then this returns it.
    pub(crate) fn add(&mut self, step: Step) -> Option<Request> {
        if self.have_begun() {
            self.count(step);
        }
        match (self.phase, step.call) {
            (Phase::Early, Some(Call::Wait)) => self.phase = Phase::Begun,
            (Phase::Begun, Some(Call::Send)) => self.phase = Phase::Answered,
            (Phase::Answered, Some(Call::Wait)) => return Some(self.end()),
            _ => {}
        }
        None
    }

    /// Whether the worker is where a request begins, or beyond.
    pub(crate) fn have_begun(&self) -> bool {
        self.phase != Phase::Early
    }

    /// Counts an instruction. One that repeats itself (`rep movsb`) is stepped once for each time.
    fn count(&mut self, Step { address, side, .. }: Step) {
        if self.last.replace(address) == Some(address) {
            return;
        }
        match side {
            Side::Envoy => self.envoy.add(address),
            Side::Filter => self.filter.add(address),
        }
        if self.turn.as_ref().is_none_or(|(whose, _)| *whose != side) {
            self.end_turn();
            self.turn = Some((side, Touched::default()));
        }
        if let Some((_, touched)) = &mut self.turn {
            touched.add(address);
        }
    }

    fn end(&mut self) -> Request {
        self.end_turn();
        let over = take(self);
        let [envoy, filter] = [over.envoy, over.filter].map(|it| it.figures());
        Request { envoy, filter, segments: over.segments }
    }

    fn end_turn(&mut self) {
        if let Some((side, touched)) = self.turn.take() {
            self.segments.push(Segment { side, figures: touched.figures() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Figures;

    fn envoy(address: u64) -> Step {
        Step { address, side: Side::Envoy, call: None }
    }

    fn filter(address: u64) -> Step {
        Step { address, side: Side::Filter, call: None }
    }

    /// The request of these steps, which must end with the last.
    fn request(all: &[Step]) -> Request {
        let mut steps = Steps::default();
        let (last, others) = all.split_last().unwrap();
        assert!(others.iter().all(|step| steps.add(*step).is_none()));
        steps.add(*last).unwrap()
    }

    const WAIT: Step = Step { address: 8192, side: Side::Envoy, call: Some(Call::Wait) };

    const SEND: Step = Step { address: 8196, side: Side::Envoy, call: Some(Call::Send) };

    #[test]
    fn a_request_lies_between_two_waits() {
        let request =
            request(&[envoy(1), WAIT, envoy(1), filter(2), envoy(3), SEND, envoy(4), WAIT]);
        assert_eq!(request.envoy, Figures { instructions: 5, lines: 2, pages: 2 });
        assert_eq!(request.filter, Figures { instructions: 1, lines: 1, pages: 1 });
        assert_eq!(request.instructions(), 6);
    }

    #[test]
    fn it_is_not_over_before_an_answer() {
        let request = request(&[SEND, WAIT, envoy(1), WAIT, envoy(2), SEND, envoy(3), SEND, WAIT]);
        assert_eq!(request.envoy.instructions, 7);
    }

    #[test]
    fn steps_begin_where_the_worker_waits() {
        let mut steps = Steps::default();
        for step in [envoy(1), SEND] {
            assert_eq!((steps.add(step), steps.have_begun()), (None, false));
        }
        assert_eq!((steps.add(WAIT), steps.have_begun()), (None, true));
    }

    #[test]
    fn an_instruction_that_repeats_itself_counts_once() {
        let repeated = [envoy(1), envoy(1), envoy(1), envoy(2), envoy(1), SEND];
        let request = request(&[&[WAIT], &repeated[..], &[WAIT]].concat());
        assert_eq!(request.envoy.instructions, 5);
    }

    #[test]
    fn segments_are_turns() {
        let filtered = [filter(4096), filter(4160), envoy(1), filter(4096)];
        let request = request(&[&[WAIT, envoy(1)], &filtered[..], &[SEND, WAIT]].concat());
        let turns = request.segments.iter();
        let turns: Vec<_> = turns.map(|it| (it.side, it.figures.instructions)).collect();
        let [envoy, filter] = [Side::Envoy, Side::Filter];
        assert_eq!(turns, [(envoy, 1), (filter, 2), (envoy, 1), (filter, 1), (envoy, 2)]);
        assert_eq!(request.segments[1].figures.lines, 2);
    }
}
