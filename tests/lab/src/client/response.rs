//! A response of either protocol.

use std::borrow::Cow;

use crate::Fields;

/// A whole response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers in order, as they came; pseudo-headers left out.
    pub headers: Fields,
    /// The body, without its chunks' sizes.
    pub body: Vec<u8>,
    /// The trailers in order.
    pub trailers: Fields,
}

impl Response {
    /// Returns the first header of that name, whatever its case.
    ///
    /// # Panics
    ///
    /// When the value is not UTF-8: read [`Response::headers`] then.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        Some(str::from_utf8(value).expect("the header's value is UTF-8"))
    }

    /// Returns the body as text.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Reads the body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("a body of JSON, found status {} and `{}`: {error}", self.status, self.text())
        })
    }
}
