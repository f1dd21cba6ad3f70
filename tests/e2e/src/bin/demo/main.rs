//! Shows the main job on a real Envoy: clients pass or are refused by the certificate they hold, and a
//! client is registered and revoked while it is connected.
//!
//! Exit status 0 if each request came out as the policy says. With `--keep` the gateway runs on until it is
//! interrupted, and the commands to try it with are printed.

mod cast;
mod registration;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use peergate_e2e::{CLUSTER, Feeding, Gateway, sent};
use peergate_lab::client::Response;
use peergate_lab::feed::Feed;

use cast::{Cast, Scene};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep = arguments == ["--keep"];
    if !keep && !arguments.is_empty() {
        eprintln!("usage: scripts/demo [--keep]");
        return ExitCode::from(2);
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/demo");
    if directory.exists() {
        fs::remove_dir_all(&directory).expect("the last demo's files go");
    }
    fs::create_dir_all(&directory).expect("a directory");
    let directory: PathBuf = directory.canonicalize().expect("a directory");

    let cast = Cast::new();
    cast.write(&directory);
    let feed = Feed::start().expect("a feed");
    let feeding = Feeding { feeds: vec![(CLUSTER.to_owned(), feed.address())], has_service: true };
    let (authority, policy) = (&cast.authority, cast.policy());
    let gateway = Gateway::start_fed(&directory, "1.40.0", authority, &policy, &feeding, |_| {});
    println!(
        "An Envoy with Peergate listens on {}, its files are in target/demo.\n",
        gateway.address()
    );
    let mut all_right = true;
    println!("{:<34} {:<15} {:>6}  reason", "client", "request", "status");
    for scene in cast.scenes() {
        let answer = play(&gateway, &cast, &scene).await;
        let (status, reason) = (answer.status, reason(&answer));
        let is_right = status == scene.status && reason.starts_with(scene.reason);
        all_right &= is_right;
        let mark = if is_right { "" } else { "  <- not what the policy says" };
        println!("{:<34} GET {:<11} {status:>6}  {reason}{mark}", scene.client, scene.path);
    }
    all_right &= registration::play(&gateway, &feed, &cast).await;
    if keep {
        print_commands(&gateway, &directory, &cast);
        interrupted().await;
    }
    if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn play(gateway: &Gateway, cast: &Cast, scene: &Scene) -> Response {
    let identity = scene.identity.map(|name| cast.identity(name));
    let mut connection =
        gateway.client(identity).h1(gateway.address()).await.expect("a TLS connection");
    connection.get("localhost", scene.path, &[]).await.expect("an answer")
}

/// The reason that a refusal tells (the demo's policy says `detail: reason`), or whom the upstream was told
/// that it serves.
fn reason(answer: &Response) -> String {
    let body = answer.json();
    if answer.status != 200 {
        return body["reason"].as_str().unwrap_or("unknown").to_owned();
    }
    match sent(&body, "x-client-identity").first() {
        Some(identity) => format!("allowed, as {identity}"),
        None => "anonymous".to_owned(),
    }
}

fn print_commands(gateway: &Gateway, directory: &Path, cast: &Cast) {
    let port = gateway.address().port();
    let path = directory.display();
    println!("\nIt runs on until you press Ctrl-C. Try, in another shell:\n  cd {path}");
    println!("  curl --cacert ca.pem https://localhost:{port}/employee");
    for name in cast.names() {
        println!(
            "  curl --cacert ca.pem --cert {name}.pem --key {name}.key https://localhost:{port}/employee"
        );
    }
    println!("  curl 'http://{}/stats?filter=wasmcustom'", gateway.envoy.admin());
    println!("  tail -f envoy.log     # access log and audit lines");
    println!("To change the policy, edit policy.json and render it in place of the old one:");
    println!("  ../debug/peergate render envoy --policy policy.json --directory .");
}

/// Until Ctrl-C, or until somebody ends the process.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate()).expect("signals");
    let mut hung_up = signal(SignalKind::hangup()).expect("signals");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
        _ = hung_up.recv() => {}
    }
}
