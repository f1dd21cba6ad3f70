//! `entries` of a list: what recognises a certificate, and what is said of its holder.

use super::text::{
    CERTIFICATE, COMMON_NAME, DNS_PATTERN, EMAIL_PATTERN, MOMENT, NAME, PRINTABLE, REVOCATION_LIST,
    SERIAL, SHA256, SPKI_SHA256, URI_PATTERN,
};
use super::vocabulary::{Field, Schema, optional, required};

/// One entry.
pub(super) fn entry() -> Schema {
    Schema::one_of(
        "Whom the list knows: by exactly one of sha256, pem, spki_sha256, ca, issued.",
        [by_fingerprint(), by_certificate(), by_key(), by_authority(), by_number()],
    )
}

fn by_fingerprint() -> Schema {
    let sha256 = "One certificate, by the SHA-256 of its DER: 64 hex digits, colons and upper case accepted.";
    let not_after =
        "When the entry ends (RFC 3339), also where the certificate's own dates cannot be known.";
    Schema::object(
        "",
        [
            required("sha256", Schema::text(sha256, &SHA256)),
            optional("not_after", Schema::text(not_after, &MOMENT)),
            identity(),
            labels(),
        ],
    )
    .titled("One certificate, by its fingerprint")
}

fn by_certificate() -> Schema {
    let pem = Schema::text("One certificate in PEM; its own dates hold.", &CERTIFICATE);
    Schema::object("", [required("pem", pem), identity(), labels()])
        .titled("One certificate, given whole")
}

fn by_key() -> Schema {
    let key = "One key, by the SHA-256 of its SubjectPublicKeyInfo in base64: every certificate that its holder \
               makes for it.";
    Schema::object(
        "",
        [required("spki_sha256", Schema::text(key, &SPKI_SHA256)), identity(), labels()],
    )
    .titled("One key, whatever its certificates")
}

fn by_authority() -> Schema {
    let identity = Schema::one_of(
        "Who the clients are. Left out: the subject of their certificates.",
        [
            Schema::text("All of them alike: 1 to 256 printable ASCII characters.", &PRINTABLE)
                .titled("One for all"),
            Schema::object("", [required("from", name_kind())]).titled("As their certificates say"),
        ],
    );
    Schema::object("", [
        required(
            "ca",
            Schema::text(
                "An authority in PEM: every client certificate with a valid path to it is admitted.",
                &CERTIFICATE,
            ),
        ),
        optional(
            "intermediates",
            Schema::text(
                "Up to 32 certificates in PEM, for clients that send their own alone.",
                &CERTIFICATE,
            ),
        ),
        optional("crl", revocation()),
        optional("subject", subject()),
        optional("identity", identity),
        labels(),
    ])
    .titled("An authority")
}

fn by_number() -> Schema {
    let issued = Schema::object(
        "For deny lists: one certificate, by its issuer and serial number.",
        [
            required("by", Schema::text("The issuer's certificate in PEM.", &CERTIFICATE)),
            required("serial", Schema::text("The serial number in hex.", &SERIAL)),
        ],
    );
    Schema::object("", [required("issued", issued)]).titled("One certificate, by its number")
}

fn identity() -> Field {
    let about =
        "Who the client is: 1 to 256 printable ASCII characters. Left out: the fingerprint.";
    optional("identity", Schema::text(about, &PRINTABLE))
}

fn labels() -> Field {
    optional("labels", texts_by_name("What else the upstream may learn, by forward.labels."))
}

/// Printable texts by names.
pub(super) fn texts_by_name(about: &str) -> Schema {
    let value = "1 to 256 printable ASCII characters.";
    Schema::map(about, &NAME, Schema::text(value, &PRINTABLE))
}

fn name_kind() -> Schema {
    Schema::words(
        "The certificate's only name of this kind; one without it is not admitted.",
        &[
            ("dns", "a DNS name"),
            ("uri", "a URI, as a SPIFFE ID"),
            ("email", "a mailbox"),
            ("common_name", "the common name of the subject"),
        ],
    )
}

fn revocation() -> Schema {
    let lists = "Revocation lists in PEM: one for each issuer.";
    let rules = Schema::object(
        "",
        [
            required("pem", Schema::text(lists, &REVOCATION_LIST)),
            optional(
                "when_expired",
                Schema::words(
                    "What a list past its next update is good for.",
                    &[
                        ("deny", "certificates are refused (revocation_unknown)"),
                        ("use", "it holds as before"),
                    ],
                )
                .default_of("deny"),
            ),
            optional(
                "when_missing",
                Schema::words(
                    "What becomes of certificates whose issuer has no list here.",
                    &[("deny", "they are refused (revocation_unknown)"), ("allow", "they pass")],
                )
                .default_of("deny"),
            ),
            optional(
                "depth",
                Schema::words(
                    "What is looked up.",
                    &[("leaf", "the client's certificate"), ("chain", "the intermediates too")],
                )
                .default_of("leaf"),
            ),
        ],
    );
    Schema::one_of(
        "What the authority has revoked.",
        [
            Schema::text(lists, &REVOCATION_LIST).titled("Lists"),
            rules.titled("Lists, and when they count"),
        ],
    )
}

fn subject() -> Schema {
    let patterns =
        |name, about: &str, text| optional(name, Schema::set(about, Schema::text("", text)));
    Schema::object(
        "Which of its clients are meant. Every kind that is given must match, by one of its patterns.",
        [
            patterns("dns", "DNS names; *.example.com has exactly one label more.", &DNS_PATTERN),
            patterns("uri", "URIs; spiffe://example.com/ns/* is all that goes on so.", &URI_PATTERN),
            patterns("email", "Mailboxes; *@example.com is all of that host.", &EMAIL_PATTERN),
            patterns("common_name", "Common names of subjects.", &COMMON_NAME),
        ],
    )
    .with("minProperties", 1)
}
