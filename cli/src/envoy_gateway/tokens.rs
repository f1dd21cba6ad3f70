//! Tokens: SecurityPolicies for what the plugin is for.

use peergate::{Location, Policy};

use crate::manifest::resource::Resource;
use crate::manifest::tokens::{Verifier, claim_header, compare, header, keys, usual_places};
use crate::proxy::Findings;
use crate::proxy::proto::Part;

use super::gateway::Gateway;
use super::plugin::Plugin;
use super::target::Target;
use super::{GATEWAY_API, POLICIES};

/// Compares the policies for the plugin's Gateways and routes with the tokens that its policy looks at.
pub(super) fn check(
    plugin: &Plugin<'_>,
    gateways: &[Gateway<'_>],
    resources: &[Resource<'_>],
    policy: &Policy,
    findings: &mut Findings,
) {
    if policy.expected_tokens().next().is_none() {
        return;
    }
    for target in &plugin.targets {
        let own = policies(resources).find(|it| is_for(it, resources, target));
        let gateways = gateways.iter().filter(|_| target.kind != "Gateway");
        let of_gateway = gateways
            .flat_map(|gateway| {
                policies(resources).filter(|it| is_for_gateway(it, resources, gateway))
            })
            .next();
        match own.or(of_gateway) {
            None => findings.error(
                &target.place,
                "no SecurityPolicy is for it, and the policy looks at tokens: none is verified, and every one is refused",
            ),
            Some(found) => one(found, policy, findings),
        }
    }
    for gateway in gateways {
        replacing(plugin, gateway, resources, findings);
    }
}

fn policies<'r, 'd>(resources: &'r [Resource<'d>]) -> impl Iterator<Item = &'r Resource<'d>> {
    resources.iter().filter(|it| it.is(POLICIES, "SecurityPolicy"))
}

fn is_for(policy: &Resource<'_>, resources: &[Resource<'_>], wanted: &Target<'_>) -> bool {
    let is_it = |it: &Target<'_>| {
        it.is(wanted.kind, wanted.namespace, wanted.name)
            && ["", wanted.section].contains(&it.section)
    };
    Target::all(policy, resources).iter().any(is_it)
}

fn is_for_gateway(
    policy: &Resource<'_>,
    resources: &[Resource<'_>],
    gateway: &Gateway<'_>,
) -> bool {
    let targets = Target::all(policy, resources);
    targets
        .iter()
        .any(|it| it.is("Gateway", gateway.namespace, gateway.name) && it.section.is_empty())
}

/// Looks at a policy that is for all or some of what the plugin is for.
fn one(resource: &Resource<'_>, policy: &Policy, findings: &mut Findings) {
    let spec = resource.spec();
    let Some(jwt) = spec.get("jwt") else {
        findings.error(
            &spec.place,
            "verifies no tokens, and the policy looks at them: every one is refused",
        );
        return;
    };
    if !jwt.is_true("failOpen") {
        findings.warn(
            &jwt.place,
            "does not say `failOpen: true`: Envoy answers 401 itself where a token is missing or does not hold, without a \
             reason or a count, also where the policy has such requests pass",
        );
    }
    let providers = jwt.items_of("providers");
    for provider in &providers {
        keys(provider.get("remoteJWKS").and_then(|it| it.get("uri")), findings);
        for claim in provider.items_of("claimToHeaders") {
            if let Some(header) = claim.get("header") {
                claim_header(&header, policy, findings);
            }
        }
    }
    let verifiers: Vec<Verifier<'_>> = providers.into_iter().map(read).collect();
    compare(&verifiers, &jwt, policy, findings);
}

fn read(provider: Part<'_>) -> Verifier<'_> {
    let from = provider.get("extractFrom");
    let list = |field: &str| from.as_ref().map(|from| from.items_of(field)).unwrap_or_default();
    let headers = list("headers");
    let headers = headers.iter().map(|it| header(it.text_of("name"), it.text_of("valuePrefix")));
    let texts = |field| list(field).into_iter().filter_map(|part| part.text());
    let parameters = texts("params").map(|name| Location::Query(name.into()));
    let cookies = texts("cookies").map(|name| Location::Cookie(name.into()));
    let places: Vec<Location> = headers.chain(parameters).chain(cookies).collect();
    Verifier {
        issuer: provider.text_of("issuer"),
        payload: provider.text_of("name"),
        from: if places.is_empty() { usual_places() } else { places },
        audiences: provider.get("audiences"),
        part: provider,
    }
}

/// Looks for policies of routes and listeners that take the place of the Gateway's.
fn replacing(
    plugin: &Plugin<'_>,
    gateway: &Gateway<'_>,
    resources: &[Resource<'_>],
    findings: &mut Findings,
) {
    if !plugin.targets.iter().any(|it| it.kind == "Gateway") {
        return;
    }
    for policy in policies(resources).filter(|it| it.spec().get("mergeType").is_none()) {
        if policy.spec().get("jwt").is_some() {
            continue;
        }
        for target in Target::all(policy, resources) {
            let routes = resources.iter().filter(|it| it.group == GATEWAY_API && gateway.has(it));
            let is_of_route =
                routes.into_iter().any(|it| target.is(it.kind, it.namespace, it.name));
            let is_section =
                target.is("Gateway", gateway.namespace, gateway.name) && !target.section.is_empty();
            if is_of_route || is_section {
                findings.error(
                    &target.place,
                    "takes the place of the Gateway's SecurityPolicy and verifies no tokens: every one is refused there",
                );
            }
        }
    }
}
