use serde_json::{Value, json};

use super::{GATEWAY, ISTIO, check, expect_one, found, found_in, kind, rendered, resource};
use crate::peergate::{file, peergate, peergate_reading};

#[test]
fn manifests_may_be_a_list_or_several_files_or_standard_input() {
    let documents = rendered("list", &ISTIO, &ISTIO.policy());
    let list = json!({ "kind": "List", "apiVersion": "v1", "items": documents }).to_string();
    let ran = peergate_reading(&["check", "--istio", "-"], &list);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(ran.out, "-: ok (1 plugin, 0 errors, 0 warnings)\n");
    let (first, rest) = documents.split_at(1);
    let write = |name: &str, documents: &[Value]| {
        let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
        file(name, texts.join("\n---\n"))
    };
    let (first, rest) = (write("manifest-1.yaml", first), write("manifest-2.yaml", rest));
    let ran = peergate(&["check", "--istio", &first, "--istio", &rest]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.out.ends_with("(1 plugin, 0 errors, 0 warnings)\n"), "{ran:?}");
    let ran = peergate(&["check", "--istio", &first]);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.err.contains("nothing is judged"), "{ran:?}");
}

#[test]
fn of_two_resources_of_one_name_one_is_lost() {
    for (name, target, of) in
        [("istio", &ISTIO, "WasmPlugin"), ("gateway", &GATEWAY, "EnvoyExtensionPolicy")]
    {
        let mut documents = rendered(&format!("twice-{name}"), target, &target.policy());
        let texts = |documents: &[Value]| {
            documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
        };
        let first = file(&format!("manifest-twice-{name}.yaml"), texts(&documents));
        // The same once more is no other.
        let twice = |second: &str| peergate(&["check", target.flag, &first, target.flag, second]);
        let told = |second: &str| twice(second).err.contains("is there twice");
        assert!(!told(&first));
        // Of another kind, namespace, or name.
        let plugin = kind(&mut documents, of).clone();
        for (field, value) in
            [("kind", "Secret"), ("/metadata/namespace", "a"), ("/metadata/name", "b")]
        {
            let mut other = plugin.clone();
            match field {
                "kind" => other["kind"] = value.into(),
                pointer => *other.pointer_mut(pointer).unwrap() = value.into(),
            }
            assert!(!told(&file("manifest-twice-other.yaml", other.to_string())), "{field}");
        }
        let mut other = plugin.clone();
        other["metadata"]["labels"] = json!({ "a": "b" });
        let second = file(&format!("manifest-twice-{name}-again.yaml"), other.to_string());
        let ran = twice(&second);
        let place = other["metadata"]["namespace"].as_str().unwrap();
        let line = format!(
            "{second}: error: {of} {place}/peergate: is there twice, first in {first}: the one applied last replaces \
             the other"
        );
        assert!(ran.err.lines().any(|told| told == line), "{line}\n{}", ran.err);
        assert_eq!(ran.status, Some(3));
    }
}

#[test]
fn standard_input_is_held_against_each_policy() {
    let documents = rendered("input", &ISTIO, &ISTIO.policy());
    let list = json!({ "kind": "List", "apiVersion": "v1", "items": documents }).to_string();
    let policy = file("manifest-input.json", ISTIO.policy().to_string());
    let ran = peergate_reading(&["check", "--istio", "-", &policy, &policy], &list);
    assert_eq!(ran.out.matches("(1 plugin, 0 errors, 0 warnings)").count(), 2, "{ran:?}");
}

