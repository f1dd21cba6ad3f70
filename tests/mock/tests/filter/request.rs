//! What the filter makes of a request: what passes, what the upstream learns, what the client is told.

use crate::{PARTNER, PARTNER_FINGERPRINT, STRANGER, filter, load, policy, request, send};
use peergate_mock::{MalformedRequest, Request};

#[test]
fn a_listed_certificate_passes_and_the_upstream_learns_whose_it_is() {
    let answer = send(
        &filter(),
        request()
            .certificate(PARTNER)
            .header("x-client-identity", "spoofed")
            .header("X_Client.Identity", "spoofed")
            .header("x-client-tier", "platinum")
            .header("x_client_auth", "jwt")
            .header("connection", "keep-alive, x-client-identity, x_client_auth")
            .header("x-other", "stays"),
    );
    assert!(answer.passed());
    assert_eq!(answer.reply(), None);
    assert_eq!(
        (answer.outcome(), answer.reason(), answer.api()),
        ("allowed", "allowed", "employee")
    );
    assert_eq!(answer.identity(), Some("partner-a"));
    assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"));
    let headers: Vec<(String, String)> = answer
        .all_upstream_headers()
        .map(|(name, value)| {
            (String::from_utf8_lossy(name).into(), String::from_utf8_lossy(value).into())
        })
        .collect();
    let expected = [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "api.example.com"),
        (":path", "/employee"),
        ("x-other", "stays"),
        ("connection", "keep-alive"),
        ("x-client-identity", "partner-a"),
        ("x-client-auth", "certificate"),
        ("x-client-cert-sha256", PARTNER_FINGERPRINT),
        ("x-client-tier", "gold"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn every_carrier_brings_the_whole_certificate() {
    let mut policy = policy();
    policy["forward"]["client_cert"] =
        serde_json::json!({"header": "client-cert", "format": "der_base64"});
    let base64: String = PARTNER.lines().filter(|line| !line.starts_with('-')).collect();
    for request in [
        request().certificate(PARTNER),
        request().certificate_in_filter_state(PARTNER),
        request().certificate_in_xfcc(PARTNER),
    ] {
        let answer = send(&load(&policy), request.clone());
        assert_eq!(answer.upstream_headers("client-cert"), [base64.as_str()], "{request:?}");
    }
    let answer = send(&load(&policy), request().fingerprint_of(PARTNER));
    assert_eq!(answer.reason(), "certificate_unavailable");
    assert_eq!(answer.reply().unwrap().header("retry-after"), Some("5"));
    let swapped = request()
        .certificate(STRANGER)
        .property(&["connection", "sha256_peer_certificate_digest"], PARTNER_FINGERPRINT);
    assert_eq!(send(&load(&policy), swapped).reason(), "certificate_mismatch");
}

#[test]
fn each_refusal_has_its_reason_and_reply() {
    for (request, status, reason) in [
        (request(), 403, "certificate_required"),
        (request().plaintext(), 403, "no_tls"),
        (Request::get("http://api.example.com/"), 403, "no_tls"),
        (request().certificate(STRANGER), 403, "certificate_not_allowed"),
        (request().fingerprint(&"0".repeat(64)), 403, "certificate_not_allowed"),
        (request().fingerprint(PARTNER_FINGERPRINT), 503, "certificate_unavailable"),
        (request().certificate(PARTNER).at("2027-01-01T00:00:01Z"), 403, "certificate_expired"),
        (request().certificate(PARTNER).at_unix(1), 403, "certificate_not_yet_valid"),
        (request().header(":path", "/a/../employee"), 400, "bad_target"),
        (request().without_header(":path"), 400, "bad_target"),
        (Request::get("https://example.org"), 403, "no_matching_api"),
    ] {
        let answer = send(&filter(), request.clone());
        assert!(!answer.passed());
        assert_eq!((answer.status(), answer.reason()), (Some(status), reason), "{request:?}");
        assert_eq!(answer.details(), format!("peergate_{reason}"));
        assert_eq!(answer.outcome(), "denied");
        assert_eq!(answer.filter_state("wasm.peergate"), None);
        assert_eq!(answer.all_upstream_headers().count(), 0);
        let reply = answer.reply().unwrap();
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        let problem: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(problem["status"], status, "{problem}");
    }
}

#[test]
fn envoys_own_choice_selects_the_api() {
    let mut policy = policy();
    policy["global"] = serde_json::json!({"sni": "required"});
    policy["apis"][0]["match"] =
        serde_json::json!({"virtual_hosts": ["employee"], "routes": ["employee-v3"]});
    let filter = load(&policy);
    let request = request().certificate(PARTNER);
    let routed = || request.clone().virtual_host("employee").route("employee-v3");
    assert!(send(&filter, routed().server_name("api.example.com")).passed());
    assert_eq!(send(&filter, routed()).status(), Some(421));
    assert_eq!(send(&filter, routed().server_name("other.example")).reason(), "misdirected");
    let elsewhere = request.route("employee-v3").server_name("api.example.com");
    assert_eq!(send(&filter, elsewhere).reason(), "no_matching_api");
}

#[test]
fn a_grpc_client_is_told_by_its_own_status() {
    let call = || {
        Request::post("https://api.example.com/pkg.Service/Method")
            .header("content-type", "application/grpc+proto")
    };
    let answer = send(&filter(), call());
    let reply = answer.reply().unwrap();
    assert_eq!((reply.status, reply.grpc_status), (403, Some(7)));
    assert_eq!(reply.body, "a client certificate is required");
    assert_eq!(reply.header("content-type"), None);
    let answer = send(&filter(), call().fingerprint_of(PARTNER));
    assert_eq!(answer.reply().unwrap().grpc_status, Some(14));
}

#[test]
fn trailers_cannot_speak_for_the_filter() {
    let answer = send(
        &filter(),
        request()
            .certificate(PARTNER)
            .trailer("x-client-identity", "spoofed")
            .trailer("X_Client_Tier", "platinum")
            .trailer("x-client-identity", "spoofed")
            .trailer("x-checksum", b"\xff"),
    );
    assert!(answer.passed());
    let trailers: Vec<_> = answer.all_upstream_trailers().collect();
    assert_eq!(trailers, [(&b"x-checksum"[..], &b"\xff"[..])]);
    assert_eq!(answer.upstream_trailers("x-checksum"), ["\u{fffd}"]);
    assert_eq!(answer.upstream_headers("x-client-identity"), ["partner-a"]);
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let high: Vec<u8> = (0x80..=0xff).collect();
    let noisy = |request: Request| {
        ["x-any", "x-client-identity", "x_client_identity", "content-type", "x-request-id"]
            .into_iter()
            .fold(request, |request, name| request.header(name, &high))
            .trailer("x-any", &high)
            .trailer("x-client-identity", &high)
    };
    let answer = send(&filter(), noisy(request().certificate(PARTNER)));
    assert_eq!(answer.upstream_headers("x-client-identity"), ["partner-a"]);
    let any: Vec<&[u8]> = answer
        .all_upstream_headers()
        .filter(|(name, _)| *name == b"x-any")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(any, [&high[..]]);
    for name in [":path", ":authority", ":method", "x-forwarded-client-cert", "connection"] {
        let filter = filter();
        for request in [request(), request().fingerprint_of(PARTNER)] {
            let answer = send(&filter, noisy(request).header(name, &high));
            assert!(!answer.passed(), "{name}");
            assert!(answer.reply().is_some(), "{name}");
        }
        assert!(send(&filter, request().certificate(PARTNER)).passed());
    }
}

#[test]
fn a_refusal_in_shadow_passes_as_nobody() {
    let mut policy = policy();
    policy["global"] = serde_json::json!({"enforcement": "shadow"});
    let spoofed = request().certificate(STRANGER).header("x-client-identity", "spoofed");
    let answer = send(&load(&policy), spoofed);
    assert!(answer.passed());
    assert_eq!((answer.outcome(), answer.reason()), ("shadowed", "certificate_not_allowed"));
    assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"));
    assert_eq!(answer.identity(), None);
    assert!(answer.upstream_headers("x-client-identity").is_empty());
}

#[test]
fn a_request_that_makes_no_sense_is_not_sent() {
    let filter = filter();
    for request in [request().certificate("hello"), request().certificate_in_xfcc("hello")] {
        let error = filter.send(&request).unwrap_err();
        assert!(matches!(error, MalformedRequest::Certificate(_)), "{error}");
    }
    let error = filter.send(&request().at("tomorrow")).unwrap_err();
    assert!(matches!(error, MalformedRequest::Time(_)), "{error}");
    assert!(error.to_string().ends_with("found \"tomorrow\""), "{error}");
    assert!(filter.metrics().is_empty());
}
