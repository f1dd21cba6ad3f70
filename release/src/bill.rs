//! The bill of materials of a module: CycloneDX 1.5, in JSON.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use cargo_lock::Lockfile;
use cargo_metadata::{Metadata, Package, PackageId};
use cyclonedx_bom::external_models::uri::Purl;
use cyclonedx_bom::models::bom::{Bom, UrnUuid};
use cyclonedx_bom::models::component::{Classification, Component, Components};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata as About;
use cyclonedx_bom::models::tool::Tools;
use cyclonedx_bom::prelude::{SpdxExpression, SpecVersion, Validate as _};
use sha2::{Digest as _, Sha256};

use crate::stamp::Stamp;

/// What the bill of a module is made of.
pub(crate) struct Module<'a> {
    /// `peergate_http`: the package has dashes for it, the file `.wasm` behind it.
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    /// What it is linked of, its own package too.
    pub(crate) linked: &'a BTreeSet<PackageId>,
}

/// Where packages say what they are.
pub(crate) struct Sources<'a> {
    pub(crate) metadata: &'a Metadata,
    pub(crate) lock: &'a Lockfile,
    /// The compiler's version, whose standard library is in the module.
    pub(crate) rust: &'a str,
}

/// Writes the bill of a module. The same module of the same commit has the same bill.
///
/// # Errors
/// A package is not found, or has no licence; the bill would not be valid.
pub(crate) fn write(
    module: &Module<'_>,
    sources: &Sources<'_>,
    stamp: &Stamp,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let own = module.name.replace('_', "-");
    let mut root = None;
    let mut components = vec![standard_library(sources.rust)];
    let mut names = BTreeMap::new();
    for id in module.linked {
        let package = package(sources.metadata, id)?;
        names.insert(id, reference(package));
        if package.name.as_str() == own {
            root = Some((package, reference(package)));
        } else {
            components.push(component(package, sources.lock)?);
        }
    }
    let (package, root) = root.ok_or_else(|| format!("{own} is not among what was built"))?;
    components.sort_by(|one, other| one.bom_ref.cmp(&other.bom_ref));
    let mut file = described(
        package,
        Component::new(
            Classification::Library,
            &format!("{}.wasm", module.name),
            &package.version.to_string(),
            Some(root),
        ),
    )?;
    file.hashes = Some(sha256(&hex::encode(Sha256::digest(module.bytes))));
    let mut tool = Component::new(
        Classification::Application,
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
        None,
    );
    tool.description = Some(text(env!("CARGO_PKG_DESCRIPTION")));
    let bill = Bom {
        serial_number: Some(serial(module)?),
        metadata: Some(About {
            timestamp: Some(stamp.time()?.try_into()?),
            tools: Some(Tools::Object { services: None, components: Some(Components(vec![tool])) }),
            component: Some(file),
            ..About::default()
        }),
        components: Some(Components(components)),
        dependencies: Some(dependencies(&names, sources)?),
        spec_version: SpecVersion::V1_5,
        ..Bom::default()
    };
    let validity = bill.validate_version(SpecVersion::V1_5);
    if !validity.passed() {
        return Err(format!("the bill of {} is not valid: {validity:?}", module.name).into());
    }
    let mut written = Vec::new();
    bill.output_as_json_v1_5(&mut written)?;
    written.push(b'\n');
    Ok(written)
}

/// A number of the bill's own, as the format asks for, that depends on the module alone: a UUID of version 8.
fn serial(module: &Module<'_>) -> Result<UrnUuid, Box<dyn Error>> {
    let digest = Sha256::new().chain_update(module.name).chain_update(module.bytes).finalize();
    let (bytes, _) = digest.split_first_chunk().ok_or("a digest has 32 bytes")?;
    Ok(UrnUuid::from(uuid::Builder::from_custom_bytes(*bytes).into_uuid()))
}

