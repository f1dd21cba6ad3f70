//! The servers of Gateways: whether clients are asked for certificates, and all of them get as far as the policy.

use peergate::Policy;

use crate::manifest::hosts;
use crate::manifest::resource::Resource;
use crate::proxy::proto::Part;
use crate::proxy::{Findings, handshake};

use super::merged;
use super::mesh::Mesh;
use super::patch::{GATEWAY, Patch, Point};

/// A server of a Gateway.
pub(super) struct Server<'d> {
    pub(super) part: Part<'d>,
    pub(super) port: Option<u64>,
    protocol: String,
    /// As written, without the namespace of their services.
    pub(super) hosts: Vec<(Part<'d>, &'d str)>,
}

/// What comes of a server's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Requests in the clear.
    Http,
    /// Requests over TLS that ends here.
    Https,
    /// Connections that are passed on.
    Connections,
}

impl<'d> Server<'d> {
    pub(super) fn all(gateway: &Resource<'d>) -> Vec<Self> {
        gateway.spec().items_of("servers").into_iter().map(Self::read).collect()
    }

    fn read(part: Part<'d>) -> Self {
        let port = part.get("port");
        let hosts = part.items_of("hosts").into_iter();
        let hosts = hosts.filter_map(|host| {
            let text = host.text()?;
            Some((host, text.rsplit('/').next().unwrap_or(text)))
        });
        Self {
            port: port.as_ref().and_then(|port| port.get("number")?.value.as_u64()),
            protocol: port
                .map(|port| port.text_of("protocol").to_ascii_uppercase())
                .unwrap_or_default(),
            hosts: hosts.collect(),
            part,
        }
    }

    fn mode(&self) -> Option<Part<'d>> {
        self.part.get("tls")?.get("mode")
    }

    pub(super) fn kind(&self) -> Kind {
        let mode = self.mode().and_then(|mode| mode.text());
        let passes_on = matches!(mode, Some("PASSTHROUGH" | "AUTO_PASSTHROUGH"));
        match &*self.protocol {
            "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" => Kind::Http,
            "HTTPS" if !passes_on => Kind::Https,
            _ => Kind::Connections,
        }
    }

    /// Where its patches have to be for.
    pub(super) fn point(&self, ports: &[u64]) -> Point<'d> {
        Point {
            context: GATEWAY,
            port: self.port,
            ports: ports.to_vec(),
            names: self.hosts.iter().map(|(_, host)| *host).collect(),
        }
    }
}

/// Looks at a server that the plugin is for.
pub(super) fn check(
    server: &Server<'_>,
    mesh: &Mesh<'_>,
    patches: &[Patch<'_>],
    point: &Point<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    let tls = server.part.get("tls");
    let place = tls.as_ref().map_or(&server.part.place, |tls| &tls.place);
    match server.kind() {
        Kind::Connections => {
            let names: Vec<&str> = match &*server.protocol {
                "TCP" | "MONGO" | "MYSQL" | "REDIS" => Vec::new(),
                _ => server.hosts.iter().map(|(_, host)| *host).collect(),
            };
            hosts::unread(place, &names, policy, findings);
            return;
        }
        Kind::Http => {
            in_the_clear(server, policy, findings);
            return;
        }
        Kind::Https => {}
    }
    if !policy.looks_at_certificates() {
        return;
    }
    let mode = server.mode();
    let at = mode.as_ref().map_or(place, |mode| &mode.place);
    match mode.as_ref().and_then(Part::text).unwrap_or("SIMPLE") {
        "OPTIONAL_MUTUAL" => {}
        "MUTUAL" => {
            let what = "who has no certificate is refused in the handshake, without a reason or a count; OPTIONAL_MUTUAL \
                        leaves it to the policy";
            if policy.passes_without_certificate() {
                findings.warn(at, format_args!("{what}, which has some pass without one"));
            } else {
                findings.note(at, what);
            }
        }
        "ISTIO_MUTUAL" => {
            findings.warn(
                at,
                "takes certificates of the mesh alone: clients with others are refused in the handshake, whatever the \
                 policy says; say OPTIONAL_MUTUAL",
            );
        }
        other => {
            findings.error(
                at,
                format_args!(
                    "{other} asks no client for a certificate, and the policy looks at them: say OPTIONAL_MUTUAL"
                ),
            );
            return;
        }
    }
    let merged = merged::tls(patches, point);
    let config = Part { place: place.clone(), value: &merged.value };
    verified(server, &config, policy, findings);
    handshake::resumption(&config, findings);
    if let Some(skips) =
        tls.as_ref().and_then(|tls| tls.get("insecureSkipVerify")).filter(|it| it.is(true))
    {
        findings.note(
            &skips.place,
            "Istio before 1.31 does not go by it here: an EnvoyFilter says ACCEPT_UNTRUSTED",
        );
    }
    if let Some(tls) = &tls {
        authorities(tls, mesh, findings);
    }
}

/// Looks at a server without TLS.
fn in_the_clear(server: &Server<'_>, policy: &Policy, findings: &mut Findings) {
    let redirects = server.part.get("tls").and_then(|tls| tls.get("httpsRedirect"));
    if let Some(redirects) = redirects.filter(|it| it.is(true)) {
        findings.note(
            &redirects.place,
            "peergate judges requests before they are redirected: whoever needs a certificate is refused here (no_tls)",
        );
    } else if policy.looks_at_certificates() {
        findings.error(
            &server.part.place,
            "has no TLS, and the policy looks at certificates: whoever needs one is refused here (no_tls), and whatever \
             passes without one passes in the clear",
        );
    }
}

/// Whether every certificate comes as far as the policy.
fn verified(server: &Server<'_>, config: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    let mut told = Findings::default();
    handshake::asking(config, policy, &mut told);
    if told.iter().next().is_some() {
        let names: Vec<&str> = server.hosts.iter().map(|(_, host)| *host).collect();
        let names = if names.is_empty() { "*".to_owned() } else { names.join(" or ") };
        findings.warn(
            &config.place,
            format_args!(
                "Envoy verifies certificates itself: whom the authorities of this server do not know is refused in the \
                 handshake, whatever the policy says; an EnvoyFilter (FILTER_CHAIN, MERGE, for the server name {}) has to \
                 say `trust_chain_verification: ACCEPT_UNTRUSTED`",
                names
            ),
        );
    }
}

/// Looks for the authorities without which Istio does not serve such a server, where its Secret can be seen.
fn authorities(tls: &Part<'_>, mesh: &Mesh<'_>, findings: &mut Findings) {
    let name = tls.text_of("credentialName");
    if name.is_empty() || tls.get("caCertCredentialName").is_some() {
        return;
    }
    let named = |wanted: &str| {
        mesh.resources
            .iter()
            .find(|it| it.kind == "Secret" && it.group.is_empty() && it.name == wanted)
    };
    let Some(secret) = named(name) else { return };
    let has = |field: &str| {
        ["data", "stringData"]
            .iter()
            .any(|data| secret.part.get(data).is_some_and(|it| it.get(field).is_some()))
    };
    if !has("ca.crt") && !has("cacert") && named(&format!("{name}-cacert")).is_none() {
        findings.warn(
            secret.place(),
            format_args!(
                "has no `ca.crt`, and there is no Secret {name}-cacert: Istio does not serve a server that asks for \
                 certificates without one"
            ),
        );
    }
}
