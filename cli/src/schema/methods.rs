//! `certificate`, `jwt` and `api_key`: which credentials hold; and `rate`.

use serde_json::json;

use super::text::{
    CLAIM, CREDENTIAL_HEADER, HMAC_SECRET, ISSUER, NAME, PARAMETER, PERIOD, SCHEME, SCOPE,
};
use super::vocabulary::{Field, Schema, optional, required};

/// `certificate`.
pub(super) fn certificate() -> Schema {
    let inherits = Schema::has("inherit", Schema::default().with("const", false));
    Schema::object("Which certificates hold. {}: those of the global lists.", [
        optional(
            "allow",
            lists("Lists any of which admits, before the global ones. The first that does says who it is."),
        ),
        optional("require", lists("Lists all of which must hold the certificate too.")),
        optional("deny", lists("Lists that refuse, besides the global ones.")),
        optional("inherit", Schema::boolean("Adds global.allow to allow.").default_of(true)),
        optional(
            "validity",
            Schema::words("What if the dates of a certificate cannot be known.", &[
                ("required", "it is refused"),
                ("when_known", "it passes; known dates hold"),
                ("unchecked", "dates are not looked at"),
            ])
            .default_of("required"),
        ),
        optional("if_refused", if_refused("Never one that is denied, revoked or malformed.")),
    ])
    .with_schemas("allOf", [Schema::when(inherits, Schema::default().with("required", vec!["allow"]))])
}

/// `jwt`.
pub(super) fn jwt() -> Schema {
    let texts = |about: &str, item| Schema::set(about, item);
    Schema::object("Which tokens hold that Envoy's jwt_authn, or Istio, has verified.", [
        required(
            "issuers",
            texts("Issuers, one of which `iss` must be. No # in them.", Schema::text("", &ISSUER)),
        ),
        optional(
            "audiences",
            texts("`aud` must have one of these.", Schema::some_text("", "orders")),
        ),
        optional(
            "payload",
            Schema::some_text("Where the verified payload is: jwt_authn's payload_in_metadata.", "jwt_payload")
                .default_of("jwt_payload"),
        ),
        optional(
            "failed_status",
            Schema::some_text(
                "Where it is told why there is none: jwt_authn's failed_status_in_metadata.",
                "jwt_failed_status",
            )
            .default_of("jwt_failed_status"),
        ),
        optional(
            "from",
            Schema::defined(
                "from",
                "Where clients put tokens, as jwt_authn says. Left out: Authorization with Bearer, and the query \
                 parameter access_token.",
            )
            .with(
                "default",
                json!([{ "header": "authorization", "scheme": "Bearer" }, { "query": "access_token" }]),
            ),
        ),
        optional(
            "claims",
            Schema::map(
                "Claims that must hold, all of them. A name that begins with / is a JSON Pointer: /realm_access/roles.",
                &CLAIM,
                claim(),
            )
            .with("minProperties", 1),
        ),
        optional(
            "scopes",
            texts("Scopes that must be granted, all of them, in `scope` or `scp`.", Schema::text("", &SCOPE)),
        ),
        optional(
            "identity",
            Schema::text("The claim that says who the client is. Left out: <iss>#<sub>.", &CLAIM),
        ),
        optional(
            "bound",
            Schema::words("Whether the token must be bound to the client's certificate (RFC 8705).", &[
                ("required", "it must"),
                ("if_claimed", "if it says so, its client must hold that certificate"),
                ("unchecked", "what it says of that is not looked at"),
            ])
            .default_of("if_claimed"),
        ),
        optional("if_refused", if_refused("")),
    ])
}

/// `api_key`.
pub(super) fn api_key() -> Schema {
    Schema::object(
        "Which API keys hold.",
        [
            required("lists", lists("The lists that hold them. Each has a feed.")),
            required("from", Schema::defined("from", "Where clients put keys.")),
            optional(
                "hmac_secret",
                Schema::text(
                    "The lists hold HMAC-SHA-256 of keys under this secret of at least 16 bytes. Left out: SHA-256.",
                    &HMAC_SECRET,
                ),
            ),
            optional("if_refused", if_refused("")),
        ],
    )
}

/// `from` of tokens and keys.
pub(super) fn from() -> Schema {
    let place = |title, fields: Vec<Field>| Schema::object("", fields).titled(title);
    let name = |about: &str| Schema::text(about, &PARAMETER);
    Schema::set(
        "Places that are read, no two of them the same.",
        Schema::one_of(
            "A header, a query parameter or a cookie.",
            [
                place(
                    "A header",
                    vec![
                        required("header", Schema::text("The header's name.", &CREDENTIAL_HEADER)),
                        optional(
                            "scheme",
                            Schema::text(
                                "What stands before it, as Bearer. Left out: nothing, the value is all of it.",
                                &SCHEME,
                            ),
                        ),
                    ],
                ),
                place("A query parameter", vec![required("query", name("The parameter's name."))]),
                place("A cookie", vec![required("cookie", name("The cookie's name."))]),
            ],
        ),
    )
}

/// `rate`.
pub(super) fn rate() -> Schema {
    let count = |about: &str| Schema::whole(about, 1, u32::MAX);
    Schema::object(
        "How many requests somebody may make.",
        [
            required("requests", count("So many requests …")),
            required("per", Schema::text("… in so long: 1s to 24h.", &PERIOD)),
            optional(
                "burst",
                count("So many may come at once. Left out: as many as requests says."),
            ),
        ],
    )
}

/// Lists by their names.
pub(super) fn lists(about: &str) -> Schema {
    Schema::set(about, Schema::text("", &NAME))
}

fn if_refused(more: &str) -> Schema {
    let ignored = format!("the credential counts as none. {more}");
    Schema::words(
        "What becomes of a request whose credential of this kind is refused.",
        &[
            ("deny", "it is refused, even where another alternative would hold"),
            ("ignore", ignored.trim_end().trim_end_matches('.')),
        ],
    )
    .default_of("deny")
}

/// What a claim must say.
fn claim() -> Schema {
    let value = |about: &str| {
        Schema::about(about)
            .with("type", vec!["string", "number", "boolean"])
            .with("minimum", -LARGEST)
            .with("maximum", LARGEST)
            .with("examples", vec!["payroll"])
    };
    let form = |title, name, schema| Schema::object("", [required(name, schema)]).titled(title);
    let contained = Schema::one_of(
        "The claim is a list, in which this is.",
        [value(""), Schema::list("All of these are in it.", value("")).titled("Several values")],
    );
    Schema::one_of(
        "What the claim must say: text, number or boolean, of the same type.",
        [
            form("One value", "equals", value("The claim is this.")),
            form("One of several", "one_of", Schema::list("The claim is one of these.", value(""))),
            form("A list with it", "contains", contained),
        ],
    )
}

/// Larger numbers lose digits on their way here.
const LARGEST: i32 = i32::MAX;
