//! What other filters say of a request: no bytes make its reader panic, and a token holds as a model of the rule
//! says. An input that is an object is written as Envoy writes it; any other stands for itself.

use std::sync::LazyLock;

use peergate::metadata::{JWT_AUTHN, write};
use peergate::{Headers, Memory, Policy, Reason, Verdict};
use serde_json::{Map, Value, json};

use crate::host::Host;
use crate::policies::read;
use crate::wire::depth;

const ISSUER: &str = "https://idp.example";

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    read(&json!({
        "version": 1,
        "apis": [{"name": "a", "policy": ["jwt"], "jwt": {
            "issuers": [ISSUER], "audiences": ["api", "web"], "scopes": ["read"], "bound": "unchecked",
            "claims": {
                "department": {"one_of": ["hr", 7, true]},
                "/realm/roles": {"contains": "admin"},
            },
        }}],
    }))
});

pub(crate) fn run(input: &[u8]) {
    let fields = match serde_json::from_slice::<Value>(input) {
        Ok(Value::Object(fields)) if depth(&fields) < 30 => fields,
        _ => return noise(input),
    };
    // A verified token, by itself and among others.
    let said = Map::from_iter([(JWT_AUTHN.to_owned(), json!({"jwt_payload": fields}))]);
    check(&write(&said), &Ok(Some(fields.clone())));
    let others = json!({"a": {"jwt_payload": {}}, JWT_AUTHN: {"jwt_payload": fields, "x": null}});
    check(&write(others.as_object().unwrap()), &Ok(Some(fields.clone())));
    // Whatever filters say: of those, one counts.
    let own = fields.get(JWT_AUTHN).and_then(Value::as_object);
    let presented = match own.and_then(|own| own.get("jwt_payload")) {
        Some(Value::Object(payload)) => Ok(Some(payload.clone())),
        Some(_) => Err(Reason::JwtRefused),
        None => match own.and_then(|own| own.get("jwt_failed_status")) {
            Some(status) if status.get("code").and_then(Value::as_f64) != Some(1.0) => {
                Err(Reason::JwtRefused)
            }
            _ => Ok(None),
        },
    };
    check(&write(&fields), &presented);
}

/// Bytes that may be anything: whom they let in, they name.
fn noise(input: &[u8]) {
    let verdict = judged(input);
    let has = |text: &str| input.windows(text.len()).any(|part| part == text.as_bytes());
    if verdict.accepted().is_some() {
        assert!([JWT_AUTHN, "jwt_payload", ISSUER, "admin", "read"].iter().all(|text| has(text)));
    }
}

fn judged(metadata: &[u8]) -> Verdict<'static> {
    let host = Host { metadata: Ok(Some(metadata.to_vec())), ..Host::plaintext() };
    let pairs = [(":method", "GET"), (":authority", "a.example"), (":path", "/")];
    let pairs = pairs.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    POLICY.judge(&Headers::new(pairs.to_vec()), &host, &mut Memory::default())
}

fn check(metadata: &[u8], presented: &Result<Option<Map<String, Value>>, Reason>) {
    let verdict = judged(metadata);
    let expected = match presented {
        Err(reason) => *reason,
        Ok(None) => Reason::JwtRequired,
        Ok(Some(payload)) => model(payload).err().unwrap_or(Reason::Allowed),
    };
    assert_eq!(verdict.reason(), expected);
    if let (Ok(Some(payload)), Some(accepted)) = (presented, verdict.accepted()) {
        assert_eq!(Ok(accepted.identity()), model(payload));
    }
}

/// The rule of [`POLICY`], read a second time.
fn model(payload: &Map<String, Value>) -> Result<String, Reason> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let refused = Reason::JwtRefused;
    if text("iss") != Some(ISSUER) {
        return Err(refused);
    }
    if !texts(payload.get("aud")).iter().any(|name| ["api", "web"].contains(name)) {
        return Err(refused);
    }
    let subject = text("sub").filter(|subject| !subject.is_empty()).ok_or(refused)?;
    let identity = format!("{ISSUER}#{subject}");
    let is_printable = identity.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if identity.len() > 256 || identity.ends_with(' ') || !is_printable {
        return Err(refused);
    }
    let department = match payload.get("department") {
        Some(Value::String(text)) => text == "hr",
        Some(Value::Number(number)) => number.as_f64() == Some(7.0),
        Some(Value::Bool(value)) => *value,
        _ => false,
    };
    let roles = payload.get("realm").and_then(|realm| realm.get("roles"));
    let roles = roles.and_then(Value::as_array);
    let is_admin = roles.is_some_and(|roles| roles.iter().any(|role| role == "admin"));
    let scopes = ["scope", "scp"].map(|name| payload.get(name));
    let granted = |scope: &Option<&Value>| {
        texts(*scope).iter().any(|text| text.split(' ').any(|one| one == "read"))
    };
    if department && is_admin && scopes.iter().any(granted) {
        Ok(identity)
    } else {
        Err(Reason::JwtInsufficient)
    }
}

/// A text, or a list of nothing but texts.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => {
            items.iter().map(Value::as_str).collect::<Option<_>>().unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