#[test]
fn what_is_no_manifest_is_an_error_with_its_place() {
    for (name, text, told) in [
        ("scalar", "5", "document 1: no manifest: it has no `kind`"),
        ("values", "kind: A\n---\nreplicas: 2", "document 2: no manifest"),
        ("items", "kind: GatewayList\nitems: 5", "`items` is no list"),
        ("broken", "kind: [", "manifest-broken.yaml: "),
        ("mesh", "kind: ConfigMap\ndata: { mesh: '[' }", "data.mesh: "),
        (
            "eg",
            "kind: ConfigMap\ndata: { envoy-gateway.yaml: 5 }",
            "`data.envoy-gateway.yaml` is no text",
        ),
    ] {
        let path = file(&format!("manifest-{name}.yaml"), text);
        for flag in ["--istio", "--envoy-gateway"] {
            let ran = peergate(&["check", flag, &path]);
            assert_eq!(ran.status, Some(1), "{name}: {ran:?}");
            assert!(ran.err.contains(told) && ran.err.contains(&path), "{name}: {}", ran.err);
        }
    }
    let empty = file("manifest-empty.yaml", "---\n");
    let ran = peergate(&["check", "--istio", &empty]);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.err.starts_with(&format!("{empty}: error: no WasmPlugin")), "{ran:?}");
    let ran = peergate(&["check", "--envoy", &empty, "--istio", &empty]);
    assert!(ran.err.contains("<FILE>"), "{ran:?}");
    let ran = peergate(&["check"]);
    assert!(ran.err.contains("<FILE>"), "{ran:?}");
}

/// Whatever stands in the place of a piece, nothing fails but what is said of it.
#[test]
fn odd_values_are_no_accident() {
    for (name, target) in [("odd-istio", &ISTIO), ("odd-gateway", &GATEWAY)] {
        let documents = Value::from(rendered(name, target, &target.policy()));
        let mut paths = Vec::new();
        pointers(&documents, String::new(), &mut paths);
        for (index, path) in paths.iter().enumerate() {
            let odd = [json!(null), json!(-1), json!([[]]), json!({ "a": {} }), json!("é|||")];
            let mut changed = documents.clone();
            *changed.pointer_mut(path).unwrap() = odd[index % odd.len()].clone();
            let Value::Array(changed) = changed else { continue };
            let ran = check(name, target, &changed);
            assert!(matches!(ran.status, Some(0 | 1 | 3)), "{path}: {ran:?}");
        }
    }
}

fn pointers(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if fields.contains_key("apis") => {}
        Value::Object(fields) => {
            let plain = fields.iter().filter(|(name, _)| !name.contains(['/', '~']));
            plain.for_each(|(name, value)| pointers(value, format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| pointers(value, format!("{path}/{index}"), found));
        }
        _ => {}
    }
    if !path.is_empty() {
        found.push(path);
    }
}

#[test]
fn the_policy_in_a_plugin_is_checked_with_its_places() {
    let broken = found("embedded", &ISTIO, |it| {
        let api = &mut kind(it, "WasmPlugin")["spec"]["pluginConfig"]["apis"][0];
        api["certificate"]["allow"][0] = "nobody".into();
    });
    let begin = "error: WasmPlugin istio-system/peergate: spec.pluginConfig.apis[0].certificate.allow[0]: unknown list";
    assert!(broken.1[0].starts_with(begin), "{:#?}", broken.1);
    let none = found("no-policy", &GATEWAY, |it| {
        super::remove(&mut kind(it, "EnvoyExtensionPolicy")["spec"]["wasm"][0], "config");
    });
    expect_one(&none, "error: EnvoyExtensionPolicy default/peergate: spec.wasm[0]: has no policy");
    let doubtful = found("doubtful", &ISTIO, |it| {
        let config = &mut kind(it, "WasmPlugin")["spec"]["pluginConfig"];
        config["lists"]["unused"] = json!({ "entries": [{ "sha256": "ab".repeat(32) }] });
    });
    expect_one(
        &doubtful,
        "warning: WasmPlugin istio-system/peergate: spec.pluginConfig.lists.unused",
    );
}

#[test]
fn resources_of_other_kinds_do_not_matter() {
    let deployment = resource("apps/v1", "Deployment", "a", "b", json!({ "replicas": 1 }));
    let more = found("other-kinds", &ISTIO, |it| it.push(deployment.clone()));
    assert_eq!(more, (Some(0), vec![]));
    let alone = found_in("alone", &GATEWAY, &[deployment]);
    expect_one(&alone, "error: no EnvoyExtensionPolicy has the filter peergate");
}
