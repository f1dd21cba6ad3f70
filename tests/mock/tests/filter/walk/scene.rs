//! Policies of every kind, each with a request that passes it and one that it refuses.

use peergate_mock::{Answer, Fault, Filter, LoadError, Request};
use serde_json::{Value, json};

use crate::authorities::{AUTHORITY, BEHIND, DIRECT, HOLDS, INTERMEDIATE, LIST};
use crate::credentials::{BOUND, KEY, TOKEN, key, policy as credential_policy};
use crate::dynamic::list;
use crate::dynamic::running::{Clock, Running};
use crate::{NOW, PARTNER, PARTNER_FINGERPRINT, STRANGER, policy};

/// A policy and what it makes of requests while nothing fails.
pub(super) struct Scene {
    pub(super) name: &'static str,
    policy: Value,
    /// What is registered.
    changes: Vec<Value>,
    /// A request that passes.
    pub(super) good: Request,
    /// Why it passes, and as whom.
    pub(super) passes: (&'static str, Option<&'static str>),
    /// A request that is refused, and why.
    pub(super) bad: Request,
    pub(super) refused: &'static str,
}

impl Scene {
    /// Fills the lists, for all who are [started](Self::start) while this is there: it takes long. Without
    /// lists there is nothing, and whoever starts shares data with nobody.
    pub(super) fn prepare(&self) -> Prepared {
        if self.changes.is_empty() {
            return Prepared(None);
        }
        let filter = Running::loaded(&self.policy, self.changes.iter().cloned());
        assert!(filter.send(&self.good).passed(), "{}", self.name);
        Prepared(Some(filter))
    }

    /// A filter that knows nothing but its policy.
    pub(super) fn start(&self, prepared: &Prepared) -> Running<Filter> {
        let clock = prepared.0.as_ref().map_or_else(Clock::new, |filter| filter.clock.clone());
        let filter = Running::filter(&self.policy, &clock);
        // Signatures take the guest a thousand times as long.
        filter.plugin.offer_foreign_function("verify_signature", |_| Ok(HOLDS.to_vec()));
        filter
    }

    /// Loads the filter while host calls go wrong.
    pub(super) fn load_with(&self, faults: Vec<Fault>) -> Result<Filter, LoadError> {
        Filter::load_with(self.policy.to_string().as_bytes(), faults)
    }

    /// Whether a feed fills one of its lists.
    pub(super) fn is_fed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// What becomes of the good request.
    pub(super) fn check_pass(&self, answer: &Answer, place: &str) {
        let (reason, identity) = self.passes;
        assert!(answer.passed(), "{place}: {}", answer.reason());
        assert_eq!((answer.reason(), answer.identity()), (reason, identity), "{place}");
        assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"), "{place}");
        let told = answer.upstream_headers("x-client-identity");
        assert_eq!(told, identity.into_iter().collect::<Vec<_>>(), "{place}");
        for spoofed in ["x_client-identity", "x-client-auth"] {
            assert!(!answer.upstream_headers(spoofed).contains(&"spoofed".to_owned()), "{place}");
        }
        assert!(answer.upstream_trailers("x-client-identity").is_empty(), "{place}");
    }
}

/// Shared data with filled lists.
pub(super) struct Prepared(Option<Running<Filter>>);

/// Every kind of policy.
pub(super) fn scenes() -> Vec<Scene> {
    [certificates(), places(), credentials(), exceptions()].into_iter().flatten().collect()
}

fn request() -> Request {
    Request::get("https://api.example.com/employee").at(NOW)
}

/// A request that makes the filter use every call that it has: it says of itself what only the filter may.
fn busy(request: Request) -> Request {
    request
        .header("x_client-identity", "spoofed")
        .header("x-client-auth", "spoofed")
        .header("connection", "x-client-identity, close")
        .trailer("x-client-identity", "spoofed")
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut policy = policy();
    change(&mut policy);
    policy
}

