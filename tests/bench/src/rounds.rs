//! What the turns of all rounds came to.

use peergate_bench::request::Shape;
use peergate_bench::spread::Spread;

use crate::load::Turn;

/// What a request cost in one turn, in microseconds of the Envoy process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// In the process itself.
    pub(crate) user: f64,
    /// In the kernel on its behalf.
    pub(crate) system: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Half of all answers took no longer, in microseconds.
    pub(crate) p50: f64,
    /// Ninety-nine of a hundred took no longer, in microseconds.
    pub(crate) p99: f64,
    /// How much of its core Envoy used.
    pub(crate) busy: f64,
    /// How much of Envoy's core others used.
    pub(crate) others: f64,
}

impl Sample {
    /// In the process and in the kernel.
    pub(crate) fn all(&self) -> f64 {
        self.user + self.system
    }
}

impl From<&Turn> for Sample {
    fn from(turn: &Turn) -> Self {
        let each = |spent: std::time::Duration| spent.as_secs_f64() * 1e6 / turn.requests as f64;
        Self {
            user: each(turn.spent.user),
            system: each(turn.spent.system),
            rate: turn.requests as f64 / turn.spent.elapsed.as_secs_f64(),
            p50: turn.latencies.percentile(0.5),
            p99: turn.latencies.percentile(0.99),
            busy: turn.spent.busy(),
            others: turn.spent.others(),
        }
    }
}

/// What one variant came to with one shape of requests, round by round.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// The variant.
    pub(crate) name: String,
    /// The shape.
    pub(crate) shape: Shape,
    /// One sample a round.
    pub(crate) samples: Vec<Sample>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    /// In the order in which they took their first turns.
    pub(crate) all: Vec<Series>,
    resident: Vec<(String, u64)>,
}

impl Rounds {
    /// Adds one turn.
    pub(crate) fn add(&mut self, name: &str, shape: Shape, turn: &Turn) {
        self.push(name, shape, turn.into());
    }

    pub(crate) fn push(&mut self, name: &str, shape: Shape, sample: Sample) {
        match self.all.iter_mut().find(|it| it.name == name && it.shape == shape) {
            Some(series) => series.samples.push(sample),
            None => self.all.push(Series { name: name.to_owned(), shape, samples: vec![sample] }),
        }
    }

    /// Keeps a variant's resident memory, in bytes.
    pub(crate) fn remember(&mut self, name: &str, bytes: u64) {
        self.resident.push((name.to_owned(), bytes));
    }

    /// A variant's resident memory after the last round, in bytes.
    pub(crate) fn resident(&self, name: &str) -> Option<u64> {
        self.resident.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    /// What a variant came to with a shape of requests.
    pub(crate) fn series(&self, name: &str, shape: Shape) -> Option<&Series> {
        self.all.iter().find(|it| it.name == name && it.shape == shape)
    }

    /// A figure of each round less that of `no filter` in the same round, with the same shape.
    pub(crate) fn above(&self, name: &str, shape: Shape, of: fn(&Sample) -> f64) -> Vec<f64> {
        let none = self.series(NONE, shape).map_or(&[][..], |it| &it.samples);
        let own = self.series(name, shape).map_or(&[][..], |it| &it.samples);
        own.iter().zip(none).map(|(own, none)| of(own) - of(none)).collect()
    }
}

impl Series {
    /// A figure over all rounds.
    pub(crate) fn spread(&self, of: fn(&Sample) -> f64) -> Option<Spread> {
        Spread::of(self.samples.iter().map(of))
    }
}

/// What the others are compared with.
pub(crate) const NONE: &str = "no filter";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn a_figure_is_compared_within_its_round() {
        let mut rounds = Rounds::default();
        for (none, own) in [(10.0, 12.0), (20.0, 23.0)] {
            rounds.push(NONE, Shape::FIRST, sample(none));
            rounds.push("other", Shape::FIRST, sample(own));
        }
        assert_eq!(rounds.above("other", Shape::FIRST, |it| it.user), [2.0, 3.0]);
        assert!(rounds.above("other", Shape::ALL[1], |it| it.user).is_empty());
    }

    pub(crate) fn sample(user: f64) -> Sample {
        Sample { user, system: 1.0, rate: 1.0, p50: 1.0, p99: 1.0, busy: 1.0, others: 0.0 }
    }
}
