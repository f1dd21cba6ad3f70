//! `x-forwarded-client-cert`, as Envoy writes it.

/// The header's name.
pub(crate) const NAME: &str = "x-forwarded-client-cert";

/// The element of a connection: its certificate's fingerprint, the certificate if
/// `set_current_client_cert_details` says `cert`, and if it says `chain` what the client presented, its
/// own certificate first. Neither `subject` nor a name of the server's is in it.
pub(crate) fn element(hash: &str, certificate: Option<&str>, chain: Option<&str>) -> String {
    let fields = [("Cert", certificate), ("Chain", chain)];
    let quoted = fields
        .iter()
        .filter_map(|(name, pem)| pem.map(|pem| format!(";{name}=\"{}\"", percent_encoded(pem))));
    format!("Hash={hash}{}", quoted.collect::<String>())
}

/// As Envoy encodes a PEM.
pub(crate) fn percent_encoded(pem: &str) -> String {
    let codes = [("\n", "%0A"), (" ", "%20"), ("+", "%2B"), ("/", "%2F"), ("=", "%3D")];
    codes.iter().fold(pem.to_owned(), |text, (byte, code)| text.replace(byte, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_what_envoy_writes() {
        assert_eq!(element("0a", None, None), "Hash=0a");
        assert_eq!(
            element("0a", Some("-a b\n"), Some("+/=")),
            "Hash=0a;Cert=\"-a%20b%0A\";Chain=\"%2B%2F%3D\""
        );
    }
}
