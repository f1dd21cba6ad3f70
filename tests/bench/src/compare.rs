//! What the figures are to show, pair by pair within a round.

use peergate_bench::request::{Protocol, Shape};
use peergate_bench::spread::Spread;
use peergate_bench::variant::{Transport, Variant};

use crate::rounds::Rounds;

/// A comparison of two variants or more.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    /// What is compared.
    pub(crate) what: String,
    /// The requests.
    pub(crate) shape: Shape,
    /// What comes of it.
    pub(crate) spread: Spread,
    /// What it is counted in.
    pub(crate) unit: Unit,
    /// What the median may not exceed.
    pub(crate) most: Option<f64>,
}

/// What a comparison is counted in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    /// Times the other's user time above no filter.
    Times,
    /// Microseconds of user time a request.
    Microseconds,
}

impl Comparison {
    /// Whether the bound is kept; nothing without one.
    pub(crate) fn is_kept(&self) -> Option<bool> {
        self.most.map(|most| self.spread.median <= most)
    }
}

/// All comparisons of variants that were measured.
pub(crate) fn all(rounds: &Rounds) -> Vec<Comparison> {
    let mut found = Vec::new();
    let own = Variant::PEERGATE;
    for shape in Shape::ALL {
        for (other, most) in [
            (Variant::Floor, (shape.protocol == Protocol::H1).then_some(1.4)),
            (Variant::Lua, (shape == Shape::FIRST).then_some(1.6)),
            (Variant::Rbac { principals: 25 }, (shape == Shape::FIRST).then_some(1.0)),
            (Variant::Rbac { principals: 100 }, None),
            (Variant::ExtAuthz(Transport::Http), (shape == Shape::FIRST).then_some(0.25)),
            (Variant::ExtAuthz(Transport::Grpc), None),
            (Variant::Empty, None),
        ] {
            found.extend(ratio(rounds, own, other, shape, most));
        }
    }
    for pair in differences() {
        let shapes = Shape::ALL.into_iter();
        found.extend(shapes.filter_map(|shape| difference(rounds, &pair, shape)));
    }
    found
}

/// What some variants cost together, less what as many others do.
struct Difference {
    what: String,
    plus: Vec<String>,
    minus: Vec<String>,
    /// With the first shape.
    most: Option<f64>,
}

fn differences() -> Vec<Difference> {
    let own = Variant::PEERGATE;
    let dynamic = |entries| Variant::Dynamic { entries };
    let pinned = |pins| Variant::Pinned { pins };
    let pair = |what: &str, plus: Variant, minus: Variant, most| Difference {
        what: what.to_owned(),
        plus: vec![plus.name()],
        minus: vec![minus.name()],
        most,
    };
    let guard = |it: Variant| Difference {
        what: format!("the guard: {}", it.name()),
        plus: vec![it.guarded()],
        minus: vec![it.name()],
        most: None,
    };
    let mut all = vec![
        pair("10,000 pins - 1 pin", pinned(10_000), own, None),
        pair("100,000 pins - 1 pin", pinned(100_000), own, Some(1.0)),
        pair("dynamic: 1,000,000 - 10 entries", dynamic(1_000_000), dynamic(10), Some(2.0)),
        pair("authority - 1 pin", Variant::Authority, own, None),
        pair("bound token - jwt_authn", Variant::Bound, Variant::Verified, None),
        // Allowed, and what Envoy's own refusal costs beside its own answer.
        Difference {
            what: "refused - (allowed + local reply)".to_owned(),
            plus: vec![Variant::Refused.name(), Variant::Rbac { principals: 1 }.name()],
            minus: vec![own.name(), Variant::RbacRefused.name()],
            most: Some(0.0),
        },
    ];
    all.extend(Variant::ALL.map(guard));
    all
}

fn ratio(
    rounds: &Rounds,
    one: Variant,
    other: Variant,
    shape: Shape,
    most: Option<f64>,
) -> Option<Comparison> {
    let above = |it: Variant| rounds.above(&it.name(), shape, |it| it.user);
    let pairs = above(one).into_iter().zip(above(other));
    let spread = Spread::of(pairs.map(|(one, other)| one / other))?;
    let what = format!("{} / {}", one.name(), other.name());
    Some(Comparison { what, shape, spread, unit: Unit::Times, most })
}

fn difference(rounds: &Rounds, pair: &Difference, shape: Shape) -> Option<Comparison> {
    let user = |it: &String| {
        let series = rounds.series(it, shape);
        series.map(|it| it.samples.iter().map(|it| it.user).collect::<Vec<f64>>())
    };
    let plus = pair.plus.iter().map(user).collect::<Option<Vec<_>>>()?;
    let minus = pair.minus.iter().map(user).collect::<Option<Vec<_>>>()?;
    let count = plus.iter().chain(&minus).map(Vec::len).min()?;
    let sum = |all: &[Vec<f64>], round: usize| all.iter().map(|it| it[round]).sum::<f64>();
    let spread = Spread::of((0..count).map(|round| sum(&plus, round) - sum(&minus, round)))?;
    let most = pair.most.filter(|_| shape == Shape::FIRST);
    Some(Comparison { what: pair.what.clone(), shape, spread, unit: Unit::Microseconds, most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rounds::NONE;
    use crate::rounds::tests::sample;

    fn measured(figures: &[(&str, [f64; 2])]) -> Rounds {
        let mut rounds = Rounds::default();
        for (name, users) in figures {
            for user in users {
                rounds.push(name, Shape::FIRST, sample(*user));
            }
        }
        rounds
    }

    #[test]
    fn ratios_are_of_what_is_above_no_filter() {
        let (own, floor) = (Variant::PEERGATE.name(), Variant::Floor.name());
        let figures = [(NONE, [10.0, 20.0]), (&own, [16.0, 28.0]), (&floor, [14.0, 24.0])];
        let found = all(&measured(&figures));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].spread, Spread { median: 1.75, min: 1.5, max: 2.0 });
        assert_eq!(found[0].is_kept(), Some(false));
    }

    #[test]
    fn a_refusal_is_compared_with_an_answer_and_the_cost_of_refusing() {
        let names = [
            Variant::Refused,
            Variant::Rbac { principals: 1 },
            Variant::PEERGATE,
            Variant::RbacRefused,
        ]
        .map(Variant::name);
        let figures: Vec<_> = [17.0, 11.0, 16.0, 13.0].map(|it| [it, it]).into_iter().collect();
        let figures: Vec<_> = names.iter().map(String::as_str).zip(figures).collect();
        let found = all(&measured(&figures));
        let refused = found.iter().find(|it| it.what.starts_with("refused")).unwrap();
        assert_eq!((refused.spread.median, refused.is_kept()), (-1.0, Some(true)));
    }
}
