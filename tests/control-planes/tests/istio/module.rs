//! A module that the agent does not get.

use std::time::Duration;

use peergate_control_planes::istio::{Gateway, Setup};
use peergate_control_planes::{ModuleServer, People};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_cannot_be_fetched_refuses_everything_until_it_can() {
    let people = People::new();
    let policy = people.policy();
    let nowhere = ModuleServer::start().expect("a server").url("/missing.wasm");
    let mut gateway = Setup::new(&people.authority, &policy).module(&nowhere).start().await;
    assert_all_refused(&gateway, &people).await;
    assert!(gateway.count("rbac.wasm-default-deny.denied").await >= 12);
    assert!(told(&gateway).contains("wasm module download request failed: status code 404"));

    let good = gateway.modules.url(PATH);
    gateway.set_module(&good);
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.wait_for(&people.alice, "/employee", 200).await;

    // One that is gone later refuses as well: the old module does not stay.
    gateway.set_module(&nowhere);
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.wait_for(&people.alice, "/employee", 403).await;
    assert_all_refused(&gateway, &people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_with_another_digest_refuses() {
    let people = People::new();
    let policy = people.policy();
    let wrong = "0123456789abcdef".repeat(4);
    let setup = Setup::new(&people.authority, &policy).arguments(["--sha256", &wrong]);
    let gateway = setup.start().await;
    assert_all_refused(&gateway, &people).await;
    assert!(told(&gateway).contains(&format!("which does not match: {wrong}")));
}

/// Another build under another name, as in an upgrade, and back.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_of_the_module_drops_no_request() {
    let people = People::new();
    let policy: Value = people.policy();
    let mut gateway = Setup::new(&people.authority, &policy).start().await;
    let old = gateway.modules.url(PATH);
    let shipped = gateway.module();
    // An empty custom section more: the same code, and another digest.
    let new = gateway.modules.put("/next.wasm", [&shipped[..], &[0, 5, 4], b"next"].concat());
    let mut h1 =
        gateway.client(Some(&people.alice)).h1(gateway.address()).await.expect("a connection");
    let h2 = gateway.client(Some(&people.alice)).h2(gateway.address()).await.expect("a connection");
    for url in [&new, &old, &new] {
        let before = gateway.discovery("config_reload").await;
        gateway.set_module(url);
        gateway.apply_policy(&policy).expect("a good policy");
        let mut asked = 0;
        while gateway.discovery("config_reload").await == before || asked < 20 {
            assert_eq!(
                h1.get("api.example.com", "/employee", &[]).await.expect("an answer").status,
                200
            );
            assert_eq!(
                h2.get("api.example.com", "/employee", &[]).await.expect("an answer").status,
                200
            );
            asked += 1;
        }
    }
}

/// While the agent keeps the module, a change of the policy needs no fetch. It keeps it for a day without a
/// change, here for 20 seconds; then the next change needs one.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_changes_after_a_day_needs_the_module_again() {
    let people = People::new();
    let policy = people.policy();
    let setup = Setup::new(&people.authority, &policy);
    let setup = setup.environment("WASM_MODULE_EXPIRY", "20s");
    let gateway = setup.environment("WASM_PURGE_INTERVAL", "1s").start().await;
    let named = |name: &str| {
        let mut policy = policy.clone();
        policy["apis"][0]["name"] = name.into();
        policy
    };
    gateway.modules.remove(PATH);
    gateway.change_policy(&named("soon")).await;
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await.0, 200);
    assert_eq!(gateway.modules.asked(), [PATH]);

    tokio::time::sleep(Duration::from_secs(24)).await;
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await.0, 200);
    gateway.apply_policy(&named("late")).expect("a good policy");
    gateway.wait_for(&people.alice, "/employee", 403).await;
    assert_all_refused(&gateway, &people).await;
    assert_eq!(gateway.modules.asked(), [PATH, PATH]);

    // Once it is there again, the next change of the resource brings it back.
    gateway.modules.put(PATH, gateway.module());
    gateway.apply_policy(&named("later")).expect("a good policy");
    gateway.wait_for(&people.alice, "/employee", 200).await;
}

async fn assert_all_refused(gateway: &Gateway, people: &People) {
    for path in ["/employee", "/public", "/"] {
        for identity in [Some(&people.alice), None] {
            let refused = (403, "RBAC: access denied".to_owned());
            assert_eq!(gateway.ask(identity, path).await, refused, "{path}");
        }
    }
}

/// What the agent says of the module that it has not got.
fn told(gateway: &Gateway) -> String {
    let log = gateway.log();
    let lines = log.lines().filter(|line| line.contains("applying deny RBAC filter"));
    lines.collect()
}

/// Where the server of modules has the shipped one.
const PATH: &str = "/peergate_http.wasm";
