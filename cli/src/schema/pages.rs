//! What feeds answer.

use super::entries::texts_by_name;
use super::lists::grant;
use super::text::{CURSOR, MOMENT, PRINTABLE, SERIAL, SHA256, SPKI_SHA256};
use super::vocabulary::{Field, Schema, optional, required};

/// A page of changes.
pub(super) fn page() -> Schema {
    let change = Schema::one_of(
        "A change. Of two of one key the later one holds.",
        [
            Schema::object("", [required("put", Schema::defined("entry", ""))]).titled("Put"),
            Schema::object("", [required("delete", Schema::defined("key", ""))]).titled("Delete"),
        ],
    );
    Schema::object(
        "A page of changes.",
        [
            required(
                "version",
                Schema::about(
                    "The version of the whole list at the moment of the answer. It never falls.",
                )
                .with("type", "integer")
                .with("minimum", 0),
            ),
            required(
                "cursor",
                Schema::text(
                    "What the next request asks after: 1 to 1024 printable ASCII characters.",
                    &CURSOR,
                )
                .with("maxLength", 1024),
            ),
            optional(
                "more",
                Schema::boolean("The next page can be had at once.").default_of(false),
            ),
            optional(
                "reset",
                Schema::boolean(
                    "The page is part of the whole list, in place of all that is known.",
                )
                .default_of(false),
            ),
            required(
                "changes",
                Schema::about("What changes, in order.")
                    .with("type", "array")
                    .with_schema("items", change),
            ),
        ],
    )
    .titled("Native")
}

/// The whole list as Envoy's `client_ssl_auth` reads it.
pub(super) fn approved() -> Schema {
    let certificate = Schema::object(
        "A certificate that is approved.",
        [required("fingerprint_sha256", Schema::text("The SHA-256 of its DER in hex.", &SHA256))],
    );
    let certificates = Schema::about("All certificates that are approved.")
        .with("type", "array")
        .with_schema("items", certificate);
    Schema::object(
        "The whole list, for a feed with format client_ssl_auth.",
        [required("certificates", certificates)],
    )
    .titled("client_ssl_auth")
}

/// An entry, as it is put. It may have 4096 bytes.
pub(super) fn entry() -> Schema {
    let until = moment("until", "Until when it is denied. Left out or null: for ever.");
    let bound = "Certificates one of which the client of the key must have, by their SHA-256 in hex. Left out or \
                 null: none is needed.";
    let certificates = or_null(Schema::set(bound, Schema::text("", &SHA256)));
    Schema::one_of(
        "An entry of up to 4096 bytes: exactly one of certificate, api_key, deny.",
        [
            Schema::object("", [certificate()].into_iter().chain(session()))
                .titled("A certificate"),
            Schema::object(
                "",
                [api_key()]
                    .into_iter()
                    .chain(session())
                    .chain([optional("certificates", certificates)]),
            )
            .titled("An API key"),
            Schema::object("", [deny(), until]).titled("A denial"),
        ],
    )
}

/// What an entry is about, as it is deleted.
pub(super) fn key() -> Schema {
    Schema::one_of(
        "What is deleted: exactly one of certificate, api_key, deny, as in its entry.",
        [
            Schema::object("", [certificate()]).titled("A certificate"),
            Schema::object("", [api_key()]).titled("An API key"),
            Schema::object("", [deny()]).titled("A denial"),
        ],
    )
}

fn certificate() -> Field {
    required("certificate", Schema::text("The SHA-256 of the certificate's DER in hex.", &SHA256))
}

fn api_key() -> Field {
    required(
        "api_key",
        Schema::text(
            "The SHA-256 of the key in hex, or its HMAC-SHA-256 where the policy has hmac_secret; never the key.",
            &SHA256,
        ),
    )
}

fn session() -> [Field; 7] {
    [
        optional(
            "identity",
            or_null(Schema::text(
                "Who it is: 1 to 256 printable ASCII characters. Left out or null: the fingerprint, or api_key:<digest>.",
                &PRINTABLE,
            )),
        ),
        required("apis", grant("The APIs that it may use.")),
        optional("active", or_null(Schema::boolean("false suspends it.").default_of(true))),
        moment("not_before", "From when on it may be used. Left out or null: from now on."),
        moment("expires", "Until when it may be used. Left out or null: for ever."),
        optional(
            "labels",
            or_null(texts_by_name("What else the upstream may learn, by forward.labels.")),
        ),
        optional("rate", or_null(Schema::defined("rate", ""))),
    ]
}

fn deny() -> Field {
    let form = |title, name, schema| Schema::object("", [required(name, schema)]).titled(title);
    let sha256 = |about: &str| Schema::text(about, &SHA256);
    let issued = |title, name, about: &str| {
        let serial = Schema::text("The serial number in hex.", &SERIAL);
        Schema::object("", [required(name, sha256(about)), required("serial", serial)])
            .titled(title)
    };
    let issued = Schema::one_of(
        "One certificate, by its issuer and serial number.",
        [
            issued(
                "By the issuer's name",
                "by_name_sha256",
                "The SHA-256 of the issuer's name (DER) in hex.",
            ),
            issued(
                "By the issuer's certificate",
                "by_sha256",
                "The SHA-256 of the issuer's certificate in hex.",
            ),
        ],
    );
    required(
        "deny",
        Schema::one_of(
            "What is refused, whatever else admits it.",
            [
                form(
                    "A certificate",
                    "certificate",
                    sha256("The SHA-256 of the certificate's DER in hex."),
                ),
                form(
                    "A key",
                    "spki_sha256",
                    Schema::text(
                        "The SHA-256 of the SubjectPublicKeyInfo in base64.",
                        &SPKI_SHA256,
                    ),
                ),
                form("A number", "issued", issued),
            ],
        ),
    )
}

fn moment(name: &'static str, about: &str) -> Field {
    optional(name, or_null(Schema::text(about, &MOMENT)))
}

/// Something that may be null, as if it were left out.
fn or_null(schema: Schema) -> Schema {
    Schema::default().with_schemas("anyOf", [schema, Schema::default().with("type", "null")])
}
