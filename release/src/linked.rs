//! What a module is linked of: cargo says so while it builds.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::BufRead;

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{Artifact, Message, PackageId};

/// What the modules are built for.
pub(crate) const TARGET: &str = "wasm32-wasip1";

/// The packages that a build has compiled for [`TARGET`], from what `cargo build --message-format=json` printed.
/// Procedural macros and build scripts are compiled for the machine that builds, and go into no module.
///
/// # Errors
/// It is no such record, or one of a build that has failed or was cut short.
pub(crate) fn packages(record: impl BufRead) -> Result<BTreeSet<PackageId>, Box<dyn Error>> {
    let mut linked = BTreeSet::new();
    let mut finished = false;
    for message in Message::parse_stream(record) {
        match message? {
            Message::CompilerArtifact(artifact) if is_linked(&artifact) => {
                linked.insert(artifact.package_id);
            }
            Message::BuildFinished(end) => finished = end.success,
            _ => {}
        }
    }
    if finished { Ok(linked) } else { Err("the build did not end well".into()) }
}

fn is_linked(artifact: &Artifact) -> bool {
    artifact.filenames.iter().any(|file| {
        let mut above = file.ancestors().filter_map(Utf8Path::file_name);
        above.any(|name| name == TARGET)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = r#"{"reason":"build-finished","success":true}"#;

    fn artifact(name: &str, kind: &str, file: &str) -> String {
        let target = format!(
            r#"{{"kind":["{kind}"],"crate_types":["{kind}"],"name":"{name}","src_path":"/s/lib.rs","edition":"2021"}}"#
        );
        let profile = r#"{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false}"#;
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{name}","manifest_path":"/s/Cargo.toml","target":{target},"profile":{profile},"features":[],"filenames":["{file}"],"executable":null,"fresh":true}}"#
        )
    }

    #[test]
    fn only_what_is_compiled_for_the_module_counts() {
        let record = [
            artifact("derive", "proc-macro", "/t/release/deps/libderive.so"),
            artifact("script", "custom-build", "/t/release/build/script/build-script-build"),
            artifact("used", "lib", "/t/wasm32-wasip1/release/deps/libused.rlib"),
            artifact("module", "cdylib", "/t/wasm32-wasip1/release/module.wasm"),
            END.to_owned(),
        ]
        .join("\n");
        let found = packages(record.as_bytes()).unwrap();
        let names: Vec<_> = found.iter().map(|id| &*id.repr).collect();
        assert_eq!(names, ["module", "used"]);
    }

    #[test]
    fn a_build_must_have_ended_well() {
        for record in ["", r#"{"reason":"build-finished","success":false}"#] {
            assert!(packages(record.as_bytes()).is_err(), "{record}");
        }
    }
}
