//! What a host may answer: the truth, another's truth, noise, nothing, or an error.

use peergate::{Reading, Unreadable};
use proptest::prelude::*;

use crate::certificates::{Certificate, any_certificate};
use crate::host::{Host, NOW};

/// Some bytes, or one of the ways not to have them.
fn reading(bytes: impl Strategy<Value = Vec<u8>> + 'static) -> impl Strategy<Value = Reading> {
    prop_oneof![
        6 => bytes.prop_map(|bytes| Ok(Some(bytes))),
        2 => Just(Ok(None)),
        1 => Just(Err(Unreadable)),
    ]
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

fn carried(own: &'static Certificate) -> impl Strategy<Value = Reading> {
    reading(prop_oneof![
        4 => Just(own.pem.clone().into_bytes()),
        1 => any_certificate().prop_map(|other| other.pem.clone().into_bytes()),
        1 => noise(),
    ])
}

/// Any host at all.
pub(crate) fn any_host() -> impl Strategy<Value = Host> {
    any_certificate().prop_flat_map(|own| {
        let hex = own.leaf.fingerprint().to_string().into_bytes();
        let fingerprint = prop_oneof![
            6 => reading(Just(hex)),
            1 => reading(noise()),
            1 => reading(any::<[u8; 32]>().prop_map(|digest| hex::encode(digest).into_bytes())),
        ];
        let name = || reading(prop_oneof![Just(b"api.example.com".to_vec()), noise()]);
        let now = prop_oneof![
            6 => Just(Ok(NOW)),
            2 => any::<i64>().prop_map(Ok),
            1 => Just(Err(Unreadable)),
        ];
        let tls = reading(Just(b"TLSv1.3".to_vec()));
        let names = (name(), name(), name());
        (names, tls, fingerprint, carried(own), carried(own), now).prop_map(
            |(names, tls_version, fingerprint, attribute, filter_state, now)| {
                let (virtual_host, route, server_name) = names;
                Host {
                    virtual_host,
                    route,
                    server_name,
                    tls_version,
                    fingerprint,
                    attribute,
                    filter_state,
                    now,
                }
            },
        )
    })
}

/// An honest host whose client presents the certificate.
pub(crate) fn honest(certificate: &Certificate) -> Host {
    Host {
        tls_version: Ok(Some(b"TLSv1.3".to_vec())),
        fingerprint: Ok(Some(certificate.leaf.fingerprint().to_string().into_bytes())),
        attribute: Ok(Some(certificate.pem.clone().into_bytes())),
        ..Host::plaintext()
    }
}
