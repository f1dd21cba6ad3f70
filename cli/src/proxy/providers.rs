//! The providers of `jwt_authn`, against the tokens that a policy expects.

use peergate::{ExpectedTokens, Location, Policy};

use super::finding::Findings;
use super::proto::Part;
use super::requirement::lets_bad_tokens_pass;

/// Whose tokens `jwt_authn` verifies, and what it tells of them.
pub(crate) struct Provider<'d> {
    pub(crate) part: Part<'d>,
    pub(crate) name: &'d str,
    pub(crate) issuer: &'d str,
    payload: &'d str,
    failed_status: &'d str,
    /// Whether requests go on whose tokens do not hold.
    lets_bad_pass: bool,
}

impl<'d> Provider<'d> {
    /// All of a filter's.
    pub(crate) fn all(config: &Part<'d>) -> Vec<Self> {
        let lets_bad_pass = lets_bad_tokens_pass(config);
        let read = |(name, part): (&'d str, Part<'d>)| Self {
            name,
            issuer: part.text_of("issuer"),
            payload: part.text_of("payload_in_metadata"),
            failed_status: part.text_of("failed_status_in_metadata"),
            lets_bad_pass,
            part,
        };
        let providers = config.get("providers");
        providers.iter().flat_map(Part::entries).map(read).collect()
    }

    /// Where it looks for tokens.
    fn places(&self) -> Vec<Location> {
        let header = |part: Part<'_>| {
            let prefix = part.text_of("value_prefix").trim();
            let scheme = (!prefix.is_empty()).then(|| prefix.into());
            Location::Header { name: part.text_of("name").to_ascii_lowercase().into(), scheme }
        };
        let texts = |field| self.part.items_of(field).into_iter().filter_map(|part| part.text());
        let headers = self.part.items_of("from_headers").into_iter().map(header);
        let parameters = texts("from_params").map(|name| Location::Query(name.into()));
        let cookies = texts("from_cookies").map(|name| Location::Cookie(name.into()));
        let places: Vec<Location> = headers.chain(parameters).chain(cookies).collect();
        if !places.is_empty() {
            return places;
        }
        let scheme = Some("Bearer".into());
        let header = Location::Header { name: "authorization".into(), scheme };
        vec![header, Location::Query("access_token".into())]
    }
}

