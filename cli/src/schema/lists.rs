//! `lists` and their feeds.

use serde_json::json;

use super::text::{FEED_PATH, LIST_SECRET, NAME, PERIOD, TICK, VISIBLE};
use super::vocabulary::{Field, Schema, optional, required};

/// What a list is: entries of its own, or a feed.
pub(super) fn list() -> Schema {
    Schema::one_of(
        "A list.",
        [
            Schema::defined("list_of_entries", "").titled("Entries"),
            Schema::defined("list_of_a_feed", "").titled("A feed"),
        ],
    )
}

/// A list with entries of its own.
pub(super) fn of_entries() -> Schema {
    let entries = |items| Schema::default().named("properties", [("entries", items)]);
    let items = |item| Schema::default().with_schema("items", item);
    let entry = || Schema::defined("entry", "");
    // What is skipped may be anything; an editor still knows what is meant.
    let any = Schema::default().with_schemas("anyOf", [entry(), Schema::default()]);
    let skips = Schema::has("on_invalid_entry", Schema::default().with("const", "skip"));
    Schema::object(
        "A list with entries of its own.",
        [
            required(
                "entries",
                Schema::about("Who is on the list.").with("type", "array").with("minItems", 1),
            ),
            optional(
                "on_invalid_entry",
                Schema::words(
                    "What becomes of an entry that cannot be used.",
                    &[
                        ("error", "the policy is refused"),
                        ("skip", "the list goes without it, and says so in log and metrics"),
                    ],
                )
                .default_of("error"),
            ),
        ],
    )
    .with_schema("if", skips)
    .with_schema("then", entries(items(any)))
    .with_schema("else", entries(items(entry())))
}

/// A list that a feed fills, in a policy or in the sync service.
pub(super) fn of_a_feed() -> Schema {
    let feeds = Schema::one_of(
        "Where the list comes from.",
        [
            Schema::defined("feed", ""),
            Schema::list(
                "A feed, and a second one that stands in for it.",
                Schema::defined("feed", ""),
            )
            .titled("Two feeds")
            .with("maxItems", 2),
        ],
    );
    let two = Schema::default().with("type", "array").with("minItems", 2);
    let with_two = Schema::default().named("properties", [("feed", two)]);
    Schema::object(
        "A list that a feed fills and keeps up to date, without a new policy.",
        [
            required("feed", feeds),
            optional(
                "secret",
                Schema::text(
                    "16 to 256 printable ASCII characters, part of the keys under which the list lies in Envoy's \
                     shared data: other plugins there cannot name them.",
                    &LIST_SECRET,
                ),
            ),
            period(
                "max_age",
                "How long the list is good after the last accepted answer. More than the feed's interval, and than \
                 its wait and 10s.",
                "24h",
            ),
            period("start_wait", "How long requests may wait for the first load: 60s at the most.", "0s"),
            period(
                "fallback_after",
                "How long the first feed must have failed until the second is asked: 1s at least.",
                "60s",
            ),
            optional(
                "work_per_tick",
                Schema::text(
                    "How long Envoy's thread may be kept from its requests at a time, to write the list: 1ms to 100ms.",
                    &TICK,
                )
                .default_of("3ms"),
            ),
            optional(
                "when_stale",
                Schema::words("What becomes of requests that need the list when max_age is over.", &[
                    ("refuse", "they are refused (list_stale)"),
                    ("keep", "the old list goes on; one that was never loaded refuses all the same"),
                ])
                .default_of("refuse"),
            ),
        ],
    )
    .with_schemas("allOf", [Schema::when(has_given("fallback_after"), with_two)])
}

/// One feed.
pub(super) fn feed() -> Schema {
    let words = "What answers look like.";
    let native = [
        optional(
            "format",
            Schema::words(words, &[("native", "pages of changes")]).default_of("native"),
        ),
        period(
            "wait",
            "How long the feed may hold its answer back until there is news (long poll): whole seconds, 300s at \
             the most. 0s: it is asked every interval.",
            "0s",
        ),
        optional(
            "page",
            Schema::whole("How many changes an answer is asked to have.", 1, 100_000)
                .default_of(1000),
        ),
    ];
    let approved = [
        required(
            "format",
            Schema::words(words, &[("client_ssl_auth", "what Envoy's filter of that name reads")]),
        ),
        required("apis", grant("The APIs that every certificate of the list may use.")),
    ];
    Schema::one_of(
        "A feed.",
        [
            Schema::object("A feed that tells what changes.", asked().into_iter().chain(native))
                .titled("Native"),
            Schema::object(
                "A feed in the format of Envoy's client_ssl_auth.",
                asked().into_iter().chain(approved),
            )
            .titled("client_ssl_auth"),
        ],
    )
}

/// What every feed has, whatever its answers look like.
fn asked() -> [Field; 5] {
    [
        required(
            "cluster",
            Schema::text(
                "The Envoy cluster that is asked. TLS and credentials for the feed belong there.",
                &VISIBLE,
            ),
        ),
        required(
            "path",
            Schema::text("What is asked for: a path, which may have a query.", &FEED_PATH)
                .with("maxLength", 2048),
        ),
        optional(
            "authority",
            Schema::text(
                "The host that is asked for. Left out: the name of the cluster.",
                &VISIBLE,
            ),
        ),
        period(
            "interval",
            "The pause between requests whose answers are not held back: 1s to 24h.",
            "10s",
        ),
        optional(
            "max_bytes",
            Schema::whole("How many bytes an answer may have: 1024 to 8388608.", 1024, 8_388_608)
                .default_of(1_048_576),
        ),
    ]
}

/// `apis`: all, or some by their names.
pub(super) fn grant(about: &str) -> Schema {
    Schema::one_of(
        about,
        [
            Schema::about("Every API.").titled("All").with("const", json!(["*"])),
            Schema::set("Names of APIs.", Schema::text("", &NAME)).titled("Some"),
        ],
    )
}

fn period(name: &'static str, about: &str, default: &str) -> Field {
    optional(name, Schema::text(about, &PERIOD).default_of(default))
}

fn has_given(name: &'static str) -> Schema {
    Schema::default().with("required", vec![name])
}
