//! Where the instructions go.

use std::collections::BTreeMap;

/// What the probes of one call into the module told.
#[derive(Debug, Default)]
pub struct Profile {
    open: Vec<Open>,
    spent: BTreeMap<usize, Spent>,
    /// By the path of functions that led there.
    paths: BTreeMap<Vec<usize>, Spent>,
}

#[derive(Debug)]
struct Open {
    function: usize,
    began: u64,
    inner: u64,
}

/// What a function took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// How often it was called.
    pub calls: u64,
    /// Instructions of its own.
    pub own: u64,
    /// Instructions from its beginnings to its ends; what it does inside itself counts once.
    pub whole: u64,
}

impl Profile {
    /// A function begins.
    pub fn enter(&mut self, function: usize, now: u64) {
        self.open.push(Open { function, began: now, inner: 0 });
    }

    /// The function ends that began last.
    pub fn leave(&mut self, now: u64) {
        let path: Vec<usize> = self.open.iter().map(|open| open.function).collect();
        let Some(ended) = self.open.pop() else { return };
        let whole = now - ended.began;
        let is_inside_itself = self.open.iter().any(|open| open.function == ended.function);
        let spent = self.spent.entry(ended.function).or_default();
        let place = self.paths.entry(path).or_default();
        for spent in [&mut *spent, place] {
            spent.calls += 1;
            spent.own += whole - ended.inner;
        }
        place.whole += whole;
        if !is_inside_itself {
            spent.whole += whole;
        }
        if let Some(outer) = self.open.last_mut() {
            outer.inner += whole;
        }
    }

    /// What each function took, the dearest of its own first.
    pub fn functions(&self) -> Vec<(usize, Spent)> {
        let mut functions: Vec<_> = self.spent.iter().map(|(name, spent)| (*name, *spent)).collect();
        functions.sort_by_key(|(_, spent)| std::cmp::Reverse(spent.own));
        functions
    }

    /// Every path of calls, callers before those that they call, with what was spent at its end.
    pub fn paths(&self) -> impl Iterator<Item = (&[usize], Spent)> {
        self.paths.iter().map(|(path, spent)| (&**path, *spent))
    }
}
