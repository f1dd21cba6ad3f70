//! The path that readiness probes ask for.

use peergate_mock::Call;

use super::*;

fn probed() -> Value {
    let mut policy = policy();
    policy["global"] = json!({"ready_path": "/ready"});
    policy["lists"]["registered"]["max_age"] = "60s".into();
    policy
}

fn status(filter: &Running<Filter>, request: &Request) -> Option<u16> {
    filter.send(request).status()
}

#[test]
fn a_proxy_is_ready_while_its_lists_are_fresh() {
    let filter = Running::filter(&probed(), &Clock::new());
    let probe = Request::get("http://10.0.0.7:8080/ready");
    let answer = filter.send(&probe);
    assert_eq!(answer.status(), Some(503));
    assert_eq!(answer.details(), "peergate_not_ready");
    filter.tick();
    assert_eq!(status(&filter, &probe), Some(503));
    filter.answer(page(1, [put(ALICE)]));
    let answer = filter.send(&probe);
    assert_eq!((answer.status(), answer.details()), (Some(200), "peergate_ready"));
    assert_eq!(answer.reply().unwrap().header("cache-control"), Some("no-store"));
    assert!(!answer.passed());
    filter.clock.pass(Duration::from_secs(61));
    assert_eq!(status(&filter, &probe), Some(503));
    filter.poll(CallResponse::new(304));
    assert_eq!(status(&filter, &probe), Some(200));
}

#[test]
fn a_list_that_is_kept_however_old_is_not_fresh() {
    let mut policy = probed();
    policy["lists"]["registered"]["when_stale"] = "keep".into();
    let filter = Running::loaded(&policy, [put(ALICE)]);
    filter.clock.pass(Duration::from_secs(61));
    assert_eq!(filter.reason(ALICE), "allowed");
    assert_eq!(status(&filter, &Request::get("https://api.example.com/ready")), Some(503));
}

#[test]
fn probes_come_in_many_forms_and_nothing_else_is_one() {
    let filter = Running::loaded(&probed(), [put(ALICE)]);
    for probe in [
        Request::get("http://10.0.0.7/ready"),
        Request::get("https://api.example.com/ready"),
        Request::get("https://anything/ready?from=kubelet"),
        Request::new("HEAD", "http://10.0.0.7/ready?a&b"),
        Request::get("https://api.example.com/ready").fingerprint(BOB),
    ] {
        let answer = filter.send(&probe);
        assert_eq!(answer.status(), Some(200));
        assert_eq!((answer.count(Call::Property), answer.count(Call::IncrementMetric)), (0, 0));
    }
    for path in ["/", "/readyz", "/ready/", "/ready/now", "/Ready", "/employee/ready", "/ready%3f"]
    {
        let answer = filter.send(&Request::get(&format!("https://api.example.com{path}")));
        assert_ne!(answer.status(), Some(200), "{path}");
        assert!(!answer.details().ends_with("ready"), "{path}");
    }
    let public = filter.send(&Request::get("https://api.example.com/public/ready"));
    assert_eq!(public.reason(), "anonymous");
    // Without the setting the path is one like any other.
    let filter = Running::filter(&policy(), &filter.clock);
    let answer = filter.send(&Request::get("https://api.example.com/ready"));
    assert_eq!(answer.reason(), "no_matching_api");
}

#[test]
fn a_host_that_fails_is_not_ready() {
    for call in [Call::HeaderPairs, Call::SharedData, Call::Monotonic] {
        for fault in [
            Fault::status(call, Status::INTERNAL_FAILURE),
            Fault::empty(call),
            Fault::returns(call, "x"),
        ] {
            let filter = Running::loaded(&probed(), [put(ALICE)]);
            let probe = Request::get("https://api.example.com/ready");
            let answer = filter.send(&probe.clone().fault(fault));
            assert_ne!(answer.status(), Some(200), "{call}");
            assert!(!answer.passed());
            assert_eq!(status(&filter, &probe), Some(200));
        }
    }
}
