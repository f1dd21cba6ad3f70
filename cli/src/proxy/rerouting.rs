//! Filters behind peergate that may change which route a request takes, after it was judged.

use peergate::Policy;

use super::filter::{Config, Filter, messages_in};
use super::finding::Findings;
use super::manager::Manager;
use super::proto::Part;

/// Looks at every filter behind peergate, and at what routes say of it.
pub(crate) fn check(
    manager: &Manager<'_>,
    peergate: usize,
    policy: &Policy,
    findings: &mut Findings,
) {
    for filter in manager.behind(peergate) {
        match &filter.config {
            Config::Known(..) => {}
            Config::Elsewhere(kinds) => {
                if kinds.is_empty() || kinds.iter().any(|kind| Changes::of(kind) != Changes::Told) {
                    findings.warn(
                        &filter.place,
                        format_args!("comes by ECDS, and whether it {REROUTES} cannot be seen here: give the file it comes from, too"),
                    );
                }
            }
            Config::Unknown => findings.warn(
                &filter.place,
                format_args!("does not say of what type it is, nor so whether it {REROUTES}"),
            ),
        }
        let overrides = manager.overrides(filter.name);
        let of_routes = overrides.iter().filter_map(Part::message);
        let of_routes = of_routes.flat_map(|(kind, message)| messages_in(kind, &message));
        for (kind, message) in filter.messages().into_iter().chain(of_routes) {
            look_at(filter, kind, &message, policy, findings);
        }
    }
}

/// How a filter changes the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changes {
    /// Where a field says so (`clear_route_cache`).
    Told,
    /// Where its script edits headers.
    Scripted,
    /// As its service says, unless a field forbids it.
    Asked,
    /// It maps a call to another path, unless a field says that the route stays.
    Mapped,
    /// Not at all, but other headers that matter.
    Mutated,
    /// As its code does.
    Coded,
    /// Nobody knows here.
    Unknown,
}

impl Changes {
    fn of(kind: &str) -> Self {
        let is_of = |package: &str| kind.contains(&format!(".{package}."));
        if is_of("lua") {
            Self::Scripted
        } else if is_of("ext_proc") {
            Self::Asked
        } else if is_of("grpc_json_transcoder") {
            Self::Mapped
        } else if is_of("header_mutation") {
            Self::Mutated
        } else if is_of("wasm") || is_of("golang") || is_of("dynamic_modules") {
            Self::Coded
        } else if ["envoy.", "xds.", "udpa.", "google.protobuf."]
            .iter()
            .any(|known| kind.starts_with(known))
        {
            Self::Told
        } else {
            Self::Unknown
        }
    }
}

fn look_at(
    filter: &Filter<'_>,
    kind: &str,
    message: &Part<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    message.walk(&mut |part| {
        if part.place.is_field(&["clear_route_cache", "clearRouteCache"]) && part.is(true) {
            findings.warn(&part.place, MAY);
        }
        true
    });
    match Changes::of(kind) {
        Changes::Told => {}
        Changes::Scripted => {
            let keeps = message.get("clear_route_cache").is_some_and(|part| part.is(false));
            message.walk(&mut |part| {
                let is_script = part.place.is_field(&[
                    "inline_code",
                    "inlineCode",
                    "inline_string",
                    "inlineString",
                ]);
                let is_elsewhere =
                    part.place.is_field(&["filename", "environment_variable", "inline_bytes"]);
                if is_elsewhere || is_script && reroutes(part.text().unwrap_or_default(), keeps) {
                    findings.warn(&part.place, MAY);
                }
                true
            });
        }
        Changes::Asked => {
            let keeps = message.is_true("disable_clear_route_cache")
                || message.text_of("route_cache_action") == "RETAIN";
            let is_filter = kind.ends_with("ExternalProcessor");
            if is_filter && !keeps {
                findings.warn(
                    &message.place,
                    format_args!("{MAY}; `route_cache_action: RETAIN` keeps its service from it"),
                );
            }
        }
        Changes::Mapped => {
            if !message.is_true("match_incoming_request_route") {
                findings.warn(
                    &message.place,
                    format_args!("{MAY}; `match_incoming_request_route: true` keeps it from it"),
                );
            }
        }
        Changes::Mutated => mutations(message, policy, findings),
        Changes::Coded => findings.warn(&message.place, format_args!("its code {MAY}")),
        Changes::Unknown => findings.warn(
            &filter.place,
            format_args!("{kind} is not known here, nor whether it {REROUTES}"),
        ),
    }
}

/// Whether a script edits headers after which Envoy chooses anew, which it does unless told to keep the route; or
/// loads what may.
fn reroutes(script: &str, keeps: bool) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| script.contains(word));
    has(&["clearRouteCache", "require(", "require \"", "require '"])
        || (!keeps && has(&["envoy_on_request"]) && has(&[":add(", ":replace(", ":remove("]))
}

/// Looks at headers that say who the client is. Envoy refuses to change the others that matter, host and path
/// (1.36 to 1.40).
fn mutations(message: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    message.walk(&mut |part| {
        let is_name = part.place.is_field(&["key", "remove"]);
        let name = part.text().filter(|_| is_name).unwrap_or_default().to_ascii_lowercase();
        // Who removes Envoy's own keeps from upstreams what nobody has verified.
        let is_kept = name != "x-forwarded-client-cert" || !part.place.is_field(&["remove"]);
        if !name.is_empty() && is_kept && policy.forwards_in(&name) {
            findings.warn(
                &part.place,
                format_args!(
                    "changes {name}, by which upstreams know what peergate says of the client"
                ),
            );
        }
        !part.place.is_field(&["response_mutations", "responseMutations"])
    });
}

const MAY: &str = "may change host, path or headers and have the route chosen anew: a request may take another one \
                   than it was judged for";

const REROUTES: &str = "has the route chosen anew";
