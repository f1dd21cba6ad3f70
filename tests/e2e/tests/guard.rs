//! The guard: Envoy can skip a filter, and then nobody passes.

use peergate_e2e::{Bootstrap, Gateway, People};
use serde_json::json;

#[tokio::test]
async fn a_route_that_disables_the_filter_lets_nobody_pass() {
    for (is_guarded, expected) in [(false, 200), (true, 403)] {
        let people = People::new();
        let gateway = Gateway::start_with(&people, &people.policy(), |bootstrap| {
            bootstrap.virtual_host()["typed_per_filter_config"] = json!({
                "peergate": {
                    "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                    "disabled": true,
                },
            });
            if !is_guarded {
                bootstrap.remove_guard();
            }
        });
        for identity in [None, Some(&people.alice), Some(&people.stranger)] {
            assert_eq!(
                gateway.status(identity, "/employee").await,
                expected,
                "guard: {is_guarded}"
            );
        }
    }
}

#[tokio::test]
async fn a_worker_whose_configuration_fails_lets_nobody_pass() {
    for (is_guarded, expected) in [(false, 200), (true, 403)] {
        let people = People::new();
        let gateway = Gateway::start_with(&people, &people.policy(), |bootstrap| {
            fail_on_workers(bootstrap);
            if !is_guarded {
                bootstrap.remove_guard();
            }
        });
        for identity in [None, Some(&people.alice), Some(&people.stranger)] {
            assert_eq!(
                gateway.status(identity, "/employee").await,
                expected,
                "guard: {is_guarded}"
            );
        }
    }
}

#[tokio::test]
async fn a_healthy_filter_passes_its_guard_on_every_kind_of_pass() {
    let people = People::new();
    let mut policy = people.policy();
    policy["apis"][1]["enforcement"] = "shadow".into();
    policy["default"] = "allow".into();
    let gateway = Gateway::start_with(&people, &policy, |_| {});
    for (identity, path) in [
        (Some(&people.alice), "/employee"),
        (None, "/partner"),
        (None, "/public"),
        (Some(&people.stranger), "/keyed"),
        (None, "/elsewhere"),
    ] {
        assert_eq!(gateway.status(identity, path).await, 200, "{path}");
    }
}

/// Puts in the filter's place, under its name, a module that accepts its configuration once, as Envoy
/// tries it on the main thread, and refuses it ever after: what a worker that lacks memory would do.
fn fail_on_workers(bootstrap: &mut Bootstrap) {
    let module = wat::parse_str(
        r#"(module
          (import "env" "proxy_get_shared_data"
            (func $get (param i32 i32 i32 i32 i32) (result i32)))
          (import "env" "proxy_set_shared_data"
            (func $set (param i32 i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 2)
          (data (i32.const 8) "tried")
          (func (export "proxy_abi_version_0_2_1"))
          (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 65536))
          (func (export "proxy_on_context_create") (param i32 i32))
          (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (if (i32.eqz (call $get (i32.const 8) (i32.const 5) (i32.const 32) (i32.const 36) (i32.const 40)))
              (then (return (i32.const 0))))
            (drop (call $set (i32.const 8) (i32.const 5) (i32.const 8) (i32.const 5) (i32.const 0)))
            (i32.const 1)))"#,
    )
    .unwrap();
    let path = bootstrap.directory.join("fails_on_workers.wasm");
    std::fs::write(&path, module).unwrap();
    let filter = bootstrap.http_filters().iter_mut().find(|filter| filter["name"] == "peergate");
    *filter.unwrap() = json!({
        "name": "peergate",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "peergate",
                "failure_policy": "FAIL_CLOSED",
                "vm_config": {
                    "vm_id": "fails-on-workers",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "filename": path } },
                },
            },
        },
    });
}
