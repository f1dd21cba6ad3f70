//! Identities: only who was accepted has one, whatever a certificate or a header says.

use peergate_e2e::{Gateway, People, sent};
use peergate_lab::client::Request;
use peergate_lab::pki::{Identity, Leaf};
use serde_json::{Value, json};

use super::denial::is_refused;

/// The headers that upstreams believe.
const FORWARDED: [&str; 6] = [
    "x-client-identity",
    "x-client-auth",
    "x-client-cert-sha256",
    "client-cert",
    "x-client-tier",
    "x-forwarded-client-cert",
];

#[tokio::test]
async fn who_was_not_accepted_is_nobody() {
    let people = People::new();
    // Says of itself whatever could be believed.
    let admin = Identity::self_signed(
        Leaf::client("partner-a").dns("admin.example").uri("spiffe://corp.example/admin"),
    );
    let policy = policy(&people);
    let gateway = Gateway::start_with(&people, &policy, |_| {});
    for path in ["/open", "/ignoring", "/shadow", "/elsewhere"] {
        let forged = FORWARDED.iter().fold(Request::get("localhost", path), |request, name| {
            request.header(name, "partner-a")
        });
        for identity in [None, Some(&admin), Some(&people.bob)] {
            for (protocol, answer) in gateway.both(identity, &forged).await {
                assert_eq!(answer.status, 200, "{path} over {protocol}");
                let received = answer.json();
                for name in FORWARDED {
                    assert_eq!(sent(&received, name), [""; 0], "{name} at {path} over {protocol}");
                }
            }
        }
    }
    let verdicts = gateway.envoy.log();
    assert!(verdicts.contains("\"verdict\":\"outcome=allowed reason=anonymous"));
    assert!(!verdicts.contains("identity=partner-a"));

    shadow_is_no_way_round(&people, &gateway).await;
    identities_are_one_line(&people, policy, &gateway).await;
    assert!(gateway.is_whole());
}

/// An API that is only tried out, one that ignores who is refused, one that looks at nothing, and a default.
fn policy(people: &People) -> Value {
    let mut policy = people.policy();
    let api = |name: &str, policy: &str| {
        json!({ "name": name, "match": { "path_prefix": format!("/{name}") },
                "certificate": { "allow": ["partners"] }, "policy": policy })
    };
    let mut ignoring = api("ignoring", "optional");
    ignoring["certificate"]["if_refused"] = "ignore".into();
    let mut shadow = api("shadow", "mandatory");
    shadow["enforcement"] = "shadow".into();
    let mut open = api("open", "open");
    open.as_object_mut().unwrap().remove("certificate");
    policy["apis"] = json!([api("employee", "mandatory"), ignoring, shadow, open]);
    policy["lists"].as_object_mut().unwrap().remove("keys");
    policy["default"] = "allow".into();
    policy["global"]["sni"] = "when_present".into();
    policy["replies"] = json!({ "profile": "problem", "detail": "reason" });
    policy
}

/// Deny lists, targets that can be read otherwise and connections for another host are refused there too.
async fn shadow_is_no_way_round(people: &People, gateway: &Gateway) {
    for (identity, host, path, status, reason) in [
        (Some(&people.mallory), "localhost", "/shadow", 403, "certificate_denied"),
        (Some(&people.mallory), "localhost", "/ignoring", 403, "certificate_denied"),
        (None, "localhost", "/shadow/%zz", 400, "bad_target"),
        (None, "localhost", "/shadow;/../employee", 403, "certificate_required"),
        (None, "other.example", "/shadow", 421, "misdirected"),
        (Some(&people.bob), "localhost", "/employee", 403, "certificate_not_allowed"),
    ] {
        for (protocol, answer) in gateway.both(identity, &Request::get(host, path)).await {
            assert_eq!(answer.status, status, "{path} over {protocol}: {}", answer.text());
            assert_eq!(answer.json()["reason"], reason, "{path} over {protocol}");
        }
    }
}

/// What is no single line of printable ASCII is no identity.
async fn identities_are_one_line(people: &People, mut policy: Value, gateway: &Gateway) {
    let long = "a".repeat(257);
    let bad = ["a\r\nx-client-auth: b", "a\nb", "", " a", "a ", "\u{e9}", "a\u{0}", &long];
    for (number, identity) in bad.into_iter().enumerate() {
        policy["lists"]["partners"]["entries"][0]["identity"] = identity.into();
        is_refused(gateway, &policy, number as u64 + 1).await;
    }
    let good = format!("acme/{} (a:b) {}", "a".repeat(100), "~".repeat(100));
    policy["lists"]["partners"]["entries"][0]["identity"] = good.as_str().into();
    gateway.change_policy(&policy).await;
    let request = Request::get("localhost", "/employee");
    for (protocol, answer) in gateway.both(Some(&people.alice), &request).await {
        assert_eq!(sent(&answer.json(), "x-client-identity"), [good.as_str()], "{protocol}");
    }
}
