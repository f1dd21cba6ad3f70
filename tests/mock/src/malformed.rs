//! Requests that make no sense.

use std::fmt;

use peergate::carrier::pem::MalformedPem;

use crate::clock::MalformedTime;
use crate::metadata::MalformedMetadata;

/// What a [`Request`](crate::Request) was given and could not read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MalformedRequest {
    /// A text that is not one certificate in PEM.
    Certificate(MalformedPem),
    /// A chain, and no certificate before it that it could be the chain of.
    ChainWithoutCertificate,
    /// A token's payload that is no JSON object.
    JwtPayload(MalformedMetadata),
    /// Metadata that is no JSON object of objects.
    Metadata(MalformedMetadata),
    /// A text that is no time.
    Time(MalformedTime),
}

impl fmt::Display for MalformedRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(error) => write!(out, "the request's certificate: {error}"),
            Self::ChainWithoutCertificate => {
                out.write_str("the request's chain: no certificate was given before it")
            }
            Self::JwtPayload(error) => write!(out, "the request's jwt_payload: {error}"),
            Self::Metadata(error) => write!(out, "the request's metadata: {error}"),
            Self::Time(error) => write!(out, "the request's time: {error}"),
        }
    }
}

impl std::error::Error for MalformedRequest {}
