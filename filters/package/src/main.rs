//! Turns the module that the linker made into the one that is shipped, and checks it.
//!
//! Envoy calls every `proxy_on_*` function for streams that a module exports, on every request, whether it
//! does anything or not; both modules are linked with the exports of both. Those that one has no use for are
//! removed here, with the code and the imports that only they need.
#![forbid(unsafe_code)]

mod names;
mod order;

use std::env;
use std::error::Error;
use std::fs;

use walrus::Module;

use crate::order::order;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(kind), Some(linked), Some(shipped), None) =
        (arguments.next(), arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: peergate-package http|sync LINKED.wasm SHIPPED.wasm".into());
    };
    let kind = match kind.as_str() {
        "http" => &HTTP,
        "sync" => &SYNC,
        _ => return Err(format!("unknown kind of module {kind:?}").into()),
    };
    let module = prune(kind, &fs::read(&linked)?)?;
    check(kind, &module)?;
    fs::write(&shipped, &module)?;
    println!("{shipped}: {} bytes of at most {}", module.len(), kind.budget);
    Ok(())
}

/// Removes the exports that the filter has no use for, and what nothing reaches any more.
fn prune(kind: &Kind, linked: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut module = Module::from_buffer(linked)?;
    let unused: Vec<_> = module
        .exports
        .iter()
        .filter(|export| !kind.exports.contains(&export.name.as_str()))
        .map(walrus::Export::id)
        .collect();
    for export in unused {
        module.exports.delete(export);
    }
    walrus::passes::gc::run(&mut module);
    let first: Vec<&str> = HOT.lines().collect();
    Ok(order(&module.emit_wasm(), &first)?)
}

/// Refuses a module that an Envoy could not load, that lacks an entry point, or that is too large.
fn check(kind: &Kind, module: &[u8]) -> Result<(), Box<dyn Error>> {
    let parsed = Module::from_buffer(module)?;
    for import in parsed.imports.iter() {
        let known = match import.module.as_str() {
            "env" => import.name.starts_with("proxy_"),
            "wasi_snapshot_preview1" => WASI.contains(&import.name.as_str()),
            _ => false,
        };
        if !known {
            return Err(format!("import of {}.{}", import.module, import.name).into());
        }
    }
    for export in kind.exports {
        if !parsed.exports.iter().any(|found| found.name == *export) {
            return Err(format!("no export {export}").into());
        }
    }
    if module.len() > kind.budget {
        return Err(format!("{} bytes, more than {}", module.len(), kind.budget).into());
    }
    Ok(())
}

/// A module that is shipped.
struct Kind {
    /// What Envoy needs of it.
    exports: &'static [&'static str],
    /// Bytes: a module is compiled in every worker, so size is start-up time and memory.
    budget: usize,
}

/// The functions that warm requests run through, as `scripts/cost --functions` tells them.
const HOT: &str = include_str!("../hot.txt");

/// The HTTP filter. `proxy_on_delete` frees a stream's context; `proxy_on_context_create` makes it.
/// `proxy_on_tick` and `proxy_on_http_call_response` cost no request anything: Envoy's timer and the answers
/// of feeds call them. Tokens, API keys and rates took it over 1 MiB; a third of what they added reads their
/// configuration.
const HTTP: Kind = Kind { exports: &HTTP_EXPORTS, budget: 1088 * 1024 };

/// The sync service, which sees no request.
const SYNC: Kind = Kind { exports: &SYNC_EXPORTS, budget: 1024 * 1024 };

const HTTP_EXPORTS: [&str; 11] = [
    "memory",
    "_initialize",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_http_call_response",
    "proxy_on_request_headers",
    "proxy_on_request_trailers",
    "proxy_on_delete",
];

const SYNC_EXPORTS: [&str; 10] = [
    "memory",
    "_initialize",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_context_create",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_http_call_response",
    "proxy_on_done",
    "proxy_on_delete",
];

