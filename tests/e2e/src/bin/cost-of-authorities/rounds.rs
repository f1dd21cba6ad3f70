//! Figures of several rounds.

use peergate_lab::envoy::Cpu;

/// What each case cost in each round, in microseconds a request: user time, and all.
#[derive(Default)]
pub(crate) struct Rounds {
    cases: Vec<(&'static str, Vec<[f64; 2]>)>,
}

impl Rounds {
    /// Adds one case's turn: what was spent, and on how many requests.
    pub(crate) fn add(&mut self, name: &'static str, (spent, requests): (Cpu, u64)) {
        let figures =
            [spent.user, spent.total()].map(|it| it.as_secs_f64() * 1e6 / requests as f64);
        match self.cases.iter_mut().find(|(other, _)| *other == name) {
            Some((_, rounds)) => rounds.push(figures),
            None => self.cases.push((name, vec![figures])),
        }
    }

    /// Prints the medians, each also above the case before it that is pinned.
    pub(crate) fn print(&self) {
        let head =
            ["user us", "all us", "user above pinned", "lowest", "highest", "all above pinned"];
        println!("  {:<28}{}", "", head.map(|it| format!("{it:>19}")).concat());
        let mut pinned = &[][..];
        for (name, rounds) in &self.cases {
            let of = |column: usize| median(rounds.iter().map(|it| it[column]).collect());
            print!("  {name:<28}{:>19.2}{:>19.2}", of(0), of(1));
            if name.starts_with("pinned") {
                pinned = rounds;
            }
            if name.starts_with("pinned") || pinned.is_empty() {
                println!();
                continue;
            }
            let above = |column: usize| -> Vec<f64> {
                rounds.iter().zip(pinned).map(|(it, pinned)| it[column] - pinned[column]).collect()
            };
            let lowest = above(0).into_iter().fold(f64::INFINITY, f64::min);
            let highest = above(0).into_iter().fold(f64::NEG_INFINITY, f64::max);
            let (user, all) = (median(above(0)), median(above(1)));
            println!("{user:>+19.2}{lowest:>+19.2}{highest:>+19.2}{all:>+19.2}");
        }
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
