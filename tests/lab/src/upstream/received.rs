//! What reached the upstream.

use serde_json::{Value, json};

use crate::Fields;

/// A request as it arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Received {
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: String,
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// `:authority` or `Host`.
    pub authority: String,
    /// The headers, those of one name together and in order, names in lower case.
    pub headers: Fields,
    /// The trailers, in the same form.
    pub trailers: Fields,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// Returns every value of the header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Vec<&[u8]> {
        values(&self.headers, name)
    }

    /// Returns every value of the trailer of that name, given in lower case.
    pub fn trailer(&self, name: &str) -> Vec<&[u8]> {
        values(&self.trailers, name)
    }

    /// Describes the request, values that are not UTF-8 with replacement characters:
    /// `{"upstream", "protocol", "method", "path", "authority", "headers": [[name, value]…],
    /// "trailers": [[name, value]…], "body_bytes"}`.
    pub fn json(&self, upstream: &str) -> Value {
        json!({
            "upstream": upstream,
            "protocol": self.protocol,
            "method": self.method,
            "path": self.path,
            "authority": self.authority,
            "headers": lossy(&self.headers),
            "trailers": lossy(&self.trailers),
            "body_bytes": self.body.len(),
        })
    }
}

fn values<'a>(fields: &'a [(String, Vec<u8>)], name: &str) -> Vec<&'a [u8]> {
    fields.iter().filter(|(it, _)| it == name).map(|(_, value)| value.as_slice()).collect()
}

fn lossy(fields: &[(String, Vec<u8>)]) -> Value {
    fields.iter().map(|(name, value)| json!([name, String::from_utf8_lossy(value)])).collect()
}