/// Compares all providers ahead of the filter with the policy.
pub(crate) fn compare(providers: &[Provider<'_>], policy: &Policy, findings: &mut Findings) {
    let all: Vec<ExpectedTokens<'_>> = policy.expected_tokens().collect();
    for expected in &all {
        for issuer in expected.issuers() {
            compare_issuer(providers, expected, issuer, findings);
        }
    }
    for provider in providers {
        look_at(provider, &all, findings);
    }
    for (index, provider) in providers.iter().enumerate() {
        let shares = |other: &&Provider<'_>| other.payload == provider.payload;
        let other = providers.iter().take(index).find(shares);
        if let Some(other) = other.filter(|_| is_read(&all, provider.payload)) {
            findings.note(
                &provider.part.place,
                format_args!(
                    "its payloads stand under {:?}, as those of {:?} do: peergate tells them apart by `iss` alone",
                    provider.payload, other.name
                ),
            );
        }
    }
}

/// What is verified of the tokens of an issuer.
fn compare_issuer(
    providers: &[Provider<'_>],
    expected: &ExpectedTokens<'_>,
    issuer: &str,
    findings: &mut Findings,
) {
    let place = expected.place();
    let own: Vec<&Provider<'_>> = providers.iter().filter(|it| it.issuer == issuer).collect();
    let first = providers.first();
    if let (true, Some(first)) = (own.is_empty(), first) {
        findings.warn(
            &first.part.place,
            format_args!("neither this provider nor another one has the issuer {issuer:?} of {place}: its tokens are refused"),
        );
    }
    let telling: Vec<&&Provider<'_>> =
        own.iter().filter(|it| it.payload == expected.payload()).collect();
    if telling.is_empty() {
        for provider in own {
            let wanted = expected.payload();
            findings.warn(
                &provider.part.place,
                match provider.payload {
                    "" => format!("has no payload_in_metadata: {place} looks for {wanted:?}, and tokens of {issuer:?} are refused"),
                    payload => format!("payload_in_metadata is {payload:?}, and {place} looks for {wanted:?}: tokens of {issuer:?} are refused"),
                },
            );
        }
        return;
    }
    for provider in telling {
        compare_places(provider, expected, findings);
        compare_audiences(provider, expected, findings);
        let (status, wanted) = (provider.failed_status, expected.failed_status());
        if status != wanted && provider.lets_bad_pass {
            findings.warn(
                &provider.part.place,
                format_args!(
                    "failed_status_in_metadata is {status:?}, and {place} looks for {wanted:?}: a token that does \
                     not hold is seen only where `from` in the policy looks"
                ),
            );
        }
    }
}

fn compare_places(provider: &Provider<'_>, expected: &ExpectedTokens<'_>, findings: &mut Findings) {
    let places = provider.places();
    let policy = expected.place();
    for place in &places {
        if !expected.from().iter().any(|other| other.overlaps(place)) {
            findings.warn(
                &provider.part.place,
                format_args!(
                    "takes tokens from the {place}, where {policy}.from does not look: one there that does not \
                     hold may count as none"
                ),
            );
        }
    }
    for place in expected.from() {
        if !places.iter().any(|other| other.overlaps(place)) {
            findings.warn(
                &provider.part.place,
                format_args!(
                    "does not look at the {place}, where {policy}.from does: every token there is refused"
                ),
            );
        }
    }
}

fn compare_audiences(
    provider: &Provider<'_>,
    expected: &ExpectedTokens<'_>,
    findings: &mut Findings,
) {
    let Some(given) = provider.part.get("audiences") else { return };
    let has = |wanted: &str| given.items().any(|part| part.text() == Some(wanted));
    let policy = expected.place();
    for audience in expected.audiences().filter(|audience| !has(audience)) {
        findings.warn(
            &given.place,
            format_args!(
                "{audience:?} of {policy}.audiences is missing: tokens for it are refused"
            ),
        );
    }
}

/// What is wrong with a provider whatever the issuer.
fn look_at(provider: &Provider<'_>, all: &[ExpectedTokens<'_>], findings: &mut Findings) {
    let place = &provider.part.place;
    if let Some(header) = provider.part.get("header_in_metadata")
        && header.text().is_some_and(|key| is_read(all, key))
    {
        findings.error(
            &header.place,
            "puts the header of a token where the policy reads verified payloads: give it another name",
        );
    }
    if is_read(all, provider.failed_status) {
        findings.warn(
            place,
            format_args!(
                "failed_status_in_metadata is {:?}, where the policy reads verified payloads: give it another name",
                provider.failed_status
            ),
        );
    }
    if !is_read(all, provider.payload) {
        return;
    }
    if provider.issuer.is_empty() {
        findings.error(
            place,
            "has no issuer: its keys can sign tokens of any issuer, and peergate would believe them",
        );
    } else if !all.iter().any(|expected| expected.issuers().any(|it| it == provider.issuer)) {
        findings.note(
            place,
            format_args!(
                "the policy knows no issuer {:?}: its tokens are refused",
                provider.issuer
            ),
        );
    }
    if !provider.part.is_true("require_expiration") && provider.part.get("max_lifetime").is_none() {
        findings.warn(
            place,
            "does not say `require_expiration: true`: Envoy takes a token without `exp`, which is good for ever",
        );
    }
}

/// Whether the policy reads payloads under this name.
fn is_read(all: &[ExpectedTokens<'_>], key: &str) -> bool {
    all.iter().any(|expected| expected.payload() == key)
}
