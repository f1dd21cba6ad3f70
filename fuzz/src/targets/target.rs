//! Hosts and paths: no two readers of a request that is not refused take it for one of different APIs. Lines: the
//! authority, the path, the method.

use std::sync::LazyLock;

use peergate::{Headers, Memory, Policy, Reason};
use serde_json::json;

use crate::host::Host;
use crate::policies::read;

/// Paths and hosts that are easily taken for one another.
const APIS: [(&str, &str, &str, &str); 8] = [
    ("exact", "path", "/a", "POST"),
    ("below", "path_prefix", "/a/b", ""),
    ("at", "path_prefix", "/ab/@", ""),
    ("template", "path_template", "/b/{x}/a", ""),
    ("rest", "path_prefix", "/b", ""),
    ("host", "hosts", "api.example.com", ""),
    ("port", "hosts", "port.example.com:8443", ""),
    ("below-host", "hosts", "*.eu.example.com", ""),
];

/// Whether Envoy leaves out ports, and trailing dots.
const RULES: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

static POLICIES: LazyLock<[Policy; 4]> = LazyLock::new(|| {
    RULES.map(|(ignore_port, ignore_trailing_dot)| {
        let apis = APIS.iter().filter(|(name, ..)| *name != "port" || !ignore_port);
        let apis = apis.map(|(name, kind, pattern, method)| {
            let pattern = if *kind == "hosts" { json!([pattern]) } else { json!(pattern) };
            let mut rule = json!({*kind: pattern});
            if !method.is_empty() {
                rule["methods"] = json!([method]);
            }
            json!({"name": name, "match": rule, "policy": "open"})
        });
        let authority =
            json!({"ignore_port": ignore_port, "ignore_trailing_dot": ignore_trailing_dot});
        read(&json!({
            "version": 1, "global": {"authority": authority}, "default": "allow",
            "apis": apis.collect::<Vec<_>>(),
        }))
    })
});

pub(crate) fn run(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    let [host, path, method] = std::array::from_fn(|_| lines.next());
    let (host, path) = (host.unwrap_or_default(), path.unwrap_or(b"/"));
    let method = method.unwrap_or(b"GET");
    for (policy, (ignore_port, ignore_dot)) in POLICIES.iter().zip(RULES) {
        let Some(chosen) = chosen(policy, host, path, method) else { continue };
        let host = compared(host, ignore_port, ignore_dot);
        let whole = path == b"*" && method == b"OPTIONS";
        let readings = if whole { vec![Vec::new()] } else { readings(path) };
        for reading in readings {
            let holds = |(name, kind, pattern, only): &&(&str, &str, &str, &str)| {
                let is_method = only.is_empty() || only.as_bytes() == method;
                let is_there = match *kind {
                    "hosts" => is_in_domain(pattern, &host) && !(ignore_port && *name == "port"),
                    kind => !whole && is_matched(kind, pattern, &reading),
                };
                is_method && is_there
            };
            let expected = APIS.iter().find(holds).map(|(name, ..)| *name);
            assert_eq!(chosen, expected, "read as {:?}", String::from_utf8_lossy(&reading));
        }
    }
}

/// The API of a request; `None` if it is refused.
fn chosen<'p>(
    policy: &'p Policy,
    host: &[u8],
    path: &[u8],
    method: &[u8],
) -> Option<Option<&'p str>> {
    let pairs = vec![(&b":method"[..], method), (b":authority", host), (b":path", path)];
    let verdict = policy.judge(&Headers::new(pairs), &Host::plaintext(), &mut Memory::default());
    if verdict.reason() == Reason::BadTarget {
        return None;
    }
    assert_eq!(verdict.reason(), Reason::Anonymous);
    Some(verdict.api().map(|name| name.as_str()))
}

/// The host that Envoy compares with domains.
fn compared(host: &[u8], ignore_port: bool, ignore_dot: bool) -> Vec<u8> {
    let mut host = host.to_ascii_lowercase();
    let colon = host.iter().rposition(|byte| *byte == b':');
    if ignore_port
        && let Some(colon) = colon
        && !host[colon..].contains(&b']')
    {
        host.truncate(colon);
    }
    assert!(!ignore_dot || !host.ends_with(b"."), "Envoy has removed it");
    host
}

/// Envoy's `findVirtualHost`, for one domain: an exact one, or `*` for at least one byte.
fn is_in_domain(domain: &str, host: &[u8]) -> bool {
    match domain.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix.as_bytes()) && host.len() > suffix.len(),
        None => domain.as_bytes() == host,
    }
}

/// The model of all three kinds of pattern.
fn is_matched(kind: &str, pattern: &str, path: &[u8]) -> bool {
    let wanted: Vec<&str> = pattern.split('/').skip(1).collect();
    let found: Vec<&[u8]> = path.split(|byte| *byte == b'/').skip(1).collect();
    let is_same = |(wanted, found): (&&str, &&[u8])| {
        wanted.as_bytes() == *found
            || (kind == "path_template" && wanted.starts_with('{') && !found.is_empty())
    };
    let is_long_enough = match kind {
        "path_prefix" => wanted.len() <= found.len(),
        _ => wanted.len() == found.len(),
    };
    is_long_enough && wanted.iter().zip(&found).all(is_same)
}

/// Every way to do some of what a careless reader does.
fn readings(path: &[u8]) -> Vec<Vec<u8>> {
    let steps: [fn(Vec<u8>) -> Vec<u8>; 4] =
        [decode_unreserved, without_parameters, merge_slashes, resolve_dots];
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    let choices = 0..1_u32 << steps.len();
    let read = |choice: u32| {
        let chosen = steps.iter().enumerate().filter(|(index, _)| choice >> index & 1 == 1);
        chosen.fold(path.to_vec(), |path, (_, step)| step(path))
    };
    choices.map(read).collect()
}

fn decode_unreserved(path: Vec<u8>) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = &path[..];
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let digits = after.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(found)
                if *byte == b'%' && (found.is_ascii_alphanumeric() || b"-._~".contains(&found)) =>
            {
                decoded.push(found);
                rest = &rest[2..];
            }
            _ => decoded.push(*byte),
        }
    }
    decoded
}

fn without_parameters(path: Vec<u8>) -> Vec<u8> {
    let segments = path.split(|byte| *byte == b'/');
    let names =
        segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default());
    names.collect::<Vec<_>>().join(&b'/')
}

fn merge_slashes(mut path: Vec<u8>) -> Vec<u8> {
    path.dedup_by(|one, other| (*one, *other) == (b'/', b'/'));
    path
}

/// RFC 3986 section 5.2.4.
fn resolve_dots(path: Vec<u8>) -> Vec<u8> {
    let mut resolved: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|byte| *byte == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            b"." => {}
            b".." => drop(resolved.pop()),
            name => {
                resolved.push(name);
                continue;
            }
        }
        if segments.peek().is_none() {
            resolved.push(b"");
        }
    }
    [&b"/"[..], &resolved.join(&b'/')].concat()
}
