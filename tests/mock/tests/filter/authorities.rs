//! Clients whom an authority vouches for: who verifies, what is remembered, and by whom.

use std::cell::Cell;
use std::rc::Rc;

use crate::{NOW, filter, load, policy, request, send};
use peergate_mock::{Answer, Call, Fault, Filter, Request, Status};

pub(crate) const AUTHORITY: &str = include_str!("../certificates/authority/authority.pem");
pub(crate) const INTERMEDIATE: &str = include_str!("../certificates/authority/intermediate.pem");
/// Issued by the authority; valid through 2026, as are the others.
pub(crate) const DIRECT: &str = include_str!("../certificates/authority/direct.pem");
/// Issued by the intermediate.
pub(crate) const BEHIND: &str = include_str!("../certificates/authority/behind.pem");
/// Issued by somebody of the authority's name.
const FORGED: &str = include_str!("../certificates/authority/forged.pem");
/// The authority's revocation list, which revokes nobody; its next update is on 1 December 2026.
pub(crate) const LIST: &str = include_str!("../certificates/authority/list.pem");

/// Admits the clients of the authority.
pub(crate) fn trusting() -> serde_json::Value {
    let mut policy = policy();
    policy["lists"]["partners"] = serde_json::json!({"entries": [{"ca": AUTHORITY}]});
    policy
}

/// A host that verifies as told, and counts how often it was asked.
fn verifying(filter: &Filter, answer: &'static [u8]) -> Rc<Cell<u32>> {
    let asked = Rc::new(Cell::new(0));
    let count = Rc::clone(&asked);
    filter.offer_foreign_function("verify_signature", move |_| {
        count.set(count.get() + 1);
        Ok(answer.to_vec())
    });
    asked
}

pub(crate) const HOLDS: &[u8] = &[0x08, 0x01];
const DOES_NOT_HOLD: &[u8] = b"\x12\x24Failed to verify digest. Error code:";

fn direct() -> Request {
    request().certificate(DIRECT)
}

fn forged() -> Request {
    request().certificate(FORGED)
}

fn behind() -> Request {
    request().certificate(BEHIND).chain([INTERMEDIATE])
}

fn identity(answer: &Answer) -> Vec<String> {
    answer.upstream_headers("x-client-identity")
}

#[test]
fn an_authority_admits_its_clients_and_nobody_elses() {
    let filter = load(&trusting());
    assert_eq!(identity(&send(&filter, direct())), ["CN=direct,O=Peergate mock"]);
    assert_eq!(identity(&send(&filter, behind())), ["CN=behind,O=Peergate mock"]);
    assert_eq!(send(&filter, forged()).reason(), "chain_invalid");
    let alone = send(&load(&trusting()), request().certificate(BEHIND));
    assert_eq!(alone.reason(), "certificate_not_allowed");
    // The forged one and an authority's certificate beside it are no path.
    let decoy = forged().chain([DIRECT, INTERMEDIATE, AUTHORITY]);
    assert_eq!(send(&filter, decoy).reason(), "chain_invalid");
}

#[test]
fn the_second_request_of_a_client_costs_no_signature_and_no_parsing() {
    let filter = load(&trusting());
    let asked = verifying(&filter, HOLDS);
    let first = send(&filter, behind());
    assert!(first.passed() && asked.get() == 2, "{} {:?}", asked.get(), first.host_calls());
    // From now on the client need not even send its intermediate.
    for request in [behind(), request().certificate(BEHIND), behind().at("2026-12-31T00:00:00Z")] {
        let answer = send(&filter, request);
        assert!(answer.passed() && !answer.reads("connection.peer_certificate"));
        assert_eq!(answer.count(Call::ForeignFunction), 0);
        assert_eq!(identity(&answer), ["CN=behind,O=Peergate mock"]);
    }
    assert_eq!(asked.get(), 2);
    // What is remembered has an end.
    let expired = send(&filter, behind().at("2027-06-01T00:00:00Z"));
    assert_eq!(expired.reason(), "certificate_expired");
}

