//! Where an image is pushed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use oci_client::Reference;

/// A tag in a repository of a registry.
#[derive(Clone, Debug)]
pub(crate) struct Target(Reference);

impl Target {
    /// As the client library takes it.
    pub(crate) fn reference(&self) -> &Reference {
        &self.0
    }

    /// Host and port.
    pub(crate) fn registry(&self) -> &str {
        self.0.registry()
    }

    /// Registry and repository.
    pub(crate) fn repository(&self) -> String {
        format!("{}/{}", self.0.registry(), self.0.repository())
    }

    /// Checks that the tag is a version, or `v` and the version: a tag that says another one is believed.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn is_of(&self, version: &str) -> Result<(), String> {
        let tag = self.0.tag().unwrap_or_default();
        match tag.strip_prefix('v').unwrap_or(tag) == version {
            true => Ok(()),
            false => Err(format!("{self}: the tag has to be {version} or v{version}")),
        }
    }

    /// Whether the registry is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let registry = self.registry();
        let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected REGISTRY/REPO:TAG";
        let reference =
            Reference::from_str(text).map_err(|error| format!("{EXPECTED}: {error}"))?;
        // The library takes what is missing for Docker's registry and `latest`: nothing to guess at here.
        let registry = reference.registry();
        if !text.strip_prefix(registry).is_some_and(|rest| rest.starts_with('/')) {
            return Err(format!("{EXPECTED}: no registry"));
        }
        if reference.digest().is_some() {
            return Err(format!("{EXPECTED}, not a digest"));
        }
        let tagged = reference.tag().is_some_and(|tag| text.ends_with(&format!(":{tag}")));
        if !tagged {
            return Err(format!("{EXPECTED}: no tag"));
        }
        Ok(Self(reference))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = self.0.tag().unwrap_or_default();
        write!(formatter, "{}:{tag}", self.repository())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_tag_in_a_registry() {
        for (text, registry, local) in [
            ("localhost:5000/peergate/http:0.1.0", "localhost:5000", true),
            ("127.0.0.1:5000/http:a", "127.0.0.1:5000", true),
            ("registry.example.com/peergate:0.1.0-rc.1", "registry.example.com", false),
            ("docker.io/example/peergate:1", "docker.io", false),
            ("localhost.example.com:80/a:1", "localhost.example.com:80", false),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!((target.registry(), target.is_local()), (registry, local), "{text}");
            assert_eq!(target.to_string(), text);
            assert_eq!(
                format!("{}:", target.repository()),
                text.rsplit_once(':').unwrap().0.to_owned() + ":"
            );
        }
    }

    #[test]
    fn a_tag_is_the_version() {
        let is_of = |tag: &str, version: &str| {
            format!("localhost:5000/peergate:{tag}").parse::<Target>().unwrap().is_of(version)
        };
        for (tag, version) in
            [("0.1.0", "0.1.0"), ("v0.1.0", "0.1.0"), ("0.1.0-rc.1", "0.1.0-rc.1")]
        {
            assert_eq!(is_of(tag, version), Ok(()));
        }
        for tag in ["0.2.0", "0.1", "0.1.0-rc.1", "latest", "vv0.1.0", "V0.1.0", "v"] {
            let error = is_of(tag, "0.1.0").unwrap_err();
            assert!(
                error.ends_with(
                    ":{tag}: the tag has to be 0.1.0 or v0.1.0".replace("{tag}", tag).as_str()
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn what_leaves_something_to_guess_is_refused() {
        let digest = "ab".repeat(32);
        for text in [
            "",
            "peergate",
            "peergate:1",
            "example/peergate:1",
            "registry.example.com/peergate",
            "registry.example.com:5000/peergate",
            "registry.example.com/Peergate:1",
            "registry.example.com/peer gate:1",
            "oci://registry.example.com/peergate:1",
            &format!("registry.example.com/peergate@sha256:{digest}"),
            &format!("registry.example.com/peergate:1@sha256:{digest}"),
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
