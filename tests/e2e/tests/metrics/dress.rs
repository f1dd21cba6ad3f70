//! Bootstraps as others render them.

use std::fs;

use peergate_e2e::{Bootstrap, POLICY_FILE, replace_policy};
use serde_json::{Value, json};

/// Without the tags of the rendered bootstrap: Envoy has its own, as with Envoy Gateway.
pub(crate) fn without_tags(bootstrap: &mut Bootstrap) {
    let config = bootstrap.config.as_object_mut().expect("an object");
    config.remove("stats_config").expect("it was rendered");
}

/// With the tags, the choice and the names that Istio makes, and what docs/observing.md adds to its choice.
pub(crate) fn as_istio(bootstrap: &mut Bootstrap) {
    let tags = [
        ("cluster_name", r"^cluster(\.(.+);)"),
        (
            "http_conn_manager_prefix",
            r"^http\.(((?:[_.[:digit:]\w]*|[_\[\]aAbBcCdDeEfF[:digit:]\w\:]*));\.)",
        ),
        ("response_code", r"_rq(_(\d{3}))$"),
        ("response_code_class", r"_rq(_(\dxx))$"),
        ("cache", r"(cache\.(.+?)\.)"),
        ("component", r"(component\.(.+?)\.)"),
        ("tag", r"(tag\.(.+?);\.)"),
        ("wasm_filter", r"(wasm_filter\.(.+?)\.)"),
        ("authz_enforce_result", r"rbac(\.(allowed|denied))"),
    ];
    let prefixes = ["cluster_manager", "listener_manager", "server", "cluster.xds-grpc", "wasm"];
    let prefixes = prefixes.into_iter().chain(["extension_config_discovery"]);
    let suffixes = ["rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied"];
    let patterns = prefixes.map(|prefix| json!({ "prefix": prefix }));
    let patterns = patterns.chain(suffixes.map(|suffix| json!({ "suffix": suffix })));
    let matched = json!({ "safe_regex": { "regex": "http[.].*downstream_rq_(time|[1-5]xx)" } });
    bootstrap.config["stats_config"] = json!({
        "use_all_default_tags": false,
        "stats_tags": tags.map(|(name, regex)| json!({ "tag_name": name, "regex": regex })),
        "stats_matcher": {
            "inclusion_list": { "patterns": patterns.chain([matched]).collect::<Vec<_>>() },
        },
    });
    bootstrap.connection_manager()["stat_prefix"] = "outbound_0.0.0.0_443;".into();

    let file = bootstrap.directory.join(POLICY_FILE);
    let text = fs::read_to_string(file).expect("a resource");
    let mut resource: Value = serde_saphyr::from_str(&text).expect("YAML");
    let resources = &mut resource["resources"][0];
    resources["name"] = FILTER.into();
    resources["typed_config"]["config"]["name"] = "istio-system.peergate".into();
    replace_policy(&bootstrap.directory, &resource.to_string());
    for filter in bootstrap.http_filters() {
        if filter["name"] == "peergate" {
            filter["name"] = FILTER.into();
        }
    }
}

/// Has Envoy lead some requests past the filter: the guard refuses them.
pub(crate) fn skip(bootstrap: &mut Bootstrap) {
    let mut filters = bootstrap.http_filters().iter();
    let is_peergate = |filter: &&Value| filter["name"] == "peergate" || filter["name"] == FILTER;
    let name = filters.find(is_peergate).expect("the filter")["name"].clone();
    let routes = bootstrap.virtual_host()["routes"].as_array_mut().expect("routes");
    let mut skipping = routes[0].clone();
    skipping["name"] = "skipping".into();
    skipping["match"] = json!({ "prefix": SKIPPING });
    skipping["typed_per_filter_config"] = json!({ name.as_str().expect("a name"): {
        "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
        "disabled": true,
    } });
    routes.insert(0, skipping);
}

/// The path on which it does.
pub(crate) const SKIPPING: &str = "/skipped";

const FILTER: &str = "extensions.istio.io/wasmplugin/istio-system.peergate";
