//! Dynamic lists on a real Envoy: what a feed says reaches every request, and nothing else does.

mod denial;
mod faults;
mod feeds;
mod isolation;
mod old_policy;
mod reasons;
mod registration;
mod spoofing;
mod start;
mod streams;
mod succession;
mod surgery;
mod visitor;
mod workers;

/// Runs a scenario with and without a sync service at the same time, each in a thread of its own: most of
/// it is waiting, and to start an Envoy blocks.
fn with_and_without_service<R: Send, F: Future<Output = R>>(scenario: fn(bool) -> F) -> [R; 2] {
    let run = |has_service| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(scenario(has_service))
    };
    std::thread::scope(|scope| {
        [true, false]
            .map(|has_service| scope.spawn(move || run(has_service)))
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