fn scene(name: &'static str, policy: Value, good: Request, bad: Request) -> Scene {
    Scene {
        name,
        policy,
        changes: Vec::new(),
        good: busy(good),
        passes: ("allowed", Some("partner-a")),
        bad: busy(bad),
        refused: "certificate_not_allowed",
    }
}

/// By what a certificate is known.
fn certificates() -> Vec<Scene> {
    let stranger = || request().certificate(STRANGER);
    let leaf = with(|policy| {
        policy["lists"]["partners"]["entries"] = json!([{"pem": PARTNER, "identity": "partner-a"}]);
        policy["lists"]["blocked"] = json!({"entries": [
            {"spki_sha256": "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="}
        ]});
        policy["global"] = json!({"deny": ["blocked"]});
        policy["forward"]["client_cert"] = json!({"header": "client-cert", "format": "rfc9440"});
    });
    let trusting =
        |entry: Value| with(|policy| policy["lists"]["partners"] = json!({"entries": [entry]}));
    let mut registered = with(|policy| {
        policy["lists"] = json!({"registered": list()});
        let rule = json!({"allow": ["registered"], "deny": ["registered"]});
        policy["apis"][0]["certificate"] = rule;
    });
    registered["apis"][0]["rate"] = json!({"requests": 1000, "per": "1s"});
    let put = json!({"put": {
        "certificate": PARTNER_FINGERPRINT, "identity": "partner-a", "apis": ["*"],
        "labels": {"tier": "gold"},
    }});
    vec![
        scene(
            "a fingerprint",
            with(|policy| policy["apis"][0]["certificate"]["validity"] = "unchecked".into()),
            request().fingerprint(PARTNER_FINGERPRINT),
            stranger(),
        ),
        scene("a pinned one", policy(), request().certificate(PARTNER), stranger()),
        scene("the whole leaf", leaf, request().certificate_in_filter_state(PARTNER), stranger()),
        Scene {
            passes: ("allowed", Some("CN=behind,O=Peergate mock")),
            ..scene(
                "an authority",
                trusting(json!({"ca": AUTHORITY})),
                request().certificate_in_xfcc(BEHIND).chain([INTERMEDIATE]),
                stranger(),
            )
        },
        Scene {
            passes: ("allowed", Some("CN=direct,O=Peergate mock")),
            ..scene(
                "an authority that revokes",
                trusting(json!({"ca": AUTHORITY, "crl": LIST})),
                request().certificate(DIRECT),
                stranger(),
            )
        },
        Scene {
            changes: vec![put],
            ..scene("a list of a feed", registered, request().certificate(PARTNER), stranger())
        },
    ]
}

/// By what a request's API is known, and the connection that it came on.
fn places() -> Vec<Scene> {
    let chosen = |request: Request| request.virtual_host("employee").route("employee-v3");
    let names = json!({"virtual_hosts": ["employee"], "routes": ["employee-v3"]});
    let own = || request().certificate(PARTNER);
    vec![
        Scene {
            refused: "no_matching_api",
            ..scene(
                "virtual hosts and routes",
                with(|policy| policy["apis"][0]["match"] = names),
                chosen(own()),
                own().virtual_host("other").route("employee-v3"),
            )
        },
        Scene {
            refused: "misdirected",
            ..scene(
                "a server name",
                with(|policy| policy["global"] = json!({"sni": "required"})),
                own().server_name("api.example.com"),
                own().server_name("other.example.com"),
            )
        },
    ]
}

