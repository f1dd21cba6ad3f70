//! `apis` and their operations.

use serde_json::json;

use super::text::{HOST, METHOD, NAME, PATH, PATH_PREFIX, PATH_TEMPLATE};
use super::vocabulary::{Field, Schema, optional, required};

/// One API.
pub(super) fn api() -> Schema {
    let own = [
        required("name", Schema::text("Its name in grants, metrics and logs.", &NAME)),
        optional("match", Schema::defined("match", "Which requests it is for. Left out: all.")),
        required("policy", Schema::defined("policy", "")),
    ];
    let operations = Schema::list(
        "Other rules for some requests of this API: the first whose match holds decides, else the API itself.",
        Schema::defined("operation", ""),
    );
    let more = [
        optional("operations", operations),
        optional(
            "open_streams",
            Schema::words("What becomes of requests under way when their client would no longer pass.", &[
                ("keep", "they go on"),
                ("end", "they are reset within a second, WebSockets and streams too"),
            ])
            .default_of("keep"),
        ),
        optional(
            "strip",
            Schema::boolean(
                "Takes tokens and keys that were looked at out of header, query and cookie before the upstream.",
            )
            .default_of(false),
        ),
        optional("cors_preflight", preflight("Left out: as global.cors_preflight says.")),
    ];
    let about = "An API. The first whose match holds decides.";
    Schema::object(about, own.into_iter().chain(parts()).chain(more)).with_schemas(
        "allOf",
        ["certificate", "jwt", "api_key"].map(|method| {
            let block = Schema::default().with("required", vec![method]);
            Schema::when(Schema::has("policy", names(method)), block)
        }),
    )
}

/// One operation of an API.
pub(super) fn operation() -> Schema {
    let own = [
        required("match", Schema::defined("match", "Which requests of the API it is for.")),
        optional("policy", Schema::defined("policy", "")),
    ];
    Schema::object(
        "Some requests of an API. What it leaves out, the API says; it has to change something.",
        own.into_iter().chain(parts()),
    )
    .with("minProperties", 2)
}

/// What an API says and an operation may say, besides the policy.
fn parts() -> [Field; 6] {
    [
        optional("certificate", Schema::defined("certificate", "")),
        optional("jwt", Schema::defined("jwt", "")),
        optional("api_key", Schema::defined("api_key", "")),
        optional(
            "identity_from",
            method(
                "The method that says who the client is. Left out: the first of certificate, api_key and jwt that \
                 the accepted alternative has.",
            ),
        ),
        optional(
            "rate",
            Schema::defined(
                "rate",
                "How often each identity may come whose entry has no rate of its own.",
            ),
        ),
        optional("enforcement", enforcement("Left out: as global.enforcement says.")),
    ]
}

/// `match`: a rule, or several.
pub(super) fn matches() -> Schema {
    let rule = || Schema::defined("rule", "");
    Schema::one_of(
        "Which requests are meant.",
        [rule(), Schema::list("Rules any of which may hold.", rule()).titled("Several rules")],
    )
}

/// One rule of a `match`.
pub(super) fn rule() -> Schema {
    let names = |about: &str, example| Schema::set(about, Schema::some_text("", example));
    let without = |name, others| {
        let condition = Schema::default().with("required", vec![name]);
        Schema::when(condition, Schema::default().with("properties", others))
    };
    Schema::object("All that is given must hold; what is left out holds for every request.", [
        optional(
            "virtual_hosts",
            names("Names of Envoy virtual hosts, any of which was chosen.", "employee"),
        ),
        optional("routes", names("Names of Envoy routes, any of which was chosen.", "employee-v3")),
        optional(
            "hosts",
            Schema::set(
                "Hosts, any of which it is: exact, or *.suffix at any depth, as domains of an Envoy virtual host.",
                Schema::text("", &HOST),
            ),
        ),
        optional("path", Schema::text("This path alone.", &PATH)),
        optional(
            "path_prefix",
            Schema::text("This path and what is below it: /a is /a and /a/…, not /ab.", &PATH_PREFIX),
        ),
        optional(
            "path_template",
            Schema::text("A path in which {x} stands for any one segment.", &PATH_TEMPLATE),
        ),
        optional(
            "methods",
            Schema::set("Methods, any of which it is, in upper case.", Schema::text("", &METHOD)),
        ),
    ])
    .titled("One rule")
    .with_schemas("allOf", [
        without("path", json!({ "path_prefix": false, "path_template": false })),
        without("path_prefix", json!({ "path_template": false })),
    ])
}

/// `policy`: what must be shown.
pub(super) fn policy() -> Schema {
    let all = |about: &str| Schema::set(about, method(""));
    let alternative = Schema::one_of(
        "",
        [
            Schema::default()
                .with("enum", vec!["certificate", "jwt", "api_key", "anonymous"])
                .titled("One method"),
            all("All of these.").titled("Several methods together"),
        ],
    );
    Schema::one_of("What a request must show. One that shows something refused is denied.", [
        Schema::words("", &[
            ("mandatory", "a certificate"),
            ("optional", "a certificate, or none"),
            ("open", "nothing; credentials are not looked at"),
        ])
        .titled("A word"),
        all("All of these methods.").titled("Several methods together"),
        Schema::object("", [
            required(
                "any_of",
                Schema::set("Alternatives: the first that holds. anonymous needs nothing, and comes last.", alternative),
            ),
            optional("check", all("Methods that are looked at if presented, besides.")),
        ])
        .titled("Alternatives"),
    ])
}

/// A policy that names a method, and so needs its block.
fn names(method: &'static str) -> Schema {
    let is = || Schema::default().with("const", method);
    let has = |item| Schema::default().with("type", "array").with_schema("contains", item);
    let alternative = Schema::default().with_schemas("anyOf", [is(), has(is())]);
    let mut ways =
        vec![has(is()), object_with("any_of", has(alternative)), object_with("check", has(is()))];
    if method == "certificate" {
        ways.push(Schema::default().with("enum", vec!["mandatory", "optional"]));
    }
    Schema::default().with_schemas("anyOf", ways)
}

fn object_with(name: &'static str, schema: Schema) -> Schema {
    Schema::default()
        .with("type", "object")
        .with("required", vec![name])
        .named("properties", [(name, schema)])
}

fn method(about: &str) -> Schema {
    Schema::about(about).with("enum", vec!["certificate", "jwt", "api_key"])
}

/// `enforcement`.
pub(super) fn enforcement(more: &str) -> Schema {
    Schema::words(
        format!("What becomes of refusals. {more}").trim_end(),
        &[
            ("enforce", "requests are refused"),
            ("shadow", "they are counted, and the request passes as nobody"),
        ],
    )
}

/// `cors_preflight`.
pub(super) fn preflight(more: &str) -> Schema {
    let about = format!("What becomes of CORS preflights, which carry no credentials. {more}");
    Schema::words(
        about.trim_end(),
        &[("check", "they are judged like any other request"), ("pass", "they pass as nobody")],
    )
}
