//! Resources for a Gateway of Envoy Gateway.

mod attachment;
mod providers;

use peergate::Policy;
use serde_json::Value;

use crate::failure::Failure;

use self::attachment::{Attachment, Route};
use super::argument::{Module, PEERGATE, resource};
use super::feeds::{self, FeedAddress};
use super::quote;
use super::template::fill;

/// ClientTrafficPolicy, EnvoyExtensionPolicy and EnvoyPatchPolicy for Envoy Gateway 1.9 or later, and a
/// SecurityPolicy for tokens.
#[derive(clap::Args)]
pub(crate) struct EnvoyGateway {
    #[command(flatten)]
    module: Module,
    /// Name of all that is printed; another Gateway in the namespace needs another
    #[arg(long, value_name = "NAME", default_value = PEERGATE, value_parser = resource)]
    name: String,
    /// Where the Gateway is
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = resource)]
    namespace: String,
    /// Name of the Gateway
    #[arg(long, value_name = "NAME", value_parser = resource)]
    gateway: String,
    /// Its listeners, one for each port: the first there
    #[arg(
        long = "listener",
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "https",
        value_parser = resource
    )]
    listeners: Vec<String>,
    /// HTTPRoutes that the policy is for, each in the Gateway's namespace unless it says another; may be given
    /// several times [default: all that the Gateway serves]
    #[arg(long = "route", value_name = "[NAMESPACE/]NAME", value_delimiter = ',')]
    routes: Vec<Route>,
    /// Where the keys of an issuer of tokens are: https://HOST/PATH for Envoy to fetch, or the absolute path of
    /// a file here to put into the manifest; may be given several times
    #[arg(long, value_name = "ISSUER=SOURCE")]
    jwks: Vec<String>,
    /// Where the feeds of dynamic lists are, by their clusters' names: HOST:PORT, or https://HOST:PORT to ask
    /// over TLS; may be given several times
    #[arg(long = "feed", value_name = "CLUSTER=ADDRESS")]
    feeds: Vec<FeedAddress>,
    /// Where Envoy finds the authorities by which it trusts feeds that it asks over TLS
    #[arg(long, value_name = "PATH", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    trusted_ca: String,
}

impl EnvoyGateway {
    pub(crate) fn render(&self, policy: &Policy, document: &Value) -> Result<String, Failure> {
        let Self { namespace, gateway, .. } = self;
        let attachment = Attachment::new(namespace, gateway, &self.routes)?;
        // Chains are as long as clients like, so nobody gets them for nothing.
        let tells_chains = policy.relies_on_presented_chains();
        let forwarded = match tells_chains {
            true => include_str!("templates/envoy-gateway-forwarded.yaml"),
            false => SANITIZE,
        };
        fill(
            include_str!("templates/envoy-gateway.yaml"),
            &[
                ("name", &quote::text(&self.name)),
                ("namespace", &quote::text(namespace)),
                ("gateway", &quote::text(gateway)),
                ("forwarded", forwarded),
                ("plugins", &self.plugins(&attachment, document)?),
                ("security_policies", &self.security_policies(&attachment, policy)?),
                ("listeners", &self.listeners(&attachment, tells_chains)?),
                ("feeds", &self.feeds(policy)?),
            ],
        )
    }

    /// What loads the filter.
    fn plugins(&self, attachment: &Attachment<'_>, document: &Value) -> Result<String, Failure> {
        let (code, policy) = (self.module.envoy_gateway(), quote::yaml(document));
        let name = quote::text(&self.name);
        attachment.policies(|namespace, targets| {
            fill(
                include_str!("templates/envoy-gateway-plugin.yaml"),
                &[
                    ("name", &name),
                    ("namespace", namespace),
                    ("targets", targets),
                    ("code", &code),
                    ("policy", &policy),
                ],
            )
        })
    }

    /// What has Envoy Gateway verify tokens; empty if there are none.
    fn security_policies(
        &self,
        attachment: &Attachment<'_>,
        policy: &Policy,
    ) -> Result<String, Failure> {
        let providers = providers::providers(policy, &self.jwks)?;
        if providers.is_empty() {
            return Ok(String::new());
        }
        let providers = quote::yaml(&Value::from(providers));
        let name = quote::text(&self.name);
        attachment.policies(|namespace, targets| {
            fill(
                include_str!("templates/envoy-gateway-jwt.yaml"),
                &[
                    ("name", &name),
                    ("namespace", namespace),
                    ("targets", targets),
                    ("providers", &providers),
                ],
            )
        })
    }

    /// What is patched into each listener.
    fn listeners(
        &self,
        attachment: &Attachment<'_>,
        tells_chains: bool,
    ) -> Result<String, Failure> {
        let guard = attachment.guard()?;
        let patches = |name: &String| {
            let name = quote::text(&format!("{}/{}/{name}", self.namespace, self.gateway));
            let values = [("listener", &*name), ("guard", &*guard)];
            let mut text = fill(include_str!("templates/envoy-gateway-listener.yaml"), &values)?;
            if tells_chains {
                let template = include_str!("templates/envoy-gateway-unforwarded.yaml");
                text.push_str(&fill(template, &[("listener", &name)])?);
            }
            Ok(text)
        };
        self.listeners.iter().map(patches).collect()
    }

    /// The clusters of the policy's feeds.
    fn feeds(&self, policy: &Policy) -> Result<String, Failure> {
        let clusters = feeds::clusters(policy, &self.feeds, &self.trusted_ca)?;
        let patch = |(name, settings): &(String, String)| {
            let values = [("cluster", &*quote::text(name)), ("settings", &**settings)];
            fill(include_str!("templates/envoy-gateway-feed.yaml"), &values)
        };
        clusters.iter().map(patch).collect()
    }
}

/// What becomes of `x-forwarded-client-cert` where the policy does without.
const SANITIZE: &str = "\
# Clients cannot send it, and upstreams do not get what nobody has verified.
xForwardedClientCert: { mode: Sanitize }";
