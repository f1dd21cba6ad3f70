//! Who may call, by the identity that the mesh certifies.

use peergate_control_planes::istio::{Mesh, Sidecar};
use peergate_control_planes::{sent, told};
use peergate_lab::client::{Client, Request};
use serde_json::{Value, json};

/// Lets a workload of the mesh call, and no other.
pub(crate) fn policy(mesh: &Mesh, account: &str) -> Value {
    let entry = json!({
        "ca": mesh.root(), "subject": { "uri": [Mesh::id(account)] }, "identity": { "from": "uri" },
    });
    json!({
        "version": 1,
        "lists": { "callers": { "entries": [entry] } },
        "apis": [
            { "name": "orders", "match": { "path_prefix": "/orders" }, "policy": "mandatory",
              "certificate": { "allow": ["callers"] } },
            { "name": "open", "match": { "path_prefix": "/open" }, "policy": "open" },
        ],
        "forward": { "identity": "x-client-identity" },
        "replies": { "detail": "reason" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listed_workload_passes_and_no_other() {
    let mesh = Mesh::default();
    let sidecar = Sidecar::start(&mesh, &policy(&mesh, "checkout"), &[]).await;
    let checkout = mesh.workload("checkout");
    let passed = sidecar.get(&checkout, "/orders//1/./2").await.unwrap();
    assert_eq!(passed.status, 200, "{}", passed.text());
    let received: Value = serde_json::from_slice(&passed.body).unwrap();
    assert_eq!(sent(&received, "x-client-identity"), [Mesh::id("checkout")]);
    assert_eq!(received["path"], "/orders/1/2");

    // The application gets what Istio tells of callers, with what they presented.
    let details = sent(&received, "x-forwarded-client-cert").join(",");
    assert!(details.contains(&format!("URI={}", Mesh::id("checkout"))), "{details}");
    assert_eq!(details.matches("BEGIN%20CERTIFICATE").count(), 2, "{details}");

    let returns = mesh.workload("returns");
    let refused = sidecar.get(&returns, "/orders").await.unwrap();
    assert_eq!((refused.status, &*told(&refused)), (403, "certificate_not_allowed"));
    assert_eq!(sidecar.get(&returns, "/open").await.unwrap().status, 200);

    // Somebody else's certificate in a header is nobody's.
    let encoded = checkout.pem().replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
    let spoofed = format!("Hash={};Cert=\"{encoded}\";Chain=\"{encoded}\"", checkout.fingerprint());
    let request = Request::get("orders", "/orders").header("x-forwarded-client-cert", &spoofed);
    let client = sidecar.caller(&returns);
    let refused = sidecar.send(&client, sidecar.ports.http, &request).await.unwrap();
    assert_eq!(told(&refused), "certificate_not_allowed");

    // What earlier hops wrote, well or badly, stands before what is the caller's, and harms nobody.
    for earlier in [&*spoofed, "Hash=00;Cert=\"x\",By=a;URI=b", "By=\"unclosed;Hash=\\"] {
        let request = Request::get("orders", "/orders").header("x-forwarded-client-cert", earlier);
        let client = sidecar.caller(&checkout);
        let passed = sidecar.send(&client, sidecar.ports.http, &request).await.unwrap();
        assert_eq!(passed.status, 200, "{earlier}: {}", passed.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_of_the_mesh_does_not_get_so_far() {
    let mesh = Mesh::default();
    let sidecar = Sidecar::start(&mesh, &policy(&mesh, "checkout"), &[]).await;
    let request = Request::get("orders", "/open");
    let strangers = [
        ("impostor", sidecar.caller(&mesh.impostor("checkout"))),
        ("nobody", sidecar.nobody()),
        ("plain text", Client::plaintext()),
    ];
    for (name, client) in strangers {
        let answer = sidecar.send(&client, sidecar.ports.http, &request).await;
        assert!(answer.is_err(), "{name}: {answer:?}");
    }
    assert!(sidecar.application.received().is_empty());

    // Under Istio's default plain text gets in: to what is open, as nobody.
    sidecar.edit(|documents| documents.retain(|one| one["kind"] != "PeerAuthentication"));
    let plain = Client::plaintext();
    let ask = async |path: &str| {
        sidecar.send(&plain, sidecar.ports.http, &Request::get("orders", path)).await
    };
    sidecar.wait(async || ask("/open").await.is_ok_and(|answer| answer.status == 200)).await;
    let refused = ask("/orders").await.unwrap();
    assert_eq!((refused.status, &*told(&refused)), (403, "no_tls"));
}
