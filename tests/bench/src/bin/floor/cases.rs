//! What is measured, and beside what.

use peergate_bench::rivals::modules::{self, CALLS, built};
use peergate_bench::rivals::{lua, rbac};
use serde_json::{Value, json};

use crate::place;
use crate::rounds::TIMES;

/// One filter.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) filters: Vec<Value>,
    /// The number of the case beside which it stands; that of calls is 0.
    pub(crate) beside: usize,
}

/// How it is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// By its own clock.
    Call,
    /// By the clock of two filters around it.
    Watch,
    /// By what the worker has spent on many of it.
    Load,
}

/// All cases, first no calls.
pub(crate) fn cases(pin: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    called(&mut cases);
    watched(&mut cases, pin);
    loaded(&mut cases);
    cases
}

fn called(cases: &mut Vec<Case>) {
    let repeated = |words: &str| format!("{TIMES},{words}");
    let mut case = |name, filter| {
        cases.push(Case { name, kind: Kind::Call, filters: vec![filter], beside: 0 });
    };
    for words in ["", CALLS].iter().chain(&WORDS) {
        case(format!("call {words}"), modules::floor_of(&repeated(words)));
    }
    for word in ["", "pairs", "fingerprint"] {
        let filter = modules::filter(&built("floor-allocator"), &repeated(word));
        case(format!("call {word} (allocator)"), filter);
    }
}

/// What stands alone between two filters that measure it.
fn watched(cases: &mut Vec<Case>, pin: &str) {
    let beside = cases.len();
    let watch = |configuration| {
        let mut filter = modules::filter(&built("floor-stopwatch"), configuration);
        filter["typed_config"]["config"]["vm_config"]["vm_id"] = "stopwatch".into();
        filter
    };
    let mut case = |name: String, filters: Vec<Value>| {
        let filters = [vec![watch("start")], filters, vec![watch("stop")]].concat();
        cases.push(Case { name, kind: Kind::Watch, filters, beside });
    };
    case("nothing".to_owned(), Vec::new());
    let shipped = built("../peergate_http");
    if shipped.exists() {
        case("Peergate, 1 pin".to_owned(), vec![modules::filter(&shipped, &policy(pin))]);
    }
    case("Lua".to_owned(), vec![lua::filter(&[pin.to_owned()])]);
    for principals in [1, 10, 100] {
        let filter = rbac::filter(principals, place::URI);
        case(format!("RBAC, {principals}"), vec![filter]);
    }
    let alone =
        ["floor-bare", "empty"].map(|name| (name.to_owned(), modules::filter(&built(name), "")));
    let floors = ["", CALLS].map(|calls| (format!("floor {calls}"), modules::floor_of(calls)));
    let exports = EXPORTS.map(|name| format!("floor-{name}"));
    let exports = exports.map(|name| (name.clone(), modules::filter(&built(&name), "")));
    let allocator = modules::filter(&built("floor-allocator"), CALLS);
    let words = CALLS.split(',').map(|word| (format!("floor {word}"), modules::floor_of(word)));
    let all = alone.into_iter().chain(floors).chain(exports).chain(words);
    for (name, filter) in all.chain([("floor-allocator, all calls".to_owned(), allocator)]) {
        case(name, vec![filter]);
    }
}

fn loaded(cases: &mut Vec<Case>) {
    let mut case = |name: &str, filter: Option<Value>, beside: Option<usize>| {
        let number = cases.len();
        let filters = filter.map_or(Vec::new(), |filter| vec![filter; STACK]);
        let (name, beside) = (name.to_owned(), beside.unwrap_or(number));
        cases.push(Case { name, kind: Kind::Load, filters, beside });
        number
    };
    let nothing = Some(case("no filter (all of it)", None, None));
    case("a filter of the SDK that does nothing", Some(modules::empty()), nothing);
    let idle = Some(case("one without calls", Some(modules::floor_of("")), nothing));
    let bare = Some(modules::filter(&built("floor-bare"), ""));
    case("  of which Envoy calls nothing", bare, nothing);
    case("the floor", Some(modules::floor()), nothing);
    for feature in EXPORTS {
        let filter = modules::filter(&built(&format!("floor-{feature}")), "");
        case(&format!("  it exports {feature}"), Some(filter), idle);
    }
}

/// One pin, whose identity and fingerprint are forwarded.
fn policy(pin: &str) -> String {
    json!({
        "version": 1,
        "lists": { "pins": { "entries": [{ "sha256": pin, "identity": "acme/partner-0" }] } },
        "apis": [{
            "name": "orders", "match": { "path_prefix": "/" },
            "certificate": { "allow": ["pins"] }, "policy": "mandatory",
        }],
        "forward": { "identity": "x-client-identity", "fingerprint": "x-client-cert-sha256" },
    })
    .to_string()
}

/// So many that they cost more than others on the machine can add.
pub(crate) const STACK: usize = 16;

const EXPORTS: [&str; 9] = [
    "on_context_create",
    "on_delete",
    "on_done",
    "on_log",
    "on_request_body",
    "on_request_trailers",
    "on_response_headers",
    "on_response_body",
    "on_response_trailers",
];

const WORDS: [&str; 28] = [
    "pairs",
    "size",
    "value",
    "missing",
    "fingerprint",
    "mtls",
    "server_name",
    "valid",
    "certificate",
    "subject",
    "path",
    "plugin",
    "verified",
    "nothing",
    "joined",
    "empty",
    "remove",
    "identity",
    "digest",
    "verdict",
    "guard",
    "short",
    "long",
    "count",
    "time",
    "clock",
    "shared",
    "unshared",
];