/// Which of the packages uses which; all of them use the standard library.
fn dependencies(
    names: &BTreeMap<&PackageId, String>,
    sources: &Sources<'_>,
) -> Result<Dependencies, Box<dyn Error>> {
    let graph = sources.metadata.resolve.as_ref().ok_or("no graph of dependencies")?;
    let rust = rust_reference(sources.rust);
    let nodes = graph.nodes.iter().filter_map(|node| {
        let linked = node.dependencies.iter().filter_map(|id| names.get(id).cloned());
        let mut used: Vec<_> = linked.chain([rust.clone()]).collect();
        used.sort();
        Some(Dependency { dependency_ref: names.get(&node.id)?.clone(), dependencies: used })
    });
    let alone = Dependency { dependency_ref: rust.clone(), dependencies: Vec::new() };
    let mut nodes: Vec<_> = nodes.chain([alone]).collect();
    nodes.sort_by(|one, other| one.dependency_ref.cmp(&other.dependency_ref));
    Ok(Dependencies(nodes))
}

fn package<'a>(metadata: &'a Metadata, id: &PackageId) -> Result<&'a Package, String> {
    let mut packages = metadata.packages.iter();
    packages.find(|package| package.id == *id).ok_or_else(|| format!("{id} is unknown"))
}

/// How the parts of a bill name a package.
fn reference(package: &Package) -> String {
    match &package.source {
        Some(_) => format!("pkg:cargo/{}@{}", package.name, package.version),
        None => format!("{}@{}", package.name, package.version),
    }
}

fn component(package: &Package, lock: &Lockfile) -> Result<Component, Box<dyn Error>> {
    let version = package.version.to_string();
    let new =
        Component::new(Classification::Library, &package.name, &version, Some(reference(package)));
    let mut component = described(package, new)?;
    let Some(source) = &package.source else {
        return Ok(component);
    };
    if !source.is_crates_io() {
        return Err(format!("{} is from {source}, not from crates.io", package.name).into());
    }
    component.purl = Some(Purl::new("cargo", &package.name, &version)?);
    let mut locked = lock.packages.iter().filter(|locked| {
        locked.name.as_str() == package.name.as_str() && locked.version == package.version
    });
    let checksum = locked.find_map(|locked| locked.checksum.as_ref());
    let checksum =
        checksum.ok_or_else(|| format!("Cargo.lock has no checksum of {}", package.name))?;
    component.hashes = Some(sha256(&checksum.to_string()));
    Ok(component)
}

/// With the licence and the description that a package's manifest gives.
fn described(package: &Package, mut component: Component) -> Result<Component, Box<dyn Error>> {
    let license =
        package.license.clone().ok_or_else(|| format!("{} has no licence", package.name))?;
    let license = SpdxExpression::parse_lax(license)
        .map_err(|error| format!("the licence of {}: {error}", package.name))?;
    component.licenses = Some(Licenses(vec![LicenseChoice::Expression(license)]));
    component.description = package.description.as_deref().map(text);
    Ok(component)
}

/// Rust's own library, which comes compiled with the compiler: the sum of its parts, wasi-libc among them.
fn standard_library(rust: &str) -> Component {
    let reference = Some(rust_reference(rust));
    let mut component = Component::new(Classification::Library, "rust-std", rust, reference);
    component.licenses = Some(Licenses(vec![LicenseChoice::expression("MIT OR Apache-2.0")]));
    component.description = Some(text("The standard library of Rust for wasm32-wasip1"));
    component
}

fn rust_reference(rust: &str) -> String {
    format!("rust-std@{rust}")
}

fn sha256(hex: &str) -> Hashes {
    Hashes(vec![Hash { alg: HashAlgorithm::SHA_256, content: HashValue(hex.to_owned()) }])
}

fn text(words: &str) -> cyclonedx_bom::prelude::NormalizedString {
    cyclonedx_bom::prelude::NormalizedString::new(words)
}
