//! Filters ahead of peergate that write where `jwt_authn` writes: what they put there looks just like a
//! payload that was verified.

use super::filter::{Config, Filter, messages_in};
use super::finding::Findings;
use super::manager::Manager;
use super::proto::Part;
use super::scripts;
use super::tokens::JWT_AUTHN;

/// Looks at every filter ahead of peergate, and at what routes say of it.
pub(crate) fn check(manager: &Manager<'_>, peergate: usize, findings: &mut Findings) {
    for filter in manager.ahead(peergate).filter(|filter| !filter.may_be(JWT_AUTHN)) {
        match &filter.config {
            Config::Known(..) => {}
            Config::Elsewhere(kinds) => {
                if kinds.is_empty() || kinds.iter().any(|kind| Writes::of(kind) != Writes::Nothing)
                {
                    findings.warn(
                        &filter.place,
                        format_args!("comes by ECDS, and whether it writes {NAMESPACE} cannot be seen here: give the file it comes from, too"),
                    );
                }
            }
            Config::Unknown => findings.warn(
                &filter.place,
                format_args!(
                    "does not say of what type it is, nor so whether it writes {NAMESPACE}"
                ),
            ),
        }
        let overrides = manager.overrides(filter.name);
        let of_routes = overrides.iter().filter_map(Part::message);
        let of_routes = of_routes.flat_map(|(kind, message)| messages_in(kind, &message));
        for (kind, message) in filter.messages().into_iter().chain(of_routes) {
            look_at(filter, kind, &message, findings);
        }
    }
}

/// Which metadata a filter can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    /// None, or its own, whatever it is told.
    Nothing,
    /// What its fields `metadata_namespace` name.
    Named,
    /// What `receiving_namespaces` let a service write.
    Received,
    /// What its script does.
    Scripted,
    /// What its code does.
    Anything,
    /// Nobody knows here.
    Unknown,
}

impl Writes {
    /// By the type of its configuration, or of what a route says of it. `ext_authz` is not among them: what its
    /// service says stands under its own name (tried on Envoy 1.36 to 1.40, also where the filter has another
    /// name), and so it is with all the rest; Wasm modules can write none.
    fn of(kind: &str) -> Self {
        let is_of = |package: &str| kind.contains(&format!(".{package}."));
        if ["header_to_metadata", "json_to_metadata", "thrift_to_metadata", "set_metadata"]
            .into_iter()
            .any(is_of)
        {
            Self::Named
        } else if is_of("ext_proc") {
            Self::Received
        } else if is_of("lua") {
            Self::Scripted
        } else if is_of("golang") || is_of("dynamic_modules") {
            Self::Anything
        } else if ["envoy.", "xds.", "udpa.", "google.protobuf."]
            .iter()
            .any(|known| kind.starts_with(known))
        {
            Self::Nothing
        } else {
            Self::Unknown
        }
    }
}

fn look_at(filter: &Filter<'_>, kind: &str, message: &Part<'_>, findings: &mut Findings) {
    match Writes::of(kind) {
        Writes::Nothing => {}
        Writes::Named => message.walk(&mut |part| {
            let is_named = part.place.is_field(&["metadata_namespace", "metadataNamespace"]);
            if is_named && part.text() == Some(NAMESPACE) {
                findings.error(&part.place, WRITES);
            }
            // Written on the way back, long after the decision.
            !part.place.is_field(&["response_rules", "responseRules"])
        }),
        Writes::Received => message.walk(&mut |part| {
            let receives = part.place.is_field(&["receiving_namespaces", "receivingNamespaces"]);
            if receives {
                for name in part.items_of("untyped") {
                    if name.text() == Some(NAMESPACE) {
                        findings.error(&name.place, WRITES);
                    }
                }
            }
            !receives
        }),
        Writes::Scripted => scripts::check(message, findings),
        Writes::Anything => match message.texts_with(NAMESPACE).first() {
            Some(named) => findings.error(&named.place, WRITES),
            None => findings.warn(
                &message.place,
                format_args!("its code may write {NAMESPACE}, where peergate would believe it"),
            ),
        },
        Writes::Unknown => findings.note(
            &filter.place,
            format_args!("{kind} is not known here, nor whether it writes {NAMESPACE}"),
        ),
    }
    let elsewhere = message.get("dynamic_config").or_else(|| message.get("config_discovery"));
    if let Some(elsewhere) = elsewhere {
        findings.warn(
            &elsewhere.place,
            format_args!("comes by ECDS, and whether it writes {NAMESPACE} cannot be seen here"),
        );
    }
}

/// Where `jwt_authn` writes, whatever the filter's name.
pub(crate) const NAMESPACE: &str = "envoy.filters.http.jwt_authn";

pub(crate) const WRITES: &str = "writes where jwt_authn does, ahead of peergate: clients could have peergate believe a \
                                 token that nobody has verified";
