//! HTTP filters.

use super::place::Place;
use super::proto::Part;
use super::resources::Index;

/// An HTTP filter of a connection manager.
pub(crate) struct Filter<'d> {
    pub(crate) place: Place,
    pub(crate) name: &'d str,
    pub(crate) config: Config<'d>,
    /// Envoy leaves it out unless a route asks for it.
    pub(crate) is_disabled: bool,
    /// It comes by ECDS.
    pub(crate) is_discovered: bool,
}

/// What a filter is.
pub(crate) enum Config<'d> {
    /// A message of this type.
    Known(&'d str, Part<'d>),
    /// It comes by ECDS from where it cannot be seen; the types that it may have.
    Elsewhere(Vec<&'d str>),
    /// It does not say.
    Unknown,
}

impl<'d> Filter<'d> {
    pub(crate) fn read(part: &Part<'d>, index: &Index<'d>) -> Self {
        let name = part.text_of("name");
        let typed = part.get("typed_config").and_then(|config| config.message());
        let config = match (typed.clone(), part.get("config_discovery")) {
            (Some((kind, message)), _) => Config::Known(kind, message),
            (None, Some(discovery)) => discovered(name, &discovery, index),
            (None, None) => Config::Unknown,
        };
        let is_discovered = typed.is_none() && part.get("config_discovery").is_some();
        let (place, is_disabled) = (part.place.clone(), part.is_true("disabled"));
        Self { place, name, config, is_disabled, is_discovered }
    }

    /// Whether it is or may be of a type, by the end of its name.
    pub(crate) fn may_be(&self, kind: &str) -> bool {
        match &self.config {
            Config::Known(known, _) => known.ends_with(kind),
            Config::Elsewhere(kinds) => kinds.iter().any(|known| known.ends_with(kind)),
            Config::Unknown => false,
        }
    }

    /// Whether it is this command's filter: by its own name, or by the name of the plugin in it.
    pub(crate) fn is_peergate(&self) -> bool {
        let plugin = match &self.config {
            Config::Known(kind, message) if kind.ends_with(WASM) => {
                message.get("config").map(|config| config.text_of("name")).unwrap_or_default()
            }
            Config::Known(..) => return false,
            Config::Elsewhere(kinds) if !kinds.iter().any(|kind| kind.ends_with(WASM)) => {
                return false;
            }
            Config::Elsewhere(_) | Config::Unknown => "",
        };
        let is_guard = matches!(self.config, Config::Unknown) && self.name.starts_with("peergate-");
        (is_own(self.name) && !is_guard) || is_own(plugin)
    }

    /// The messages in it: itself, and filters that stand in it under conditions.
    pub(crate) fn messages(&self) -> Vec<(&'d str, Part<'d>)> {
        match &self.config {
            Config::Known(kind, message) => messages_in(kind, message),
            Config::Elsewhere(_) | Config::Unknown => Vec::new(),
        }
    }
}

/// Whether a filter or plugin of this name is this command's: it is called `peergate`, or its name begins so and goes
/// on after a dash. Istio puts a namespace before it, with a dot, and all of it behind a slash; from 1.30 on something
/// may follow behind a tilde.
fn is_own(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    let last = last.split('~').next().unwrap_or_default();
    let behind_namespace = last.split_once('.').map_or(last, |(_, name)| name);
    last.rsplit('.').next() == Some("peergate") || behind_namespace.starts_with("peergate-")
}

/// A message of a type, and all that it holds which say their types.
pub(crate) fn messages_in<'d>(kind: &'d str, message: &Part<'d>) -> Vec<(&'d str, Part<'d>)> {
    let mut found = vec![(kind, message.clone())];
    message.walk(&mut |part| {
        let is_outer = std::ptr::eq(part.value, message.value);
        if let Some((kind, inner)) = part.message().filter(|_| !is_outer) {
            found.push((kind, inner));
        }
        true
    });
    found
}

fn discovered<'d>(name: &str, discovery: &Part<'d>, index: &Index<'d>) -> Config<'d> {
    let found = index.named("envoy.config.core.v3.TypedExtensionConfig", name);
    let message = found.and_then(|found| found.get("typed_config")?.message());
    if let Some((kind, message)) = message {
        return Config::Known(kind, message);
    }
    let urls = discovery.items_of("type_urls");
    let kinds = urls.iter().filter_map(|url| url.text());
    Config::Elsewhere(kinds.map(|url| url.rsplit('/').next().unwrap_or(url)).collect())
}

const WASM: &str = "filters.http.wasm.v3.Wasm";

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn filters_are_known_by_what_they_are_called() {
        for own in [
            "peergate",
            "peergate-orders",
            "envoy.filters.http.peergate",
            "extensions.istio.io/wasmplugin/istio-system.peergate",
            "extensions.istio.io/wasmplugin/shop.peergate-orders.eu",
            "extensions.istio.io/trafficextension/shop.peergate~istio-translated-wasmplugin",
            "shop.peergate-orders",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in ["", "peergates", "my-peergate", "peergate/other", "shop.other-peergate"] {
            assert!(!is_own(other), "{other}");
        }
    }
}
