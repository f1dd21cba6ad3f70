//! What each variant may cost, and whether it does.

mod problems;

use serde::{Deserialize, Serialize};
use wasmi::Error;

use crate::measure::{Measured, Start, measure};
use crate::scene::Scene;
use crate::vm::{Cost, Program};
use problems::{Problems, pair};

/// The budgets of all variants, in the order of their file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// By policy.
    pub start: Vec<StartBudget>,
    /// By policy and request.
    pub requests: Vec<RequestBudget>,
}

/// What a VM may take to start.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StartBudget {
    /// The policy.
    pub policy: String,
    /// Instructions of `_initialize`.
    pub initialize: u64,
    /// Instructions of the plugin's context and of `proxy_on_configure`.
    pub configure: u64,
    /// Bytes of linear memory after that.
    pub memory: u64,
}

/// What a warm request may take.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RequestBudget {
    /// The policy and the request.
    pub variant: String,
    /// Instructions of `proxy_on_context_create`.
    pub create: u64,
    /// Instructions of `proxy_on_request_headers`.
    pub headers: u64,
    /// Instructions of `proxy_on_delete`.
    pub delete: u64,
    /// Instructions of all three.
    pub all: u64,
    /// Instructions of all three for the first request of its kind.
    pub first: u64,
    /// Bytes that `memory.copy` and `memory.fill` move.
    pub moved: u64,
    /// How often the host asks for memory to hand something over in.
    pub allocations: u64,
    /// Bytes that the host hands over.
    pub given: u64,
    /// Bytes that the host is shown.
    pub taken: u64,
    /// The host's functions, in the order in which they are called.
    pub calls: Vec<String>,
}

impl Budgets {
    /// Where they are kept.
    pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/budgets.json");

    /// Reads them.
    ///
    /// # Errors
    /// If there are none, or they are malformed.
    pub fn read() -> std::io::Result<Self> {
        Ok(serde_json::from_str(&std::fs::read_to_string(Self::FILE)?)?)
    }

    /// What a module takes, of all variants.
    ///
    /// # Errors
    /// If it is no module, traps, or decides otherwise than expected.
    pub fn measure(wasm: &[u8], variants: [Vec<Scene>; 2]) -> Result<Self, Error> {
        let program = Program::load(wasm, false)?;
        let mut budgets = Self { start: Vec::new(), requests: Vec::new() };
        std::thread::scope(|threads| {
            let parts = variants.map(|scenes| threads.spawn(|| count(&program, scenes)));
            for part in parts {
                let (start, requests) = part.join().expect("no panic")?;
                budgets.start.extend(start);
                budgets.requests.extend(requests);
            }
            Ok(budgets)
        })
    }

    /// The budgets as they are kept, to be read in a diff.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("texts and numbers");
        json.push('\n');
        json
    }

    /// What is wrong with a measurement, one line for each.
    pub fn problems(&self, measured: &Self) -> Vec<String> {
        let mut problems = Problems::default();
        pair(
            &self.start,
            &measured.start,
            |it| &it.policy,
            &mut problems,
            |own, new, problems| {
                problems.number("instructions of _initialize", own.initialize, new.initialize);
                problems.number("instructions of configuring", own.configure, new.configure);
                problems.number("bytes of linear memory", own.memory, new.memory);
            },
        );
        pair(
            &self.requests,
            &measured.requests,
            |it| &it.variant,
            &mut problems,
            |own, new, problems| {
                problems.number("instructions of proxy_on_context_create", own.create, new.create);
                problems.number(
                    "instructions of proxy_on_request_headers",
                    own.headers,
                    new.headers,
                );
                problems.number("instructions of proxy_on_delete", own.delete, new.delete);
                problems.number("instructions", own.all, new.all);
                problems.number("instructions of the first request", own.first, new.first);
                problems.number("bytes moved", own.moved, new.moved);
                problems.number("allocations for the host", own.allocations, new.allocations);
                problems.number("bytes that the host hands over", own.given, new.given);
                problems.number("bytes that the host is shown", own.taken, new.taken);
                problems.calls(&own.calls, &new.calls);
            },
        );
        problems.lines
    }
}

