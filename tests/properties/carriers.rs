//! What carries a certificate: what is written is found again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use peergate::carrier::{pem, xfcc};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;

use crate::config;

/// A pair of an element as Envoy writes it, other than `Cert`.
fn pair() -> impl Strategy<Value = String> {
    prop_oneof![
        "(By|URI)=spiffe://[a-z]{1,8}/[a-z0-9/-]{0,12}",
        "Hash=[0-9a-f]{64}",
        "DNS=[a-z.]{0,12}",
        // RFC 2253: some bytes behind a backslash, some as they are.
        "Subject=\"([ -!#-\\[\\]-~]|\\\\[\\\\\",;+=]){0,20}\"",
        "Chain=\"[A-Za-z0-9%-]{0,30}\"",
    ]
}

/// An element, and its certificate.
fn element() -> impl Strategy<Value = (String, Option<Vec<u8>>)> {
    let certificate = prop::option::of(prop::collection::vec(any::<u8>(), 1..40));
    let pairs = prop::collection::vec(pair(), 1..4);
    (pairs, certificate, any::<prop::sample::Index>(), "Cert|cert|CERT").prop_map(
        |(mut pairs, certificate, at, key)| {
            if let Some(bytes) = &certificate {
                let value = percent_encode(bytes, NON_ALPHANUMERIC);
                pairs.insert(at.index(pairs.len()), format!("{key}=\"{value}\""));
            }
            (pairs.join(";"), certificate)
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_certificate_of_the_last_element_is_found_whatever_the_others_quote(
        elements in prop::collection::vec(element(), 1..5),
    ) {
        let texts: Vec<&str> = elements.iter().map(|(text, _)| &**text).collect();
        let header = texts.join(",");
        let (_, certificate) = elements.last().unwrap();
        let written = certificate
            .as_ref()
            .map(|bytes| percent_encode(bytes, NON_ALPHANUMERIC).to_string());
        let found = xfcc::last_certificate(header.as_bytes());
        prop_assert_eq!(found, Ok(written.as_deref().map(str::as_bytes)), "{}", header);
    }

    #[test]
    fn an_unclosed_quote_is_never_an_absent_certificate(
        elements in prop::collection::vec(element(), 1..4),
    ) {
        let texts: Vec<&str> = elements.iter().map(|(text, _)| &**text).collect();
        let header = format!("{};Subject=\"x", texts.join(","));
        prop_assert_eq!(xfcc::last_certificate(header.as_bytes()), Err(xfcc::MalformedXfcc));
    }

    #[test]
    fn what_is_written_as_pem_is_read_in_every_form(
        der in prop::collection::vec(any::<u8>(), 1..300),
        width in 1..20_usize,
    ) {
        let base64 = STANDARD.encode(&der);
        let lines: Vec<&[u8]> = base64.as_bytes().chunks(width * 4).collect();
        let text = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            String::from_utf8(lines.join(&b'\n')).unwrap(),
        );
        let percent = percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
        for form in [&text, &percent, &text.replace('\n', " "), &text.replace('\n', "\r\n  ")] {
            prop_assert_eq!(pem::carried(form.as_bytes()), Ok(der.clone()), "{}", form);
        }
        let twice = text.repeat(2);
        prop_assert_eq!(pem::one_certificate(&twice), Err(pem::MalformedPem::SeveralBlocks));
        prop_assert_eq!(pem::certificates(&twice), Ok(vec![der.clone(), der]));
    }
}
