//! What other filters say of a request: Envoy's dynamic metadata.

use std::fmt;

use peergate::metadata::{JWT_AUTHN, write};
use serde_json::{Map, Value, json};

use crate::malformed::MalformedRequest;
use crate::request::Request;

/// # What other filters say
impl Request {
    /// A filter ahead has verified a token with this payload, a JSON object: `jwt_authn` with
    /// `payload_in_metadata: jwt_payload`. Whether the token itself still stands in the request, the test says:
    /// Envoy takes one away that it has verified, unless `forward` is set.
    ///
    /// # Example
    /// ```
    /// use peergate_mock::Request;
    ///
    /// let request = Request::get("https://api.example.com/orders")
    ///     .jwt_payload(r#"{"iss": "https://idp.example", "sub": "alice", "scope": "orders.read"}"#);
    /// # let _ = request;
    /// ```
    pub fn jwt_payload(self, json: &str) -> Self {
        match read(json) {
            Ok(payload) => self.jwt_authn("jwt_payload", payload.into(), "jwt_failed_status"),
            Err(error) => self.malformed(MalformedRequest::JwtPayload(error)),
        }
    }

    /// A filter ahead has found a token that does not verify, and lets the request pass all the same:
    /// `jwt_authn` with `allow_missing_or_failed` and `failed_status_in_metadata: jwt_failed_status`.
    pub fn jwt_refused(self) -> Self {
        let status = json!({"code": 26, "message": "Jwt verification fails"});
        self.jwt_authn("jwt_failed_status", status, "jwt_payload")
    }

    /// All that filters ahead say, in place of all that was said before: a JSON object with an object for each
    /// filter, by its name. So it is told what the methods above cannot say: another name for the payload
    /// (Istio's is `payload`), several providers, or what somebody else wrote there. Without any of them Envoy
    /// has no metadata, and the filter reads it as empty.
    ///
    /// # Example
    /// ```
    /// use peergate_mock::Request;
    ///
    /// // As Istio's RequestAuthentication writes it.
    /// let request = Request::get("https://api.example.com/orders").metadata(
    ///     r#"{"envoy.filters.http.jwt_authn": {"payload": {"iss": "https://idp.example", "sub": "alice"}}}"#,
    /// );
    /// # let _ = request;
    /// ```
    pub fn metadata(self, json: &str) -> Self {
        let read = read(json).and_then(|metadata| {
            let odd = metadata.iter().find(|(_, said)| !said.is_object());
            let problem = odd.map(|(filter, _)| format!("{filter}: expected an object"));
            problem.map_or(Ok(metadata), |problem| Err(MalformedMetadata { problem }))
        });
        match read {
            Ok(metadata) => self.say(metadata),
            Err(error) => self.malformed(MalformedRequest::Metadata(error)),
        }
    }

    /// Has `jwt_authn` say something, and another thing no longer.
    fn jwt_authn(self, name: &str, value: Value, other: &str) -> Self {
        let mut metadata = self.metadata.clone();
        let said = metadata.entry(JWT_AUTHN).or_insert_with(|| Map::new().into());
        if let Value::Object(said) = said {
            said.remove(other);
            said.insert(name.to_owned(), value);
        }
        self.say(metadata)
    }

    fn say(mut self, metadata: Map<String, Value>) -> Self {
        self = self.property(&["metadata"], write(&metadata));
        self.metadata = metadata;
        self
    }
}

fn read(json: &str) -> Result<Map<String, Value>, MalformedMetadata> {
    let problem = |error: serde_json::Error| MalformedMetadata { problem: error.to_string() };
    match serde_json::from_str(json).map_err(problem)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(MalformedMetadata { problem: "expected an object".to_owned() }),
    }
}

/// A text that is no JSON object as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedMetadata {
    problem: String,
}

impl fmt::Display for MalformedMetadata {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.problem)
    }
}

impl std::error::Error for MalformedMetadata {}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::get("https://api.example.com/")
    }

    fn said(request: &Request) -> Value {
        request.metadata.clone().into()
    }

    #[test]
    fn the_last_word_of_a_token_holds() {
        let payload = r#"{"sub": "alice"}"#;
        let verified = json!({ JWT_AUTHN: {"jwt_payload": {"sub": "alice"}} });
        assert_eq!(said(&request().jwt_payload(payload)), verified);
        assert_eq!(said(&request().jwt_refused().jwt_payload(payload)), verified);
        let refused = said(&request().jwt_payload(payload).jwt_refused());
        assert_eq!(refused[JWT_AUTHN]["jwt_failed_status"]["code"], 26);
        assert_eq!(refused[JWT_AUTHN].as_object().map(Map::len), Some(1));
    }

    #[test]
    fn what_is_said_is_what_the_filter_reads() {
        let request = request().metadata(r#"{"other": {"a": "b"}}"#).jwt_payload("{}");
        let value = request.properties.get(&b"metadata"[..]);
        assert_eq!(value, Some(&write(&request.metadata)));
        assert_eq!(said(&request), json!({"other": {"a": "b"}, JWT_AUTHN: {"jwt_payload": {}}}));
        assert_eq!(said(&request.metadata("{}")), json!({}));
    }

    #[test]
    fn what_is_no_object_is_told() {
        for (request, problem) in [
            (request().jwt_payload("alice"), "the request's jwt_payload: expected value at"),
            (request().jwt_payload("[]"), "the request's jwt_payload: expected an object"),
            (request().metadata(""), "the request's metadata: EOF while parsing"),
            (request().metadata(r#"{"a": 1}"#), "the request's metadata: a: expected an object"),
        ] {
            let error = request.malformed.unwrap().to_string();
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
