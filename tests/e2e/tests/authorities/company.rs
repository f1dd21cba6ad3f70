//! Two authorities, and a policy that keeps their clients apart.

use peergate_lab::pki::{Authority, Charter, Identity, Leaf};
use serde_json::{Value, json};

/// Whose certificates the tests look at.
pub(crate) struct Company {
    /// Issues the server's certificate and nobody's else.
    pub(crate) server: Authority,
    /// A root for staff, who have one SPIFFE ID each.
    pub(crate) corporate: Authority,
    /// An authority below it.
    pub(crate) issuing: Authority,
    /// A root of somebody else's.
    pub(crate) partner: Authority,
    /// Staff.
    pub(crate) alice: Identity,
    /// Staff, by way of the authority below.
    pub(crate) carol: Identity,
    /// The partner's.
    pub(crate) bob: Identity,
    /// Staff that is denied by issuer and serial.
    pub(crate) mallory: Identity,
    /// Staff that is denied by its certificate.
    pub(crate) trudy: Identity,
}

impl Company {
    pub(crate) fn new() -> Self {
        let corporate = Authority::new("corporate root");
        let issuing = corporate.subordinate(Charter::new("corporate issuing").path_length(0));
        let partner = Authority::new("partner root");
        Self {
            server: Authority::new("server authority"),
            alice: corporate.issue(staff("alice")),
            carol: issuing.issue(staff("carol")),
            bob: partner.issue(Leaf::client("bob").organization("Partner")),
            mallory: corporate.issue(staff("mallory")),
            trudy: corporate.issue(staff("trudy")),
            corporate,
            issuing,
            partner,
        }
    }

    /// `/corporate` is for staff, `/partner` for the partner, `/both` for both; `/helped` knows the
    /// authority below the corporate root, `/operations` asks for a name.
    pub(crate) fn policy(&self) -> Value {
        let corporate = self.corporate.identity().certificate_pem();
        let staff = json!({
            "ca": corporate, "identity": { "from": "uri" }, "labels": { "tier": "internal" },
        });
        let helped = json!({
            "ca": corporate, "intermediates": self.issuing.identity().certificate_pem(),
        });
        let operations = json!({
            "ca": corporate, "identity": "operations",
            "subject": { "uri": ["spiffe://corp.example/operations/*"] },
        });
        let partner = json!({
            "ca": self.partner.identity().certificate_pem(), "labels": { "tier": "external" },
        });
        let api = |name: &str, lists: &[&str]| {
            json!({
                "name": name, "match": { "path_prefix": format!("/{name}") },
                "certificate": { "allow": lists }, "policy": "mandatory",
            })
        };
        json!({
            "version": 1,
            "lists": {
                "corporate": { "entries": [staff] },
                "helped": { "entries": [helped] },
                "operations": { "entries": [operations] },
                "partner": { "entries": [partner] },
                "blocked": { "entries": [
                    { "issued": { "by": corporate, "serial": self.mallory.serial_hex() } },
                    { "pem": self.trudy.certificate_pem() },
                ] },
            },
            "global": { "deny": ["blocked"] },
            "apis": [
                api("corporate", &["corporate"]),
                api("partner", &["partner"]),
                api("both", &["partner", "corporate"]),
                api("helped", &["helped"]),
                api("operations", &["operations"]),
            ],
            "forward": {
                "identity": "x-client-identity", "method": "x-client-auth",
                "fingerprint": "x-client-cert-sha256",
                "client_cert": { "header": "client-cert", "format": "rfc9440" },
                "labels": { "tier": "x-client-tier" },
            },
            "replies": { "profile": "problem", "detail": "reason" },
        })
    }
}

/// A client whose name is also its SPIFFE ID.
pub(crate) fn staff(name: &str) -> Leaf {
    Leaf::client(name).uri(&format!("spiffe://corp.example/staff/{name}"))
}

/// A policy of one API for all paths, which an authority's entry admits to.
pub(crate) fn policy_of(entry: Value) -> Value {
    json!({
        "version": 1,
        "lists": { "clients": { "entries": [entry] } },
        "apis": [{ "name": "all", "certificate": { "allow": ["clients"] }, "policy": "mandatory" }],
        "forward": { "identity": "x-client-identity" },
        "replies": { "profile": "problem", "detail": "reason" },
    })
}
