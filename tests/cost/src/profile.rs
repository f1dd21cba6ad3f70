//! Where the instructions go.

use std::collections::{BTreeMap, HashMap};

/// What the probes told of some calls into a module.
#[derive(Debug, Default)]
pub struct Profile {
    /// Every place in the tree of calls, callers before those that they call.
    places: Vec<Place>,
    /// Those that are called from outside, by their functions.
    outermost: HashMap<usize, usize>,
    /// What has begun and not ended.
    open: Vec<Open>,
}

/// A function as it is called from one place.
#[derive(Debug, Default)]
struct Place {
    function: usize,
    depth: usize,
    /// Whether the function is under way already.
    is_inside_itself: bool,
    spent: Spent,
    /// What it calls, by their functions.
    callees: HashMap<usize, usize>,
}

#[derive(Debug)]
struct Open {
    place: usize,
    began: u64,
    /// Instructions of what it has called.
    inner: u64,
}

/// What a function took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
        let next = self.places.len();
        let caller = self.open.last().map(|open| open.place);
        let callees = match caller {
            Some(caller) => &mut self.places[caller].callees,
            None => &mut self.outermost,
        };
        let place = *callees.entry(function).or_insert(next);
        if place == next {
            let is_inside_itself =
                self.open.iter().any(|open| self.places[open.place].function == function);
            let depth = self.open.len();
            self.places.push(Place { function, depth, is_inside_itself, ..Place::default() });
        }
        self.open.push(Open { place, began: now, inner: 0 });
    }

    /// The function ends that began last.
    pub fn leave(&mut self, now: u64) {
        let Some(ended) = self.open.pop() else { return };
        let whole = now - ended.began;
        let spent = &mut self.places[ended.place].spent;
        spent.calls += 1;
        spent.own += whole - ended.inner;
        spent.whole += whole;
        if let Some(caller) = self.open.last_mut() {
            caller.inner += whole;
        }
    }

    /// What each function took, the one with most instructions of its own first.
    pub fn functions(&self) -> Vec<(usize, Spent)> {
        let mut functions = BTreeMap::<usize, Spent>::new();
        for place in &self.places {
            let sum = functions.entry(place.function).or_default();
            sum.calls += place.spent.calls;
            sum.own += place.spent.own;
            if !place.is_inside_itself {
                sum.whole += place.spent.whole;
            }
        }
        let mut functions: Vec<_> = functions.into_iter().collect();
        functions.sort_by_key(|(_, spent)| std::cmp::Reverse(spent.own));
        functions
    }

    /// Every place in the tree of calls, with how deep it is: after each caller what it calls, the dearest first.
    pub fn tree(&self) -> Vec<(usize, usize, Spent)> {
        let mut tree = Vec::new();
        self.grow(&self.outermost, &mut tree);
        tree
    }

    fn grow(&self, callees: &HashMap<usize, usize>, tree: &mut Vec<(usize, usize, Spent)>) {
        let mut places: Vec<&Place> = callees.values().map(|place| &self.places[*place]).collect();
        places.sort_by_key(|place| (std::cmp::Reverse(place.spent.whole), place.function));
        for place in places {
            tree.push((place.depth, place.function, place.spent));
            self.grow(&place.callees, tree);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_function_calls_is_not_its_own() {
        let mut profile = Profile::default();
        // 1 calls 2 twice, and 2 calls itself.
        profile.enter(1, 0);
        for began in [10, 30] {
            profile.enter(2, began);
            profile.enter(2, began + 3);
            profile.leave(began + 5);
            profile.leave(began + 10);
        }
        profile.leave(50);
        let (one, two) =
            (Spent { calls: 1, own: 30, whole: 50 }, Spent { calls: 4, own: 20, whole: 20 });
        assert_eq!(profile.functions(), [(1, one), (2, two)]);
        let outer = Spent { calls: 2, own: 16, whole: 20 };
        let inner = Spent { calls: 2, own: 4, whole: 4 };
        assert_eq!(profile.tree(), [(0, 1, one), (1, 2, outer), (2, 2, inner)]);
    }
}
