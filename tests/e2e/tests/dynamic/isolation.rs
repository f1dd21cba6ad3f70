//! Lists of other feeds, names and secrets do not mix, whoever shares their VM.

use std::fs;

use peergate_e2e::{Bootstrap, Fed, Gateway, POLICY_FILE, People, registered, with_policy};
use peergate_lab::envoy::free_port;
use peergate_lab::feed::{CHANGES, Feed};
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use super::visitor::Visitor;

#[tokio::test]
async fn two_lists_of_one_policy_do_not_mix() {
    let people = People::new();
    let second = Feed::start().unwrap();
    second.put(registered(&people.bob, "second/bob"));
    let mut policy = Fed::policy("30s");
    policy["lists"]["second"] = json!({ "feed": feed_of(SECOND) });
    let api = json!({
        "name": "second", "match": { "path_prefix": "/second" },
        "certificate": { "allow": ["second"], "inherit": false }, "policy": "mandatory",
    });
    policy["apis"].as_array_mut().unwrap().push(api);
    for has_service in [true, false] {
        let setup = Fed::setup(&people.authority, &policy).service(has_service);
        let fed = setup.beside(SECOND, &second).start(Feed::start().unwrap());
        let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
        let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
        fed.feed.put(registered(&people.alice, "first/alice"));
        alice.until("/employee", "allowed").await;
        bob.until("/second", "allowed").await;
        assert_eq!(alice.ask("/second").await, "certificate_not_allowed");
        assert_eq!(bob.ask("/employee").await, "certificate_not_allowed");

        // A whole list in place of one does nothing to the other.
        fed.feed.replace_all([]);
        alice.until("/employee", "certificate_not_allowed").await;
        assert_eq!(bob.ask("/second").await, "allowed");
        second.put(registered(&people.alice, "second/alice"));
        alice.until("/second", "allowed").await;
        assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");
        second.delete(json!({ "certificate": people.alice.fingerprint() }));
        alice.until("/second", "certificate_not_allowed").await;
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn plugins_of_one_vm_do_not_mix() {
    plugins_do_not_mix("peergate").await;
}

#[tokio::test]
async fn plugins_of_the_vm_without_a_name_do_not_mix() {
    // As in Istio, where all plugins of a proxy have this one.
    plugins_do_not_mix("").await;
}

/// Two plugins in one VM, each with a listener, a list of the same name, and a feed of its own; a third has
/// the first one's feed, and another secret.
async fn plugins_do_not_mix(vm_id: &str) {
    let people = People::new();
    let (feed, second) = (Feed::start().unwrap(), Feed::start().unwrap());
    feed.put(registered(&people.alice, "first/alice"));
    second
        .put_all([registered(&people.bob, "second/bob"), registered(&people.karl, "second/karl")]);
    let policy = Fed::policy("30s");
    let mut others = policy.clone();
    others["lists"]["registered"]["feed"] = feed_of(SECOND);
    let mut secret = policy.clone();
    secret["lists"]["registered"]["secret"] = "as long as a secret has to be".into();
    let ports = [free_port(), free_port()];
    let setup = Fed::setup(&people.authority, &policy).service(false);
    let fed = setup.start_with(feed, |bootstrap| {
        bootstrap.add_cluster(SECOND, second.address());
        set_vm(bootstrap, vm_id);
        add_plugin(bootstrap, "others", ports[0], &others);
        add_plugin(bootstrap, "secret", ports[1], &secret);
        bootstrap.options.concurrency = 2;
    });
    let first = fed.gateway.address().port();
    let of = |port| Door { gateway: &fed.gateway, port };
    let (first, others, secret) = (of(first), of(ports[0]), of(ports[1]));

    first.until(&people.alice, 200).await;
    secret.until(&people.alice, 200).await;
    others.until(&people.bob, 200).await;
    for (door, identity) in [
        (&first, &people.bob),
        (&first, &people.karl),
        (&secret, &people.bob),
        (&others, &people.alice),
    ] {
        assert_eq!(door.ask(identity).await, 403, "at {}", door.port);
    }
    // What one feed takes away, and a whole list in its place, is nothing to the other.
    second.replace_all([registered(&people.karl, "second/karl")]);
    others.until(&people.bob, 403).await;
    assert_eq!(others.ask(&people.karl).await, 200);
    assert_eq!(first.ask(&people.alice).await, 200);
    assert_eq!(secret.ask(&people.alice).await, 200);
    fed.feed.put(json!({ "deny": { "certificate": people.karl.fingerprint() } }));
    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    first.until(&people.alice, 403).await;
    secret.until(&people.alice, 403).await;
    assert_eq!(others.ask(&people.karl).await, 200);
    // Two lists of one feed have two leaders, and the third is another's.
    fed.gateway.wait(|| (fed.feed.held(), second.held()) == (2, 1)).await;
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn listeners_of_one_policy_share_a_list_and_its_poller() {
    for has_service in [true, false] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put(registered(&people.alice, "acme/alice"));
        let port = free_port();
        let policy = Fed::policy("30s");
        let setup = Fed::setup(&people.authority, &policy).service(has_service);
        let fed = setup.start_with(feed, |bootstrap| {
            bootstrap.listen_also("other", ([127, 0, 0, 1], port).into());
            bootstrap.options.concurrency = 2;
        });
        let doors = [fed.gateway.address().port(), port];
        let doors = doors.map(|port| Door { gateway: &fed.gateway, port });
        for door in &doors {
            door.until(&people.alice, 200).await;
            assert_eq!(door.ask(&people.bob).await, 403);
        }
        fed.feed.wait_until_held().await;
        let (before, term) = (fed.feed.requests(), fed.gateway.term("registered"));
        fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
        for door in &doors {
            door.until(&people.alice, 403).await;
        }
        // Whoever else would poll had the time to begin.
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        fed.feed.wait_until_held().await;
        assert_eq!(fed.feed.held(), 1, "service: {has_service}");
        // On a machine that is not free a leader may lose its lease, and the next one asks once more.
        let leaders = usize::try_from(fed.gateway.term("registered") - term).unwrap();
        assert!((1..=1 + leaders).contains(&(fed.feed.requests() - before)));
        assert!(fed.gateway.is_whole());
    }
}

/// A listener, by its port.
struct Door<'g> {
    gateway: &'g Gateway,
    port: u16,
}

impl Door<'_> {
    /// Asks on so many new connections that both workers have their part, which must agree.
    async fn ask(&self, identity: &Identity) -> u16 {
        let mut found = Vec::new();
        for _ in 0..4 {
            found.push(self.once(identity).await);
        }
        found.dedup();
        assert_eq!(found.len(), 1, "at {}: {found:?}", self.port);
        found[0]
    }

    async fn until(&self, identity: &Identity, status: u16) {
        for _ in 0..1500 {
            if self.once(identity).await == status {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no {status} at {}; {}", self.port, self.gateway.story());
    }

    async fn once(&self, identity: &Identity) -> u16 {
        let client = self.gateway.client(Some(identity));
        let mut h1 = client.h1(([127, 0, 0, 1], self.port).into()).await.unwrap();
        h1.get("localhost", "/employee", &[]).await.unwrap().status
    }
}

/// Has every plugin run in the VM of this name.
fn set_vm(bootstrap: &mut Bootstrap, vm_id: &str) {
    let path = bootstrap.directory.join(POLICY_FILE);
    let text = fs::read_to_string(&path).unwrap();
    let mut resource: Value = serde_saphyr::from_str(&text).unwrap();
    resource["resources"][0]["typed_config"]["config"]["vm_config"]["vm_id"] = vm_id.into();
    fs::write(&path, resource.to_string()).unwrap();
}

/// A listener with a plugin of its own.
fn add_plugin(bootstrap: &mut Bootstrap, name: &str, port: u16, policy: &Value) {
    let mut resource = with_policy(&bootstrap.directory, policy);
    resource["resources"][0]["name"] = name.into();
    resource["resources"][0]["typed_config"]["config"]["name"] = name.into();
    let path = bootstrap.directory.join(format!("{name}.yaml"));
    fs::write(&path, resource.to_string()).unwrap();
    let listener = bootstrap.listen_also(name, ([127, 0, 0, 1], port).into());
    let manager = &mut listener["filter_chains"][0]["filters"][0]["typed_config"];
    let filter = &mut manager["http_filters"][0];
    filter["name"] = name.into();
    let source = &mut filter["config_discovery"]["config_source"]["path_config_source"];
    source["path"] = path.to_str().unwrap().into();
}

fn feed_of(cluster: &str) -> Value {
    json!({ "cluster": cluster, "path": CHANGES, "wait": "30s" })
}

const SECOND: &str = "second-feed";
