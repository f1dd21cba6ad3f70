//! What happens where the filter is written into the listener: Envoy then replaces the listener, and
//! connections that are open stay with the old one while it drains.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use peergate_e2e::{Bootstrap, Gateway, POLICY_FILE, People};
use serde_json::{Value, json};

#[tokio::test]
async fn by_lds_open_connections_keep_the_old_policy() {
    let people = People::new();
    let gateway = Gateway::start_with(&people, &people.policy(), by_lds);
    let client = gateway.client(Some(&people.alice));
    let mut h1 = client.h1(gateway.address()).await.unwrap();
    let h2 = client.h2(gateway.address()).await.unwrap();
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
    assert_eq!(h2.get("localhost", "/employee", &[]).await.unwrap().status, 200);

    let updates = || {
        let stat = gateway.envoy.stat("listener_manager.lds.update_success").unwrap();
        stat.unwrap_or_default()
    };
    let before = updates();
    let file = gateway.directory().join(LISTENERS);
    let old = fs::read_to_string(&file).unwrap();
    let new = old.replace(&people.alice.fingerprint(), &people.bob.fingerprint());
    assert_ne!(new, old);
    replace(&file, &new);
    gateway.wait(|| updates() > before).await;
    // Who comes now meets the new policy. It may take a moment until the workers listen anew.
    let start = Instant::now();
    while gateway.status(Some(&people.alice), "/employee").await != 403 {
        assert!(start.elapsed() < Duration::from_secs(10), "{}", gateway.story());
    }
    assert_eq!(gateway.status(Some(&people.bob), "/employee").await, 200);
    // Who is connected does not.
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
    assert_eq!(h2.get("localhost", "/employee", &[]).await.unwrap().status, 200);

    // Until the drain time is over: `DRAIN` here, 600 seconds unless Envoy is told otherwise.
    tokio::time::sleep(Duration::from_secs(DRAIN + 2)).await;
    let answer = h1.get("localhost", "/employee", &[]).await;
    assert!(answer.is_err(), "{answer:?}");
    assert!(h2.get("localhost", "/employee", &[]).await.is_err());
}

/// Writes the filter into the listener, and the listener into a file that Envoy watches.
fn by_lds(bootstrap: &mut Bootstrap) {
    let text = fs::read_to_string(bootstrap.directory.join(POLICY_FILE)).unwrap();
    let policy: Value = serde_saphyr::from_str(&text).unwrap();
    let filter =
        json!({ "name": "peergate", "typed_config": policy["resources"][0]["typed_config"] });
    let filters = bootstrap.http_filters();
    let place = filters.iter().position(|filter| filter["name"] == "peergate").unwrap();
    let discovered = std::mem::replace(&mut filters[place], filter);
    assert!(discovered["config_discovery"].is_object());

    let listeners = bootstrap.config["static_resources"]["listeners"].take();
    let file = bootstrap.directory.join(LISTENERS);
    let mut resources = listeners.as_array().unwrap().clone();
    for resource in &mut resources {
        resource["@type"] = "type.googleapis.com/envoy.config.listener.v3.Listener".into();
    }
    fs::write(&file, json!({ "version_info": "1", "resources": resources }).to_string()).unwrap();
    bootstrap.config["dynamic_resources"] = json!({ "lds_config": { "path_config_source": {
        "path": file.to_str().unwrap(),
        "watched_directory": { "path": bootstrap.directory.to_str().unwrap() },
    } } });
    bootstrap.options.arguments = ["--drain-time-s", &DRAIN.to_string()].map(str::to_owned).into();
}

fn replace(file: &Path, text: &str) {
    let next = file.with_extension("next");
    fs::write(&next, text).unwrap();
    fs::rename(&next, file).unwrap();
}

const LISTENERS: &str = "listeners.yaml";

/// Seconds.
const DRAIN: u64 = 4;
