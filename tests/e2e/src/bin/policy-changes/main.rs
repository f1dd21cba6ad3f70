//! Changes the policy of a running Envoy many times under load: `scripts/policy-changes [CHANGES]`.
//!
//! Clients keep asking over open connections of both protocols, some of them with bodies that come late.
//! Told is how long a change takes, and whether a request was dropped or answered by a policy that had been
//! replaced before it was sent.

use std::process::ExitCode;

use peergate_e2e::Changes;

#[tokio::main]
async fn main() -> ExitCode {
    let count = std::env::args().nth(1).map_or(Ok(200), |text| text.parse());
    let Ok(count) = count else {
        eprintln!("usage: scripts/policy-changes [CHANGES]");
        return ExitCode::from(2);
    };
    let changes = Changes::start();
    let figures = changes.run(count).await;
    print!("{figures}");
    let is_good = figures.is_good() && changes.gateway().is_whole();
    ExitCode::from(u8::from(!is_good))
}
