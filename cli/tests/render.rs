//! `peergate render`: its examples are what it prints, and what the control planes' schemas allow.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails where it panics")]

#[path = "render/envoy_gateway.rs"]
mod envoy_gateway;
#[path = "render/istio.rs"]
mod istio;
#[path = "render/schema.rs"]
mod schema;
#[path = "render/service_entry.rs"]
mod service_entry;
#[path = "render/tokens.rs"]
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use peergate::Policy;
use peergate::dynamic::DynamicList;
use serde_json::Value;

/// The examples: the file that takes the standard output, or the directory that takes files, and the
/// command, from the workspace's root.
const EXAMPLES: [(&str, &str); 14] = [
    (
        "envoy-config/envoy",
        "render envoy --policy envoy-config/policy.yaml --policy-file /etc/envoy/peergate.yaml \
         --overwrite --directory",
    ),
    (
        "envoy-config/envoy-1.36",
        "render envoy --envoy 1.36 --policy envoy-config/policy.yaml \
         --policy-file /etc/envoy/peergate.yaml --overwrite --directory",
    ),
    (
        "envoy-config/envoy-dynamic",
        "render envoy --policy envoy-config/policy-dynamic.yaml --feed peergate-feed=feed.example.com:80 \
         --policy-file /etc/envoy/peergate.yaml --overwrite --directory",
    ),
    (
        "envoy-config/envoy-certificate-or-jwt",
        "render envoy --policy envoy-config/policy-certificate-or-jwt.yaml \
         --jwks https://idp.example.com=https://idp.example.com/jwks.json \
         --policy-file /etc/envoy/peergate.yaml --overwrite --directory",
    ),
    (
        "envoy-config/envoy-certificate-and-jwt",
        "render envoy --policy envoy-config/policy-certificate-and-jwt.yaml \
         --jwks https://idp.example.com=/etc/envoy/jwks.json \
         --policy-file /etc/envoy/peergate.yaml --overwrite --directory",
    ),
    (
        "envoy-config/envoy-api-key",
        "render envoy --policy envoy-config/policy-api-key.yaml \
         --feed peergate-feed=https://feed.example.com \
         --policy-file /etc/envoy/peergate.yaml --overwrite --directory",
    ),
    (
        "envoy-config/envoy-rate-limit",
        "render envoy --policy envoy-config/policy-rate-limit.yaml \
         --feed peergate-feed=feed.example.com:80 --rate-limit-service ratelimit.example.com:8081 \
         --policy-file /etc/envoy/peergate.yaml --overwrite --directory",
    ),
    (
        "envoy-config/envoy-gateway-dynamic/peergate.yaml",
        "render envoy-gateway --policy envoy-config/policy-dynamic.yaml --gateway eg --route employee \
         --feed peergate-feed=https://feed.example.com \
         --url https://modules.example.com/peergate/peergate_http-0.1.0.wasm",
    ),
    (
        "envoy-config/istio-certificate-and-jwt/peergate.yaml",
        "render istio --policy envoy-config/policy-certificate-and-jwt.yaml --hosts api.example.com \
         --jwks https://idp.example.com=https://idp.example.com/jwks.json \
         --credential api-example-com --url oci://registry.example.com/peergate/peergate_http:0.1.0",
    ),
    (
        "envoy-config/istio-dynamic/peergate.yaml",
        "render istio --policy envoy-config/policy-istio-dynamic.yaml --feed https://feed.example.com \
         --hosts api.example.com --credential api-example-com \
         --url oci://registry.example.com/peergate/peergate_http:0.1.0",
    ),
    (
        "envoy-config/istio-sidecar/peergate.yaml",
        "render istio-sidecar --policy envoy-config/policy-istio-sidecar.yaml --namespace shop \
         --selector app=orders --url oci://registry.example.com/peergate/peergate_http:0.1.0",
    ),
    (
        "envoy-config/istio-traffic-extension/peergate.yaml",
        "render istio --extension traffic-extension --policy envoy-config/policy.yaml \
         --hosts api.example.com --credential api-example-com \
         --url oci://registry.example.com/peergate/peergate_http:0.1.0",
    ),
    (
        "envoy-config/istio/peergate.yaml",
        "render istio --policy envoy-config/policy.yaml --hosts api.example.com \
         --credential api-example-com --url oci://registry.example.com/peergate/peergate_http:0.1.0",
    ),
    (
        "envoy-config/envoy-gateway/peergate.yaml",
        "render envoy-gateway --policy envoy-config/policy.yaml --gateway eg \
         --url oci://registry.example.com/peergate/peergate_http:0.1.0",
    ),
];

