//! The sync service beside filters.

use super::*;

/// The service on a thread of its own.
fn service(shared: &SharedData, clock: &Clock) -> Worker<Service> {
    let clock = clock.clone();
    Worker::start(shared, move || Running::service(&lists(), &clock))
}

fn leads(states: &[String]) -> bool {
    states.last().is_some_and(|state| state.starts_with(r#""leads"#))
}

#[test]
fn the_service_goes_before_filters() {
    let (shared, clock) = (SharedData::new(), Clock::new());
    let filter = worker(&shared, &policy(), &clock);
    filter.run(|filter| {
        filter.tick();
        filter.answer(page(1, [put(ALICE)]));
        filter.await_call();
    });
    let service = service(&shared, &clock);
    let period = service.run(|service| service.plugin.period());
    assert_eq!(period, Duration::from_millis(1), "it is there before any filter's first tick");
    service.run(|service| {
        service.tick();
        assert!(leads(&service.states()));
        assert_eq!(service.call().header(":path"), Some("/v1/changes?limit=1000&after=c1"));
        service.answer(page(2, [delete(ALICE), put(BOB)]));
    });
    filter.run(|filter| {
        // What it has asked for comes too late.
        filter.answer(page(2, [put(ALICE)]));
        assert_eq!(filter.reason(ALICE), "certificate_not_allowed");
        assert_eq!(filter.reason(BOB), "allowed");
        filter.run(Duration::from_secs(1));
        assert_eq!(filter.states().last().map(String::as_str), Some(r#""follows""#));
        assert_eq!(filter.gauge("leader_term"), 2);
        assert!(filter.plugin.pending().is_empty());
    });
    // It keeps the lease as long as it ticks.
    for _ in 0..10 {
        service.run(|service| service.run(Duration::from_secs(1)));
        filter.run(|filter| {
            filter.tick();
            assert!(filter.plugin.pending().is_empty());
        });
    }
}

#[test]
fn a_filter_takes_over_when_the_service_is_gone() {
    for is_silent in [false, true] {
        let (shared, clock) = (SharedData::new(), Clock::new());
        let service = service(&shared, &clock);
        let filter = worker(&shared, &policy(), &clock);
        service.run(|service| {
            service.tick();
            service.answer(page(1, [put(ALICE)]));
        });
        filter.run(|filter| {
            filter.tick();
            assert_eq!(filter.reason(ALICE), "allowed");
            assert!(filter.states().is_empty());
        });
        let gone = if is_silent {
            filter.run(|filter| filter.run(2 * LEASE));
            Some(service)
        } else {
            service.stop();
            filter.run(|filter| filter.run(Duration::from_secs(1)));
            None
        };
        filter.run(move |filter| {
            assert!(leads(&filter.states()), "{is_silent}");
            filter.poll(page(2, [put(BOB)]));
            assert_eq!(filter.reason(BOB), "allowed");
        });
        // It comes back, and leads again.
        if let Some(service) = gone {
            service.run(|service| {
                service.tick();
                service.tick();
                assert!(leads(&service.states()));
                service.answer(page(3, [delete(BOB)]));
            });
            filter.run(|filter| assert_eq!(filter.reason(BOB), "certificate_not_allowed"));
        }
    }
}

#[test]
fn the_service_may_live_beside_a_filter() {
    let clock = Clock::new();
    let service = Running::service(&lists(), &clock);
    let filter = Running::filter(&policy(), &clock);
    service.tick();
    service.answer(page(1, [put(ALICE)]));
    assert_eq!(filter.reason(ALICE), "allowed");
    assert!(filter.plugin.pending().is_empty());
    assert_eq!(service.gauge("poll.ok"), 1);
    assert_eq!(service.plugin.metrics().len(), 1, "how lists stand is for filters to show");
}

#[test]
fn the_service_refuses_what_it_cannot_read() {
    for (lists, problem) in [
        ("{}", "invalid lists: version: missing"),
        (r#"{"version": 1, "lists": {}}"#, "invalid lists: lists: empty"),
        (r#"{"version": 1, "lists": {"a": {}}}"#, "invalid lists: lists.a.feed: missing"),
        (
            r#"{"version": 1, "lists": {"a": {"entries": []}}}"#,
            "invalid lists: lists.a.feed: missing",
        ),
    ] {
        let error = Service::load(lists).unwrap_err();
        let logs: Vec<&str> = error.logs().iter().map(|log| log.message.as_str()).collect();
        assert!(logs.contains(&problem), "{logs:?}");
    }
}
