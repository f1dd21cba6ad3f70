use serde_json::{Value, json};

use super::{MANAGER, bootstrap, filter, manager, policy};
use crate::peergate::{file, peergate};

const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";

/// What is found in files of one Envoy.
fn found(name: &str, files: &[(&str, Value)]) -> (Option<i32>, String) {
    let policy = file(&format!("files-{name}-policy.json"), policy().to_string());
    let mut arguments = vec!["check".to_owned(), policy];
    for (place, content) in files {
        let path = file(&format!("files-{name}-{place}.json"), content.to_string());
        arguments.extend(["--envoy".to_owned(), path]);
    }
    let ran = peergate(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    (ran.status, ran.err.replace(MANAGER, "$"))
}

#[test]
fn listeners_and_routes_and_filters_may_be_in_files_of_their_own() {
    let mut whole = bootstrap("files", &policy());
    let forge = json!({ "metadata": [{ "metadata_namespace": "envoy.filters.http.jwt_authn" }] });
    let forge = filter("set_metadata.v3.Config", forge)["typed_config"].clone();
    let discovered =
        json!({ "name": "extra", "config_discovery": { "type_urls": [forge["@type"]] } });
    manager(&mut whole)["http_filters"].as_array_mut().unwrap().insert(1, discovered);
    let mut routes = manager(&mut whole)["route_config"].take();
    manager(&mut whole).as_object_mut().unwrap().remove("route_config");
    manager(&mut whole)["rds"] = json!({ "route_config_name": routes["name"] });
    routes["@type"] = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration".into();
    routes["virtual_hosts"][0]["routes"][0]["match"] =
        json!({ "prefix": "/", "headers": [{ "name": "x-api-key" }] });
    let mut listener = whole["static_resources"]["listeners"][0].take();
    whole["static_resources"]["listeners"] = json!([]);
    listener["@type"] = LISTENER.into();
    let extension = json!({
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        "name": "extra", "typed_config": forge,
    });

    let alone = found("alone", &[("listener", json!({ "resources": [listener] }))]);
    assert_eq!(alone.0, Some(0), "{}", alone.1);
    assert!(
        alone.1.contains("http_filters[1]: comes by ECDS, and whether it writes"),
        "{}",
        alone.1
    );
    assert!(alone.1.contains("rds: the routes come from elsewhere"), "{}", alone.1);

    let all = [
        ("bootstrap", whole),
        ("listener", json!({ "resources": [listener] })),
        ("routes", json!({ "resources": [routes] })),
        ("extension", json!({ "resources": [extension] })),
    ];
    let (status, told) = found("all", &all);
    assert_eq!(status, Some(3), "{told}");
    let error =
        "files-all-extension.json: error: resources[0].typed_config.metadata[0].metadata_namespace";
    assert!(told.contains(error), "{told}");
    let route =
        "files-all-routes.json: warning: resources[0].virtual_hosts[0].routes[0].match.headers[0]";
    assert!(told.contains(route), "{told}");
}

#[test]
fn a_dump_of_a_running_envoy_is_read() {
    let mut whole = bootstrap("dump", &policy());
    manager(&mut whole)["http_filters"].as_array_mut().unwrap().remove(0);
    let mut listener = whole["static_resources"]["listeners"][0].take();
    listener["@type"] = LISTENER.into();
    let dump = json!({ "configs": [{
        "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
        "dynamic_listeners": [{
            "name": "peergate",
            "active_state": { "listener": listener },
            "draining_state": { "listener": listener },
        }],
    }] });
    let (status, told) = found("dump", &[("dump", dump)]);
    assert_eq!(status, Some(3));
    assert_eq!(told.matches("error").count(), 1, "{told}");
    let place = "configs[0].dynamic_listeners[0].active_state.listener.filter_chains[0]";
    assert!(told.contains(place), "{told}");
}

#[test]
fn a_listener_of_a_dump_is_looked_at_once() {
    let mut whole = bootstrap("static", &policy());
    manager(&mut whole)["http_filters"].as_array_mut().unwrap().remove(0);
    let mut listener = whole["static_resources"]["listeners"][0].clone();
    listener["@type"] = LISTENER.into();
    let own = json!({
        "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": whole,
    });
    let listeners = json!({
        "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
        "static_listeners": [{ "listener": listener }],
    });
    for (name, configs, place) in [
        ("both", json!([own, listeners]), "configs[0].bootstrap.$"),
        ("turned", json!([listeners, own]), "configs[1].bootstrap.$"),
        ("alone", json!([listeners]), "configs[0].static_listeners[0].listener."),
    ] {
        let (status, told) = found(name, &[("dump", json!({ "configs": configs }))]);
        assert_eq!(status, Some(3), "{name}");
        assert_eq!(told.matches("error").count(), 1, "{name}: {told}");
        assert!(told.contains(place), "{name}: {told}");
    }
}

#[test]
fn a_listener_is_found_wherever_its_bootstrap_stands() {
    let whole = bootstrap("dumped", &policy());
    let lone = manager(&mut whole.clone()).clone();
    let dump = json!({ "configs": [{
        "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": whole,
    }] });
    let (status, told) = found("dumped", &[("dump", dump)]);
    assert_eq!(status, Some(0), "{told}");
    assert!(!told.contains("warning") && !told.contains("its listener"), "{told}");
    let (status, told) = found("lone", &[("manager", lone)]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("note: its listener is not here"), "{told}");
}

#[test]
fn istio_names_the_filter_otherwise() {
    let mut whole = bootstrap("istio", &policy());
    let other = manager(&mut whole).clone();
    let peergate = &mut manager(&mut whole)["http_filters"][1];
    peergate["name"] = "extensions.istio.io/wasmplugin/istio-system.peergate".into();
    let chains = whole["static_resources"]["listeners"][0]["filter_chains"].as_array_mut().unwrap();
    let mut status = other;
    status["http_filters"] = json!([]);
    chains.push(json!({ "filters": [{ "name": "http", "typed_config": status }] }));
    let (status, told) = found("istio", &[("bootstrap", whole)]);
    assert_eq!(status, Some(0), "{told}");
    let note = "filter_chains[1].filters[0].typed_config: has no filter peergate";
    assert!(told.contains(note), "{told}");
}

#[test]
fn a_file_without_the_filter_is_no_proof() {
    let (status, told) = found("none", &[("none", json!({ "static_resources": {} }))]);
    assert_eq!(status, Some(3));
    assert!(told.ends_with(
        "error: no HTTP connection manager has the filter peergate: nothing is judged\n"
    ));
    let policy = file("files-policy.json", policy().to_string());
    let ran = peergate(&["check", "--envoy", "no-such-file.yaml", &policy]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    let broken = file("files-broken.yaml", "static_resources: [\n");
    let ran = peergate(&["check", "--envoy", &broken, &policy]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.err.contains("files-broken.yaml"), "{ran:?}");
}
