//! The directory of a release.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_lock::Lockfile;
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

use crate::bill::{self, Module, Sources};
use crate::image::{Image, sha256};
use crate::stamp::Stamp;
use crate::{IMAGE, layout, linked, read};

/// Writes a release of the modules that `scripts/build` has made in a tree.
///
/// # Errors
/// There is something in the directory; the tree has no modules, or not what they were built of.
pub(crate) fn assemble(tree: &Path, stamp: &Stamp, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    if fs::read_dir(to)?.next().is_some() {
        return Err(format!("{} is not empty", to.display()).into());
    }
    let built = tree.join("target/peergate");
    let metadata = metadata(tree)?;
    let lock = Lockfile::load(tree.join("Cargo.lock"))?;
    let rust = rust(tree)?;
    let sources = Sources { metadata: &metadata, lock: &lock, rust: &rust };
    let mut files = Vec::new();
    for name in ["peergate_http", "peergate_sync"] {
        let bytes = read(&built.join(format!("{name}.wasm")))?;
        let record = read(&built.join(format!("{name}.build.json")))?;
        let linked =
            linked::packages(&*record).map_err(|error| format!("{name}.build.json: {error}"))?;
        let module = Module { name, bytes: &bytes, linked: &linked };
        let bill = bill::write(&module, &sources, stamp)?;
        files.push((format!("{name}.cdx.json"), bill));
        if name == "peergate_http" {
            let image = Image::of(&bytes, stamp)?;
            let digest = format!("sha256:{}\n", image.manifest.digest());
            files.push((IMAGE.to_owned(), layout::write(&image, stamp)?));
            files.push(("image-digest.txt".to_owned(), digest.into_bytes()));
        }
        files.push((format!("{name}.wasm"), bytes));
    }
    files.sort();
    let sums = sums(&files);
    files.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
    for (name, bytes) in files {
        fs::write(to.join(&name), bytes).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// The checksums of files, as `sha256sum` writes and checks them.
fn sums(files: &[(String, Vec<u8>)]) -> String {
    files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes))).collect()
}

fn metadata(tree: &Path) -> Result<Metadata, Box<dyn Error>> {
    let options = ["--locked", "--filter-platform", linked::TARGET].map(str::to_owned);
    Ok(MetadataCommand::new()
        .manifest_path(tree.join("Cargo.toml"))
        .current_dir(tree)
        .features(CargoOpt::SomeFeatures(Vec::new()))
        .other_options(options)
        .exec()?)
}

/// The version of the compiler that a tree is built with.
fn rust(tree: &Path) -> Result<String, Box<dyn Error>> {
    let output = Command::new("rustc").args(["--version"]).current_dir(tree).output()?;
    let said = String::from_utf8(output.stdout)?;
    let version = said.strip_prefix("rustc ").and_then(|rest| rest.split_whitespace().next());
    Ok(version.ok_or("rustc does not tell its version")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_as_sha256sum_writes_them() {
        let files = [("a.wasm".to_owned(), b"abc".to_vec()), ("b".to_owned(), Vec::new())];
        assert_eq!(
            sums(&files),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.wasm\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"
        );
    }
}
