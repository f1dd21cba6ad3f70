//! Where keys stand: found and taken away as an independent model says, and all else left as it was written.

use peergate::{Effects, Headers, KeyDigest, Memory, Policy, Reason};
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

use super::shown::{Shown, fill};
use crate::host::Host;
use crate::{config, policy};

type Pair = (Vec<u8>, Vec<u8>);

/// A place, as the configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header(&'static str, Option<&'static str>),
    Query(&'static str),
    Cookie(&'static str),
}

const PLACES: [Place; 7] = [
    Place::Header("x-key", None),
    Place::Header("authorization", Some("ApiKey")),
    Place::Header("x-auth", Some("Key")),
    Place::Query("k"),
    Place::Query("a.b"),
    Place::Cookie("k"),
    Place::Cookie("sid"),
];

impl Place {
    fn document(self) -> Value {
        match self {
            Self::Header(name, None) => json!({ "header": name }),
            Self::Header(name, Some(scheme)) => json!({ "header": name, "scheme": scheme }),
            Self::Query(name) => json!({ "query": name }),
            Self::Cookie(name) => json!({ "cookie": name }),
        }
    }
}

/// A policy that looks for keys there, and takes them away whatever it makes of them.
fn looking(places: &[Place]) -> Policy {
    let from: Vec<Value> = places.iter().map(|place| place.document()).collect();
    policy(&json!({
        "version": 1,
        "lists": {"registered": {"feed": {"cluster": "feed", "path": "/"}}},
        "apis": [{
            "name": "a", "policy": ["api_key"], "api_key": {"lists": ["registered"], "from": from},
            "strip": true, "enforcement": "shadow",
        }],
    }))
}

/// What the model makes of a request.
#[derive(Debug, Default)]
struct Model {
    /// What is not empty where a key may stand.
    keys: Vec<Vec<u8>>,
    /// The names of headers to be taken away.
    headers: Vec<Vec<u8>>,
    /// The target less the parameters, if there are any.
    target: Option<Vec<u8>>,
    /// What is left of all cookies, if some are to be taken away.
    crumbs: Option<Vec<Vec<u8>>>,
}

fn read(places: &[Place], pairs: &[Pair]) -> Model {
    let mut model = Model::default();
    let has = |place| places.contains(&place);
    for (name, value) in pairs {
        for place in places {
            let Place::Header(own, scheme) = place else { continue };
            if own.as_bytes() != name {
                continue;
            }
            let key = after(*scheme, trimmed(value));
            if key.is_some() || scheme.is_some_and(|scheme| mentions(scheme, value)) {
                model.headers.push(name.clone());
            }
            model.keys.extend(key.map(<[u8]>::to_vec));
        }
    }
    let target = &pairs.iter().find(|(name, _)| name == b":path").unwrap().1;
    if let Some(mark) = target.iter().position(|byte| *byte == b'?') {
        let mut kept = Vec::new();
        for pair in target[mark + 1..].split(|byte| *byte == b'&') {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = String::from_utf8_lossy(&unescaped(&pair[..end])).into_owned();
            if PLACES.iter().any(|it| matches!(it, Place::Query(own) if *own == name) && has(*it)) {
                model.keys.push(unescaped(pair.get(end + 1..).unwrap_or_default()));
            } else {
                kept.push(pair);
            }
        }
        if kept.len() < target[mark + 1..].split(|byte| *byte == b'&').count() {
            let path = &target[..mark];
            let all = kept
                .iter()
                .enumerate()
                .flat_map(|(index, pair)| [if index == 0 { b"?" } else { b"&" }, *pair].concat());
            model.target = Some(path.iter().copied().chain(all).collect());
        }
    }
    let cookies = pairs.iter().filter(|(name, _)| name == b"cookie");
    let mut kept = Vec::new();
    let mut is_taken = false;
    for crumb in cookies.flat_map(|(_, value)| value.split(|byte| *byte == b';')) {
        let crumb = trimmed(crumb);
        let equals = crumb.iter().position(|byte| *byte == b'=');
        let name = equals.map(|end| String::from_utf8_lossy(trimmed(&crumb[..end])).into_owned());
        let is_own = |it: &&Place| matches!(it, Place::Cookie(own) if name.as_deref() == Some(own));
        if places.iter().any(|it| is_own(&it)) {
            is_taken = true;
            model.keys.push(trimmed(&crumb[equals.unwrap() + 1..]).to_vec());
        } else {
            kept.push(crumb.to_vec());
        }
    }
    model.crumbs = is_taken.then_some(kept);
    model.keys.retain(|key| !key.is_empty());
    model
}

/// What follows a scheme and a blank.
fn after<'v>(scheme: Option<&str>, value: &'v [u8]) -> Option<&'v [u8]> {
    let Some(scheme) = scheme else {
        return Some(value);
    };
    let blank = value.iter().position(|byte| matches!(byte, b' ' | b'\t'))?;
    (value[..blank].to_ascii_lowercase() == scheme.to_ascii_lowercase().as_bytes())
        .then(|| trimmed(&value[blank..]))
}

