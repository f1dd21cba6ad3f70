//! The guard: Envoy can skip a filter, and then nobody passes.

use peergate_e2e::{Bootstrap, Gateway, People};
use serde_json::json;
use walrus::ir::{MemArg, StoreKind, UnaryOp};
use walrus::{FunctionBuilder, Module, ValType};

#[tokio::test]
async fn a_route_that_disables_the_filter_lets_nobody_pass() {
    is_caught_by_the_guard_alone(|bootstrap| {
        bootstrap.virtual_host()["typed_per_filter_config"] = json!({
            "peergate": {
                "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                "disabled": true,
            },
        });
    })
    .await;
}

#[tokio::test]
async fn a_worker_whose_configuration_fails_lets_nobody_pass() {
    is_caught_by_the_guard_alone(fail_on_workers).await;
}

/// Shows that Envoy skips the filter after this change, so that without the guard everybody passes.
async fn is_caught_by_the_guard_alone(change: fn(&mut Bootstrap)) {
    for (is_guarded, expected) in [(false, 200), (true, 403)] {
        let people = People::new();
        let gateway = Gateway::start_with(&people, &people.policy(), |bootstrap| {
            change(bootstrap);
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

/// Makes the shipped module accept its configuration once, as Envoy tries it on the main thread, and refuse
/// it ever after: what a worker that lacks memory would do.
fn fail_on_workers(bootstrap: &mut Bootstrap) {
    bootstrap.change_module(accept_once);
}

/// Puts a function before the module's `proxy_on_configure` that asks shared data whether it has been
/// called before.
fn accept_once(shipped: &[u8]) -> Vec<u8> {
    let mut module = Module::from_buffer(shipped).unwrap();
    let configure = module.exports.get_func("proxy_on_configure").unwrap();
    let memory = module.memories.iter().next().unwrap().id();
    let call = module.types.add(&[ValType::I32; 5], &[ValType::I32]);
    let (get, _) = module.add_import_func("env", "proxy_get_shared_data", call);
    let (set, _) = module.add_import_func("env", "proxy_set_shared_data", call);

    let mut function = FunctionBuilder::new(&mut module.types, &[ValType::I32; 2], &[ValType::I32]);
    let (root, size) = (module.locals.add(ValType::I32), module.locals.add(ValType::I32));
    // A key of four bytes, in memory that the module does not use at rest: the top of its stack.
    let key = 64;
    let word = MemArg { align: 4, offset: 0 };
    let mut body = function.func_body();
    body.i32_const(key).i32_const(0x6465_6972).store(
        memory,
        StoreKind::I32 { atomic: false },
        word,
    );
    body.i32_const(key).i32_const(4).i32_const(80).i32_const(84).i32_const(88).call(get);
    body.unop(UnaryOp::I32Eqz).if_else(
        ValType::I32,
        |known| {
            known.i32_const(0);
        },
        |unknown| {
            unknown
                .i32_const(key)
                .i32_const(4)
                .i32_const(key)
                .i32_const(4)
                .i32_const(0)
                .call(set)
                .drop();
            unknown.local_get(root).local_get(size).call(configure);
        },
    );
    let wrapped = function.finish(vec![root, size], &mut module.funcs);
    module.exports.remove("proxy_on_configure").unwrap();
    module.exports.add("proxy_on_configure", wrapped);
    module.emit_wasm()
}
