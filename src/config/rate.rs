//! `rate`: how many requests somebody may make.

use std::time::Duration;

use crate::dynamic::Rate;

use super::duration::Period;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, parsed, whole};

/// Reads a rate; a burst that is left out is as many requests as there may be in `per`.
pub(crate) fn rate(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Rate> {
    let mut fields = Fields::of(node, at, problems)?;
    let requests = fields.required("requests", problems);
    let per = fields.required("per", problems);
    let burst = fields.optional("burst");
    fields.finish(problems);
    let requests = requests.and_then(|node| count(node, &at.field("requests"), problems));
    let per = per.and_then(|node| period(node, &at.field("per"), problems));
    let burst = match burst {
        Some(node) => count(node, &at.field("burst"), problems),
        None => requests,
    };
    Some(Rate { requests: requests?, per: per?, burst: burst? })
}

fn count(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<u32> {
    whole(node, at, problems, 1..=u32::MAX)
}

fn period(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Duration> {
    let Period(per) = parsed(node, at, problems)?;
    let is_possible = (SHORTEST..=LONGEST).contains(&per);
    if !is_possible {
        problems.report(at, "expected 1s at least, and 24h at the most");
    }
    is_possible.then_some(per)
}

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(text: &str) -> Result<Rate, String> {
        let mut problems = Problems::default();
        let node = serde_json::from_str(text).unwrap();
        let read = rate(&node, &At::ROOT.field("rate"), &mut problems);
        assert_eq!(read.is_some(), problems.is_empty(), "{text}: {problems}");
        read.ok_or_else(|| problems.to_string())
    }

    #[test]
    fn a_burst_may_be_left_out() {
        for (text, requests, seconds, burst) in [
            (r#"{"requests": 100, "per": "60s"}"#, 100, 60, 100),
            (r#"{"requests": 100, "per": "1m", "burst": 20}"#, 100, 60, 20),
            (r#"{"requests": 1, "per": "24h", "burst": 4294967295}"#, 1, 86_400, u32::MAX),
            (r#"{"requests": 4294967295, "per": "1s", "burst": 1}"#, u32::MAX, 1, 1),
        ] {
            let rate = Rate { requests, per: Duration::from_secs(seconds), burst };
            assert_eq!(read(text), Ok(rate), "{text}");
        }
    }

    #[test]
    fn every_problem_has_its_place() {
        let number = "expected a whole number of 1 to 4294967295";
        let range = "expected 1s at least, and 24h at the most";
        for (text, told) in [
            (r#"5"#, "rate: expected an object, found a number".to_owned()),
            (r#"{}"#, "rate.requests: missing\nrate.per: missing".to_owned()),
            (r#"{"requests": 0, "per": "1s"}"#, format!("rate.requests: {number}")),
            (r#"{"requests": 1.5, "per": "1s"}"#, format!("rate.requests: {number}")),
            (r#"{"requests": 4294967296, "per": "1s"}"#, format!("rate.requests: {number}")),
            (
                r#"{"requests": "1", "per": "1s"}"#,
                "rate.requests: expected a number, found a string".to_owned(),
            ),
            (r#"{"requests": 1, "per": "1s", "burst": 0}"#, format!("rate.burst: {number}")),
            (
                r#"{"requests": 1, "per": "1s", "burst": null}"#,
                "rate.burst: expected a number, found null".to_owned(),
            ),
            (r#"{"requests": 1, "per": "999ms"}"#, format!("rate.per: {range}")),
            (r#"{"requests": 1, "per": "86400001ms"}"#, format!("rate.per: {range}")),
            (
                r#"{"requests": 1, "per": 60}"#,
                "rate.per: expected a string, found a number".to_owned(),
            ),
            (
                r#"{"requests": 0, "per": "0s", "burst": -1, "by": "ip"}"#,
                format!(
                    "rate.by: unknown field; known are: requests, per, burst\nrate.requests: {number}\nrate.per: {range}\nrate.burst: {number}"
                ),
            ),
        ] {
            assert_eq!(read(text), Err(told), "{text}");
        }
    }
}