/// Whether somebody may find a key of a scheme in a header that was joined from several.
fn mentions(scheme: &str, value: &[u8]) -> bool {
    let text: String = value.iter().map(|byte| char::from(*byte).to_ascii_lowercase()).collect();
    let text = text.replace('\t', " ");
    let begin = format!("{} ", scheme.to_lowercase());
    text.rsplit_once(&begin).is_some_and(|(before, rest)| {
        !trimmed(rest.as_bytes()).is_empty() || before.contains(&begin)
    })
}

fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && first.is_ascii_whitespace()
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && last.is_ascii_whitespace()
    {
        bytes = rest;
    }
    bytes
}

/// What a form's text stands for.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    loop {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
        match rest {
            [] => return bytes,
            [b'%', high, low, after @ ..] if digit(high).is_some() && digit(low).is_some() => {
                bytes.push(digit(high).unwrap() * 16 + digit(low).unwrap());
                rest = after;
            }
            [byte, after @ ..] => {
                bytes.push(if *byte == b'+' { b' ' } else { *byte });
                rest = after;
            }
        }
    }
}

/// What a host makes of it.
fn carried_out(pairs: &[Pair], effects: &Effects<'_>) -> Vec<Pair> {
    let is_removed = |name: &[u8]| effects.remove.contains(&name);
    let mut pairs: Vec<Pair> =
        pairs.iter().filter(|(name, _)| !is_removed(name)).cloned().collect();
    for (name, value) in &effects.set {
        pairs.retain(|(other, _)| other != name.as_bytes());
        pairs.push((name.as_bytes().to_vec(), value.to_vec()));
    }
    pairs
}

fn of<'p>(pairs: &'p [Pair], wanted: &str) -> Vec<&'p [u8]> {
    let named = pairs.iter().filter(|(name, _)| name == wanted.as_bytes());
    named.map(|(_, value)| &**value).collect()
}

fn headers(pairs: &[Pair]) -> Headers<'_> {
    Headers::new(pairs.iter().map(|(name, value)| (&**name, &**value)).collect())
}

