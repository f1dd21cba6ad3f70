//! Tokens: `jwt_authn` ahead of the filter, and nothing else that writes where it writes.

use peergate::Policy;

use super::filter::{Config, Filter};
use super::finding::Findings;
use super::manager::Manager;
use super::providers::{Provider, compare};
use super::requirement;
use super::writers;

/// Compares a manager with the tokens that the policy looks at.
pub(crate) fn check(
    manager: &Manager<'_>,
    peergate: usize,
    policy: &Policy,
    findings: &mut Findings,
) {
    if policy.expected_tokens().next().is_none() {
        return;
    }
    let is_verifier = |filter: &&Filter<'_>| filter.may_be(JWT_AUTHN);
    let ahead: Vec<&Filter<'_>> = manager.ahead(peergate).filter(is_verifier).collect();
    if ahead.is_empty() {
        match manager.filters.iter().find(is_verifier) {
            Some(behind) => findings.error(
                &behind.place,
                "stands behind peergate, which looks for what it has verified: put it ahead",
            ),
            None => findings.error(
                &manager.filters_place,
                "no jwt_authn ahead of peergate, and the policy looks at tokens: none is verified, and every \
                 one is refused",
            ),
        }
    }
    let mut providers = Vec::new();
    for filter in ahead {
        if filter.is_disabled {
            findings.warn(
                &filter.place,
                "is disabled: tokens are refused on routes that do not ask for it",
            );
        }
        let Config::Known(_, config) = &filter.config else {
            findings.warn(
                &filter.place,
                "comes by ECDS, and which tokens it verifies cannot be seen here: give the file it comes from, too",
            );
            continue;
        };
        let own = Provider::all(config);
        requirement::check(config, &own, findings);
        requirement::check_routes(manager, filter, config, findings);
        providers.extend(own);
    }
    if !providers.is_empty() {
        compare(&providers, policy, findings);
    }
    writers::check(manager, peergate, findings);
}

pub(crate) const JWT_AUTHN: &str = "filters.http.jwt_authn.v3.JwtAuthentication";
