//! Who verifies tokens, against what the policy expects of them.

use peergate::{ExpectedTokens, Location, Policy};

use crate::proxy::Findings;
use crate::proxy::proto::Part;

/// What verifies the tokens of an issuer.
pub(crate) struct Verifier<'d> {
    pub(crate) part: Part<'d>,
    pub(crate) issuer: &'d str,
    /// Under what name the payload stands.
    pub(crate) payload: &'d str,
    /// Where it looks for tokens.
    pub(crate) from: Vec<Location>,
    pub(crate) audiences: Option<Part<'d>>,
}

/// Where `jwt_authn` looks by itself.
pub(crate) fn usual_places() -> Vec<Location> {
    let scheme = Some("Bearer".into());
    let header = Location::Header { name: "authorization".into(), scheme };
    vec![header, Location::Query("access_token".into())]
}

/// A header, and what stands before the token in it.
pub(crate) fn header(name: &str, prefix: &str) -> Location {
    let prefix = prefix.trim();
    let scheme = (!prefix.is_empty()).then(|| prefix.into());
    Location::Header { name: name.to_ascii_lowercase().into(), scheme }
}

/// Compares the verifiers of a place with what the policy expects; there is one at least.
pub(crate) fn compare(
    verifiers: &[Verifier<'_>],
    place: &Part<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    for expected in policy.expected_tokens() {
        for issuer in expected.issuers() {
            let own: Vec<&Verifier<'_>> =
                verifiers.iter().filter(|it| it.issuer == issuer).collect();
            if own.is_empty() {
                findings.error(
                    &place.place,
                    format_args!(
                        "verifies no tokens of {issuer:?}, which {} expects: every one is refused",
                        expected.place()
                    ),
                );
            }
            let telling: Vec<&&Verifier<'_>> =
                own.iter().filter(|it| it.payload == expected.payload()).collect();
            if telling.is_empty()
                && let Some(first) = own.first()
            {
                findings.error(
                    &first.part.place,
                    format_args!(
                        "puts what it has verified under the name {:?}, and {}.payload is {:?}: every token is refused",
                        first.payload,
                        expected.place(),
                        expected.payload()
                    ),
                );
            }
            telling.into_iter().for_each(|it| compare_one(it, &expected, findings));
        }
    }
    for verifier in verifiers {
        let is_known =
            |expected: ExpectedTokens<'_>| expected.issuers().any(|it| it == verifier.issuer);
        if verifier.issuer.is_empty() {
            findings.error(
                &verifier.part.place,
                "has no issuer: its keys can sign tokens of any issuer, and peergate would believe them",
            );
        } else if !policy.expected_tokens().any(is_known) {
            let issuer = verifier.issuer;
            findings.note(
                &verifier.part.place,
                format_args!("the policy knows no issuer {issuer:?}: its tokens are refused"),
            );
        }
    }
}

fn compare_one(verifier: &Verifier<'_>, expected: &ExpectedTokens<'_>, findings: &mut Findings) {
    let (place, policy) = (&verifier.part.place, expected.place());
    for taken in &verifier.from {
        if !expected.from().iter().any(|other| other.overlaps(taken)) {
            findings.warn(
                place,
                format_args!(
                    "takes tokens from the {taken}, where {policy}.from does not look: one there that does not hold \
                     may count as none"
                ),
            );
        }
    }
    for wanted in expected.from() {
        let same = verifier.from.iter().find(|other| other.overlaps(wanted));
        if let Some(other) = same.filter(|other| *other != wanted) {
            findings.warn(
                place,
                format_args!("reads the {other}, and {policy}.from the {wanted}: a token in the one is none in the other"),
            );
        }
        if same.is_none() {
            findings.warn(
                place,
                format_args!("does not look at the {wanted}, where {policy}.from does: every token there is refused"),
            );
        }
    }
    let Some(given) = verifier.audiences.as_ref().filter(|it| it.items().next().is_some()) else {
        return;
    };
    for audience in expected.audiences() {
        if !given.items().any(|part| part.text() == Some(audience)) {
            findings.warn(
                &given.place,
                format_args!(
                    "{audience:?} of {policy}.audiences is missing: tokens for it are refused"
                ),
            );
        }
    }
    if expected.audiences().next().is_none() {
        findings.warn(
            &given.place,
            format_args!(
                "{policy} takes tokens for anybody, and here those for others are refused"
            ),
        );
    }
}

/// Looks at where the keys of an issuer come from.
pub(crate) fn keys(uri: Option<Part<'_>>, findings: &mut Findings) {
    if let Some(uri) = uri.filter(|uri| uri.text().is_some_and(|text| text.starts_with("http://")))
    {
        findings.error(
            &uri.place,
            "the keys come over http: whoever is on the way can give his own, and sign tokens with them",
        );
    }
}

/// Looks at headers into which claims are written ahead of the filter.
pub(crate) fn claim_header(header: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    let name = header.text().unwrap_or_default();
    if policy.forwards_in(&name.to_ascii_lowercase()) {
        findings.warn(
            &header.place,
            format_args!(
                "peergate takes {name} away, by which upstreams know what it says of the client"
            ),
        );
    }
}
