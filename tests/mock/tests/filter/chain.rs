//! What the client presents besides its own certificate.

use crate::{PARTNER, PARTNER_FINGERPRINT, STRANGER, filter, request, send};
use peergate_mock::{MalformedRequest, Request};

const XFCC: &str = "x-forwarded-client-cert";

/// As Envoy writes certificates into the header.
fn encoded(certificates: &[&str]) -> String {
    let text: String = certificates.iter().map(|pem| format!("{}\n", pem.trim())).collect();
    [("\n", "%0A"), (" ", "%20"), ("+", "%2B"), ("/", "%2F"), ("=", "%3D")]
        .iter()
        .fold(text, |text, (byte, code)| text.replace(byte, code))
}

fn forwarded(request: Request) -> Vec<String> {
    send(&filter(), request).upstream_headers(XFCC)
}

#[test]
fn a_chain_is_told_with_the_clients_own_certificate_first() {
    let certificates = [PARTNER, STRANGER, STRANGER];
    for request in [
        request().certificate(PARTNER),
        request().certificate_in_filter_state(PARTNER),
        // What the client wrote there is gone.
        request().certificate(PARTNER).header(XFCC, "Hash=00").header(XFCC, "Hash=11"),
    ] {
        let expected = format!("Hash={PARTNER_FINGERPRINT};Chain=\"{}\"", encoded(&certificates));
        assert_eq!(forwarded(request.chain([STRANGER, STRANGER])), [expected]);
    }
    let alone = request().certificate(PARTNER).chain([""; 0]);
    let expected = format!("Hash={PARTNER_FINGERPRINT};Chain=\"{}\"", encoded(&[PARTNER]));
    assert_eq!(forwarded(alone), [expected]);
}

#[test]
fn a_chain_and_the_certificate_are_told_in_one_element() {
    let request = request().certificate_in_xfcc(PARTNER).chain(vec![STRANGER.to_owned()]);
    let (own, all) = (encoded(&[PARTNER]), encoded(&[PARTNER, STRANGER]));
    let expected = format!("Hash={PARTNER_FINGERPRINT};Cert=\"{own}\";Chain=\"{all}\"");
    assert_eq!(forwarded(request), [expected]);
}

#[test]
fn a_chain_is_the_connections_own() {
    let chain = || request().certificate(STRANGER).chain([PARTNER]);
    assert_eq!(send(&filter(), chain()).reason(), "certificate_not_allowed");
    // Another connection has another, or none.
    assert!(forwarded(chain().certificate(PARTNER)).is_empty());
    assert_eq!(send(&filter(), chain().tls()).reason(), "certificate_required");
    // What the client wrote is the client's: it stays where no chain is told.
    let written = request().header(XFCC, "Hash=00").certificate(PARTNER);
    assert_eq!(forwarded(written), ["Hash=00"]);
}

#[test]
fn a_chain_of_nothing_is_not_sent() {
    let filter = filter();
    for request in [request(), request().fingerprint(PARTNER_FINGERPRINT)] {
        let error = filter.send(&request.chain([STRANGER])).unwrap_err();
        assert_eq!(error, MalformedRequest::ChainWithoutCertificate);
        assert!(error.to_string().contains("chain"), "{error}");
    }
    for other in ["", "hello", &[STRANGER, STRANGER].concat()] {
        let error = filter.send(&request().certificate(PARTNER).chain([other])).unwrap_err();
        assert!(matches!(error, MalformedRequest::Certificate(_)), "{error}");
    }
}
