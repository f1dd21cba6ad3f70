//! The module of a running Envoy is replaced: an upgrade, a roll-back, and what is no module.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use peergate_e2e::{
    Fed, Gateway, POLICY_FILE, People, another_build, registered, replace_policy, sent,
};
use peergate_lab::client::{H1, H2, Request, Response};
use peergate_lab::feed::{Fault, Feed};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_build_goes_on_with_the_lists_of_the_one_before() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put_all([registered(&people.alice, "acme/alice"), registered(&people.bob, "acme/bob")]);
    let policy = Fed::policy("30s");
    // Without the service, so that the list's leader is replaced as well.
    let setup = Fed::setup(&people.authority, &policy).service(false);
    let fed = setup.start_with(feed, |bootstrap| bootstrap.options.concurrency = 2);
    fed.wait_for_status(&people.alice, "/employee", 200).await;
    fed.feed.wait_until_held().await;
    // From here on nobody can load the list anew.
    fed.feed.fail(Fault::Refuse);
    let module = module(&fed.gateway);

    let (is_over, counts) =
        (Arc::new(AtomicBool::new(false)), Arc::new([const { AtomicUsize::new(0) }; 2]));
    let client = fed.gateway.client(Some(&people.alice));
    let (h1, h2) = (client.h1(fed.gateway.address()).await, client.h2(fed.gateway.address()).await);
    let asking = [
        tokio::spawn(ask_h1(h1.unwrap(), Arc::clone(&is_over), Arc::clone(&counts))),
        tokio::spawn(ask_h2(h2.unwrap(), Arc::clone(&is_over), Arc::clone(&counts))),
    ];
    wait_for_answers(&fed.gateway, &counts).await;
    fed.gateway.change_module("upgrade.wasm", |old| another_build(old, "upgrade")).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    wait_for_answers(&fed.gateway, &counts).await;
    // The way back is the old file.
    let mut resource = resource(&fed.gateway);
    *filename(&mut resource) = module.into();
    let before = fed.gateway.discovery("config_reload");
    replace_policy(fed.gateway.directory(), &resource.to_string());
    fed.gateway.wait(|| fed.gateway.discovery("config_reload") > before).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    wait_for_answers(&fed.gateway, &counts).await;
    is_over.store(true, Ordering::Relaxed);
    for asking in asking {
        asking.await.unwrap();
    }

    // Somebody leads the list.
    fed.feed.heal();
    fed.feed.delete(json!({ "certificate": people.bob.fingerprint() }));
    fed.wait_for_status(&people.bob, "/employee", 403).await;
    assert_eq!(fed.gateway.count("list_stale") + fed.gateway.count("internal"), 0);
    assert_eq!(fed.gateway.discovery("config_fail"), 0);
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn what_is_no_module_is_refused_and_the_old_one_stays() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    let good = resource(&gateway);
    for (number, bytes) in [&b"no module"[..], b"\0asm\x01\0\0\0", b""].into_iter().enumerate() {
        let file = gateway.directory().join(format!("bad-{number}.wasm"));
        fs::write(&file, bytes).unwrap();
        let mut bad = good.clone();
        *filename(&mut bad) = file.to_str().unwrap().into();
        replace_policy(gateway.directory(), &bad.to_string());
        gateway.wait(|| gateway.discovery("config_fail") > number as u64).await;
        assert_eq!(gateway.status(Some(&people.alice), "/employee").await, 200, "{bytes:?}");
        assert_eq!(gateway.status(None, "/employee").await, 403, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_module_under_the_old_name_is_not_noticed_until_the_policy_changes() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    // Envoy watches the policy's own directory: whatever is moved there has it read the policy again.
    fs::create_dir(gateway.directory().join("modules")).unwrap();
    gateway.change_module("modules/filter.wasm", |old| another_build(old, "first")).await;
    let created = || gateway.envoy.stat("wasm.envoy.wasm.runtime.v8.created").unwrap();
    let (reloads, vms) = (gateway.discovery("config_reload"), created());
    let module = gateway.directory().join("modules/filter.wasm");
    let shipped = fs::read(&module).unwrap();
    let next = gateway.directory().join("modules/next.wasm");
    fs::write(&next, another_build(&shipped, "second")).unwrap();
    fs::rename(&next, &module).unwrap();

    // Rendered again, the policy is the same to the last byte.
    let attempts = gateway.discovery("update_attempt");
    replace_policy(gateway.directory(), &resource(&gateway).to_string());
    gateway.wait(|| gateway.discovery("update_attempt") > attempts).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((gateway.discovery("config_reload"), created()), (reloads, vms));

    // Another policy, and Envoy reads the file again.
    let mut policy = people.policy();
    policy["apis"][0]["name"] = "renamed".into();
    gateway.change_policy(&policy).await;
    assert!(created() > vms);
    assert_eq!(gateway.status(Some(&people.alice), "/employee").await, 200);
}

/// How many answers each of two clients has had.
type Counts = Arc<[AtomicUsize; 2]>;

async fn ask_h1(mut h1: H1, is_over: Arc<AtomicBool>, counts: Counts) {
    while !is_over.load(Ordering::Relaxed) {
        check(&h1.get("localhost", "/employee", &[]).await.expect("an answer"));
        counts[0].fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn ask_h2(h2: H2, is_over: Arc<AtomicBool>, counts: Counts) {
    while !is_over.load(Ordering::Relaxed) {
        check(&h2.send(&Request::get("localhost", "/employee")).await.expect("an answer"));
        counts[1].fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until both have had some more, however slow the machine is.
async fn wait_for_answers(gateway: &Gateway, counts: &Counts) {
    let now = || [counts[0].load(Ordering::Relaxed), counts[1].load(Ordering::Relaxed)];
    let before = now();
    gateway.wait(|| now().iter().zip(before).all(|(now, before)| now - before > 10)).await;
}

fn check(answer: &Response) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(sent(&answer.json(), "x-client-identity"), ["acme/alice"]);
}

/// What the gateway's directory holds.
fn resource(gateway: &Gateway) -> Value {
    let text = fs::read_to_string(gateway.directory().join(POLICY_FILE)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

fn filename(resource: &mut Value) -> &mut Value {
    &mut resource["resources"][0]["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"]
}

fn module(gateway: &Gateway) -> String {
    filename(&mut resource(gateway)).as_str().unwrap().to_owned()
}