#[test]
fn the_examples_are_what_it_prints() {
    for (place, command) in EXAMPLES {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        let directory = command.ends_with("--directory").then(|| scratch("examples"));
        let redirect = if directory.is_some() { "" } else { "> " };
        arguments.extend(directory.iter().map(|path| path.to_str().unwrap()));
        let printed = printed(&arguments);
        let files = match &directory {
            None => vec![(workspace().join(place), printed)],
            Some(written) => read_all(written)
                .into_iter()
                .map(|(name, text)| (workspace().join(place).join(name), text))
                .collect(),
        };
        let stale: Vec<_> = files
            .iter()
            .filter(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(text))
            .map(|(path, _)| path.strip_prefix(workspace()).unwrap().display().to_string())
            .collect();
        assert!(stale.is_empty(), "{stale:?} drifted: run `peergate {command} {redirect}{place}`");
    }
}

#[test]
fn schemas_allow_the_examples() {
    let Some(schemas) = schema::Schemas::find() else { return };
    for (path, text) in examples() {
        for document in documents(&text).iter().filter(|document| document["kind"].is_string()) {
            let problems = schemas.problems(document);
            assert!(problems.is_empty(), "{path}: {}: {problems:#?}", document["kind"]);
        }
    }
}

#[test]
fn schemas_find_typing_errors() {
    let Some(schemas) = schema::Schemas::find() else { return };
    let (_, text) = examples().into_iter().find(|(path, _)| path.contains("istio")).unwrap();
    for (good, bad) in [
        ("failStrategy: FAIL_RELOAD", "failStrategy: FAIL_RELAOD"),
        ("failStrategy:", "failureStrategy:"),
        ("number: 443", "number: \"443\""),
        ("applyTo: FILTER_CHAIN", "applyTo: FILTERCHAIN"),
        ("subFilter:", "subfilter:"),
    ] {
        let text = text.replace(good, bad);
        assert!(documents(&text).iter().any(|one| !schemas.problems(one).is_empty()), "{bad}");
    }
}

/// Where the policy lies in a document, and how.
fn embedded(document: &Value) -> Option<Vec<u8>> {
    let envoy = "/resources/0/typed_config/config/configuration/value";
    let tree = ["/spec/pluginConfig", "/spec/wasm/pluginConfig", "/spec/wasm/0/config"];
    let text = document.pointer(envoy).map(|text| text.as_str().unwrap().as_bytes().to_vec());
    text.or_else(|| {
        let tree = tree.iter().find_map(|pointer| document.pointer(pointer));
        tree.map(|tree| tree.to_string().into_bytes())
    })
}

#[test]
fn every_manifest_holds_the_policy() {
    let written = |name: &str| -> Option<Value> {
        let path = workspace().join("envoy-config").join(format!("policy{name}.yaml"));
        Some(serde_saphyr::from_str(&fs::read_to_string(path).ok()?).unwrap())
    };
    let mut count = 0;
    for (path, text) in examples() {
        // `istio-dynamic/…` holds `policy-istio-dynamic.yaml`, `envoy-api-key/…` `policy-api-key.yaml`, and
        // `envoy/…` the first one.
        let name = path.split('/').next().unwrap();
        let rest = ["envoy-gateway", "envoy-1.36", "envoy", "istio-traffic-extension", "istio"]
            .iter()
            .find_map(|it| name.strip_prefix(it));
        let written = written(&format!("-{name}")).or_else(|| written(rest.unwrap())).unwrap();
        for policy in documents(&text).iter().filter_map(embedded) {
            assert_eq!(serde_json::from_slice::<Value>(&policy).unwrap(), written, "{path}");
            Policy::read(&policy).unwrap();
            count += 1;
        }
    }
    assert_eq!(count, EXAMPLES.len());
}

