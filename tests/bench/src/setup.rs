//! How each variant is set up: the same listener, with the HTTP filters of the variant.

use std::io;
use std::net::SocketAddr;

use peergate_e2e::{Bootstrap, CLUSTER, Fed, Gateway, Provider};
use peergate_lab::feed::{CHANGES, Feed};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::request::Field;
use crate::rivals::{ext_authz, lua, modules, rbac};
use crate::scene::{OWN_URI, Scene};
use crate::subject::{Host, Runs, Subject, Tells, answer_at_once, replace_filters};
use crate::variant::{Transport, Variant};

impl Variant {
    /// Starts it, and waits until it knows all that it is to know.
    ///
    /// # Errors
    ///
    /// When its Envoy cannot be pinned to its core.
    pub async fn start(self, scene: &Scene) -> io::Result<Subject> {
        let allowed = |host, tells| Subject::allowed(self, scene, host, tells);
        let subject = match self {
            Self::Nothing => allowed(beside(scene, |_| Vec::new()), Tells::Lies),
            Self::Rbac { principals } => {
                let filter = rbac::filter(principals, OWN_URI);
                allowed(beside(scene, |_| vec![filter]), Tells::Lies)
            }
            Self::RbacRefused => {
                Subject::refused(self, scene, beside(scene, |_| vec![rbac::filter(1, OWN_URI)]))
            }
            Self::Lua => {
                let filter = lua::filter(&scene.pins(1));
                allowed(beside(scene, |_| vec![filter]), Tells::Truth)
            }
            Self::ExtAuthz(transport) => {
                allowed(asking(scene, transport).await, Tells::TruthBesideLies)
            }
            Self::Empty => allowed(beside(scene, |_| vec![modules::empty()]), Tells::Lies),
            Self::Floor => allowed(beside(scene, |_| vec![modules::floor()]), Tells::Something),
            Self::PEERGATE => allowed(peergate(scene, &scene.pinned(1), |_| {}), Tells::Truth),
            Self::Pinned { pins } => {
                let policy = scene.pinned(scene.count(pins));
                allowed(alone(scene, &policy, Bootstrap::remove_guard), Tells::Truth)
            }
            Self::GuardedPins { pins } => {
                let policy = scene.pinned(scene.count(pins));
                allowed(alone(scene, &policy, |_| {}), Tells::Truth)
            }
            Self::Refused => {
                Subject::refused(self, scene, peergate(scene, &scene.pinned(1), |_| {}))
            }
            Self::Authority => {
                allowed(peergate(scene, &scene.authority_policy(), |_| {}), Tells::Truth)
            }
            Self::Dynamic { entries } => {
                allowed(fed(scene, scene.count(entries)).await, Tells::Truth)
            }
            Self::Verified => {
                let host = alone(scene, &open(), |bootstrap| {
                    bootstrap.verify_tokens([Provider::new("issuer", &scene.issuer)]);
                    bootstrap.http_filters().retain(|it| !is_ours(it));
                });
                allowed(host, Tells::Lies).with(token(scene))
            }
            Self::Bound => {
                let host = peergate(scene, &scene.bound_policy(), |bootstrap| {
                    bootstrap.verify_tokens([Provider::new("issuer", &scene.issuer)]);
                });
                allowed(host, Tells::Truth).with(token(scene))
            }
        };
        scene.cores.pin(subject.gateway().envoy.pid())?;
        Ok(subject)
    }
}

/// Starts Peergate with one pin, in a build of its own.
///
/// # Errors
///
/// When its Envoy cannot be pinned to its core.
pub fn build(scene: &Scene, name: &str, module: Vec<u8>) -> io::Result<Subject> {
    let host = alone(scene, &scene.pinned(1), |bootstrap| {
        bootstrap.remove_guard();
        bootstrap.change_module(|_| module);
    });
    let mut subject = Subject::allowed(Variant::PEERGATE, scene, host, Tells::Truth);
    for door in &mut subject.doors {
        name.clone_into(&mut door.name);
    }
    scene.cores.pin(subject.gateway().envoy.pid())?;
    Ok(subject)
}

