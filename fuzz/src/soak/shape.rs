//! Requests of random shape.

use peergate::metadata::{JWT_AUTHN, write};
use peergate_mock::{Call, Fault, Request, Status};
use serde_json::{Value, json};

use super::random::Random;
use crate::certificates::certificate;
use crate::host::NOW;

/// What requests are made of.
#[derive(Debug)]
pub(super) struct Shapes {
    /// On every kind of connection.
    connections: Vec<Request>,
    /// What other filters say.
    metadata: Vec<Vec<u8>>,
}

impl Shapes {
    pub(super) fn new() -> Self {
        Self { connections: connections(), metadata: metadata() }
    }

    /// The next request, and whether it may be refused after it has passed: for its trailers, or because the
    /// host fails.
    pub(super) fn request(&self, random: &mut Random) -> (Request, bool) {
        let mut is_odd = false;
        let mut request = random.choose(&self.connections).clone();
        if random.once_in(8) {
            // One of many strangers.
            let hex: String = (0..4).map(|_| format!("{:016x}", random.number())).collect();
            request = Request::get("https://api.example.com/").fingerprint(&hex);
        }
        let host = if random.once_in(4) { random.word(&HOSTS) } else { HOSTS[0] };
        let method = if random.once_in(4) { random.word(&METHODS) } else { METHODS[0] };
        request = request.header(":method", method).header(":authority", host);
        request = if random.once_in(20) {
            request.header(":path", [b"/", &random.bytes(40)[..]].concat())
        } else {
            request.header(":path", random.word(&PATHS))
        };
        for _ in 0..random.below(6) {
            request = header(request, random);
        }
        match random.below(2000) {
            0 => request = request.header("x-large", vec![b'a'; 60 * 1024]),
            1 => {
                let name = random.word(&NAMES);
                request = (0..200).fold(request, |request, _| request.header(name, "again"));
            }
            2 => request = request.without_header(":path"),
            3 => request = request.without_header(":authority"),
            _ => {}
        }
        if random.once_in(2) {
            request = request.property(&["metadata"], random.choose(&self.metadata));
        }
        match random.below(4) {
            0 => request = request.server_name(random.word(&HOSTS)),
            1 | 2 => request = request.server_name(host),
            _ => {}
        }
        if random.once_in(6) {
            request = request.route("r1").virtual_host("v1");
        }
        if random.once_in(8) {
            is_odd = true;
            request = request.trailer(random.word(&NAMES), "spoofed");
        }
        let later = *random.choose(&[0, 0, 0, 0, 0, 0, 1, 60, 86_400, 400 * 86_400]);
        request = request.at_unix(u64::try_from(NOW).unwrap() + later);
        if random.once_in(20) {
            is_odd = true;
            request = request.fault(fault(random));
        }
        (request, is_odd)
    }
}

/// A host call that goes wrong.
pub(super) fn fault(random: &mut Random) -> Fault {
    let call = *random.choose(&CALLS);
    let fault = match random.below(4) {
        0 => Fault::empty(call),
        1 => Fault::returns(call, random.bytes(80)),
        2 => Fault::status(call, Status(u32::try_from(random.below(14)).unwrap())),
        _ => Fault::status(call, Status(u32::MAX)),
    };
    if random.once_in(3) { fault } else { fault.nth(random.below(5) + 1) }
}

fn header(request: Request, random: &mut Random) -> Request {
    let key = random.word(&KEYS);
    match random.below(12) {
        0 => request.header("x-api-key", key),
        1 => request.header("authorization", format!("ApiKey {key}")),
        2 => request.header("authorization", "Bearer a.b.c"),
        3 => request.header("cookie", format!("a=b; key={key}; token=x")),
        4 => request.header(":path", format!("/any?api_key={key}&access_token=x&y=z")),
        5 => request.header("connection", format!("close, {}", random.word(&NAMES))),
        6 => request.header("content-type", "application/grpc"),
        7 => request.header("origin", "https://a").header("access-control-request-method", "GET"),
        8 => request.header("x-forwarded-client-cert", random.bytes(60)),
        9 => request.header("x-request-id", random.bytes(30)),
        _ => request.header(random.word(&NAMES), random.bytes(20)),
    }
}