#[test]
fn every_manifest_holds_the_guard() {
    for (place, command) in EXAMPLES {
        let command = command.trim_end_matches("--directory");
        let guards = printed(&command.split_whitespace().collect::<Vec<_>>())
            .matches("filter_state: { key: wasm.peergate, string_match: { exact: allowed } }")
            .count();
        assert_eq!(guards, 1, "{place}");
    }
}

#[test]
fn a_listener_or_host_more_is_a_patch_more() {
    let [.., (_, istio), (_, gateway)] = EXAMPLES;
    for (command, name, pointer) in [
        (istio, "--hosts *.example.org", "/spec/configPatches"),
        (gateway, "--listener https,other", "/spec/jsonPatches"),
    ] {
        let patches = |command: &str| {
            let text = printed(&command.split_whitespace().collect::<Vec<_>>());
            let documents = documents(&text);
            documents.iter().find_map(|one| one.pointer(pointer)).unwrap().as_array().unwrap().len()
        };
        assert!(patches(&format!("{command} {name}")) > patches(command), "{name}");
    }
}

#[test]
fn odd_arguments_stay_what_they_are() {
    let odd = "/a\"b\\c: {d}\n- e #f ${guard} 'g' é\u{2028}\u{1f511}.yaml";
    let policy = workspace().join("envoy-config/policy.yaml");
    let policy = policy.to_str().unwrap();
    let paths = ["--module", "--certificate", "--key", "--policy-file"];
    let mut arguments = vec!["render", "envoy", "--policy", policy, "--upstream", "[::1]:81"];
    arguments.extend(paths.iter().flat_map(|name| [name, odd]));
    let documents = documents(&printed(&arguments));
    let mut strings = Vec::new();
    documents.iter().for_each(|document| collect(document, &mut strings));
    assert_eq!(strings.iter().filter(|text| **text == odd).count(), paths.len());
    assert!(strings.contains(&"::1"));
}

#[test]
fn an_older_envoy_has_one_filter_more() {
    let [(_, envoy), (_, older), ..] = EXAMPLES;
    let [envoy, older] = [envoy, older].map(|command| {
        let command = command.trim_end_matches("--directory");
        documents(&printed(&command.split_whitespace().collect::<Vec<_>>())).swap_remove(0)
    });
    let filters =
        "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";
    let mut less = older.clone();
    let carrier = less.pointer_mut(filters).unwrap().as_array_mut().unwrap().remove(0);
    assert_eq!(carrier["name"], "peergate-peer-certificate");
    assert_eq!(less, envoy);
}

#[test]
fn arguments_that_nothing_could_take_are_refused() {
    let [(_, envoy), .., (_, istio), (_, gateway)] = EXAMPLES;
    let envoy = envoy.trim_end_matches("--directory");
    for (command, name, value) in [
        (istio, "--namespace", "a\nb: c"),
        (istio, "--selector", "a: b"),
        (istio, "--hosts", "*"),
        (istio, "--sha256", "abc"),
        (istio, "--image-pull-secret", "A"),
        (gateway, "--listener", "a/b"),
        (gateway, "--route", "a/b/c"),
        (gateway, "--feed", "a"),
        (envoy, "--upstream", "host"),
        (envoy, "--listen", "8443"),
        (envoy, "--envoy", "1.35"),
    ] {
        let arguments = command.split_whitespace().chain([name, value]).collect::<Vec<_>>();
        let output = peergate(&arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{name} {value}");
    }
}

#[test]
fn an_invalid_policy_is_told_and_not_rendered() {
    let directory = scratch("invalid");
    let policy = directory.join("policy.yaml");
    fs::write(&policy, "version: 1\napis: []\nlist: {}\n").unwrap();
    let policy = policy.to_str().unwrap();
    let target = directory.join("out");
    let output =
        peergate(&["render", "envoy", "--policy", policy, "--directory", target.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(!target.exists());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("{policy}: apis: empty list")), "{told}");
}

fn collect<'v>(value: &'v Value, strings: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => strings.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, strings)),
        Value::Object(entries) => entries.values().for_each(|value| collect(value, strings)),
        _ => {}
    }
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

/// The committed manifests, by path.
fn examples() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (place, _) in EXAMPLES {
        let folder = place.split('/').nth(1).unwrap();
        let read = read_all(&workspace().join("envoy-config").join(folder));
        files.extend(read.into_iter().map(|(name, text)| (format!("{folder}/{name}"), text)));
    }
    files
}

