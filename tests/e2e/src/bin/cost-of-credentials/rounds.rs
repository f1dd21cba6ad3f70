//! Figures of several rounds.

use peergate_lab::envoy::Cpu;

/// What each case cost in each round, in microseconds a request: user time, and system time.
#[derive(Default)]
pub(crate) struct Rounds {
    cases: Vec<(&'static str, Vec<[f64; 2]>)>,
}

impl Rounds {
    /// Adds one case's turn: what was spent, and on how many requests.
    pub(crate) fn add(&mut self, name: &'static str, spent: Cpu, requests: u64) {
        let figures = [spent.user, spent.system].map(|it| it.as_secs_f64() * 1e6 / requests as f64);
        match self.cases.iter_mut().find(|(other, _)| *other == name) {
            Some((_, rounds)) => rounds.push(figures),
            None => self.cases.push((name, vec![figures])),
        }
    }

    /// Prints medians, also of what is above the first case of the same round, and of the ratio to it. The
    /// lowest figure is that of the round in which others were least in the way.
    pub(crate) fn print(&self) {
        let head = [
            "user us",
            "system us",
            "user above",
            "user ratio",
            "all ratio",
            "lowest user us",
            "its ratio",
        ];
        println!("{:<36}{}", "", head.map(|it| format!("{it:>15}")).concat());
        let Some((_, first)) = self.cases.first() else { return };
        for (name, rounds) in &self.cases {
            let of = |column: usize| median(rounds.iter().map(|it| it[column]).collect());
            let beside = |compare: fn(&[f64; 2], &[f64; 2]) -> f64| {
                median(rounds.iter().zip(first).map(|(it, first)| compare(it, first)).collect())
            };
            let above = beside(|it, first| it[0] - first[0]);
            let user = beside(|it, first| it[0] / first[0]);
            let all = beside(|it, first| (it[0] + it[1]) / (first[0] + first[1]));
            let (lowest, reference) = (lowest(rounds), lowest(first));
            print!("{name:<36}{:>15.2}{:>15.2}{above:>+15.2}{user:>15.3}", of(0), of(1));
            println!("{all:>15.3}{lowest:>15.2}{:>15.3}", lowest / reference);
        }
    }
}

/// The lowest user time.
fn lowest(rounds: &[[f64; 2]]) -> f64 {
    rounds.iter().map(|it| it[0]).fold(f64::INFINITY, f64::min)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
