//! The blocks of tokens and keys: none that is spoiled makes the reader panic, and whatever is wrong with it is
//! told with its place.

use peergate::{Policy, Problems};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::config;
use crate::mutation::{apply, mutations};
use crate::wire::encode;

/// A policy with all that may be said of tokens and keys.
fn whole() -> Value {
    json!({
        "version": 1,
        "lists": {"registered": {"feed": {"cluster": "feed", "path": "/"}}},
        "apis": [{
            "name": "a",
            "policy": {"any_of": [["jwt", "api_key"], "api_key", "anonymous"], "check": ["jwt"]},
            "jwt": {
                "issuers": ["https://idp.example", "b"],
                "audiences": ["api"],
                "payload": "jwt_payload",
                "failed_status": "jwt_failed_status",
                "from": [{"header": "authorization", "scheme": "Bearer"}, {"query": "access_token"}],
                "claims": {
                    "department": {"one_of": ["hr", 5, true]},
                    "level": {"equals": 3},
                    "/realm_access/roles": {"contains": ["admin"]},
                },
                "scopes": ["employee.read"],
                "identity": "/user/email",
                "bound": "required",
                "if_refused": "ignore",
            },
            "api_key": {
                "lists": ["registered"],
                "from": [
                    {"header": "x-api-key"}, {"header": "authorization", "scheme": "ApiKey"},
                    {"query": "api_key"}, {"cookie": "key"},
                ],
                "hmac_secret": "at least 16 bytes",
                "if_refused": "deny",
            },
            "identity_from": "jwt",
            "rate": {"requests": 100, "per": "60s", "burst": 20},
            "strip": true,
            "cors_preflight": "pass",
            "operations": [
                {"match": {"path_prefix": "/b"}, "policy": ["jwt"], "rate": {"requests": 1, "per": "1s"}},
            ],
        }],
    })
}

fn problems(configuration: &[u8]) -> Option<Problems> {
    Policy::read(configuration).err()
}

/// How many values there are inside one, itself among them.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

/// Puts something in the place of one of the values, counted from the outermost.
fn replace(value: &mut Value, place: usize, new: &Value) {
    if place == 0 {
        *value = new.clone();
        return;
    }
    let inner: Vec<&mut Value> = match value {
        Value::Object(fields) => fields.values_mut().collect(),
        Value::Array(items) => items.iter_mut().collect(),
        _ => return,
    };
    let mut left = place - 1;
    for item in inner {
        match count(item) {
            size if left < size => return replace(item, left, new),
            size => left -= size,
        }
    }
}

/// Something that may stand somewhere else.
fn other() -> impl Strategy<Value = Value> {
    let word = "(jwt|api_key|certificate|anonymous|registered|Bearer|ignore|required|1s|x-a|/a~|#| |\u{e9})?";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-1..200_i64).prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let name = "header|scheme|query|cookie|equals|one_of|contains|requests|per|any_of|colour";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..3)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_wrong_with_an_api_is_told_with_its_place(
        others in prop::collection::vec((any::<Index>(), other()), 0..4),
    ) {
        let mut document = whole();
        for (at, other) in &others {
            let api = &mut document["apis"][0];
            let place = at.index(count(api));
            replace(api, place, other);
        }
        let found = problems(document.to_string().as_bytes());
        prop_assert!(found.is_none() || !others.is_empty(), "{}", found.unwrap());
        for problem in found.iter().flat_map(Problems::iter) {
            prop_assert!(problem.path.starts_with("apis[0]"), "{}", problem);
            prop_assert!(!problem.message.is_empty(), "{}", problem);
        }
        // In both forms alike.
        let encoded = problems(&encode(&document));
        prop_assert_eq!(encoded.map(|all| all.to_string()), found.map(|all| all.to_string()));
    }

    #[test]
    fn no_spoiled_bytes_make_the_reader_panic(mutations in mutations()) {
        let document = whole();
        for bytes in [document.to_string().into_bytes(), encode(&document)] {
            for problem in problems(&apply(&bytes, &mutations)).iter().flat_map(Problems::iter) {
                prop_assert!(!problem.message.is_empty(), "{}", problem);
            }
        }
    }
}
