//! The TLS of a listener: whether clients are asked for certificates, and all of them get as far as the policy.

use peergate::Policy;

use super::connection::Connection;
use super::finding::Findings;
use super::proto::Part;

/// Looks at where the connections of a manager come from.
pub(crate) fn check(connection: &Connection<'_>, policy: &Policy, findings: &mut Findings) {
    server_names(connection, policy, findings);
    if !policy.looks_at_certificates() {
        return;
    }
    let socket = connection.chain.get("transport_socket");
    let Some(config) = socket.as_ref().and_then(context) else {
        let clear = |socket: &Part<'_>| socket.text_of("name").ends_with("raw_buffer");
        match socket.filter(|socket| !clear(socket)) {
            Some(socket) => findings.note(
                &socket.place,
                "what it asks clients for cannot be seen here: no DownstreamTlsContext",
            ),
            None => findings.error(
                &connection.chain.place,
                "has no TLS, and the policy looks at certificates: whoever needs one is refused here (no_tls)",
            ),
        }
        return;
    };
    if let Some(quic) = connection.listener.get("udp_listener_config") {
        findings.warn(
            &quic.place,
            "HTTP/3: no Envoy before 1.40 asks clients for certificates there, and none is ever presented",
        );
    }
    asking(&config, policy, findings);
    resumption(&config, findings);
}

/// The `DownstreamTlsContext`, which may stand within others.
fn context<'d>(socket: &Part<'d>) -> Option<Part<'d>> {
    let mut found = None;
    socket.walk(&mut |part| {
        if let Some((kind, message)) = part.message()
            && kind.ends_with("tls.v3.DownstreamTlsContext")
        {
            found.get_or_insert(message);
        }
        // Of QUIC it has no type of its own.
        if part.place.is_field(&["downstream_tls_context", "downstreamTlsContext"]) {
            found.get_or_insert(part.clone());
        }
        found.is_none()
    });
    found
}

/// Whether clients are asked for a certificate, and any that they have comes as far as the policy; `config` is a
/// `DownstreamTlsContext`.
pub(crate) fn asking(config: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    let common = config.get("common_tls_context");
    let get = |name| common.as_ref().and_then(|common| common.get(name));
    let combined = get("combined_validation_context");
    let own = get("validation_context")
        .or_else(|| combined.as_ref().and_then(|it| it.get("default_validation_context")));
    // Some of it, or all, comes from elsewhere.
    let is_partly_unseen =
        combined.is_some() || get("validation_context_sds_secret_config").is_some();
    let required = config.get("require_client_certificate").filter(|part| part.is(true));
    let accepts = own
        .as_ref()
        .is_some_and(|own| own.text_of("trust_chain_verification") == "ACCEPT_UNTRUSTED");
    let verifies =
        own.as_ref().is_some_and(|own| VERIFYING.iter().any(|field| own.get(field).is_some()));
    let place =
        own.as_ref().or(combined.as_ref()).or(common.as_ref()).unwrap_or(config).place.clone();
    if !accepts && !verifies && !is_partly_unseen && required.is_none() {
        return findings.error(
            &place,
            "asks no client for a certificate, and the policy looks at them: say `validation_context: { \
             trust_chain_verification: ACCEPT_UNTRUSTED }`",
        );
    }
    if !accepts {
        findings.warn(
            &place,
            "Envoy verifies certificates itself: whom its own authorities do not know is refused in the \
             handshake, whatever the policy says (`trust_chain_verification: ACCEPT_UNTRUSTED`)",
        );
    }
    if let Some(required) = required {
        let what =
            "who has no certificate is refused in the handshake, without a reason or a count";
        if policy.passes_without_certificate() {
            findings.warn(
                &required.place,
                format_args!("{what}: what the policy says of clients without one never holds"),
            );
        } else {
            findings.note(&required.place, what);
        }
    }
}

/// Warns of sessions that are resumed.
pub(crate) fn resumption(config: &Part<'_>, findings: &mut Findings) {
    let fields = ["disable_stateless_session_resumption", "disable_stateful_session_resumption"];
    let left: Vec<String> = fields
        .into_iter()
        .filter(|field| !config.is_true(field))
        .map(|field| format!("`{field}: true`"))
        .collect();
    if !left.is_empty() {
        findings.warn(
            &config.place,
            format_args!(
                "does not say {}: a resumed session brings back a certificate without the proof that the \
                 client still has its key",
                left.join(", ")
            ),
        );
    }
}

/// Looks for the filter that reads the server name, where the policy holds hosts against it. Envoy does not add it
/// by itself (1.36 to 1.40).
fn server_names(connection: &Connection<'_>, policy: &Policy, findings: &mut Findings) {
    if !policy.looks_at_server_name() {
        return;
    }
    let filters = connection.listener.items_of("listener_filters");
    let reads = |filter: &Part<'_>| {
        let known = filter.get("typed_config").and_then(|config| Some(config.message()?.0));
        known.is_none_or(|kind| kind.ends_with("tls_inspector.v3.TlsInspector"))
    };
    let is_quic = connection.listener.get("udp_listener_config").is_some();
    if is_quic || filters.iter().any(reads) {
        return;
    }
    let place = &connection.listener.place;
    let what = "has no tls_inspector among its listener_filters: no server name is known, and `global.sni`";
    if policy.requires_server_name() {
        findings.error(place, format_args!("{what} refuses every request (misdirected)"));
    } else {
        findings.warn(place, format_args!("{what} holds no host against one"));
    }
}

/// Fields with which a validation context verifies, and so asks.
const VERIFYING: [&str; 7] = [
    "trusted_ca",
    "verify_certificate_hash",
    "verify_certificate_spki",
    "match_typed_subject_alt_names",
    "match_subject_alt_names",
    "custom_validator_config",
    "ca_certificate_provider_instance",
];
