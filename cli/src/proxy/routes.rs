//! Routes that go by what peergate takes from requests or puts there.

use std::fmt;

use peergate::{Location, Policy};

use super::finding::Findings;
use super::manager::Manager;
use super::proto::Part;

/// Looks at every route. After an edit of the headers by a filter of this kind Envoy chooses the route anew
/// (1.36 to 1.40), so that a request may go another way than the one it was judged for.
pub(crate) fn check(manager: &Manager<'_>, policy: &Policy, findings: &mut Findings) {
    if let Some(place) = &manager.unseen_routes {
        findings
            .note(place, "the routes come from elsewhere: give their file, too, or a config_dump");
    }
    let edits = Edits::of(policy);
    for routes in &manager.routes {
        routes.walk(&mut |part| {
            if let Some(what) = edits.touch(part) {
                findings.warn(
                    &part.place,
                    format_args!(
                        "goes by {what}: the route is chosen anew after that, so that a request may take \
                         another one than it was judged for"
                    ),
                );
            }
            !part.place.is_field(&BESIDES)
        });
    }
}

/// What a route goes by, if peergate takes it from requests or puts it there: a header, or a query parameter.
pub(crate) fn edited(
    policy: &Policy,
    header: Option<&str>,
    parameter: Option<&str>,
) -> Option<String> {
    let edits = Edits::of(policy);
    let by_header = header.and_then(|name| Some(edits.header(name)?.to_string()));
    by_header.or_else(|| {
        let parameter = parameter?;
        let is_it =
            |place: &Location| matches!(place, Location::Query(name) if **name == *parameter);
        edits.taken(is_it).map(|edited| edited.to_string())
    })
}

/// What goes by headers and chooses no route.
const BESIDES: [&str; 10] = [
    "rate_limits",
    "rateLimits",
    "virtual_clusters",
    "virtualClusters",
    "hash_policy",
    "hashPolicy",
    "typed_per_filter_config",
    "typedPerFilterConfig",
    "retry_policy",
    "retryPolicy",
];

/// What is taken from requests or put there.
struct Edits<'p> {
    policy: &'p Policy,
    /// Where tokens and keys stand: stripped, or taken by `jwt_authn`.
    taken: Vec<&'p Location>,
}

/// A part of a request that changes.
enum Edited<'e> {
    /// A header that tells upstreams who the client is.
    Forwarded(&'e str),
    /// A place of tokens or keys.
    Taken(&'e Location),
}

impl fmt::Display for Edited<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forwarded(name) => {
                write!(out, "the header {name}, which peergate removes and sets")
            }
            Self::Taken(place) => {
                write!(out, "the {place}, from which tokens or keys are taken away")
            }
        }
    }
}

impl<'p> Edits<'p> {
    fn of(policy: &'p Policy) -> Self {
        let stripped = policy.stripped().map(|(_, place)| place);
        let tokens = policy.expected_tokens().flat_map(|tokens| tokens.from());
        Self { policy, taken: stripped.chain(tokens).collect() }
    }

    /// What of a part of a route configuration is edited.
    fn touch<'e>(&'e self, part: &Part<'e>) -> Option<Edited<'e>> {
        let is_item_of = |list: &[&str]| part.place.is_item_of(list);
        let is_field = |names: &[&str]| part.place.is_field(names);
        if is_item_of(&["headers"]) {
            return self.header(part.text_of("name"));
        }
        if is_item_of(&["query_parameters", "queryParameters"]) {
            return self.taken(
                |place| matches!(place, Location::Query(name) if **name == *part.text_of("name")),
            );
        }
        if is_item_of(&["cookies"]) {
            return self.taken(
                |place| matches!(place, Location::Cookie(name) if **name == *part.text_of("name")),
            );
        }
        if is_field(&["cluster_header", "clusterHeader", "header_name", "headerName"]) {
            return self.header(part.text()?);
        }
        if is_field(&["query_param", "queryParam"]) {
            let asked = part.text()?;
            return self.taken(|place| matches!(place, Location::Query(name) if **name == *asked));
        }
        None
    }

    fn header<'e>(&'e self, name: &'e str) -> Option<Edited<'e>> {
        let lower = name.to_ascii_lowercase();
        // What is under this name is Envoy's own, and stays.
        if lower != "x-forwarded-client-cert" && self.policy.forwards_in(&lower) {
            return Some(Edited::Forwarded(name));
        }
        self.taken(|place| match place {
            Location::Header { name, .. } => **name == *lower,
            Location::Query(_) => lower == ":path",
            Location::Cookie(_) => lower == "cookie",
        })
    }

    fn taken(&self, is_it: impl Fn(&Location) -> bool) -> Option<Edited<'_>> {
        self.taken.iter().copied().find(|place| is_it(place)).map(Edited::Taken)
    }
}
