//! Where the binary is.

use std::path::{Path, PathBuf};
use std::{env, io};

pub(super) fn find(version: &str) -> io::Result<PathBuf> {
    let binary = match env::var_os("ENVOY") {
        Some(path) => PathBuf::from(path),
        None => workspace().join(format!("target/tools/envoy-{version}/envoy/_bin/envoy")),
    };
    if binary.is_file() {
        return Ok(binary);
    }
    let message = format!("no envoy at `{}`: run scripts/setup or set ENVOY", binary.display());
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

/// Returns the root of the workspace this was built in.
pub(super) fn workspace() -> &'static Path {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR"));
    lab.ancestors().nth(2).expect("the laboratory lies two directories below the workspace")
}
