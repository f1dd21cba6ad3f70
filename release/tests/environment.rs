//! `scripts/in-clean-environment`, in which modules are built.
#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

fn script() -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/in-clean-environment");
    let mut command = Command::new(path);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command
}

#[test]
fn what_changes_or_tells_nothing_is_kept() {
    let kept = [
        ("https_proxy", "http://user:pass word$(x)'\"@proxy:3128"),
        ("CARGO_REGISTRIES_MIRROR_INDEX", "sparse+https://mirror.example/"),
        ("CARGO_REGISTRIES_MIRROR_PROTOCOL", "sparse"),
        ("CARGO_NET_RETRY", "3"),
    ];
    let dropped = [
        ("CARGO_REGISTRIES_MIRROR_TOKEN", "t"),
        ("CARGO_REGISTRIES_MIRROR_CREDENTIAL_PROVIDER", "cargo:token"),
        ("CARGO_REGISTRY_TOKEN", "t"),
        ("RUSTFLAGS", "-Cdebuginfo=2"),
        ("TZ", "UTC"),
    ];
    let output = script()
        .envs(kept.into_iter().chain(dropped))
        .args(["LANG=C", "TZ=Asia/Kathmandu", "CARGO_HOME=/a second home", "env", "-0"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found: BTreeMap<&str, &str> =
        text.split_terminator('\0').map(|line| line.split_once('=').unwrap()).collect();
    for (name, value) in kept {
        assert_eq!(found.remove(name), Some(value), "{name}");
    }
    for (name, value) in [("LANG", "C"), ("TZ", "Asia/Kathmandu"), ("CARGO_HOME", "/a second home")]
    {
        assert_eq!(found.remove(name), Some(value), "{name}");
    }
    // What a shell sets by itself.
    for name in ["PATH", "PWD", "OLDPWD", "SHLVL", "_"] {
        found.remove(name);
    }
    assert!(found.is_empty(), "{found:?}");
}

/// The arguments of a process are for everybody on the machine to read.
#[test]
fn a_proxys_password_is_no_argument() {
    // An `env` that tells what it is given, ahead of the real one.
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("told");
    fs::create_dir_all(&directory).unwrap();
    let [env, log] = ["env", "log"].map(|name| directory.join(name));
    let _ = fs::remove_file(&log);
    let text = format!("#!/bin/sh\necho \"$@\" >> '{}'\nexec /usr/bin/env \"$@\"\n", log.display());
    fs::write(&env, text).unwrap();
    fs::set_permissions(&env, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", directory.display(), std::env::var("PATH").unwrap());
    let output = script()
        .env("PATH", path)
        .env("https_proxy", "http://user:hunter2@proxy:3128")
        .args(["sh", "-c", "echo $https_proxy"])
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"http://user:hunter2@proxy:3128\n");
    let told = fs::read_to_string(&log).unwrap();
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn the_commands_status_is_the_scripts() {
    let status = script().args(["sh", "-c", "exit 7"]).status().unwrap();
    assert_eq!(status.code(), Some(7));
    assert!(!script().arg("no-such-command-anywhere").status().unwrap().success());
}