/// Tokens and keys.
fn credentials() -> Vec<Scene> {
    let orders = || Request::get("https://api.example.com/orders").at(NOW);
    let named = |requirement: Value, change: &dyn Fn(&mut Value)| {
        let mut policy = credential_policy(&requirement);
        policy["forward"] = json!({"identity": "x-client-identity", "method": "x-client-auth"});
        policy["apis"][0]["strip"] = true.into();
        change(&mut policy["apis"][0]);
        policy
    };
    let rate = |api: &mut Value| api["rate"] = json!({"requests": 1000, "per": "1s"});
    let entries = || vec![key(KEY, json!({}))];
    let bound = || vec![key(KEY, json!({"certificates": [PARTNER_FINGERPRINT]}))];
    let by_query = || orders().header(":path", format!("/orders?api_key={KEY}&a=1"));
    vec![
        Scene {
            passes: ("allowed", Some("https://idp.example#alice")),
            refused: "binding_mismatch",
            ..scene(
                "a token that is bound",
                named(json!(["jwt"]), &|api| api["jwt"]["bound"] = "required".into()),
                orders().certificate(PARTNER).jwt_payload(BOUND),
                orders().certificate(STRANGER).jwt_payload(BOUND),
            )
        },
        Scene {
            passes: ("allowed", Some("https://idp.example#alice")),
            refused: "jwt_refused",
            ..scene(
                "a token with a rate",
                named(json!(["jwt"]), &rate),
                orders().jwt_payload(TOKEN),
                orders().jwt_payload(r#"{"iss": "https://other.example", "sub": "alice"}"#),
            )
        },
        Scene {
            changes: entries(),
            passes: ("allowed", Some("acme/app-7")),
            refused: "api_key_unknown",
            ..scene(
                "a key",
                named(json!(["api_key"]), &|_| {}),
                by_query(),
                orders().header("x-api-key", "another"),
            )
        },
        Scene {
            changes: entries(),
            passes: ("allowed", Some("acme/app-7")),
            refused: "api_key_unknown",
            ..scene(
                "a key with a rate",
                named(json!(["api_key"]), &rate),
                orders().header("x-api-key", KEY),
                orders().header("x-api-key", "another"),
            )
        },
        Scene {
            changes: bound(),
            refused: "binding_mismatch",
            ..scene(
                "a certificate, a token and a key",
                named(json!(["certificate", "jwt", "api_key"]), &rate),
                orders().certificate(PARTNER).jwt_payload(BOUND).header("x-api-key", KEY),
                orders().certificate(PARTNER).jwt_payload(OF_ANOTHER).header("x-api-key", KEY),
            )
        },
    ]
}

/// A token that is bound to nobody's certificate.
const OF_ANOTHER: &str = r#"{"iss": "https://idp.example", "sub": "alice", "cnf":
    {"x5t#S256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}"#;

/// Policies by which somebody passes who shows nothing that is accepted.
fn exceptions() -> Vec<Scene> {
    let odd = || request().header(":path", "/employee/%2e%2e/a");
    let anonymous = |name, policy, good, bad| Scene {
        passes: ("anonymous", None),
        ..scene(name, policy, good, bad)
    };
    let requirement = |requirement: Value| {
        move |policy: &mut Value| {
            policy["apis"][0]["policy"] = requirement;
        }
    };
    let ignoring = with(|policy| {
        policy["apis"][0]["policy"] = "optional".into();
        policy["apis"][0]["certificate"]["if_refused"] = "ignore".into();
    });
    let optional = || with(requirement("optional".into()));
    let open = with(|policy| {
        policy["apis"][0]["policy"] = "open".into();
        policy["apis"][0].as_object_mut().unwrap().remove("certificate");
        policy["lists"].as_object_mut().unwrap().clear();
    });
    let shadow = with(|policy| policy["apis"][0]["enforcement"] = "shadow".into());
    let unmatched = with(|policy| policy["default"] = "allow".into());
    vec![
        scene(
            "optional, with a certificate",
            optional(),
            request().certificate(PARTNER),
            request().certificate(STRANGER),
        ),
        anonymous("optional", optional(), request(), request().certificate(STRANGER)),
        Scene {
            refused: "bad_target",
            ..anonymous("ignored", ignoring, request().certificate(STRANGER), odd())
        },
        Scene { refused: "bad_target", ..anonymous("open", open, request(), odd()) },
        Scene {
            refused: "bad_target",
            passes: ("certificate_not_allowed", None),
            ..scene("shadow", shadow, request().certificate(STRANGER), odd())
        },
        Scene {
            passes: ("anonymous", None),
            ..scene(
                "unmatched",
                unmatched,
                Request::get("https://other.example.com/").at(NOW),
                request().certificate(STRANGER),
            )
        },
    ]
}