#[test]
fn it_costs_the_calls_that_a_pinned_one_costs() {
    let mut pinned = policy();
    pinned["lists"]["partners"] = serde_json::json!({"entries": [{"pem": DIRECT}]});
    let calls = |policy: &serde_json::Value| {
        let filter = load(policy);
        assert!(send(&filter, direct()).passed());
        send(&filter, direct()).host_calls().len()
    };
    assert_eq!(calls(&trusting()), calls(&pinned));
}

#[test]
fn the_host_is_believed_and_does_without_the_guest() {
    let filter = load(&trusting());
    let asked = verifying(&filter, DOES_NOT_HOLD);
    assert_eq!(send(&filter, direct()).reason(), "chain_invalid");
    assert_eq!(asked.get(), 1);
    // A refusal is remembered for a moment, and looked at anew after that.
    assert_eq!(send(&filter, direct()).reason(), "chain_invalid");
    assert_eq!(asked.get(), 1);
    assert_eq!(send(&filter, direct().at("2026-11-22T00:00:10Z")).reason(), "chain_invalid");
    assert_eq!(asked.get(), 2);
}

#[test]
fn a_host_that_does_not_verify_leaves_it_to_the_guest() {
    for answer in [&b""[..], b"\x08", b"\x08\x02", b"\x12\x05other", b"garbage", &[0xff; 40]] {
        let filter = load(&trusting());
        let asked = verifying(&filter, answer);
        assert!(send(&filter, direct()).passed(), "{answer:?}");
        assert_eq!(send(&filter, forged()).reason(), "chain_invalid", "{answer:?}");
        assert_eq!(asked.get(), 2);
    }
    for status in [Status::NOT_FOUND, Status::INTERNAL_FAILURE, Status::BAD_ARGUMENT] {
        let filter = load(&trusting());
        let fault = || Fault::status(Call::ForeignFunction, status);
        assert!(send(&filter, direct().fault(fault())).passed(), "{status:?}");
        let answer = send(&filter, forged().fault(fault()));
        assert_eq!(answer.reason(), "chain_invalid", "{status:?}");
    }
}

#[test]
fn a_refusal_for_want_of_an_intermediate_does_not_stick() {
    let filter = load(&trusting());
    let alone = send(&filter, request().certificate(BEHIND));
    assert_eq!(alone.reason(), "certificate_not_allowed");
    assert!(send(&filter, behind()).passed());
    assert!(send(&filter, request().certificate(BEHIND)).passed(), "the path is known now");
}

#[test]
fn plugins_of_a_vm_share_no_paths() {
    let (trusting, strict) = (load(&trusting()), filter());
    assert!(send(&trusting, direct()).passed());
    assert_eq!(send(&strict, direct()).reason(), "certificate_not_allowed");
    assert!(send(&trusting, direct()).passed());
}

#[test]
fn no_flood_of_strangers_pushes_an_accepted_client_out() {
    let filter = load(&trusting());
    let asked = verifying(&filter, HOLDS);
    assert!(send(&filter, direct()).passed());
    let asked_before = asked.get();
    // A chain of its own makes each refusal another one.
    for number in 0..3000 {
        let stranger = request().certificate(crate::STRANGER);
        let xfcc = format!("Hash=00;Chain=\"{number}\"");
        let answer = send(&filter, stranger.header("x-forwarded-client-cert", &xfcc));
        assert_eq!(answer.reason(), "certificate_not_allowed");
    }
    let answer = send(&filter, direct());
    assert!(answer.passed() && !answer.reads("connection.peer_certificate"));
    assert_eq!(asked.get(), asked_before);
}

#[test]
fn a_revocation_list_that_is_too_old_refuses_even_whom_it_does_not_name() {
    let mut policy = trusting();
    policy["lists"]["partners"]["entries"][0]["crl"] = LIST.into();
    let filter = load(&policy);
    assert!(send(&filter, direct()).passed());
    let late = send(&filter, direct().at("2026-12-01T00:00:00Z"));
    assert_eq!((late.reason(), late.status()), ("revocation_unknown", Some(503)));
    assert!(send(&filter, direct().at(NOW)).passed(), "the path holds in its own time");
}
