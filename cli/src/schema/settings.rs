//! `global`, `default`, `forward` and `replies`.

use super::apis::{enforcement, preflight};
use super::methods::lists;
use super::text::{HEADER, NAME, PERIOD, READY_PATH};
use super::vocabulary::{Schema, optional, required};

/// `global`.
pub(super) fn global() -> Schema {
    let authority = Schema::object(
        "What of a request's host Envoy ignores.",
        [
            optional(
                "ignore_port",
                Schema::boolean(
                    "Hosts compare without their port: where Envoy's route configuration says \
                 ignore_port_in_host_matching, as every rendered manifest does.",
                )
                .default_of(false),
            ),
            optional(
                "ignore_trailing_dot",
                Schema::boolean("Envoy removes one dot at the end (strip_trailing_host_dot).")
                    .default_of(false),
            ),
        ],
    );
    Schema::object(
        "What holds for every API unless it says otherwise.",
        [
            optional("allow", lists("Lists that admit, for every API that looks at certificates.")),
            optional("deny", lists("Lists that refuse, whatever else admits.")),
            optional(
                "enforcement",
                enforcement("Also of requests that no API matches.").default_of("enforce"),
            ),
            optional("authority", authority),
            optional(
                "sni",
                Schema::words(
                    "Whether the request's host must be the server name of the TLS handshake.",
                    &[
                        ("unchecked", "it need not"),
                        ("when_present", "it must, where the client sent one"),
                        ("required", "it must, and the client must send one"),
                    ],
                )
                .default_of("unchecked"),
            ),
            optional("cors_preflight", preflight("").default_of("check")),
            optional(
                "expiry_warning",
                Schema::text(
                    "How long before its end an entry, list or certificate is told of.",
                    &PERIOD,
                )
                .default_of("720h"),
            ),
            optional(
                "ready_path",
                Schema::text(
                    "A path that is answered here, for readiness probes: 200 once every list with a feed is loaded and \
                 not stale, else 503.",
                    &READY_PATH,
                ),
            ),
        ],
    )
}

/// `default`.
pub(super) fn unmatched() -> Schema {
    Schema::words(
        "What becomes of requests that no API matches.",
        &[("deny", "they are refused"), ("allow", "they pass as nobody")],
    )
    .default_of("deny")
}

/// `forward`.
pub(super) fn forward() -> Schema {
    let header = |about: &str| Schema::text(about, &HEADER);
    let states = Schema::about("").with("enum", vec!["identity", "api", "method"]);
    Schema::object(
        "What the upstream learns of accepted clients: names of headers, which never come from a client.",
        [
            optional("identity", header("The header that says who the client is.")),
            optional(
                "method",
                header("The header that says by what: certificate, certificate+jwt, api_key, …"),
            ),
            optional("fingerprint", header("The header with the SHA-256 of the certificate.")),
            optional("client_cert", client_cert()),
            optional(
                "labels",
                Schema::map(
                    "Labels of entries, and the headers with their values.",
                    &NAME,
                    header("A header."),
                ),
            ),
            optional(
                "filter_state",
                Schema::set(
                    "What other filters learn, as filter state wasm.peergate_<name>.",
                    states,
                ),
            ),
        ],
    )
}

fn client_cert() -> Schema {
    Schema::object(
        "The header with the whole certificate.",
        [
            required("header", Schema::text("The header's name.", &HEADER)),
            required(
                "format",
                Schema::words(
                    "How it is written.",
                    &[
                        ("rfc9440", "as RFC 9440 says, :base64:"),
                        ("der_base64", "DER in base64"),
                        ("pem_percent", "PEM, percent-encoded"),
                    ],
                ),
            ),
        ],
    )
}

/// `replies`.
pub(super) fn replies() -> Schema {
    Schema::object(
        "What refused clients are told.",
        [
            optional(
                "profile",
                Schema::words("The form of bodies.", &[("problem", "RFC 9457")])
                    .default_of("problem"),
            ),
            optional(
                "detail",
                Schema::words(
                    "How much is told.",
                    &[
                        ("generic", "what was required or refused"),
                        ("reason", "the reason as well"),
                    ],
                )
                .default_of("generic"),
            ),
        ],
    )
}
