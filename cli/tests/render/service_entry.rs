//! Feeds in Istio: the hosts that it has to know for them.

use std::fs;

use serde_json::{Value, json};

use crate::{documents, peergate, scratch};

const ISTIO: [&str; 6] = ["--hosts", "a.example", "--credential", "a", "--url", "oci://r/m:1"];

/// Writes a policy whose list has these feeds.
fn policy(name: &str, feed: &Value) -> String {
    let api = json!({ "name": "a", "policy": "mandatory", "certificate": { "allow": ["l"] } });
    let policy = json!({ "version": 1, "lists": { "l": { "feed": feed } }, "apis": [api] });
    let path = scratch("feeds").with_file_name(format!("feeds-{name}.json"));
    fs::write(&path, policy.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn feed(cluster: &str) -> Value {
    json!({ "cluster": cluster, "authority": "f", "path": "/" })
}

/// The manifest's resources of the kinds that are for feeds, or what is told instead.
fn rendered(policy: &str, more: &[&str]) -> Result<Vec<Value>, String> {
    let first = ["render", "istio", "--policy", policy];
    let output = peergate(&[&first[..], &ISTIO, more].concat());
    let [out, told] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    if !output.status.success() {
        assert!(out.is_empty());
        return Err(told);
    }
    let mut documents = documents(&out);
    let kinds = ["ServiceEntry", "DestinationRule"];
    documents.retain(|one| kinds.iter().any(|kind| one["kind"] == *kind));
    Ok(documents)
}

#[test]
fn a_host_outside_is_told_to_istio() {
    let name = policy("plain", &feed("outbound|8080||feed.example.com"));
    let found = rendered(&name, &["--feed", "feed.example.com:8080"]).unwrap();
    let metadata = json!({ "name": "peergate-feed.example.com", "namespace": "istio-system" });
    let entry = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": metadata,
        "spec": {
            "hosts": ["feed.example.com"], "exportTo": ["."], "location": "MESH_EXTERNAL",
            "resolution": "DNS",
            "ports": [{ "number": 8080, "name": "http-8080", "protocol": "HTTP" }],
        },
    });
    assert_eq!(found, [entry]);
}

#[test]
fn over_tls_the_server_is_verified() {
    let name = policy("tls", &feed("outbound|443||feed.example.com"));
    for (more, field, ca) in [
        (&[][..], "caCertificates", Value::Null),
        (&["--feed-ca", "/etc/feed.pem"], "caCertificates", json!("/etc/feed.pem")),
        (&["--feed-ca", "feed-ca"], "credentialName", json!("feed-ca")),
    ] {
        let found =
            rendered(&name, &[&["--feed", "https://feed.example.com"], more].concat()).unwrap();
        let [entry, rule] = &*found else { panic!("{found:?}") };
        let port = json!({ "number": 443, "name": "https-443", "protocol": "HTTPS" });
        assert_eq!(entry["spec"]["ports"], json!([port]));
        let mut tls = json!({
            "mode": "SIMPLE", "sni": "feed.example.com", "subjectAltNames": ["feed.example.com"],
        });
        if !ca.is_null() {
            tls[field] = ca;
        }
        let expected = json!({
            "host": "feed.example.com", "exportTo": ["."],
            "workloadSelector": { "matchLabels": { "istio": "ingressgateway" } },
            "trafficPolicy": { "portLevelSettings": [{ "port": { "number": 443 }, "tls": tls }] },
        });
        assert_eq!(rule["spec"], expected);
    }
}

#[test]
fn a_feed_may_be_elsewhere_than_its_name_says() {
    let cluster = "outbound|80||feed.internal";
    let name = policy("elsewhere", &feed(cluster));
    for (address, resolution, target, server) in [
        ("192.0.2.1:8080", "STATIC", 8080, None),
        ("https://192.0.2.1:8443", "STATIC", 8443, Some("feed.internal")),
        ("https://feed.example.com", "DNS", 443, Some("feed.example.com")),
    ] {
        let feed = format!("{cluster}={address}");
        let found = rendered(&name, &["--feed", &feed]).unwrap();
        let spec = &found[0]["spec"];
        let host = address.trim_start_matches("https://").split(':').next().unwrap();
        assert_eq!(spec["endpoints"], json!([{ "address": host }]));
        assert_eq!(spec["resolution"], resolution);
        assert_eq!(
            (&spec["ports"][0]["number"], &spec["ports"][0]["targetPort"]),
            (&json!(80), &json!(target))
        );
        let tls = "/spec/trafficPolicy/portLevelSettings/0/tls/sni";
        let told = found.get(1).and_then(|rule| rule.pointer(tls)?.as_str());
        assert_eq!(told, server);
    }
}