/// What every Envoy since 1.36 offers of WASI, and Rust's standard library asks for.
const WASI: [&str; 6] =
    ["clock_time_get", "environ_get", "environ_sizes_get", "fd_write", "proc_exit", "random_get"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_no_envoy_could_load_is_refused() {
        let whole = module(&HTTP_EXPORTS, &[]);
        assert!(check(&HTTP, &whole).is_ok());
        for (module, problem) in [
            (module(&HTTP_EXPORTS[1..], &[]), "no export memory"),
            (module(&HTTP_EXPORTS, &[("env", "abort")]), "import of env.abort"),
            (module(&HTTP_EXPORTS, &[("wasi_snapshot_preview1", "sock_open")]), "sock_open"),
            (module(&HTTP_EXPORTS, &[("other", "proxy_log")]), "import of other.proxy_log"),
        ] {
            let error = check(&HTTP, &module).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn what_the_filter_has_no_use_for_is_pruned() {
        let mut exports = HTTP_EXPORTS.to_vec();
        exports.push("proxy_on_response_body");
        let linked = module(&exports, &[("env", "proxy_log"), ("env", "proxy_http_call")]);
        let shipped = Module::from_buffer(&prune(&HTTP, &linked).unwrap()).unwrap();
        let names: Vec<&str> = shipped.exports.iter().map(|export| export.name.as_str()).collect();
        assert_eq!(names, HTTP_EXPORTS);
        assert_eq!(shipped.imports.iter().count(), 0, "nothing calls them");
    }

    #[test]
    fn the_shipped_modules_are_within_their_budgets() {
        for (kind, name) in [(&HTTP, "peergate_http"), (&SYNC, "peergate_sync")] {
            let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peergate");
            let shipped = fs::read(format!("{directory}/{name}.wasm"));
            check(kind, &shipped.expect("the module: run scripts/build first")).unwrap();
        }
    }

    /// What the filter depends on is its size and what can be attacked through it: a crate more is a
    /// decision.
    #[test]
    fn the_filter_depends_on_what_is_known() {
        let tree = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--locked", "-p", "peergate-http", "-e", "normal,no-proc-macro"])
            .args(["--target", "wasm32-wasip1", "--prefix", "none", "--format", "{p}"])
            .output()
            .unwrap();
        let text = String::from_utf8(tree.stdout).unwrap();
        let mut crates: Vec<&str> =
            text.lines().filter_map(|line| line.split_whitespace().next()).collect();
        crates.sort_unstable();
        crates.dedup();
        assert_eq!(crates, CRATES);
    }

    // `rsa` brings `rand` for keys that are made; nothing here makes one, and nothing seeds it.
    const CRATES: [&str; 76] = [
        "asn1-rs",
        "base16ct",
        "base64",
        "block-buffer",
        "cfg-if",
        "const-oid",
        "crypto-bigint",
        "crypto-common",
        "curve25519-dalek",
        "data-encoding",
        "der",
        "der-parser",
        "deranged",
        "digest",
        "ecdsa",
        "ed25519",
        "ed25519-dalek",
        "elliptic-curve",
        "ff",
        "generic-array",
        "group",
        "hex",
        "hmac",
        "itoa",
        "lazy_static",
        "libm",
        "memchr",
        "minimal-lexical",
        "nom",
        "num-bigint",
        "num-bigint-dig",
        "num-conv",
        "num-integer",
        "num-iter",
        "num-traits",
        "oid-registry",
        "p256",
        "p384",
        "p521",
        "peergate",
        "peergate-http",
        "peergate-runtime",
        "pem",
        "percent-encoding",
        "pkcs1",
        "pkcs8",
        "powerfmt",
        "ppv-lite86",
        "primeorder",
        "rand",
        "rand_chacha",
        "rand_core",
        "rfc6979",
        "rsa",
        "rusticata-macros",
        "rustls-pki-types",
        "rustls-webpki",
        "sec1",
        "serde",
        "serde_core",
        "serde_json",
        "sha2",
        "signature",
        "smallvec",
        "spin",
        "spki",
        "subtle",
        "thiserror",
        "time",
        "time-core",
        "typenum",
        "untrusted",
        "x509-parser",
        "zerocopy",
        "zeroize",
        "zmij",
    ];

    /// A module of empty functions under these names.
    fn module(exports: &[&str], imports: &[(&str, &str)]) -> Vec<u8> {
        let mut module = Module::default();
        let signature = module.types.add(&[], &[]);
        for (from, name) in imports {
            module.add_import_func(from, name, signature);
        }
        for name in exports {
            if *name == "memory" {
                let memory = module.memories.add_local(false, false, 1, None, None);
                module.exports.add(name, memory);
            } else {
                let body = walrus::FunctionBuilder::new(&mut module.types, &[], &[]);
                let function = body.finish(vec![], &mut module.funcs);
                module.exports.add(name, function);
            }
        }
        module.emit_wasm()
    }
}
