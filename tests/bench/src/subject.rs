//! A variant that runs.

use std::io;
use std::net::SocketAddr;

use peergate_e2e::{Bootstrap, Fed, Gateway};
use peergate_lab::client::Client;
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use crate::request::Field;
use crate::scene::Scene;
use crate::variant::Variant;

/// A variant that runs, who asks it, and what comes of it.
pub struct Subject {
    /// Where it listens: first without the guard.
    pub doors: Vec<Door>,
    host: Host,
    /// Who asks.
    pub client: Client,
    /// What every answer must be.
    pub status: u16,
    /// What an upstream learns of the client.
    pub tells: Tells,
    /// Headers that only this variant needs.
    pub more: Vec<Field>,
}

/// A listener.
#[derive(Clone, Debug)]
pub struct Door {
    /// What the variant is called here.
    pub name: String,
    /// Where it is.
    pub address: SocketAddr,
}

/// What an upstream learns of the client from headers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tells {
    /// What the client says of itself.
    Lies,
    /// Nothing that the client says of itself: something stands in its place.
    Something,
    /// Who the client is, and what it says of itself under names that fold into ours.
    TruthBesideLies,
    /// Who the client is, and nothing else.
    Truth,
}

/// What runs, and where it listens.
pub struct Host {
    /// What runs.
    pub runs: Runs,
    /// Where the guard stands behind the filter, if it does so anywhere.
    pub guarded: Option<SocketAddr>,
}

/// What runs.
pub enum Runs {
    /// An Envoy.
    Alone(Box<Gateway>),
    /// One with a feed.
    Fed(Box<Fed>),
}

impl Subject {
    /// Asked by a client whom it lets pass.
    pub fn allowed(variant: Variant, scene: &Scene, host: Host, tells: Tells) -> Self {
        Self::asked_by(&scene.alice, variant, host, 200, tells)
    }

    /// Asked by a client whom it refuses.
    pub fn refused(variant: Variant, scene: &Scene, host: Host) -> Self {
        Self::asked_by(&scene.bob, variant, host, 403, Tells::Lies)
    }

    fn asked_by(who: &Identity, variant: Variant, host: Host, status: u16, tells: Tells) -> Self {
        let client = host.gateway().client(Some(who));
        let guarded = host.guarded.map(|address| (variant.guarded(), address));
        let doors = [(variant.name(), host.gateway().address())].into_iter().chain(guarded);
        let doors = doors.map(|(name, address)| Door { name, address }).collect();
        Self { doors, host, client, status, tells, more: Vec::new() }
    }

    /// Asked with one header more.
    pub fn with(mut self, field: Field) -> Self {
        self.more.push(field);
        self
    }

    /// The gateway.
    pub fn gateway(&self) -> &Gateway {
        self.host.gateway()
    }

    /// Ends its Envoy and starts it again.
    pub fn restart(&mut self) -> io::Result<()> {
        match &mut self.host.runs {
            Runs::Alone(gateway) => gateway.envoy.restart(),
            Runs::Fed(fed) => fed.gateway.envoy.restart(),
        }
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> io::Result<u64> {
        self.gateway().envoy.resident()
    }
}

impl Host {
    /// Of what runs.
    pub fn new(runs: Runs, guarded: Option<SocketAddr>) -> Self {
        Self { runs, guarded }
    }

    fn gateway(&self) -> &Gateway {
        match &self.runs {
            Runs::Alone(gateway) => gateway,
            Runs::Fed(fed) => &fed.gateway,
        }
    }
}

/// Has Envoy itself answer whatever is let through, but for what goes to [`ECHO`], and log nothing.
pub fn answer_at_once(bootstrap: &mut Bootstrap) {
    let manager = bootstrap.connection_manager();
    manager.as_object_mut().expect("an object").remove("access_log");
    // So that an upstream could be taken in by such a name, and what is measured has to remove it.
    manager["common_http_protocol_options"]["headers_with_underscores_action"] = "ALLOW".into();
    let routes = bootstrap.virtual_host()["routes"].as_array_mut().expect("a list");
    for route in routes.iter_mut() {
        route["match"] = json!({ "prefix": ECHO });
    }
    routes.push(json!({
        "match": { "prefix": "/" },
        "direct_response": { "status": 200, "body": { "inline_string": "ok" } },
    }));
}

/// Puts other HTTP filters in place of all but the router.
pub fn replace_filters(bootstrap: &mut Bootstrap, filters: Vec<Value>) {
    let all = bootstrap.http_filters();
    all.retain(|filter| filter["name"] == "envoy.filters.http.router");
    all.splice(0..0, filters);
}

/// The path under which requests reach the upstream.
pub const ECHO: &str = "/echo";
