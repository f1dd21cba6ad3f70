//! Who pays for whom: everybody for himself, once for each list and API.

use peergate_e2e::{Bootstrap, keyed, registered, with_policy};
use peergate_lab::client::Request;
use peergate_lab::envoy::free_port;
use peergate_lab::pki::Leaf;
use serde_json::{Value, json};

use super::stage::{Stage, Visitor, get, policy, three, with};

#[tokio::test]
async fn everybody_pays_for_himself() {
    let stage = Stage::shared().await;
    let (alice, bob, karl) = (&stage.people.alice, &stage.people.bob, &stage.people.karl);
    for (what, identity, request, expected) in [
        ("a certificate", Some(alice), get("/certificate"), 3),
        ("another", Some(bob), get("/certificate"), 3),
        ("one without a rate", Some(karl), get("/certificate"), 6),
        ("a key", None, with("key", "/key"), 3),
        ("another key of its holder", None, with("another-key", "/key"), 0),
        ("with another's certificate", Some(bob), with("key", "/key"), 0),
        ("at another API, by the same list", None, with("key", "/again"), 0),
        ("where the API has a rate of its own", None, with("key", "/default"), 0),
        ("by another list", None, with("key", "/second"), 3),
        ("a key of somebody else", None, with("other-key", "/key"), 3),
        ("a key without a rate", None, with("free-key", "/key"), 6),
        ("where the API has one", None, with("free-key", "/default"), 3),
        ("a token", None, stage.of("ada", "/token"), 3),
        ("another token of its holder", None, stage.of("ada", "/token"), 0),
        ("somebody else's", None, stage.of("eve", "/token"), 3),
        ("at another API", None, stage.of("ada", "/other"), 3),
        ("nobody has a rate", None, get("/maybe"), 6),
        ("somebody has", None, stage.of("ada", "/maybe"), 3),
        ("who asks beforehand", None, preflight("/maybe"), 6),
        ("an operation", None, stage.of("ada", "/operations/rare"), 1),
        ("the API's others", None, stage.of("ada", "/operations"), 3),
        ("the operation again", None, stage.of("eve", "/operations/rare"), 1),
        ("both have used up theirs", Some(alice), with("free-key", "/both"), 0),
    ] {
        assert_eq!(stage.passed(identity, &request, 6).await, expected, "{what}: {request:?}");
    }
    assert!(stage.gateway().is_whole());
}

/// With the same name in two lists, or as token and key, nobody uses up what is another's.
#[tokio::test]
async fn an_identity_of_the_same_name_is_somebody_else() {
    let stage = Stage::shared().await;
    let carol = stage.people.authority.issue(Leaf::client("carol"));
    stage.register(registered(&carol, "acme/carol")).await;
    stage.register(keyed("namesake", "acme/carol")).await;
    assert_eq!(stage.passed(Some(&carol), &get("/certificate"), 4).await, 3);
    // One list, one name: the same client, as whoever keeps the list says.
    assert_eq!(stage.passed(None, &with("namesake", "/key"), 4).await, 0);
    assert_eq!(stage.passed(None, &with("namesake", "/second"), 4).await, 3);
    assert_eq!(stage.passed(None, &stage.of("acme/carol", "/token"), 4).await, 3);
}

#[tokio::test]
async fn what_is_refused_or_only_tried_out_spends_nothing() {
    let stage = Stage::shared().await;
    assert_eq!(stage.passed(None, &stage.of("ada", "/shadow"), 10).await, 10);
    let stats = stage.gateway().envoy.stats("wasmcustom.peergate.api.shadow").unwrap();
    assert!(stats.keys().all(|name| !name.ends_with("rate_limited")), "{stats:?}");
    // Half of what `/both` asks for.
    stage.register(keyed("unspent", "acme/unspent")).await;
    for _ in 0..5 {
        for (_, answer) in stage.gateway().both(None, &with("unspent", "/both")).await {
            assert_eq!(answer.json()["reason"], "certificate_required");
        }
    }
    assert_eq!(stage.passed(None, &with("unspent", "/key"), 5).await, 3);
}

/// Two plugins have a table each for what their APIs ask; those who are on a list that both have are counted
/// together.
#[tokio::test]
async fn another_plugin_counts_for_itself() {
    let port = free_port();
    let stage = Stage::start_with("1.40.0", three(), |bootstrap| {
        add_plugin(bootstrap, "other", port, &policy(&three()));
    });
    let stage = stage.await;
    let other = async |request: &Request, count: usize| {
        let client = stage.gateway().client(None);
        let mut h1 = client.h1(([127, 0, 0, 1], port).into()).await.unwrap();
        let mut passed = 0;
        for _ in 0..count {
            passed += usize::from(h1.send(request).await.unwrap().status == 200);
        }
        passed
    };
    let token = stage.of("ada", "/token");
    assert_eq!(stage.passed(None, &token, 6).await, 3);
    assert_eq!(other(&token, 6).await, 3);
    let key = with("key", "/key");
    assert_eq!(other(&key, 2).await, 2);
    assert_eq!(stage.passed(None, &key, 6).await, 1);
    assert_eq!(other(&key, 2).await, 0);
    assert!(stage.gateway().is_whole());
}

#[tokio::test]
async fn a_change_of_the_policy_gives_nobody_more() {
    let stage = Stage::start(three()).await;
    let (token, key) = (stage.of("ada", "/token"), with("key", "/key"));
    let mut visitor = Visitor::new(stage.gateway(), None).await;
    for request in [&token, &key] {
        for _ in 0..3 {
            assert!(visitor.passes(request).await);
        }
        assert!(!visitor.passes(request).await);
    }
    let mut changed = policy(&three());
    changed["forward"]["method"] = "x-client-auth".into();
    changed["apis"].as_array_mut().unwrap().reverse();
    stage.gateway().change_policy(&changed).await;
    for request in [&token, &key] {
        assert!(!visitor.passes(request).await, "{request:?}");
        assert_eq!(stage.passed(None, request, 3).await, 0, "{request:?}");
    }
    // Nor does the feed by saying the same again. Another rate is another account.
    let mut entry = keyed("key", "acme/app");
    entry["labels"] = json!({ "plan": "gold" });
    stage.register(entry.clone()).await;
    assert!(!visitor.passes(&key).await);
    entry["rate"] = json!({ "requests": 1, "per": "1h", "burst": 5 });
    stage.register(entry).await;
    assert_eq!(stage.passed(None, &key, 9).await, 5);
    assert!(stage.gateway().is_whole());
}

/// A listener with a plugin of another name.
fn add_plugin(bootstrap: &mut Bootstrap, name: &str, port: u16, policy: &Value) {
    let mut resource = with_policy(&bootstrap.directory, policy);
    resource["resources"][0]["name"] = name.into();
    resource["resources"][0]["typed_config"]["config"]["name"] = name.into();
    let path = bootstrap.directory.join(format!("{name}.yaml"));
    std::fs::write(&path, resource.to_string()).unwrap();
    let listener = bootstrap.listen_also(name, ([127, 0, 0, 1], port).into());
    let manager = &mut listener["filter_chains"][0]["filters"][0]["typed_config"];
    let filters = manager["http_filters"].as_array_mut().unwrap();
    let filter = filters.iter_mut().find(|filter| filter["name"] == "peergate").unwrap();
    filter["name"] = name.into();
    let source = &mut filter["config_discovery"]["config_source"]["path_config_source"];
    source["path"] = path.to_str().unwrap().into();
}

fn preflight(path: &str) -> Request {
    let request = Request::new("OPTIONS", "localhost", path);
    request.header("origin", "https://app.example").header("access-control-request-method", "GET")
}
