//! That calls wait for their answers. The filter's part is played here.

use super::*;
use crate::abi::{proxy_http_call, wasi_clock_time_get};
use crate::call::Call;
use crate::shared::SharedData;
use crate::status::Status;
use crate::{pairs, world};

/// Calls a cluster as a filter does on a tick.
fn call(filter: &Filter, cluster: &str, faults: Vec<Fault>) -> Result<u32, Status> {
    let fields = [(":method", "GET"), (":path", "/v1/changes"), (":authority", "feed")]
        .map(|(name, value)| (name.into(), value.into()));
    let headers = pairs::write(&fields).unwrap();
    let turn = Turn { faults, ..Turn::default() };
    let done = filter.take_turn(turn, || {
        let (none, mut token) = (std::ptr::null(), 99);
        // SAFETY: slices and place outlive the call.
        let status = callback(filter.root, || unsafe {
            proxy_http_call(
                cluster.as_ptr(),
                cluster.len(),
                headers.as_ptr(),
                headers.len(),
                none,
                0,
                none,
                0,
                1000,
                &raw mut token,
            )
        });
        (Status(status), token)
    });
    match done.unwrap().0 {
        (Status::OK, token) => Ok(token),
        (status, token) => {
            assert_eq!(token, 0);
            Err(status)
        }
    }
}

fn monotonic(filter: &Filter) -> u64 {
    let mut time = 0;
    // SAFETY: the place outlives the call.
    let read = || unsafe { wasi_clock_time_get(1, 1, &raw mut time) };
    let (status, _) = filter.take_turn(Turn::default(), read).unwrap();
    assert_eq!(status, 0);
    time
}

const NOW: &str = "2026-11-22T00:00:00Z";

#[test]
fn calls_wait_until_they_are_answered_and_no_longer() {
    let filter = Filter::unconfigured();
    let (first, second) =
        (call(&filter, "one", vec![]).unwrap(), call(&filter, "other", vec![]).unwrap());
    let pending = filter.pending_calls();
    let told: Vec<_> = pending.iter().map(|call| (call.token, call.cluster.as_str())).collect();
    assert_eq!(told, [(first, "one"), (second, "other")]);
    assert_eq!(pending[0].header(":path"), Some("/v1/changes"));
    assert_eq!(pending[0].timeout, Duration::from_secs(1));
    // Nobody waits within the filter, which passes over it.
    let tick = filter.answer_call(second, CallResponse::new(200), NOW).unwrap();
    assert!(tick.host_calls().is_empty());
    assert_eq!(filter.pending_calls(), pending[..1]);
    let again = filter.answer_call(second, CallResponse::failed(), NOW);
    assert_eq!(again.unwrap_err().to_string(), format!("no call waits under token {second}"));
    let error = filter.answer_call(first, CallResponse::failed(), "noon").unwrap_err();
    assert_eq!(error.to_string(), "expected 2026-11-22T00:00:00Z, found \"noon\"");
    assert_eq!(filter.pending_calls().len(), 1);
    assert!(filter.answer_call(first, CallResponse::failed(), NOW).is_ok());
    assert!(filter.pending_calls().is_empty());
}

#[test]
fn tokens_are_the_vms() {
    let (one, other) = (Filter::unconfigured(), Filter::unconfigured());
    let token = call(&one, "feed", vec![]).unwrap();
    assert!(call(&other, "feed", vec![]).unwrap() > token);
    assert!(other.answer_call(token, CallResponse::failed(), NOW).is_err());
}

#[test]
fn a_call_that_does_not_begin_is_not_waiting() {
    let filter = Filter::unconfigured();
    filter.forget_cluster("feed");
    assert_eq!(call(&filter, "feed", vec![]), Err(Status::BAD_ARGUMENT));
    filter.know_cluster("feed");
    // A cluster without endpoints.
    let fault = Fault::status(Call::HttpCall, Status::INTERNAL_FAILURE).on("feed");
    assert_eq!(call(&filter, "feed", vec![fault]), Err(Status::INTERNAL_FAILURE));
    assert!(filter.pending_calls().is_empty());
    assert!(call(&filter, "feed", vec![]).is_ok());
}

#[test]
fn each_worker_has_a_monotonic_clock_of_its_own() {
    let shared = SharedData::new();
    let workers: Vec<_> = (1..=3_u64)
        .map(|seconds| {
            let shared = shared.clone();
            std::thread::spawn(move || {
                shared.join();
                let filter = Filter::unconfigured();
                let first = monotonic(&filter);
                assert!(monotonic(&filter) >= first);
                filter.set_monotonic(Duration::from_secs(seconds));
                assert_eq!(monotonic(&filter), monotonic(&filter));
                world::shared_data().set("joined", "");
                monotonic(&filter)
            })
        })
        .collect();
    let times: Vec<u64> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
    assert_eq!(times, [1, 2, 3].map(|seconds| seconds * 1_000_000_000));
    assert_eq!(shared.bytes(), "joined".len());
}