/// Requests with keys, and with much that looks like one.
fn requests() -> impl Strategy<Value = Vec<Pair>> {
    let scheme = "(Basic b,|Key |ApiKey ){0,2}(ApiKey|apikey|APIKEY|Key|kEY|Basic|ApiKe|ApiKeyy)?\
        [ \t]{0,2}[a-z,;=]{0,3} ?";
    let cookie = "((k|sid|K|kk|x)? ?(= ?[a-z =\"]{0,3})?(;|; |;;)){0,3}(k|sid|x)(=[a-z]{0,2})?";
    let value = prop_oneof!["[ -~]{0,5}", Just(String::new())];
    let pair = prop_oneof![
        value.clone().prop_map(|value| ("x-key", value.into_bytes())),
        prop::collection::vec(0x21..=0xff_u8, 1..4).prop_map(|value| ("x-key", value)),
        scheme.prop_map(|value| ("authorization", value.into_bytes())),
        scheme.prop_map(|value| ("x-auth", value.into_bytes())),
        cookie.prop_map(|value| ("cookie", value.into_bytes())),
        cookie.prop_map(|value| ("cookie", value.into_bytes())),
        value.prop_map(|value| ("x-other", value.into_bytes())),
    ];
    let parameter = "(k|%6b|%6B|K|a.b|a%2eb|%61.%62|a%2|kk|x|%)?(=[a-z+%0-9=;?]{0,4})?";
    let query = prop::option::of(prop::collection::vec(parameter, 0..4));
    (prop::collection::vec(pair, 0..4), query).prop_map(|(pairs, query)| {
        let query = query.map(|parameters| format!("?{}", parameters.join("&")));
        let target = format!("/p{}", query.unwrap_or_default());
        let usual = [(":method", "GET"), (":authority", "a.example"), (":path", &*target)];
        let usual = usual.map(|(name, value)| (name, value.as_bytes().to_vec()));
        let all = usual.into_iter().chain(pairs);
        all.map(|(name, value)| (name.as_bytes().to_vec(), value)).collect()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn keys_are_found_and_taken_away_and_nothing_else_is(
        places in subsequence(PLACES.to_vec(), 1..=PLACES.len()),
        pairs in requests(),
    ) {
        let policy = looking(&places);
        let model = read(&places, &pairs);
        let shown = Shown::by(Host::plaintext());
        let expected = match &*model.keys {
            [] => Reason::ApiKeyRequired,
            [key] => {
                // Nobody has another key than the model's.
                let digest = KeyDigest::Sha256.hex(key).unwrap();
                fill(&shown.store, &policy, &[json!({"api_key": digest, "apis": ["*"]})]);
                Reason::Allowed
            }
            _ => Reason::ApiKeyAmbiguous,
        };
        let sent = headers(&pairs);
        let verdict = policy.judge(&sent, &shown, &mut Memory::default());
        prop_assert_eq!(verdict.reason(), expected, "{:?}", model);
        prop_assert!(verdict.outcome().passes());

        let left = carried_out(&pairs, &policy.effects(&verdict, &sent));
        let again = policy.judge(&headers(&left), &shown, &mut Memory::default());
        prop_assert_eq!(again.reason(), Reason::ApiKeyRequired, "{:?}", left);
        for name in [":method", ":authority", "x-other"] {
            prop_assert_eq!(of(&left, name), of(&pairs, name));
        }
        for name in ["x-key", "authorization", "x-auth"] {
            let is_taken = model.headers.contains(&name.as_bytes().to_vec());
            let kept = if is_taken { vec![] } else { of(&pairs, name) };
            prop_assert_eq!(of(&left, name), kept);
        }
        match &model.target {
            Some(target) => prop_assert_eq!(of(&left, ":path"), [&**target]),
            None => prop_assert_eq!(of(&left, ":path"), of(&pairs, ":path")),
        }
        match &model.crumbs {
            Some(crumbs) => {
                let cookies = of(&left, "cookie");
                prop_assert!(cookies.len() <= 1 && !cookies.contains(&&b""[..]));
                let found = cookies.iter().flat_map(|value| value.split(|byte| *byte == b';'));
                let found: Vec<&[u8]> = found.map(trimmed).filter(|crumb| !crumb.is_empty()).collect();
                let mut crumbs = crumbs.clone();
                crumbs.retain(|crumb| !crumb.is_empty());
                prop_assert_eq!(found, crumbs);
            }
            None => prop_assert_eq!(of(&left, "cookie"), of(&pairs, "cookie")),
        }
    }
}
