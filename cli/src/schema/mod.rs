//! JSON Schemas of what Peergate reads, for editors and pipelines.
//!
//! The core's readers are the language; what stands here describes them. `cli/tests/schema` holds the two
//! against each other, field by field, word by word, and on thousands of documents.

mod apis;
mod entries;
mod lists;
mod methods;
mod pages;
mod settings;
mod text;
mod vocabulary;

use text::NAME;
pub(crate) use vocabulary::Schema;
use vocabulary::{optional, required};

/// A policy: the configuration of the filter.
pub(crate) fn policy() -> Schema {
    let policy = Schema::object(
        "Which clients may pass, per API and per request.",
        [
            version(),
            optional("lists", Schema::map("Lists of clients, by name.", &NAME, lists::list())),
            optional("global", settings::global()),
            required(
                "apis",
                Schema::list(
                    "APIs in order: the first whose match holds decides.",
                    Schema::defined("api", ""),
                ),
            ),
            optional("default", settings::unmatched()),
            optional("forward", settings::forward()),
            optional("replies", settings::replies()),
        ],
    );
    document("Peergate policy", policy).named(
        "$defs",
        [
            ("list_of_entries", lists::of_entries()),
            ("entry", entries::entry()),
            ("list_of_a_feed", lists::of_a_feed()),
            ("feed", lists::feed()),
            ("api", apis::api()),
            ("operation", apis::operation()),
            ("match", apis::matches()),
            ("rule", apis::rule()),
            ("policy", apis::policy()),
            ("certificate", methods::certificate()),
            ("jwt", methods::jwt()),
            ("api_key", methods::api_key()),
            ("from", methods::from()),
            ("rate", methods::rate()),
        ],
    )
}

/// A configuration of the sync service.
pub(crate) fn sync() -> Schema {
    let list = Schema::defined("list_of_a_feed", "");
    let lists = Schema::map("Lists that a feed fills, by name, as in the policy.", &NAME, list);
    let sync = Schema::object(
        "The lists that the sync service fills.",
        [version(), required("lists", lists.with("minProperties", 1))],
    );
    document("Peergate sync service", sync)
        .named("$defs", [("list_of_a_feed", lists::of_a_feed()), ("feed", lists::feed())])
}

/// What a feed answers.
pub(crate) fn feed() -> Schema {
    let answer = Schema::one_of(
        "What the feed of a dynamic list answers.",
        [pages::page(), pages::approved()],
    );
    document("Peergate feed", answer).named(
        "$defs",
        [("entry", pages::entry()), ("key", pages::key()), ("rate", methods::rate())],
    )
}

fn version() -> vocabulary::Field {
    let about = "The version of the language: 1, the only one there is.";
    required("version", Schema::about(about).with("const", 1))
}

fn document(title: &str, schema: Schema) -> Schema {
    schema.titled(title).first("$schema", "https://json-schema.org/draft/2020-12/schema")
}
