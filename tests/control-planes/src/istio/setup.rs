//! How a gateway is set up.

use std::net::SocketAddr;

use peergate_lab::envoy::free_port;
use peergate_lab::pki::Authority;
use peergate_lab::upstream::Upstream;
use serde_json::Value;

use super::gateway::Gateway;
use super::traffic::{service, virtual_service};
use super::{HOST, OTHER_HOST, UPSTREAM};
use crate::ModuleServer;

/// What is different from an ordinary gateway: one of two workers, with the shipped module, that serves two
/// hosts, each with one route to the upstream.
///
/// `credentialName` of the rendered Gateway names a Secret, which istiod reads from a cluster and nowhere
/// else. Here the certificates are files, so that line, and no other, is replaced by `serverCertificate`,
/// `privateKey` and `caCertificates`. Envoy's TLS context is the same but for the names under which it asks
/// for them.
pub struct Setup<'s> {
    pub(super) authority: &'s Authority,
    pub(super) policy: &'s Value,
    pub(super) arguments: Vec<String>,
    pub(super) module: Option<String>,
    pub(super) routes: Option<Vec<Value>>,
    pub(super) resources: Vec<(String, String)>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) port: u16,
    pub(super) hosts: String,
    pub(super) edit: Option<fn(&str) -> String>,
}

impl<'s> Setup<'s> {
    /// A gateway whose own certificate this authority issues, with a policy.
    pub fn new(authority: &'s Authority, policy: &'s Value) -> Self {
        Self {
            authority,
            policy,
            arguments: Vec::new(),
            module: None,
            routes: None,
            resources: Vec::new(),
            environment: Vec::new(),
            port: free_port(),
            hosts: format!("{HOST},{OTHER_HOST}"),
            edit: None,
        }
    }

    /// Further arguments of `peergate render istio`.
    pub fn arguments<I: Into<String>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Another place of the module than a web server that has the shipped one.
    pub fn module(mut self, url: &str) -> Self {
        self.module = Some(url.to_owned());
        self
    }

    /// Other routes of the first host: the `http` of its VirtualService.
    pub fn routes(mut self, routes: Vec<Value>) -> Self {
        self.routes = Some(routes);
        self
    }

    /// A resource more, under a name of its own.
    pub fn resource(mut self, name: &str, resource: &Value) -> Self {
        self.resources.push((name.to_owned(), resource.to_string()));
        self
    }

    /// A service more, at an address.
    pub fn service(self, host: &str, address: SocketAddr) -> Self {
        let resource = service(host, address);
        self.resource(host, &resource)
    }

    /// Where clients connect, if the policy has to know it.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A variable of the agent's environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Other hosts of the Gateway.
    pub fn hosts(mut self, hosts: &[&str]) -> Self {
        self.hosts = hosts.join(",");
        self
    }

    /// An edit by hand of what is rendered.
    pub fn edit(mut self, edit: fn(&str) -> String) -> Self {
        self.edit = Some(edit);
        self
    }

    /// Starts istiod, the agent and with it Envoy, and waits until clients can connect.
    ///
    /// # Panics
    /// If one of them does not start, with the last lines that it printed.
    pub async fn start(mut self) -> Gateway {
        let upstream = Upstream::start("upstream").expect("an upstream");
        let modules = ModuleServer::start().expect("a server of modules");
        let routes = self.routes.take().unwrap_or_else(|| vec![super::traffic::route("all", "/")]);
        for (name, host, routes) in [
            ("api", HOST, routes),
            ("admin", OTHER_HOST, vec![super::traffic::route("admin-route", "/")]),
        ] {
            let resource = virtual_service(name, host, &routes);
            self = self.resource(name, &resource);
        }
        self = self.service(UPSTREAM, upstream.address());
        Gateway::start(self, upstream, modules).await
    }
}
