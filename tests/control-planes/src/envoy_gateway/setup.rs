//! How a Gateway is set up.

use peergate_lab::envoy::free_port;
use peergate_lab::pki::{Authority, Leaf};
use peergate_lab::upstream::Upstream;
use serde_json::Value;
use tempfile::TempDir;

use super::control_plane::ControlPlane;
use super::gateway::Gateway;
use super::resources::Listener;
use super::{HOST, LISTENER, NAMESPACE, OTHER_HOST, render, resources};
use crate::ModuleServer;

/// What is different from an ordinary Gateway: one listener, two hosts, an HTTPRoute for each to the upstream,
/// and the shipped module for all of it.
///
/// What is applied is what `peergate render envoy-gateway` prints, as it is. Two things that an installation in
/// a cluster brings are made here: a Secret, and where Envoy finds Envoy Gateway.
pub struct Setup<'s> {
    authority: &'s Authority,
    policy: &'s Value,
    arguments: Vec<String>,
    module: Option<String>,
    routes: Option<Vec<Value>>,
    backends: Vec<String>,
    resources: Vec<(String, Value)>,
    drain: Option<String>,
    listeners: Vec<Listener>,
}

impl<'s> Setup<'s> {
    /// A Gateway whose own certificate this authority issues, with a policy.
    pub fn new(authority: &'s Authority, policy: &'s Value) -> Self {
        Self {
            authority,
            policy,
            arguments: Vec::new(),
            module: None,
            routes: None,
            backends: vec![NAMESPACE.to_owned()],
            resources: Vec::new(),
            drain: None,
            listeners: vec![Listener {
                name: LISTENER.to_owned(),
                port: free_port(),
                host: None,
                has_tls: true,
            }],
        }
    }

    /// Further arguments of `peergate render envoy-gateway`.
    pub fn arguments<I: Into<String>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Another place of the module than a web server that has the shipped one.
    pub fn module(mut self, url: &str) -> Self {
        self.module = Some(url.to_owned());
        self
    }

    /// Other HTTPRoutes.
    pub fn routes(mut self, routes: Vec<Value>) -> Self {
        self.routes = Some(routes);
        self
    }

    /// A namespace more whose routes can reach the upstream.
    pub fn namespace(mut self, name: &str) -> Self {
        self.backends.push(name.to_owned());
        self
    }

    /// A resource more, under a name of its own.
    pub fn resource(mut self, name: &str, resource: Value) -> Self {
        self.resources.push((name.to_owned(), resource));
        self
    }

    /// Has the first listener be for one host alone.
    pub fn host(mut self, host: &str) -> Self {
        self.listeners[0].host = Some(host.to_owned());
        self
    }

    /// A listener more, on the port of the first one for a host alone, or on a port of its own.
    pub fn listener(mut self, name: &str, host: Option<&str>) -> Self {
        let port = host.map_or_else(free_port, |_| self.listeners[0].port);
        let host = host.map(str::to_owned);
        self.listeners.push(Listener { name: name.to_owned(), port, host, has_tls: true });
        self
    }

    /// A listener more that speaks no TLS, on a port of its own.
    pub fn plain_listener(mut self, name: &str) -> Self {
        let (name, port) = (name.to_owned(), free_port());
        self.listeners.push(Listener { name, port, host: None, has_tls: false });
        self
    }

    /// Another time than a minute until connections under an old policy are closed: `5s`.
    pub fn drain(mut self, time: &str) -> Self {
        self.drain = Some(time.to_owned());
        self
    }

    /// Starts Envoy Gateway and with it Envoy, and waits until clients can connect.
    ///
    /// # Panics
    /// If one of them does not start, with the last lines that it printed.
    pub async fn start(self) -> Gateway {
        let upstream = Upstream::start("upstream").expect("an upstream");
        let modules = ModuleServer::start().expect("a server of modules");
        let shipped = modules.put("/peergate_http.wasm", render::module());
        let module = self.module.unwrap_or(shipped);
        let directory = TempDir::new().expect("a directory");
        let control_plane = ControlPlane::start(directory.path());

        let server = self.authority.issue(Leaf::server(HOST).dns(OTHER_HOST));
        let mut own: Vec<Value> = resources::class(self.drain.as_deref()).into();
        own.extend(resources::gateway(&self.listeners, &server));
        let address = upstream.address();
        own.extend(self.backends.iter().map(|name| resources::backend(name, address)));
        control_plane.apply("gateway", &own.iter().collect::<Vec<_>>());
        let routes = self.routes.unwrap_or_else(|| {
            vec![
                resources::http_route("api", HOST, &["/"]),
                resources::http_route("admin", OTHER_HOST, &["/"]),
            ]
        });
        control_plane.apply("routes", &routes.iter().collect::<Vec<_>>());
        for (name, resource) in &self.resources {
            control_plane.apply(name, &[resource]);
        }
        let gateway = Gateway::new(
            control_plane,
            upstream,
            modules,
            self.listeners.iter().map(|listener| listener.port).collect(),
            self.authority.certificate(),
            module,
            self.arguments,
            directory,
        );
        gateway.apply_policy(self.policy).unwrap_or_else(|error| panic!("{error}"));
        gateway.wait_until_it_listens().await;
        gateway
    }
}
