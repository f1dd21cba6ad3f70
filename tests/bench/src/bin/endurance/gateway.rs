//! The Envoy, and what it does with requests that are let through.

use peergate_e2e::{Bootstrap, Fed, Provider};
use peergate_lab::feed::Feed;
use serde_json::json;

use crate::cast::Cast;

/// Starts it, and waits until it knows its list.
pub(crate) async fn start(cast: &Cast) -> Fed {
    let feed = Feed::start().expect("a feed");
    let entries = cast.entries();
    let count = entries.len() as u64;
    feed.put_all(entries);
    let version = feed.version();
    let fed = Fed::setup(&cast.authority, &cast.policy(0)).start_with(feed, |bootstrap| {
        bootstrap.options.concurrency = 2;
        bootstrap.verify_tokens([Provider::new("issuer", &cast.issuer)]);
        answer_at_once(bootstrap);
    });
    fed.wait_long_for_version("registered", version, count).await;
    fed
}

/// Has Envoy itself answer whatever is let through, but for streams, and say who it was. It logs no requests.
fn answer_at_once(bootstrap: &mut Bootstrap) {
    let manager = bootstrap.connection_manager();
    manager.as_object_mut().expect("an object").remove("access_log");
    // So that an upstream could be taken in by such a name, and the filter has to remove it.
    manager["common_http_protocol_options"]["headers_with_underscores_action"] = "ALLOW".into();
    let routes = bootstrap.virtual_host()["routes"].as_array_mut().expect("a list");
    for route in routes.iter_mut() {
        route["match"] = json!({ "prefix": "/live" });
        route["route"]["timeout"] = "0s".into();
    }
    let told = |name: &str, from: &str| {
        json!({
            "header": { "key": name, "value": format!("%REQ({from})%") },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        })
    };
    routes.push(json!({
        "match": { "prefix": "/" },
        "direct_response": { "status": 200, "body": { "inline_string": "ok" } },
        "response_headers_to_add": [
            told(WHO, "x-client-identity"), told(LIE, "x_client_identity"),
        ],
    }));
}

/// In an answer: who the request came from, as an upstream would have learned.
pub(crate) const WHO: &str = "x-told-who";

/// In an answer: what is left of a lie about it under a name that some upstreams take for the same.
pub(crate) const LIE: &str = "x-told-lie";
