//! What dynamic lists need around them in Istio: the hosts of their feeds, as ServiceEntry and DestinationRule.
//!
//! Istio names its clusters itself, `outbound|PORT||HOST`, and has one only for a host that it knows.

use std::net::IpAddr;
use std::str::FromStr;

use peergate::Policy;
use serde_json::{Value, json};

use crate::failure::Failure;

use crate::render::argument::{Endpoint, resource};
use crate::render::quote;
use crate::render::template::fill;

use super::place::Place;

/// How the hosts of feeds are found and asked.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Feeds {
    /// How a feed is asked: HOST:PORT, or https://HOST over TLS, and CLUSTER=… before it where the feed is at
    /// another place than its cluster says; may be given several times
    #[arg(long = "feed", value_name = "[CLUSTER=]ADDRESS")]
    addresses: Vec<Address>,
    /// By what authorities feeds over TLS are trusted: a Secret with `ca.crt`, or the absolute path of a file in
    /// the proxy; if left out, those of the proxy's system
    #[arg(long, value_name = "SECRET|PATH", value_parser = authorities)]
    feed_ca: Option<String>,
    /// Istio knows the feeds' hosts already
    #[arg(long)]
    without_service_entry: bool,
}

/// Where a feed is, and whether it is asked over TLS.
#[derive(Clone, Debug)]
struct Address {
    /// The cluster that it is for; `None` where its host and port say so.
    cluster: Option<String>,
    at: Endpoint,
    is_encrypted: bool,
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The address has no `=`, and a cluster's name may have one.
        let (cluster, address) = match text.rsplit_once('=') {
            Some((cluster, address)) => (Some(cluster.to_owned()), address),
            None => (None, text),
        };
        let (at, is_encrypted) = Endpoint::of_feed(address)
            .ok_or("expected HOST:PORT or https://HOST, and CLUSTER= before it if need be")?;
        Ok(Self { cluster, at, is_encrypted })
    }
}

impl Address {
    fn is_for(&self, cluster: &Cluster<'_>) -> bool {
        match &self.cluster {
            Some(name) => name == cluster.name,
            None => self.at.host == cluster.host && self.at.port == cluster.port,
        }
    }

    /// Who the server has to be. An address only says where it is.
    fn server<'a>(&'a self, cluster: &Cluster<'a>) -> &'a str {
        if is_ip(&self.at.host) { cluster.host } else { &self.at.host }
    }
}

/// A cluster that a policy names.
#[derive(Clone, Debug)]
struct Cluster<'p> {
    name: &'p str,
    host: &'p str,
    port: u16,
    /// Where in the policy.
    place: String,
}

impl<'p> Cluster<'p> {
    fn read(name: &'p str, place: String) -> Result<Self, Failure> {
        let rest = name.strip_prefix("outbound|").and_then(|rest| rest.split_once("||"));
        let read = rest.and_then(|(port, host)| Some((port.parse::<u16>().ok()?, host)));
        let read = read.filter(|(port, host)| *port > 0 && resource(host).is_ok());
        let (port, host) = read.ok_or_else(|| {
            Failure::Input(format!(
                "{place}: {name:?} is no cluster of Istio's: expected outbound|PORT||HOST, as in \
                 outbound|443||feed.example.com or outbound|8080||feed.default.svc.cluster.local"
            ))
        })?;
        if is_ip(host) {
            return Err(Failure::Input(format!(
                "{place}: Istio has hosts by name alone: make one up, such as outbound|{port}||feed.internal, and \
                 say where it is: --feed 'outbound|{port}||feed.internal={host}:{port}'"
            )));
        }
        Ok(Self { name, host, port, place })
    }

    /// Whether Kubernetes knows the host, so that Istio does without being told.
    fn is_service(&self) -> bool {
        self.host.contains(".svc.")
    }
}

/// A host, with the ports that feeds are asked at.
struct Host<'a> {
    name: &'a str,
    is_service: bool,
    /// Where it is, if its name does not say.
    address: Option<&'a str>,
    ports: Vec<(Cluster<'a>, &'a Address)>,
}

impl Feeds {
    /// The resources; empty where Istio needs none.
    ///
    /// # Errors
    /// A feed whose cluster Istio would not have, or whose host no request can name; a feed outside of the cluster
    /// without an address, and an address without a feed.
    pub(super) fn render(
        &self,
        policy: &Policy,
        document: &Value,
        place: &Place,
    ) -> Result<String, Failure> {
        let clusters = clusters(policy, document)?;
        for address in &self.addresses {
            if !clusters.iter().any(|cluster| address.is_for(cluster)) {
                let Endpoint { host, port } = &address.at;
                return Err(Failure::Input(format!(
                    "--feed …{host}:{port}: no feed of the policy is there"
                )));
            }
        }
        let mut text = String::new();
        for host in self.hosts(&clusters)? {
            let is_known = host.is_service || self.without_service_entry;
            if !is_known {
                text.push_str(&host.entry(place)?);
            }
            if host.ports.iter().any(|(_, address)| address.is_encrypted) {
                text.push_str(&host.rule(place, self.feed_ca.as_deref())?);
            }
        }
        Ok(text)
    }

