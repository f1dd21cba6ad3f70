//! Where tokens and keys stand: what is taken away is not there any more, whoever reads, and all else is as it was.

use peergate::{Headers, KeyDigest, Memory, Outcome, Policy, Reason};
use percent_encoding::percent_decode;

use crate::effects::{Pairs, apply, folded};
use crate::host::Host;
use crate::policies::POLICIES;
use crate::script::Script;

/// The places that [`POLICIES`] read: the header, its scheme; parameters; cookies.
struct Places {
    headers: &'static [(&'static str, &'static str)],
    parameter: &'static str,
    cookie: &'static str,
}

const KEYS: Places = Places {
    headers: &[("x-api-key", ""), ("authorization", "apikey")],
    parameter: "api_key",
    cookie: "key",
};
const TOKENS: Places =
    Places { headers: &[("authorization", "bearer")], parameter: "access_token", cookie: "token" };

pub(crate) fn run(input: &[u8]) {
    let script = Script::read(input);
    let path = script.headers.iter().find(|(name, _)| name == b":path");
    let path = path.map_or(&b""[..], |(_, path)| path);
    let query = path.iter().position(|byte| *byte == b'?').map_or(&b""[..], |mark| &path[mark..]);
    for (policy, places) in [(&POLICIES[4].policy, &KEYS), (&POLICIES[3].policy, &TOKENS)] {
        // An API that lets everybody pass and takes away what it looks at, whatever path the input has.
        let any = [b"/any", query].concat();
        let mut headers: Vec<(Vec<u8>, &[u8])> = vec![
            (b":method".to_vec(), b"GET"),
            (b":authority".to_vec(), b"a.example"),
            (b":path".to_vec(), &any),
        ];
        headers.extend(script.headers.iter().filter(|(name, _)| !name.starts_with(b":")).cloned());
        let host = script.host(policy);
        let pairs =
            || Headers::new(headers.iter().map(|(name, value)| (&name[..], *value)).collect());
        let verdict = policy.judge(&pairs(), &host, &mut Memory::default());
        if verdict.outcome() == Outcome::Denied {
            continue;
        }
        let effects = policy.effects(&verdict, &pairs());
        let upstream = apply(&headers, &effects);
        let mut left = places.found(&upstream);
        left.extend(places.mentioned(&upstream));
        assert!(left.is_empty(), "left to the upstream: {:?}", texts(&left));
        assert_eq!(reason_under(policy, &upstream), absent(places), "still read");
        // What is not one of ours stays: parameters and crumbs in their order, and all other headers.
        assert_eq!(places.others(&upstream), places.others(&owned(&headers)));
    }
    keys(&script);
}

/// A key that is accepted is one that stands in one of the places, and in no other.
fn keys(script: &Script<'_>) {
    let policy = &POLICIES[4].policy;
    let verdict = policy.judge(&script.headers(), &script.host(policy), &mut Memory::default());
    let Some(accepted) = verdict.accepted() else { return };
    assert_eq!(accepted.method(), "api_key");
    let is_secret = verdict.api().is_some_and(|api| api.as_str() == "secret");
    let secret = KeyDigest::Hmac(b"at least 16 bytes"[..].into());
    let digest = if is_secret { secret } else { KeyDigest::Sha256 };
    let pairs = owned(&script.headers);
    let mut found = KEYS.found(&pairs);
    if is_secret {
        found.retain(|(name, _)| name == "x-api-key");
    }
    let said: Vec<u8> = script.all("entry").flatten().copied().collect();
    let said = String::from_utf8_lossy(&said).replace(':', "").to_lowercase();
    let values: Vec<&Vec<u8>> =
        found.iter().map(|(_, value)| value).filter(|value| !value.is_empty()).collect();
    assert_eq!(values.len(), 1, "{values:?}");
    assert!(said.contains(&digest.hex(values[0]).unwrap()), "no list has that key");
}

/// What a policy says of a request under the API that asks for the credential.
fn reason_under(policy: &Policy, pairs: &Pairs) -> Reason {
    let path = pairs.iter().find(|(name, _)| name == b":path").map(|(_, path)| &path[..]);
    let path = [b"/other", path.unwrap().strip_prefix(b"/any").unwrap()].concat();
    let pairs = pairs.iter().map(|(name, value)| match &name[..] {
        b":path" => (&name[..], &path[..]),
        _ => (&name[..], &value[..]),
    });
    let host = Host::plaintext();
    let list = policy.dynamic_lists().next();
    if let (Some(list), Ok(shared)) = (list, &host.shared) {
        shared.fill(list, &peergate::feed::Page::default(), peergate::dynamic::Heard::Now).unwrap();
    }
    policy.judge(&Headers::new(pairs.collect()), &host, &mut Memory::default()).reason()
}

fn absent(places: &Places) -> Reason {
    if places.cookie == KEYS.cookie { Reason::ApiKeyRequired } else { Reason::JwtRequired }
}

