//! Whether a measurement is within the budgets.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Compares what both have, and tells of what only one has.
pub(super) fn pair<T>(
    own: &[T],
    new: &[T],
    name: impl Fn(&T) -> &String,
    problems: &mut Problems,
    compare: impl Fn(&T, &T, &mut Problems),
) {
    let mut left: BTreeMap<&String, &T> = new.iter().map(|it| (name(it), it)).collect();
    for own in own {
        problems.about.clone_from(name(own));
        match left.remove(name(own)) {
            Some(new) => compare(own, new, problems),
            None => problems.tell("has a budget, and is not measured"),
        }
    }
    for variant in left.into_keys() {
        problems.about.clone_from(variant);
        problems.tell("has no budget");
    }
}

/// What is wrong, and what it is about.
#[derive(Debug, Default)]
pub(super) struct Problems {
    about: String,
    pub(super) lines: Vec<String>,
}

impl Problems {
    fn tell(&mut self, what: &str) {
        self.lines.push(format!("{}: {what}", self.about));
    }

    /// Compares two numbers.
    pub(super) fn number(&mut self, what: &str, old: u64, new: u64) {
        let verdict = if new * 100 > old * (100 + DEARER) {
            "dearer than its budget"
        } else if new * 100 < old * (100 - CHEAPER) {
            "cheaper: lower the budget, so that it stays so"
        } else {
            return;
        };
        let ratio = new as f64 / old.max(1) as f64;
        self.tell(&format!("{what}: {old} -> {new} (x {ratio:.3}), {verdict}"));
    }

    /// Compares two sequences of calls.
    pub(super) fn calls(&mut self, old: &[String], new: &[String]) {
        if old == new {
            return;
        }
        let mut text = format!("host calls: {} -> {}", old.len(), new.len());
        for (sign, ones, others) in [('-', old, new), ('+', new, old)] {
            let mut others = others.to_vec();
            for call in ones {
                match others.iter().position(|other| other == call) {
                    Some(place) => drop(others.remove(place)),
                    None => write!(text, "\n    {sign} {call}").expect("a text"),
                }
            }
        }
        if !text.contains('\n') {
            text.push_str(", in another order");
        }
        self.tell(&text);
    }
}

/// Per cent by which a number may be above its budget: what an allocator finds on its way differs by as much when
/// code elsewhere changes. Budgets do not move by themselves, so it does not add up.
const DEARER: u64 = 1;

/// Per cent from which a gain has to be written down.
const CHEAPER: u64 = 3;
