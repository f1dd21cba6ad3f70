//! The filter between requests: ticks, and what workers share.

use std::sync::Barrier;
use std::thread;

use crate::{NOW, PARTNER, filter, policy, request, send};
use peergate_mock::{Call, Fault, Filter, SharedData, Status};

#[test]
fn a_tick_of_a_filter_that_wants_none_does_nothing() {
    let filter = Filter::unconfigured();
    assert_eq!(filter.tick_period(), None);
    let tick = filter.tick(NOW).unwrap();
    assert!(tick.host_calls().is_empty(), "{:?}", tick.host_calls());
    assert_eq!((tick.count(Call::Time), tick.logs().len()), (0, 0));
    assert!(filter.metrics().is_empty());
    let failing = Fault::status(Call::Time, Status::INTERNAL_FAILURE);
    assert!(filter.tick_with(NOW, [failing]).is_ok());
    let filter = crate::filter();
    filter.tick(NOW).unwrap();
    assert!(send(&filter, request().certificate(PARTNER)).passed());
}

#[test]
fn a_tick_is_at_some_time() {
    let error = filter().tick("noon").unwrap_err();
    assert_eq!(error.to_string(), "expected 2026-11-22T00:00:00Z, found \"noon\"");
    assert!(filter().tick("1969-12-31T23:59:59Z").is_err());
}

#[test]
fn a_plugin_may_have_a_name() {
    let filter = Filter::load_as("edge", &policy().to_string()).unwrap();
    assert!(send(&filter, request().certificate(PARTNER)).passed());
    assert!(Filter::load_as("edge", "{}").is_err());
}

#[test]
fn the_plugins_of_a_vm_share_data_until_the_last_is_gone() {
    SharedData::current().set("before", "there is a plugin");
    let (one, other) = (filter(), filter());
    SharedData::current().set("key", "value");
    drop(one);
    assert_eq!(SharedData::current().keys(), [&b"before"[..], b"key"]);
    let handle = SharedData::current();
    drop(other);
    assert!(SharedData::current().keys().is_empty());
    assert_eq!(handle.get("key").as_deref(), Some(&b"value"[..]));
    assert_eq!(SharedData::new().get("key"), None);
}

#[test]
fn workers_share_what_they_join() {
    let shared = SharedData::new();
    let met = Barrier::new(2);
    thread::scope(|scope| {
        for (own, others) in [("one", "other"), ("other", "one")] {
            let (shared, met) = (shared.clone(), &met);
            scope.spawn(move || {
                let filter = filter();
                SharedData::current().set("own", own);
                shared.join();
                SharedData::current().set(own, "here");
                met.wait();
                assert_eq!(SharedData::current().get(others).as_deref(), Some(&b"here"[..]));
                assert_eq!(SharedData::current().get("own"), None);
                // It is not the worker's: it stays.
                drop(filter);
                assert_eq!(SharedData::current().keys(), [&b"one"[..], b"other"]);
            });
        }
    });
    assert_eq!(shared.keys().len(), 2);
}
