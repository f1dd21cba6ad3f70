//! `connection`: what a case says of the client's connection.

use serde::Deserialize;
use serde::de::Deserializer;

use crate::fixture::{Fixture, Property};
use crate::format::by_word;
use crate::material::Material;
use crate::reader::Malformed;
use crate::request::Request;

/// A connection; one with TLS and without a client certificate if nothing is said of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    #[serde(default)]
    tls: Option<bool>,
    /// The name of the certificate that the client presented.
    #[serde(default)]
    certificate: Option<String>,
    /// The fingerprint as the host gives it, where the certificate is not known.
    #[serde(default)]
    fingerprint: Option<String>,
    /// The names of what the client presented after its own certificate; `x-forwarded-client-cert` carries
    /// all of it, and the attribute the client's own.
    #[serde(default)]
    presented: Option<Vec<String>>,
    #[serde(default)]
    server_name: Option<String>,
    /// What carries the whole certificate; the attribute does if nothing is said.
    #[serde(default)]
    carriers: Option<Carriers>,
    /// What the host fails to read.
    #[serde(default)]
    unreadable: Vec<Word>,
}

/// The texts in which the host and the header carry a certificate: the connection's, if all is well.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Carriers {
    #[serde(default)]
    attribute: Option<String>,
    #[serde(default)]
    filter_state: Option<String>,
    /// What Envoy appends to `x-forwarded-client-cert`.
    #[serde(default)]
    xfcc: Option<String>,
}

impl Connection {
    /// What Envoy would show of it, and what it would append to `x-forwarded-client-cert`.
    pub(crate) fn stage(
        self,
        request: &Request,
        material: &Material,
        now: i64,
    ) -> Result<(Fixture, Option<String>), Malformed> {
        let tls = self.tls.unwrap_or(true);
        let of_tls = [
            ("certificate", self.certificate.is_some()),
            ("fingerprint", self.fingerprint.is_some()),
            ("server_name", self.server_name.is_some()),
            ("carriers", self.carriers.is_some()),
            ("presented", self.presented.is_some()),
        ];
        if let (false, Some((field, _))) = (tls, of_tls.into_iter().find(|(_, given)| *given)) {
            return Err(Malformed::new(field, "a connection without TLS has none"));
        }
        if self.certificate.is_some() && self.fingerprint.is_some() {
            return Err(Malformed::new("fingerprint", "the certificate has one already"));
        }
        let certificate = |field: &str, name: &str| {
            material.certificate(name).map_err(|why| Malformed::new(field, why))
        };
        let own = self.certificate.map(|name| certificate("certificate", &name)).transpose()?;
        let mut carriers = self.carriers.unwrap_or_else(|| Carriers {
            attribute: own.map(|certificate| certificate.pem()),
            ..Carriers::default()
        });
        if let Some(names) = self.presented {
            let own =
                own.ok_or_else(|| Malformed::new("presented", "expected `certificate` as well"))?;
            let others = names.iter().map(|name| certificate("presented", name).cloned());
            if carriers.xfcc.replace(own.xfcc(&others.collect::<Result<Vec<_>, _>>()?)).is_some() {
                return Err(Malformed::new("presented", "`carriers.xfcc` says it already"));
            }
        }
        let fingerprint = own.map(|certificate| certificate.leaf().fingerprint().to_string());
        let fixture = Fixture {
            virtual_host: request.virtual_host.clone(),
            route: request.route.clone(),
            tls,
            server_name: self.server_name,
            fingerprint: fingerprint.or(self.fingerprint),
            attribute: carriers.attribute,
            filter_state: carriers.filter_state,
            now,
            unreadable: self.unreadable.into_iter().map(|Word(property)| property).collect(),
            ..Fixture::default()
        };
        Ok((fixture, carriers.xfcc))
    }
}

/// A property by its word.
#[derive(Clone, Copy, Debug)]
struct Word(Property);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        by_word(input, &Property::ALL, Property::word).map(Self)
    }
}