fn connections() -> Vec<Request> {
    let plain = Request::get("http://api.example.com/");
    let tls = Request::get("https://api.example.com/");
    let mut all = vec![plain, tls.clone(), tls.clone().fingerprint("no fingerprint")];
    for name in CERTIFICATES {
        let pem = &certificate(name).unwrap().pem;
        let chain = ["intermediate", "decoy-1"].map(|name| certificate(name).unwrap().pem.clone());
        all.extend([
            tls.clone().certificate(pem),
            tls.clone().fingerprint_of(pem),
            tls.clone().certificate_in_filter_state(pem),
            tls.clone().certificate_in_xfcc(pem),
            tls.clone().certificate(pem).chain(chain),
        ]);
    }
    all
}

fn metadata() -> Vec<Vec<u8>> {
    let digest = certificate("partner").unwrap().leaf.fingerprint().to_string();
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&digest[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let thumbprint = {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    };
    let token = json!({
        "iss": "https://idp.example", "sub": "alice", "aud": "api", "email": "a@b.example",
        "department": "hr", "realm_access": {"roles": ["admin"]}, "scope": "employee.read",
    });
    let with = |name: &str, value: Value| {
        let mut token = token.clone();
        token[name] = value;
        json!({"jwt_payload": token})
    };
    let said = [
        with("x", Value::Null),
        with("cnf", json!({"x5t#S256": thumbprint})),
        with("cnf", json!({"x5t#S256": "a"})),
        with("iss", json!("https://elsewhere.example")),
        with("sub", Value::Null),
        with("department", json!([1, {"a": null}])),
        json!({"jwt_failed_status": {"code": 1}}),
        json!({"jwt_failed_status": {"code": 3}}),
        json!({"jwt_payload": "text"}),
    ];
    let mut all: Vec<Vec<u8>> =
        said.iter().map(|said| write(json!({JWT_AUTHN: said}).as_object().unwrap())).collect();
    all.push(all[0][..all[0].len() / 2].to_vec());
    all.push(b"no metadata".to_vec());
    all
}

/// The keys that clients have; of the first few lists know.
pub(super) const KEYS: [&str; 6] = ["key-0", "key-1", "key-2", "key-3", "nobody's", ""];

/// The certificates that clients have.
pub(super) const CERTIFICATES: [&str; 16] = [
    "partner",
    "employee",
    "expired",
    "not-yet-valid",
    "rsa",
    "ed25519",
    "partner-twin",
    "partner-impostor",
    "client",
    "client-twin",
    "dns",
    "revoked",
    "for-servers",
    "client-silent",
    "stranger",
    "client-of-namesake",
];

const METHODS: [&str; 5] = ["GET", "POST", "OPTIONS", "CONNECT", "get"];
const HOSTS: [&str; 5] =
    ["api.example.com", "API.example.com:443", "a.eu.example.com", "[::1]", "a:b:c"];
const PATHS: [&str; 16] = [
    "/",
    "/health",
    "/shadow",
    "/o/7/photo",
    "/bare",
    "/ending",
    "/kept",
    "/bound",
    "/both",
    "/any",
    "/secret",
    "/all",
    "/all/admin?x",
    "/a/../b",
    "/a;b/%2e",
    "*",
];
const NAMES: [&str; 10] = [
    "x-client-identity",
    "X_Client_Identity",
    "x-client.auth",
    "client-cert",
    "x-client-tier",
    "x-client-sha256",
    "te",
    "user-agent",
    "x-forwarded-for",
    "x-b3-traceid",
];
const CALLS: [Call; 16] = [
    Call::Time,
    Call::Monotonic,
    Call::HeaderPairs,
    Call::ReplaceHeader,
    Call::RemoveHeader,
    Call::Property,
    Call::SetProperty,
    Call::LocalResponse,
    Call::DefineMetric,
    Call::IncrementMetric,
    Call::SharedData,
    Call::SetSharedData,
    Call::EffectiveContext,
    Call::ContinueStream,
    Call::Log,
    Call::ForeignFunction,
];
