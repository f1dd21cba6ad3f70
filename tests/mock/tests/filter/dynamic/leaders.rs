//! Several workers, of which one leads.

use std::sync::mpsc;

use super::*;

/// Two workers of a proxy, of which the first leads, under a list that holds one client.
fn pair(shared: &SharedData, clock: &Clock) -> (Worker<Filter>, Worker<Filter>) {
    let (first, second) = (worker(shared, &policy(), clock), worker(shared, &policy(), clock));
    first.run(|first| first.tick());
    second.run(|second| second.tick());
    first.run(|first| {
        first.answer(page(1, [put(ALICE)]));
        first.tick();
    });
    (first, second)
}

fn reason(worker: &Worker<Filter>, fingerprint: &'static str) -> String {
    worker.run(|filter| filter.reason(fingerprint))
}

fn leads(worker: &Worker<Filter>) -> bool {
    worker.run(|filter| {
        let last = filter
            .states()
            .into_iter()
            .rfind(|state| state.starts_with(r#""leads"#) || state.starts_with(r#""follows"#));
        last.is_some_and(|state| state.starts_with(r#""leads"#))
    })
}

/// Lets time pass for one worker alone.
fn run(worker: &Worker<Filter>, time: Duration) {
    worker.run(move |filter| filter.run(time));
}

#[test]
fn one_leads_and_a_change_reaches_all() {
    let (shared, clock) = (SharedData::new(), Clock::new());
    let (first, second) = pair(&shared, &clock);
    assert!(leads(&first) && !leads(&second));
    assert_eq!(
        (reason(&first, ALICE), reason(&second, ALICE)),
        ("allowed".into(), "allowed".into())
    );
    for _ in 0..30 {
        first.run(|first| {
            first.run(Duration::from_secs(1));
            if !first.plugin.pending().is_empty() {
                first.answer(CallResponse::new(304));
            }
        });
        second.run(|second| {
            second.tick();
            assert!(second.plugin.pending().is_empty());
        });
    }
    first.run(|first| first.poll(page(2, [delete(ALICE), put(BOB)])));
    // Whoever has not looked since knows it all the same.
    for worker in [&first, &second] {
        assert_eq!(reason(worker, ALICE), "certificate_not_allowed");
        assert_eq!(reason(worker, BOB), "allowed");
    }
    let gauges = second.run(|second| {
        second.tick();
        ["entries", "version", "leader_term", "current"].map(|name| second.gauge(name))
    });
    assert_eq!(gauges, [1, 2, 1, 1]);
    assert_eq!(second.run(|second| second.states()), Vec::<String>::new());
}

#[test]
fn a_leader_that_ends_gives_the_lease_back() {
    let (shared, clock) = (SharedData::new(), Clock::new());
    let (first, second) = pair(&shared, &clock);
    first.run(|first| first.await_call());
    first.stop();
    run(&second, Duration::from_secs(1));
    assert!(leads(&second));
    assert_eq!(second.run(|second| second.states()), [r#""leads","term":2"#]);
    // It goes on where the other was.
    second.run(|second| {
        let call = second.call();
        assert_eq!(call.header(":path"), Some("/v1/changes?limit=1000&after=c1"));
        second.answer(page(2, [delete(ALICE)]));
    });
    assert_eq!(reason(&second, ALICE), "certificate_not_allowed");
}

#[test]
fn a_leader_that_falls_silent_is_replaced_within_two_lease_times() {
    let (shared, clock) = (SharedData::new(), Clock::new());
    let (first, second) = pair(&shared, &clock);
    run(&second, LEASE - Duration::from_millis(1));
    assert!(!leads(&second), "the lease is not over");
    run(&second, LEASE);
    assert!(leads(&second));
    assert_eq!(reason(&second, ALICE), "allowed");
    second.run(|second| second.poll(page(2, [delete(ALICE)])));
    assert_eq!(reason(&first, ALICE), "certificate_not_allowed");
    // It wakes up.
    first.run(|first| first.tick());
    assert!(!leads(&first) && leads(&second));
}

#[test]
fn a_leader_that_wakes_up_undoes_nothing() {
    // It looks at the clock when it wakes up, or has done so before: then it has no reason to doubt itself.
    for has_looked in [false, true] {
        let (shared, clock) = (SharedData::new(), Clock::new());
        let own = if has_looked { Clock::new() } else { clock.clone() };
        let (first, second) =
            (worker(&shared, &policy(), &own), worker(&shared, &policy(), &clock));
        first.run(|first| {
            first.tick();
            first.answer(page(1, [put(ALICE)]));
            first.await_call();
        });
        clock.pass(own.now().saturating_sub(clock.now()));
        run(&second, 2 * LEASE);
        second.run(|second| second.answer(page(3, [delete(ALICE)])));
        // An answer of long ago.
        first.run(|first| first.answer(page(2, [put(ALICE), put(BOB)])));
        for worker in [&first, &second] {
            assert_eq!(reason(worker, ALICE), "certificate_not_allowed");
            assert_eq!(reason(worker, BOB), "certificate_not_allowed");
        }
        own.pass(clock.now().saturating_sub(own.now()));
        first.run(|first| first.run(Duration::from_secs(2)));
        assert!(!leads(&first) && leads(&second), "{has_looked}");
        second.run(|second| {
            second.tick();
            assert_eq!(second.gauge("version"), 3);
            assert_eq!(second.gauge("entries"), 0);
            second.poll(page(4, [put(BOB)]));
        });
        assert_eq!(reason(&first, BOB), "allowed");
    }
}

#[test]
fn a_reset_that_dies_with_its_leader_leaves_nothing() {
    let (shared, clock) = (SharedData::new(), Clock::new());
    let (first, second) = pair(&shared, &clock);
    let more = |page: serde_json::Value| body(&page);
    first.run(move |first| {
        first.poll(more(json!({
            "version": 2, "cursor": "half", "reset": true, "more": true, "changes": [put(BOB)]
        })));
        // It is seen once it is whole.
        assert_eq!(first.reason(BOB), "certificate_not_allowed");
        assert_eq!(first.reason(ALICE), "allowed");
    });
    run(&second, 2 * LEASE);
    second.run(|second| {
        assert_eq!(second.call().header(":path"), Some("/v1/changes?limit=1000&after=c1"));
        second.answer(reset(2, [put(ALICE)]));
    });
    for worker in [&first, &second] {
        assert_eq!(reason(worker, BOB), "certificate_not_allowed");
        assert_eq!(reason(worker, ALICE), "allowed");
    }
}

#[test]
fn of_many_one_leads() {
    let (shared, clock) = (SharedData::new(), Clock::new());
    let workers: Vec<_> = (0..6).map(|_| worker(&shared, &policy(), &clock)).collect();
    // At the same time.
    for _ in 0..3 {
        let ticks = workers.iter().map(|worker| {
            let (done, ticked) = mpsc::channel();
            let tick = move |filter: &Running<Filter>| {
                filter.tick();
                done.send(()).unwrap();
            };
            worker.jobs.send(Box::new(tick)).unwrap();
            ticked
        });
        let ticks: Vec<_> = ticks.collect();
        ticks.into_iter().for_each(|tick| tick.recv().unwrap());
        clock.pass(Duration::from_secs(1));
    }
    assert_eq!(workers.iter().filter(|worker| leads(worker)).count(), 1);
    let calls = workers.iter().map(|worker| worker.run(|filter| filter.plugin.pending().len()));
    assert_eq!(calls.sum::<usize>(), 1);
}
