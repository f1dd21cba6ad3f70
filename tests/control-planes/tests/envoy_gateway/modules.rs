//! Modules that cannot be had, and new ones.

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_cannot_be_had_lets_nobody_pass() {
    let people = People::new();
    let policy = people.policy();
    let mut gateway = Setup::new(&people.authority, &policy).start().await;
    let alice = Some(&people.alice);
    let shipped = gateway.modules.url("/peergate_http.wasm");
    gateway.settle(alice, "/employee", (200, "alice")).await;

    // Envoy Gateway has 500 answered in the filter's place, which the guard is before.
    let refused = (403, "RBAC: access denied");
    gateway.set_module(&gateway.modules.url("/nothing.wasm"));
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.settle(alice, "/employee", refused).await;
    assert!(gateway.log().contains("status code 404"));
    let guard = gateway.applied();
    gateway.apply_rendered(&gateway.applied_without("EnvoyPatchPolicy"));
    gateway.settle(alice, "/employee", (500, "")).await;
    gateway.apply_rendered(&guard);
    gateway.settle(alice, "/employee", refused).await;

    gateway.set_module(&shipped);
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.settle(alice, "/employee", (200, "alice")).await;

    // Not the module that it should be: another URL, since what was fetched is kept.
    gateway.modules.put("/other.wasm", b"\0asm\x01\0\0\0".to_vec());
    gateway.set_module(&gateway.modules.url("/other.wasm"));
    let wrong = format!("--sha256={}", "0".repeat(64));
    gateway.add_argument(&wrong);
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.settle(alice, "/employee", refused).await;
    assert!(gateway.log().contains("which does not match"));
}