#[test]
fn ports_of_a_host_stand_together() {
    let feeds = json!([feed("outbound|80||a.example"), feed("outbound|443||a.example")]);
    let name = policy("ports", &feeds);
    let both = ["--feed", "a.example:80", "--feed", "https://a.example"];
    let found = rendered(&name, &both).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["spec"]["ports"].as_array().unwrap().len(), 2);
    let rules = found[1].pointer("/spec/trafficPolicy/portLevelSettings").unwrap();
    assert_eq!(rules.as_array().unwrap().len(), 1);
}

#[test]
fn what_istio_knows_it_is_not_told() {
    let service = policy("service", &feed("outbound|80||feed.default.svc.cluster.local"));
    assert_eq!(rendered(&service, &[]).unwrap(), [Value::Null; 0]);
    let over_tls = "https://feed.default.svc.cluster.local:80";
    let found = rendered(&service, &["--feed", over_tls]).unwrap();
    assert_eq!((found.len(), &found[0]["kind"]), (1, &json!("DestinationRule")));
    let moved = "outbound|80||feed.default.svc.cluster.local=192.0.2.1:80";
    let told = rendered(&service, &["--feed", moved]).unwrap_err();
    assert!(told.starts_with("lists.l.feed.cluster: Istio knows already where"), "{told}");

    let known = policy("known", &feed("outbound|443||feed.example.com"));
    assert_eq!(rendered(&known, &["--without-service-entry"]).unwrap(), [Value::Null; 0]);
}

#[test]
fn what_istio_cannot_ask_is_refused_with_its_place() {
    let refused = |name: &str, feed: &Value, more: &[&str], expected: &str| {
        let told = rendered(&policy(name, feed), more).unwrap_err();
        assert!(told.starts_with(expected), "{told}");
    };
    for (index, cluster) in [
        "peergate-feed",
        "outbound|80|v1|a.example",
        "inbound|80||a.example",
        "outbound|0||a.example",
        "outbound|x||a.example",
        "outbound|80||",
        "outbound|80||A.example",
        "outbound|80||a.example|b",
    ]
    .into_iter()
    .enumerate()
    {
        let expected = format!("lists.l.feed.cluster: {cluster:?} is no cluster of Istio's");
        refused(&format!("form-{index}"), &feed(cluster), &[], &expected);
    }
    let pair = json!([feed("outbound|80||a.svc.x"), feed("b")]);
    refused("second", &pair, &[], "lists.l.feed[1].cluster: \"b\" is no cluster");
    let address = feed("outbound|80||192.0.2.1");
    refused("address", &address, &[], "lists.l.feed.cluster: Istio has hosts by name alone");
    let unnamed = json!({ "cluster": "outbound|80||a.example", "path": "/" });
    refused(
        "unnamed",
        &unnamed,
        &[],
        "lists.l.feed.authority: has to be given here, such as \"a.example\"",
    );
    let plain = feed("outbound|80||a.example");
    let missing = "lists.l.feed.cluster: say how a.example is asked: --feed a.example:80";
    refused("missing", &plain, &[], missing);
    let unused = ["--feed", "a.example:80", "--feed", "a.example:81"];
    refused("unused", &plain, &unused, "--feed …a.example:81: no feed of the policy is there");
    let apart = json!([feed("outbound|80||a.example"), feed("outbound|81||a.example")]);
    let apart_at = ["--feed", "a.example:80", "--feed", "outbound|81||a.example=192.0.2.1:81"];
    refused(
        "apart",
        &apart,
        &apart_at,
        "lists.l.feed[1].cluster: a.example cannot be at two places",
    );
}