/// The same gateway with other filters than ours.
fn beside(scene: &Scene, filters: impl FnOnce(&mut Bootstrap) -> Vec<Value>) -> Host {
    alone(scene, &open(), |bootstrap| {
        let filters = filters(bootstrap);
        replace_filters(bootstrap, filters);
    })
}

/// A gateway with Peergate, once with the guard and once without.
fn peergate(scene: &Scene, policy: &Value, change: impl FnOnce(&mut Bootstrap)) -> Host {
    let mut guarded = None;
    let host = alone(scene, policy, |bootstrap| {
        change(bootstrap);
        guarded = Some(with_and_without_guard(bootstrap));
    });
    Host { guarded, ..host }
}

/// Takes the guard away from the first listener, and has another one with it. Both have the same VM.
fn with_and_without_guard(bootstrap: &mut Bootstrap) -> SocketAddr {
    let guarded = bootstrap.vary("guarded", |_| {});
    bootstrap.remove_guard();
    guarded
}

/// A gateway that asks a service.
async fn asking(scene: &Scene, transport: Transport) -> Host {
    let pins = scene.pins(1);
    let (filter, cluster, address) = match transport {
        Transport::Http => {
            (ext_authz::http(), ext_authz::HTTP_CLUSTER, ext_authz::start_http(&pins).await)
        }
        Transport::Grpc => {
            (ext_authz::grpc(), ext_authz::GRPC_CLUSTER, ext_authz::start_grpc(&pins).await)
        }
    };
    beside(scene, |bootstrap| {
        add_service(bootstrap, cluster, address, transport);
        vec![filter]
    })
}

/// A gateway with a list from a feed.
async fn fed(scene: &Scene, entries: usize) -> Host {
    let feed = Feed::start().expect("a feed");
    feed.put_all_texts(scene.entries(entries));
    let version = feed.version();
    let policy = scene.policy(json!({
        "feed": { "cluster": CLUSTER, "path": CHANGES, "wait": "30s", "page": 2000 },
    }));
    let mut guarded = None;
    let fed = Fed::setup(&scene.authority, &policy).start_with(feed, |bootstrap| {
        answer_at_once(bootstrap);
        guarded = Some(with_and_without_guard(bootstrap));
    });
    fed.wait_long_for_version("partners", version, entries as u64).await;
    Host::new(Runs::Fed(Box::new(fed)), guarded)
}

fn alone(scene: &Scene, policy: &Value, change: impl FnOnce(&mut Bootstrap)) -> Host {
    let gateway = Gateway::start_under(VERSION, &scene.authority, policy, |bootstrap| {
        answer_at_once(bootstrap);
        bootstrap.options.concurrency = scene.workers;
        change(bootstrap);
    });
    Host::new(Runs::Alone(Box::new(gateway)), None)
}

fn add_service(bootstrap: &mut Bootstrap, name: &str, address: SocketAddr, transport: Transport) {
    bootstrap.add_cluster(name, address);
    if transport == Transport::Grpc {
        let clusters = bootstrap.config["static_resources"]["clusters"].as_array_mut();
        let cluster = clusters.and_then(|it| it.last_mut()).expect("the cluster just added");
        let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        cluster["typed_extension_protocol_options"] = json!({ name: {
            "@type": format!("type.googleapis.com/{name}"),
            "explicit_http_config": { "http2_protocol_options": {} },
        } });
    }
}

fn token(scene: &Scene) -> Field {
    // For as long as any run takes.
    let end = OffsetDateTime::now_utc() + Duration::days(1);
    let claims = json!({
        "sub": "ada", "aud": "api", "scope": "orders.read", "exp": end.unix_timestamp(),
    });
    let token = scene.issuer.bound_token(&scene.alice, claims);
    ("authorization".to_owned(), format!("Bearer {token}"))
}

/// A policy for gateways that have none.
fn open() -> Value {
    json!({ "version": 1, "apis": [{ "name": "any", "policy": "open" }] })
}

fn is_ours(filter: &Value) -> bool {
    filter["name"] == "peergate" || filter["name"] == "peergate-guard"
}

/// The Envoy.
pub const VERSION: &str = "1.40.0";
