//! The certificates that a file names, and revocation lists beside them.

use std::collections::BTreeMap;

use peergate::carrier::pem;

use crate::certificate::{Certificate, FORMS};
use crate::reader::Malformed;

/// Certificates and revocation lists by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Material {
    certificates: BTreeMap<String, Certificate>,
    /// As PEM: the only form that anybody takes them in.
    revocation_lists: BTreeMap<String, String>,
}

impl Material {
    /// Reads PEM texts by name.
    pub(crate) fn read(texts: BTreeMap<String, String>) -> Result<Self, Malformed> {
        let mut material = Self::default();
        for (name, text) in texts {
            if pem::revocation_lists(&text).is_ok() {
                material.revocation_lists.insert(name, text);
                continue;
            }
            let certificate = Certificate::read(&text)
                .map_err(|why| Malformed::new(format!("certificates.{name}"), why))?;
            material.certificates.insert(name, certificate);
        }
        Ok(material)
    }

    /// A certificate; the error says that there is none of that name.
    pub(crate) fn certificate(&self, name: &str) -> Result<&Certificate, String> {
        let found = self.certificates.get(name);
        found.ok_or_else(|| format!("no certificate is named {name:?}"))
    }

    /// A form of a certificate or revocation list, as placeholders ask for it.
    pub(crate) fn form(&self, name: &str, form: &str) -> Result<String, String> {
        if let Some(list) = self.revocation_lists.get(name) {
            let is_known = form == "pem";
            return is_known
                .then(|| list.clone())
                .ok_or_else(|| "unknown form; a revocation list has pem alone".to_owned());
        }
        let form = self.certificate(name)?.form(form);
        form.ok_or_else(|| format!("unknown form; known are: {FORMS}"))
    }
}
