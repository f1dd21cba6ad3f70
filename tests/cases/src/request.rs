//! A request that is made up.

use std::collections::BTreeMap;

use peergate::Policy;
use peergate::carrier::xfcc;
use peergate::metadata::{self, JWT_AUTHN};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::reader::Malformed;
use crate::token::Token;

/// A request as it reaches the filter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` if left out.
    #[serde(default = "get")]
    pub method: String,
    /// The authority; none if left out.
    #[serde(default)]
    pub host: Option<String>,
    /// With its query; `/` if left out, and null for a request without one (`CONNECT`).
    #[serde(default = "root")]
    pub path: Option<String>,
    /// The virtual host that Envoy chose.
    #[serde(default)]
    pub virtual_host: Option<String>,
    /// The route that Envoy chose.
    #[serde(default)]
    pub route: Option<String>,
    /// Other headers, in order.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The trailers, in order.
    #[serde(default)]
    pub trailers: Vec<(String, String)>,
    /// The claims of a token that was verified ahead of the filter.
    #[serde(default)]
    pub jwt: Option<Map<String, Value>>,
    /// There was a token, and it was not accepted ahead of the filter.
    #[serde(default)]
    pub jwt_refused: bool,
    /// What else other filters say of the request, each under its name.
    #[serde(default)]
    pub metadata: BTreeMap<String, Map<String, Value>>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: get(),
            host: None,
            path: root(),
            virtual_host: None,
            route: None,
            headers: Vec::new(),
            trailers: Vec::new(),
            jwt: None,
            jwt_refused: false,
            metadata: BTreeMap::new(),
        }
    }
}

impl Request {
    /// All headers as the filter sees them: names in lower case, and behind what the client sent of
    /// `x-forwarded-client-cert` the element that Envoy appends to it.
    pub fn lines(&self, appended: Option<&str>) -> Vec<(String, String)> {
        let mut lines = vec![(":method".to_owned(), self.method.clone())];
        let mut put = |name: &str, value: &Option<String>| {
            lines.extend(value.iter().map(|value| (name.to_owned(), value.clone())));
        };
        put(":authority", &self.host);
        put(":path", &self.path);
        lines.extend(lower_case(&self.headers));
        if let Some(appended) = appended {
            let is_xfcc = |(name, _): &&(String, String)| name == xfcc::NAME;
            let sent = lines.iter().filter(is_xfcc).map(|(_, value)| value.as_str());
            let joined = sent.chain([appended]).collect::<Vec<_>>().join(",");
            lines.retain(|line| !is_xfcc(&line));
            lines.push((xfcc::NAME.to_owned(), joined));
        }
        lines
    }

    /// What other filters say of it, as Envoy serialises that; `None` if nothing.
    pub(crate) fn said(&self, policy: &Policy) -> Result<Option<Vec<u8>>, Malformed> {
        let mut said = self.metadata.clone();
        let token = match (&self.jwt, self.jwt_refused) {
            (Some(_), true) => {
                let message =
                    "`jwt` says that it was verified: write what else there was in `metadata`";
                return Err(Malformed::new("jwt_refused", message));
            }
            (Some(claims), false) => Some(("jwt", Token::Verified(claims.clone()))),
            (None, true) => Some(("jwt_refused", Token::Refused)),
            (None, false) => None,
        };
        if let Some((field, token)) = token {
            let beside = said.entry(JWT_AUTHN.to_owned()).or_default();
            for (name, value) in token.said(policy) {
                if beside.insert(name.clone(), value).is_some() {
                    let at = format!("metadata.{JWT_AUTHN}.{name}");
                    return Err(Malformed::new(at, format_args!("`{field}` says it already")));
                }
            }
        }
        let said: Map<String, Value> =
            said.into_iter().map(|(filter, said)| (filter, Value::Object(said))).collect();
        Ok((!said.is_empty()).then(|| metadata::write(&said)))
    }

    /// The trailers, names in lower case.
    pub(crate) fn trailer_lines(&self) -> Vec<(String, String)> {
        lower_case(&self.trailers).collect()
    }
}

fn lower_case(lines: &[(String, String)]) -> impl Iterator<Item = (String, String)> {
    lines.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
}

fn get() -> String {
    "GET".to_owned()
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn root() -> Option<String> {
    Some("/".to_owned())
}