fn count(
    program: &Program,
    scenes: Vec<Scene>,
) -> Result<(Vec<StartBudget>, Vec<RequestBudget>), Error> {
    let (mut starts, mut requests) = (Vec::new(), Vec::new());
    for scene in scenes {
        let (start, measured) = measure(program, &scene)?;
        starts.push(StartBudget::new(scene.name, start));
        requests.extend(measured.into_iter().map(RequestBudget::from));
    }
    Ok((starts, requests))
}

impl StartBudget {
    fn new(policy: &str, Start { initialize, configure, memory }: Start) -> Self {
        Self { policy: policy.to_owned(), initialize, configure, memory }
    }
}

impl From<Measured> for RequestBudget {
    fn from(Measured { variant, first, warm, .. }: Measured) -> Self {
        let parts = [&warm.create, &warm.headers, &warm.delete];
        let sum = |of: fn(&Cost) -> u64| parts.map(of).iter().sum();
        Self {
            variant,
            create: warm.create.instructions,
            headers: warm.headers.instructions,
            delete: warm.delete.instructions,
            all: warm.instructions(),
            first: first.instructions(),
            moved: sum(|cost| cost.moved),
            allocations: sum(|cost| cost.traffic.allocations),
            given: sum(|cost| cost.traffic.given),
            taken: sum(|cost| cost.traffic.taken),
            calls: parts.iter().flat_map(|cost| cost.traffic.calls.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budgets(headers: u64, calls: &[&str]) -> Budgets {
        let start = StartBudget { policy: "p".into(), initialize: 1, configure: 1, memory: 1 };
        let request = RequestBudget {
            variant: "p, r".into(),
            create: 0,
            headers,
            delete: 10,
            all: 1000,
            first: 1000,
            moved: 0,
            allocations: 1,
            given: 1,
            taken: 1,
            calls: calls.iter().map(|call| (*call).to_owned()).collect(),
        };
        Budgets { start: vec![start], requests: vec![request] }
    }

    #[test]
    fn what_stays_within_its_budget_is_well() {
        let budget = budgets(10_000, &["a", "b"]);
        for headers in [9_700, 10_000, 10_100] {
            assert_eq!(budget.problems(&budgets(headers, &["a", "b"])), [""; 0]);
        }
        assert_eq!(serde_json::from_str::<Budgets>(&budget.to_json()).unwrap(), budget);
    }

    #[test]
    fn what_does_not_is_told_with_old_and_new() {
        let budget = budgets(10_000, &["a", "b"]);
        let problem = |new: &Budgets| budget.problems(new).join("|");
        assert_eq!(
            problem(&budgets(10_101, &["a", "b"])),
            "p, r: instructions of proxy_on_request_headers: 10000 -> 10101 (x 1.010), dearer than its budget"
        );
        assert!(
            problem(&budgets(9_699, &["a", "b"]))
                .ends_with("(x 0.970), cheaper: lower the budget, so that it stays so")
        );
        assert_eq!(
            problem(&budgets(10_000, &["a", "c", "b", "b"])),
            "p, r: host calls: 2 -> 4\n    + c\n    + b"
        );
        assert_eq!(problem(&budgets(10_000, &["b"])), "p, r: host calls: 2 -> 1\n    - a");
        assert_eq!(
            problem(&budgets(10_000, &["b", "a"])),
            "p, r: host calls: 2 -> 2, in another order"
        );
    }

    #[test]
    fn every_variant_has_one_and_every_one_a_variant() {
        let mut other = budgets(10_000, &[]);
        other.requests[0].variant = "p, other".into();
        let problems = budgets(10_000, &[]).problems(&other);
        assert_eq!(
            problems,
            ["p, r: has a budget, and is not measured", "p, other: has no budget"]
        );
    }
}