fn read_all(directory: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn printed(arguments: &[&str]) -> String {
    let output = peergate(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn peergate(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peergate"));
    command.current_dir(workspace()).args(arguments).output().unwrap()
}

/// An empty directory for one test.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("render").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn a_policy_that_reads_hosts_otherwise_than_envoy_is_refused() {
    let rules = [r#"{"hosts": ["a.example"]}"#, r#"[{"path": "/a"}, {"hosts": ["a.example"]}]"#];
    for rule in rules {
        let api = format!(r#"{{"name": "a", "match": {rule}, "policy": "open"}}"#);
        let operation = format!(
            r#"{{"name": "a", "policy": "open", "operations": [{{"match": {rule}, "enforcement": "shadow"}}]}}"#
        );
        for (authority, is_fine) in [
            ("{}", false),
            (r#"{"ignore_port": false}"#, false),
            (r#"{"ignore_port": true}"#, true),
        ] {
            for api in [&api, &operation] {
                let text = format!(
                    r#"{{"version": 1, "global": {{"authority": {authority}}}, "apis": [{api}]}}"#
                );
                let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("render-hosts.json");
                fs::write(&file, &text).unwrap();
                let output = peergate(&["render", "envoy", "--policy", file.to_str().unwrap()]);
                assert_eq!(output.status.success(), is_fine, "{text}");
                let told = String::from_utf8(output.stderr).unwrap();
                assert_eq!(told.contains("global.authority.ignore_port: has to be true"), !is_fine);
            }
        }
    }
}

#[test]
fn rendering_again_changes_the_policy_alone() {
    let directory = scratch("again");
    let place = directory.to_str().unwrap();
    let render = |more: &[&str]| {
        let policy = workspace().join("envoy-config/policy.yaml");
        let first = ["render", "envoy", "--policy", policy.to_str().unwrap(), "--directory", place];
        printed(&[&first, more].concat())
    };
    let read = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
    let told = render(&["--module", "/opt/filter.wasm", "--listen", "127.0.0.1:1"]);
    assert_eq!(told.matches("wrote ").count(), 2, "{told}");
    fs::write(directory.join("bootstrap.yaml"), "# with my routes").unwrap();
    let before = read("peergate.yaml");
    let told = render(&[]);
    assert!(told.contains("kept ") && told.contains("wrote "), "{told}");
    assert_eq!(read("bootstrap.yaml"), "# with my routes");
    assert_eq!(read("peergate.yaml"), before, "and the module stays where it is");
    render(&["--overwrite"]);
    assert!(read("bootstrap.yaml").contains("static_resources"));
}

#[test]
fn feeds_are_where_they_are_said_to_be() {
    let policy = "envoy-config/policy-dynamic.yaml";
    let render =
        |more: &[&str]| peergate(&[&["render", "envoy", "--policy", policy], more].concat());
    let told = |more: &[&str]| {
        let output = render(more);
        assert!(!output.status.success() && output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    let feed = "--feed=peergate-feed=feed.example.com:80";
    let missing = "lists.registered.feed: say where it is: --feed peergate-feed=HOST:PORT";
    assert!(told(&[]).contains(missing));
    assert!(told(&[feed, "--feed=other=a:1"]).contains("--feed other=…: no feed of the policy"));
    assert!(told(&["--feed=peergate-feed"]).contains("expected CLUSTER=HOST:PORT"));

    let document = |more: &[&str]| {
        let text = printed(&[&["render", "envoy", "--policy", policy, feed], more].concat());
        documents(&text).swap_remove(0)
    };
    let with = document(&["--sync-module", "/opt/sync.wasm"]);
    let service = &with["bootstrap_extensions"][0]["typed_config"]["config"];
    assert_eq!(service["vm_config"]["code"]["local"]["filename"], "/opt/sync.wasm");
    let lists = service["configuration"]["value"].as_str().unwrap();
    assert_eq!(DynamicList::read_all(lists.as_bytes()).unwrap().len(), 1);
    let without = document(&["--without-sync-service"]);
    assert!(without["bootstrap_extensions"].is_null());
    for document in [with, without] {
        assert_eq!(document["static_resources"]["clusters"][1]["name"], "peergate-feed");
    }
}
