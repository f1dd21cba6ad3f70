//! Makes a release of the modules, and pushes its image: what `scripts/release` has done where a shell is not
//! enough. It builds no module.
#![forbid(unsafe_code)]

mod assemble;
mod bill;
mod credentials;
mod image;
mod layout;
mod linked;
mod push;
mod stamp;
mod target;
mod version;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::image::Image;
use crate::push::How;
use crate::stamp::Stamp;
use crate::target::Target;

/// The file of a release that holds the image.
const IMAGE: &str = "peergate_http.oci.tar";

#[derive(Parser)]
#[command(name = "peergate-release", about, version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Checks that this tree is ready to be released as VERSION
    Check {
        version: String,
        /// The changelog
        #[arg(long, value_name = "FILE")]
        changelog: PathBuf,
        /// A trial: the changelog need not have the version yet
        #[arg(long)]
        trial: bool,
        /// Where the image is to be pushed
        #[arg(long, value_name = "REGISTRY/REPO:TAG")]
        push: Option<Target>,
    },
    /// Writes a release of the modules that `scripts/build` has made in TREE
    Assemble {
        tree: PathBuf,
        #[command(flatten)]
        stamp: Stamp,
        /// Where to; it must be empty or not be there
        #[arg(long, value_name = "DIRECTORY")]
        to: PathBuf,
    },
    /// Pushes the image of a release
    Push {
        /// The release
        directory: PathBuf,
        #[arg(value_name = "REGISTRY/REPO:TAG")]
        target: Target,
        #[command(flatten)]
        how: How,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("release: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<(), Box<dyn Error>> {
    match verb {
        Verb::Check { version, changelog, trial, push } => {
            let text = String::from_utf8(read(&changelog)?)?;
            version::check(&version, env!("CARGO_PKG_VERSION"), &text, trial)?;
            push.map_or(Ok(()), |target| {
                target.is_of(&version)?;
                credentials::of(target.registry()).map(drop)
            })
        }
        Verb::Assemble { tree, stamp, to } => assemble::assemble(&tree, &stamp, &to),
        Verb::Push { directory, target, how } => push(&image(&directory)?, &target, how),
    }
}

/// The image of a release.
///
/// # Errors
/// It cannot be read, or holds another module than the one beside it.
fn image(directory: &Path) -> Result<Image, Box<dyn Error>> {
    let file = directory.join(IMAGE);
    let failed = |error: Box<dyn Error>| format!("{}: {error}", file.display());
    let image = layout::read(&read(&file)?).map_err(failed)?;
    if image.module().map_err(failed)? != read(&directory.join("peergate_http.wasm"))? {
        return Err(failed("it is not of peergate_http.wasm".into()).into());
    }
    Ok(image)
}

fn push(image: &Image, target: &Target, how: How) -> Result<(), Box<dyn Error>> {
    target.is_of(&image.version()?)?;
    let auth = credentials::of(target.registry())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(push::push(image, target, &auth, how))?;
    let digest = image.manifest.digest();
    println!("{target}\n{}@sha256:{digest}", target.repository());
    println!("peergate render istio --url oci://{target} --sha256 {digest} …");
    Ok(())
}

/// The bytes of a file.
///
/// # Errors
/// It cannot be read; the message names it.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
