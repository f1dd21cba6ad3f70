//! The policies and requests that are measured.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::host::Host;
use crate::pairs::Field;

/// A policy, and a request to it.
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// The policy.
    pub policy: Value,
    /// The request's headers.
    pub headers: Vec<Field>,
    /// Properties, segments joined by NUL.
    pub properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What is decided: `reason=allowed`.
    pub reason: &'static str,
}

impl Variant {
    /// The world as it sees it.
    pub fn host(&self) -> Host {
        Host {
            configuration: self.policy.to_string().into_bytes(),
            properties: self.properties.clone(),
            headers: self.headers.clone(),
            time: 1_800_000_000_000_000_000,
            ..Host::default()
        }
    }
}

/// All of them.
pub fn all() -> Vec<Variant> {
    let world = World::read();
    vec![
        world.pinned("1 pin, 8 headers", 1, few()),
        world.pinned("1 pin, 33 headers", 1, many()),
        world.pinned("10,000 pins, 8 headers", 10_000, few()),
        world.pinned("100,000 pins, 8 headers", 100_000, few()),
        world.pinned("100,000 pins, 33 headers", 100_000, many()),
    ]
}

/// Certificates.
struct World {
    partner: String,
    fingerprint: String,
}

impl World {
    fn read() -> Self {
        let fixtures: Value =
            serde_json::from_str(include_str!("../../cases/certificates/certificates.json")).expect("fixtures");
        let partner = fixtures["partner"].as_str().expect("a certificate").to_owned();
        let der = peergate::carrier::pem::one_certificate(&partner).expect("a certificate");
        Self { partner, fingerprint: peergate::Fingerprint::of(&der).to_string() }
    }
}

impl World {
    fn pinned(&self, name: &'static str, pins: u32, headers: Vec<Field>) -> Variant {
        let mut entries: Vec<Value> = (0..pins)
            .map(|number| json!({ "sha256": fingerprint(number), "identity": format!("partner-{number}") }))
            .collect();
        entries[pins as usize / 2] = json!({ "sha256": self.fingerprint, "identity": "partner" });
        Variant {
            name,
            policy: json!({
                "version": 1,
                "lists": { "partners": { "entries": entries } },
                "apis": [{
                    "name": "api",
                    "match": { "path_prefix": "/" },
                    "certificate": { "allow": ["partners"] },
                    "policy": "mandatory",
                }],
                "forward": { "identity": "x-client-identity", "fingerprint": "x-client-cert-sha256" },
            }),
            headers,
            properties: self.properties(),
            reason: "reason=allowed",
        }
    }

    fn properties(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        [
            ("connection\0tls_version", "TLSv1.3"),
            ("connection\0sha256_peer_certificate_digest", &self.fingerprint),
            ("connection\0peer_certificate", &self.partner),
            ("plugin_name", "peergate"),
        ]
        .map(|(path, value)| (path.into(), value.into()))
        .into()
    }
}

/// A fingerprint that no other number has: the multiplier is odd.
fn fingerprint(number: u32) -> String {
    let word = |place: u32| (number * 8 + place + 1).wrapping_mul(0x9e37_79b1);
    (0..8).map(|place| format!("{:08x}", word(place))).collect()
}

fn few() -> Vec<Field> {
    [
        (":authority", "api.example.com"),
        (":path", "/orders/17?page=2"),
        (":method", "GET"),
        (":scheme", "https"),
        ("user-agent", "bench/1.0"),
        ("accept", "*/*"),
        ("x-client-identity", "admin"),
        ("x_client_cert_sha256", "0000000000000000000000000000000000000000000000000000000000000000"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into()
}

/// As much as a browser behind two proxies sends: 33 headers, 3 KB.
fn many() -> Vec<Field> {
    let mut headers = few();
    for number in 0..25 {
        headers.push((format!("x-ordinary-{number}").into(), "v".repeat(96).into()));
    }
    headers
}
