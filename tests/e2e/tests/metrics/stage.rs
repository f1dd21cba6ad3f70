//! Envoys that are watched.

use std::time::Duration;

use peergate_e2e::{Bootstrap, CLUSTER, Fed, Gateway, People};
use peergate_lab::client::Request;
use peergate_lab::feed::{CHANGES, Fault, Feed};
use peergate_lab::pki::{Authority, Crl, Identity, Leaf};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::course::{self, Visitor};
use crate::dress;
use crate::surgery::trap_on_cue;

/// A gateway with lists of every kind, and a job's name.
pub(crate) struct Stage {
    pub(crate) job: &'static str,
    pub(crate) fed: Fed,
    pub(crate) policy: Value,
    /// A client whose authority has an old revocation list.
    pub(crate) dora: Identity,
    _absent: Feed,
}

impl Stage {
    pub(crate) fn start(
        people: &People,
        job: &'static str,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        let lapsed = Authority::new("an authority without a new revocation list");
        let policy = policy(people, &lapsed);
        let (feed, absent) = (Feed::start().expect("a feed"), Feed::start().expect("a feed"));
        absent.fail(Fault::Refuse);
        feed.put_all(course::at_first(people));
        let setup = Fed::setup(&people.authority, &policy).service(false).beside(ABSENT, &absent);
        let fed = setup.start_with(feed, |bootstrap| {
            bootstrap.change_module(trap_on_cue);
            change(bootstrap);
            dress::skip(bootstrap);
        });
        let dora = lapsed.issue(Leaf::client("dora"));
        Self { job, fed, policy, dora, _absent: absent }
    }
}

/// An Envoy 1.36 with nothing that carries the certificate, and with names that look like what stands behind names.
pub(crate) struct Older {
    pub(crate) gateway: Gateway,
}

impl Older {
    pub(crate) const APIS: [&str; 4] =
        ["a_outcome_allowed_reason_b", "c_ended_reason_d", "outcome_denied", "e-f"];
    pub(crate) const LISTS: [&str; 3] = ["a_poll_ok", "current", "x_age_seconds"];

    pub(crate) fn start(people: &People) -> Self {
        let pin = json!({ "entries": [{ "sha256": people.alice.fingerprint() }] });
        let lists = Self::LISTS.map(|name| (name.to_owned(), pin.clone()));
        let open = Self::APIS.map(|name| {
            json!({ "name": name, "match": { "path_prefix": format!("/{name}") }, "policy": "open" })
        });
        let pinned = json!({
            "name": "pinned", "certificate": { "allow": Self::LISTS }, "policy": "mandatory",
        });
        let policy = json!({
            "version": 1,
            "lists": lists.into_iter().collect::<serde_json::Map<_, _>>(),
            "apis": open.into_iter().chain([pinned]).collect::<Vec<_>>(),
        });
        let gateway = Gateway::start_version("1.36.4", people, &policy, |bootstrap| {
            dress::without_tags(bootstrap);
            bootstrap.connection_manager()["forward_client_cert_details"] = "SANITIZE".into();
        });
        Self { gateway }
    }

    /// Sends what each API gets.
    pub(crate) async fn run(&self, people: &People) {
        let mut alice = Visitor::new(Some(&people.alice));
        for _ in 0..5 {
            for path in Self::APIS.into_iter().chain(["pinned"]) {
                let path = format!("/{path}");
                alice.ask(&self.gateway, &Request::get("localhost", &path)).await;
            }
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
    }
}

fn policy(people: &People, lapsed: &Authority) -> Value {
    let now = OffsetDateTime::now_utc();
    let days = |days: i64| (now + time::Duration::days(days)).format(&Rfc3339).expect("a date");
    let feed = json!({ "cluster": CLUSTER, "path": CHANGES, "interval": "1s" });
    let absent = json!({ "cluster": ABSENT, "path": CHANGES, "interval": "1s" });
    let ca = |authority: &Authority, crl: Crl| {
        json!({ "entries": [{
            "ca": authority.identity().certificate_pem(), "crl": authority.crl(crl),
        }] })
    };
    let api = |name: &str, lists: Value| {
        json!({
            "name": name, "match": { "path_prefix": format!("/{name}") },
            "certificate": { "allow": lists }, "policy": "mandatory",
        })
    };
    let with = |mut api: Value, member: &str, value: Value| {
        api[member] = value;
        api
    };
    json!({
        "version": 1,
        "lists": {
            "partners": { "entries": [
                { "sha256": people.alice.fingerprint(), "identity": "partner-a", "not_after": days(9) },
                { "sha256": "00".repeat(32), "identity": "partner-b", "not_after": days(20) },
                { "sha256": "11".repeat(32), "identity": "partner-c", "not_after": days(-3) },
            ] },
            "former": { "entries": [{ "issued": {
                "by": people.authority.identity().certificate_pem(),
                "serial": people.mallory.serial_hex(),
            } }] },
            "staff": ca(&people.authority, Crl::new(&[]).next_update(now + time::Duration::hours(12))),
            "suppliers": ca(lapsed, Crl::new(&[]).expired()),
            "registered": { "feed": feed, "max_age": "60s" },
            "agents": { "feed": [absent, feed], "fallback_after": "5s" },
            "guests": { "feed": absent },
        },
        "global": { "deny": ["former"] },
        "apis": [
            api("orders", json!(["partners", "registered"])),
            api("payroll", json!(["staff"])),
            api("supplies", json!(["suppliers"])),
            api("visits", json!(["guests", "agents"])),
            with(api("stream", json!(["registered"])), "open_streams", "end".into()),
            with(api("admin-new", json!(["partners"])), "enforcement", "shadow".into()),
            with(api("catalog", json!(["partners"])), "policy", "optional".into()),
            { "name": "status", "match": { "path": "/status" }, "policy": "open" },
            { "name": "apps", "match": { "path_prefix": "/apps" },
              "api_key": { "lists": ["registered"], "from": [{ "header": "x-api-key" }] },
              "policy": ["api_key"], "rate": { "requests": 4, "per": "1s" } },
        ],
    })
}

/// The cluster of a feed that never answers.
const ABSENT: &str = "absent-feed";
