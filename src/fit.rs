//! How what a feed says fits a policy, for those who want to be warned.

use crate::digest::Fingerprint;
use crate::list::List;
use crate::policy::{Api, CertificateRule, ListId, Policy};

impl Policy {
    /// Whether some API that goes by this list as a deny list admits certificates by their authority or
    /// their key. There a denial of a bare certificate holds nobody back: its holder can re-encode the
    /// signature, which changes the fingerprint and nothing else.
    pub fn admits_reencoded(&self, denying: &str) -> bool {
        self.certificate_rules().any(|rule| {
            let any = |ids: &[ListId], holds: fn(&List) -> bool| self.of(ids).any(holds);
            self.of(&rule.deny).any(|list| list.name() == denying)
                && any(&rule.allow, by_content)
                && self.of(&rule.require).all(by_content)
        })
    }

    /// Whether an issuer is known from the policy, by the SHA-256 of its certificate: then what a feed says
    /// of certificates that it issued holds, whatever else their holders present.
    pub fn knows_issuer(&self, certificate: Fingerprint) -> bool {
        self.issuers.iter().any(|(_, known)| *known == certificate.digest())
    }

    fn certificate_rules(&self) -> impl Iterator<Item = &CertificateRule> {
        let rulings = self.apis.iter().flat_map(|api: &Api| {
            let operations = api.operations.iter().map(|operation| &operation.ruling);
            std::iter::once(&api.ruling).chain(operations)
        });
        rulings.filter_map(|ruling| ruling.certificate.as_ref())
    }

    fn of<'a>(&'a self, ids: &'a [ListId]) -> impl Iterator<Item = &'a List> {
        ids.iter().filter_map(|id| self.lists.get(*id))
    }
}

fn by_content(list: &List) -> bool {
    list.counts().admits_by_content()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A policy whose one API has this block.
    fn policy(certificate: &str) -> Policy {
        let key = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
        let hex = "ab".repeat(32);
        let text = format!(
            r#"{{
              "version": 1,
              "lists": {{
                "keys": {{"entries": [{{"spki_sha256": "{key}"}}]}},
                "pins": {{"entries": [{{"sha256": "{hex}"}}]}},
                "fed": {{"feed": {{"cluster": "c", "path": "/p"}}}},
                "other": {{"feed": {{"cluster": "c", "path": "/q"}}}}
              }},
              "apis": [{{"name": "a", "policy": "mandatory", "certificate": {certificate}}}]
            }}"#
        );
        Policy::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn who_can_change_his_fingerprint_and_pass() {
        for (certificate, admits) in [
            (r#"{"allow": ["keys"], "deny": ["fed"]}"#, true),
            (r#"{"allow": ["pins", "keys"], "deny": ["other", "fed"]}"#, true),
            (r#"{"allow": ["keys"], "deny": ["other"]}"#, false),
            (r#"{"allow": ["pins"], "deny": ["fed"]}"#, false),
            // Who is registered is registered by the fingerprint.
            (r#"{"allow": ["keys"], "require": ["fed"], "deny": ["fed"]}"#, false),
            (r#"{"allow": ["pins"], "require": ["keys"], "deny": ["fed"]}"#, false),
        ] {
            assert_eq!(policy(certificate).admits_reencoded("fed"), admits, "{certificate}");
        }
    }
}
