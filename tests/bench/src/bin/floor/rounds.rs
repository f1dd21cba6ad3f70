//! Figures of several rounds.

use std::collections::BTreeMap;

use crate::cases::{Case, Kind, STACK};

/// What each case took each time, in microseconds.
#[derive(Default)]
pub(crate) struct Rounds {
    of: BTreeMap<usize, Vec<f64>>,
    phases: BTreeMap<usize, Vec<Vec<f64>>>,
}

impl Rounds {
    pub(crate) fn add(&mut self, number: usize, microseconds: f64) {
        self.of.entry(number).or_default().push(microseconds);
    }

    /// Adds the phases of one request.
    pub(crate) fn watch(&mut self, number: usize, phases: Vec<f64>) {
        self.phases.entry(number).or_default().push(phases);
    }

    pub(crate) fn print(&self, cases: &[Case]) {
        println!("{:<40}{:>12}{:>12}", "", "least", "quartile");
        let is_measured =
            |number: &usize| self.of.contains_key(number) || self.phases.contains_key(number);
        for (number, case) in cases.iter().enumerate().filter(|(number, _)| is_measured(number)) {
            let above = |share| match case.kind {
                Kind::Call => (self.of(number, share) - self.of(0, share)) / TIMES,
                Kind::Load if case.beside == number => self.of(number, share),
                Kind::Load => (self.of(number, share) - self.of(case.beside, share)) / STACK as f64,
                Kind::Watch => self.phases(number, case, share),
            };
            println!(
                "{:<40}{:>12.3}{:>12.3}{}",
                case.name,
                above(0.0),
                above(0.25),
                self.told(number, case)
            );
        }
    }

    /// What each phase took.
    fn told(&self, number: usize, case: &Case) -> String {
        if case.kind != Kind::Watch {
            return String::new();
        }
        PHASES
            .iter()
            .enumerate()
            .map(|(phase, name)| {
                let above = self.phase(number, phase, 0.25) - self.phase(case.beside, phase, 0.25);
                format!("   {name} {above:.3}")
            })
            .collect()
    }

    /// What this share of all times fell short of.
    fn of(&self, number: usize, share: f64) -> f64 {
        ranked(self.of[&number].clone(), share)
    }

    /// All phases of one case together, above those of the case beside it.
    fn phases(&self, number: usize, case: &Case, share: f64) -> f64 {
        let above =
            |phase| self.phase(number, phase, share) - self.phase(case.beside, phase, share);
        (0..PHASES.len()).map(above).sum()
    }

    fn phase(&self, number: usize, phase: usize, share: f64) -> f64 {
        ranked(self.phases[&number].iter().map(|phases| phases[phase]).collect(), share)
    }
}

fn ranked(mut figures: Vec<f64>, share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[(share * (figures.len() - 1) as f64) as usize]
}

/// How often a call is made for one request.
pub(crate) const TIMES: f64 = 1000.0;

/// What the two filters tell, in their order.
const PHASES: [&str; 4] = ["request", "response", "log", "end"];
