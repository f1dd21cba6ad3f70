//! Changes under load, a few of what `scripts/policy-changes` does.

use peergate_e2e::Changes;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_meets_a_policy_that_is_over_and_none_is_dropped() {
    let changes = Changes::start();
    let figures = changes.run(10).await;
    println!("{figures}");
    assert!(figures.is_good(), "{figures}");
    assert!(figures.answered > 100, "{figures}");
    assert!(changes.gateway().is_whole());
}