impl Places {
    /// Every value that stands at one of the places, empty ones too, with the place's name.
    fn found(&self, pairs: &Pairs) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for (name, value) in pairs {
            for (own, scheme) in self.headers {
                let value = value.trim_ascii();
                let after = value.get(scheme.len()..).unwrap_or_default();
                let is_scheme = value.len() > scheme.len()
                    && value[..scheme.len()].eq_ignore_ascii_case(scheme.as_bytes())
                    && matches!(after.first(), Some(b' ' | b'\t'));
                if name == own.as_bytes() && (scheme.is_empty() || is_scheme) {
                    found.push(((*own).to_owned(), after.trim_ascii().to_vec()));
                }
            }
            match &name[..] {
                b":path" => found.extend(parts(query(value), b'&').filter_map(|part| {
                    let (name, value) = part_at(part, b'=');
                    let is_it = decoded(name) == self.parameter.as_bytes();
                    is_it.then(|| (self.parameter.to_owned(), decoded(value)))
                })),
                b"cookie" => found.extend(parts(value, b';').filter_map(|crumb| {
                    let (name, value) = part_at(crumb, b'=');
                    let is_it =
                        name.trim_ascii() == self.cookie.as_bytes() && crumb.contains(&b'=');
                    is_it.then(|| (self.cookie.to_owned(), value.trim_ascii().to_vec()))
                })),
                _ => {}
            }
        }
        found
    }

    /// Every header in which somebody finds a value who looks for the scheme anywhere, or takes another name for
    /// this one, as gateways of the CGI kind do.
    fn mentioned(&self, pairs: &Pairs) -> Vec<(String, Vec<u8>)> {
        let is_there = |scheme: &str, value: &[u8]| {
            let wanted = scheme.as_bytes();
            (0..value.len()).any(|at| {
                let (found, rest) = value[at..].split_at(wanted.len().min(value.len() - at));
                found.eq_ignore_ascii_case(wanted)
                    && matches!(rest.first(), Some(b' ' | b'\t'))
                    && !rest.trim_ascii().is_empty()
            })
        };
        let mut found = Vec::new();
        for (name, value) in pairs {
            let schemes = self.headers.iter().filter(|(own, _)| folded(name) == own.as_bytes());
            let mut schemes =
                schemes.filter(|(_, scheme)| scheme.is_empty() || is_there(scheme, value));
            found.extend(schemes.next().map(|(own, _)| ((*own).to_owned(), value.clone())));
        }
        found
    }

    /// All that stands elsewhere: other headers, parameters, crumbs.
    fn others(&self, pairs: &Pairs) -> Pairs {
        let none = |name: &[u8], value: &[u8]| {
            self.found(&vec![(name.to_vec(), value.to_vec())]).is_empty()
        };
        let (mut others, mut parameters, mut crumbs) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in pairs {
            let is_place = self.headers.iter().any(|(own, _)| folded(name) == own.as_bytes());
            match &name[..] {
                b":path" => parameters.extend(
                    parts(query(value), b'&')
                        .filter(|part| !part.is_empty() && none(b":path", &[b"/?", *part].concat()))
                        .map(|part| (b"?".to_vec(), part.to_vec())),
                ),
                b"cookie" => crumbs.extend(
                    parts(value, b';')
                        .map(<[u8]>::trim_ascii)
                        .filter(|crumb| !crumb.is_empty() && none(b"cookie", crumb))
                        .map(|crumb| (b"cookie".to_vec(), crumb.to_vec())),
                ),
                name if !is_place && !is_ours(name) => others.push((name.to_vec(), value.clone())),
                _ => {}
            }
        }
        [others, parameters, crumbs].concat()
    }
}

/// What the filter sets or removes for other reasons.
fn is_ours(name: &[u8]) -> bool {
    let folded = folded(name);
    [&b"x-client-identity"[..], b"x-client-auth", b"connection", b"x-forwarded-client-cert"]
        .contains(&&folded[..])
}

fn owned(headers: &[(Vec<u8>, &[u8])]) -> Pairs {
    headers.iter().map(|(name, value)| (name.clone(), value.to_vec())).collect()
}

fn query(path: &[u8]) -> &[u8] {
    path.iter().position(|byte| *byte == b'?').map_or(b"", |mark| &path[mark + 1..])
}

fn parts(text: &[u8], mark: u8) -> impl Iterator<Item = &[u8]> {
    text.split(move |byte| *byte == mark)
}

fn part_at(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == mark) {
        Some(place) => (&text[..place], &text[place + 1..]),
        None => (text, b""),
    }
}

/// `application/x-www-form-urlencoded`.
fn decoded(text: &[u8]) -> Vec<u8> {
    let blanks: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&blanks).collect()
}

fn texts(found: &[(String, Vec<u8>)]) -> Vec<String> {
    found.iter().map(|(name, value)| format!("{name} {}", String::from_utf8_lossy(value))).collect()
}
