//! Tokens: a RequestAuthentication for the plugin's workloads.

use peergate::{Location, Policy};

use crate::manifest::resource::Resource;
use crate::manifest::tokens::{Verifier, claim_header, compare, header, keys, usual_places};
use crate::proxy::Findings;
use crate::proxy::proto::Part;

use super::guard::puts_verifier;
use super::mesh::{Mesh, SECURITY};
use super::patch::Patch;
use super::plugin::Plugin;
use super::scope::{Cover, Scope};

/// Compares the rules for the plugin's workloads with the tokens that the policy looks at.
pub(super) fn check(
    plugin: &Plugin<'_>,
    mesh: &Mesh<'_>,
    patches: &[Patch<'_>],
    policy: &Policy,
    findings: &mut Findings,
) {
    if policy.expected_tokens().next().is_none() {
        return;
    }
    let mut verifiers = Vec::new();
    let mut place = None;
    for (resource, scope, cover) in authentications(plugin, mesh) {
        if cover == Cover::Some {
            findings.warn(
                resource.place(),
                format_args!(
                    "is for {scope} alone, and peergate for {}: elsewhere every token is refused",
                    plugin.scope
                ),
            );
        }
        let rules = resource.spec().items_of("jwtRules");
        place.get_or_insert(resource.spec());
        for rule in rules {
            look_at(&rule, policy, findings);
            verifiers.push(read(rule));
        }
    }
    match place {
        // What an EnvoyFilter puts there is compared where it stands.
        None if patches.iter().any(puts_verifier) => {}
        Some(place) => compare(&verifiers, &place, policy, findings),
        None => findings.error(
            plugin.place(),
            "no RequestAuthentication is for the workloads of peergate, and the policy looks at tokens: none is \
             verified, and every one is refused",
        ),
    }
}

/// Those for all of the plugin's workloads; without one, those for some.
fn authentications<'m, 'd>(
    plugin: &Plugin<'d>,
    mesh: &'m Mesh<'d>,
) -> Vec<(&'m Resource<'d>, Scope<'d>, Cover)> {
    let all = mesh.all(SECURITY, "RequestAuthentication").map(|resource| {
        let scope = Scope::of(resource, mesh.root);
        let cover = scope.cover(&plugin.scope);
        (resource, scope, cover)
    });
    let (whole, part): (Vec<_>, Vec<_>) = all
        .filter(|(.., cover)| *cover != Cover::Nothing)
        .partition(|(.., cover)| *cover == Cover::All);
    if whole.is_empty() { part } else { whole }
}

fn read(rule: Part<'_>) -> Verifier<'_> {
    let headers = rule.items_of("fromHeaders");
    let headers = headers.iter().map(|it| header(it.text_of("name"), it.text_of("prefix")));
    let texts = |field| rule.items_of(field).into_iter().filter_map(|part| part.text());
    let parameters = texts("fromParams").map(|name| Location::Query(name.into()));
    let cookies = texts("fromCookies").map(|name| Location::Cookie(name.into()));
    let from: Vec<Location> = headers.chain(parameters).chain(cookies).collect();
    Verifier {
        issuer: rule.text_of("issuer"),
        payload: PAYLOAD,
        from: if from.is_empty() { usual_places() } else { from },
        audiences: rule.get("audiences"),
        part: rule,
    }
}

/// Looks at what else a rule says.
fn look_at(rule: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    keys(rule.get("jwksUri").or_else(|| rule.get("jwks_uri")), findings);
    if let Some(header) = rule.get("outputPayloadToHeader") {
        claim_header(&header, policy, findings);
    }
    for claim in rule.items_of("outputClaimToHeaders") {
        if let Some(header) = claim.get("header") {
            claim_header(&header, policy, findings);
        }
    }
    if rule.is_true("forwardOriginalToken") && policy.stripped().next().is_none() {
        let place = rule.get("forwardOriginalToken").map_or(rule.place.clone(), |it| it.place);
        findings.note(
            &place,
            "upstreams get the tokens of clients; `strip: true` in the policy takes them away",
        );
    }
}

/// Under what name Istio puts the payload of a token into the metadata, whatever the token.
const PAYLOAD: &str = "payload";