    fn hosts<'a>(&'a self, clusters: &'a [Cluster<'a>]) -> Result<Vec<Host<'a>>, Failure> {
        let mut hosts: Vec<Host<'a>> = Vec::new();
        for cluster in clusters {
            let place = &cluster.place;
            let refused = |why: String| Err(Failure::Input(format!("{place}: {why}")));
            let is_known = cluster.is_service() || self.without_service_entry;
            let found = self.addresses.iter().find(|address| address.is_for(cluster));
            let Some(address) = found else {
                if is_known {
                    continue;
                }
                let Cluster { host, port, .. } = cluster;
                return refused(format!(
                    "say how {host} is asked: --feed {host}:{port}, or --feed https://{host}:{port} over TLS"
                ));
            };
            let elsewhere = (address.at.host != cluster.host).then_some(&*address.at.host);
            if is_known && (elsewhere.is_some() || address.at.port != cluster.port) {
                return refused(format!("Istio knows already where {} is", cluster.host));
            }
            match hosts.iter_mut().find(|known| known.name == cluster.host) {
                None => hosts.push(Host {
                    name: cluster.host,
                    is_service: cluster.is_service(),
                    address: elsewhere,
                    ports: vec![(cluster.clone(), address)],
                }),
                Some(known) if known.address == elsewhere => {
                    known.ports.push((cluster.clone(), address));
                }
                Some(_) => return refused(format!("{} cannot be at two places", cluster.host)),
            }
        }
        Ok(hosts)
    }
}

impl Host<'_> {
    fn entry(&self, place: &Place) -> Result<String, Failure> {
        let ports = self.ports.iter().map(|(cluster, address)| {
            // An HTTP port would share the port's listener with other hosts in sidecars, which TLS cannot.
            let protocol = if address.is_encrypted { "HTTPS" } else { "HTTP" };
            let (port, target) = (cluster.port, address.at.port);
            let name = format!("{}-{port}", protocol.to_ascii_lowercase());
            let target = match target == port {
                true => String::new(),
                false => format!(", targetPort: {target}"),
            };
            format!("- {{ number: {port}, name: {name}, protocol: {protocol}{target} }}\n")
        });
        let endpoints = self.address.map(|address| {
            let address = quote::text(address);
            format!("endpoints:\n- address: {address}")
        });
        let is_static = self.address.is_some_and(is_ip);
        fill(
            include_str!("../templates/istio-service-entry.yaml"),
            &[
                ("name", &place.name_for(self.name)?),
                ("namespace", &place.namespace),
                ("host", &quote::text(self.name)),
                ("resolution", if is_static { "STATIC" } else { "DNS" }),
                ("ports", &ports.collect::<String>()),
                ("endpoints", &endpoints.unwrap_or_default()),
            ],
        )
    }

    fn rule(&self, place: &Place, ca: Option<&str>) -> Result<String, Failure> {
        let encrypted = self.ports.iter().filter(|(_, address)| address.is_encrypted);
        let ports = encrypted.map(|(cluster, address)| {
            let server = address.server(cluster);
            let mut tls = json!({ "mode": "SIMPLE", "sni": server, "subjectAltNames": [server] });
            if let (Some(tls), Some(ca)) = (tls.as_object_mut(), ca) {
                let field = if ca.starts_with('/') { "caCertificates" } else { "credentialName" };
                tls.insert(field.to_owned(), ca.into());
            }
            let port = cluster.port;
            format!("- port: {{ number: {port} }}\n  tls: {}\n", quote::yaml_line(&tls))
        });
        fill(
            include_str!("../templates/istio-destination-rule.yaml"),
            &[
                ("name", &place.name_for(self.name)?),
                ("namespace", &place.namespace),
                ("host", &quote::text(self.name)),
                ("selector", &place.selector),
                ("ports", &ports.collect::<String>()),
            ],
        )
    }
}

/// The clusters that a policy's feeds name, each once.
fn clusters<'p>(policy: &'p Policy, document: &Value) -> Result<Vec<Cluster<'p>>, Failure> {
    let mut clusters: Vec<Cluster<'p>> = Vec::new();
    for list in policy.dynamic_lists() {
        let name = list.name();
        let is_list = document.pointer(&format!("/lists/{name}/feed")).is_some_and(Value::is_array);
        for (index, feed) in list.keeping().feeds.iter().enumerate() {
            let index = if is_list { format!("[{index}]") } else { String::new() };
            let place = format!("lists.{name}.feed{index}");
            let cluster = Cluster::read(&feed.cluster, format!("{place}.cluster"))?;
            if feed.authority == feed.cluster {
                return Err(Failure::Input(format!(
                    "{place}.authority: has to be given here, such as {:?}: servers take the cluster's name for no \
                     host",
                    cluster.host
                )));
            }
            if !clusters.iter().any(|known| known.name == cluster.name) {
                clusters.push(cluster);
            }
        }
    }
    Ok(clusters)
}

fn is_ip(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

fn authorities(text: &str) -> Result<String, &'static str> {
    if text.starts_with('/') || resource(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err("expected the name of a Secret, or an absolute path")
    }
}
