//! Rates: how many requests pass, and whose.

use std::time::Duration;

use peergate_mock::SharedData;

use super::*;
use crate::dynamic::page;
use crate::dynamic::running::{Clock, Worker, worker};

/// A policy whose API has a rate.
fn limited(requirement: &Value, rate: Value) -> Value {
    let mut policy = policy(requirement);
    policy["apis"][0]["rate"] = rate;
    policy
}

fn passed(filter: &Running<Filter>, request: &Request, times: usize) -> usize {
    (0..times).filter(|_| filter.send(request).passed()).count()
}

#[test]
fn a_client_that_came_too_often_is_told_when_to_come_again() {
    let rate = json!({"requests": 6, "per": "60s", "burst": 2});
    let filter = running(&policy(&json!(["api_key"])), json!({ "rate": rate }));
    assert_eq!(passed(&filter, &by_key(), 5), 2);
    filter.clock.pass(Duration::from_millis(2_500));
    let answer = filter.send(&by_key());
    assert_eq!((answer.status(), answer.reason()), (Some(429), "rate_limited"));
    assert_eq!(answer.reply().unwrap().header("retry-after"), Some("8"));
    assert_eq!(answer.reply().unwrap().grpc_status, Some(8));
    assert_eq!(answer.filter_state("wasm.peergate"), None);
    let line = &answer.logs()[0].message;
    assert!(line.contains(r#""reason":"rate_limited""#) && line.contains("acme/app-7"), "{line}");
    assert!(!line.contains(KEY));
    filter.clock.pass(Duration::from_millis(7_500));
    assert_eq!(passed(&filter, &by_key(), 5), 1);
    filter.clock.pass(Duration::from_secs(600));
    assert_eq!(passed(&filter, &by_key(), 5), 2, "never more than the burst");
    let denied = "peergate.api.orders.outcome.denied.reason.rate_limited";
    assert_eq!(filter.plugin.metric(denied), 3 + 1 + 4 + 3);
}

#[test]
fn what_is_refused_otherwise_spends_nothing() {
    let rate = json!({"requests": 2, "per": "24h"});
    let requirement = json!({"any_of": [["api_key", "jwt"]], "check": ["certificate"]});
    let filter = running(&limited(&requirement, rate.clone()), json!({ "rate": rate }));
    let whole = || by_key().jwt_payload(TOKEN);
    for request in [
        by_key(),
        by_key().jwt_refused(),
        by_key().jwt_payload(BOUND),
        whole().certificate(crate::STRANGER),
        whole().header(":path", "/a/../b"),
        whole().header("x-api-key", KEY),
    ] {
        let answer = filter.send(&request);
        assert!(!answer.passed());
        assert_eq!(answer.count(Call::SetSharedData), 0, "{}", answer.reason());
    }
    assert_eq!(passed(&filter, &whole(), 5), 2);
}

#[test]
fn a_policy_that_is_tried_out_spends_nothing() {
    let rate = json!({"requests": 1, "per": "24h"});
    let requirement = json!({"any_of": ["api_key", "jwt"]});
    let mut policy = limited(&requirement, rate.clone());
    policy["apis"][0]["enforcement"] = "shadow".into();
    let filter = running(&policy, json!({ "rate": rate }));
    let before = SharedData::current().keys();
    for request in [by_key(), request().jwt_payload(TOKEN)] {
        for _ in 0..5 {
            let answer = filter.send(&request);
            assert_eq!((answer.outcome(), answer.reason()), ("allowed", "allowed"));
            assert_eq!(answer.count(Call::SetSharedData), 0);
        }
    }
    assert_eq!(SharedData::current().keys(), before);
}

#[test]
fn nobody_spends_what_is_anothers() {
    let rate = json!({"requests": 2, "per": "24h"});
    let requirement = json!({"any_of": ["api_key", "jwt", "anonymous"]});
    let filter = running(&limited(&requirement, rate), json!({}));
    let by = |subject: &str| {
        request().jwt_payload(&json!({"iss": "https://idp.example", "sub": subject}).to_string())
    };
    assert_eq!(passed(&filter, &by("alice"), 5), 2);
    assert_eq!(passed(&filter, &by("bob"), 5), 2);
    assert_eq!(passed(&filter, &by_key(), 5), 2);
    // Nobody has a rate who says not who he is.
    assert_eq!(passed(&filter, &request(), 5), 5);
}

#[test]
fn the_rate_of_an_entry_goes_before_that_of_the_api() {
    let requirement = json!(["api_key"]);
    for (own, apis, expected) in [(5, 2, 5), (2, 5, 2)] {
        let rate = |requests: u32| json!({"requests": requests, "per": "24h"});
        let filter = running(&limited(&requirement, rate(apis)), json!({ "rate": rate(own) }));
        assert_eq!(passed(&filter, &by_key(), 10), expected);
    }
}

/// What workers let pass between them of so many requests to each.
fn shared(workers: &[Worker<Filter>], request: &Request) -> usize {
    let passed = |worker: &Worker<Filter>| {
        let request = request.clone();
        worker.run(move |filter| passed(filter, &request, 5))
    };
    workers.iter().map(passed).sum()
}

#[test]
fn workers_and_plugins_count_together_where_the_list_is_one() {
    let (data, clock) = (SharedData::new(), Clock::new());
    let rate = json!({"requests": 3, "per": "24h"});
    let requirement = json!({"any_of": ["api_key", "jwt"]});
    let policies = [
        limited(&requirement, rate.clone()),
        limited(&requirement, json!({"requests": 2, "per": "24h"})),
    ];
    let workers = policies.each_ref().map(|policy| worker(&data, policy, &clock));
    workers[0].run(move |leader| {
        leader.tick();
        leader.answer(page(1, [key(KEY, json!({ "rate": rate }))]));
    });
    workers[1].run(|other| {
        other.tick();
    });
    // The entry's rate is the list's, whatever plugin has it in its policy.
    assert_eq!(shared(&workers, &by_key()), 3);
}

#[test]
fn the_rate_of_an_api_is_its_plugins_own() {
    let rate = json!({"requests": 2, "per": "24h"});
    let text = limited(&json!(["jwt"]), rate).to_string();
    let send = |filter: &Filter| {
        let passed = |_: &usize| filter.send(&request().jwt_payload(TOKEN)).unwrap().passed();
        (0..5).filter(passed).count()
    };
    let [one, same, other] =
        ["edge", "edge", "inner"].map(|name| Filter::load_as(name, &text).unwrap());
    assert_eq!([send(&one), send(&same), send(&other)], [2, 0, 2]);
}
