//! The image: one layer with the module as `plugin.wasm`.
//!
//! Of the forms that Istio and Envoy Gateway take, this is the one that every registry takes too: an OCI image of
//! `application/vnd.oci.image.layer.v1.tar+gzip`. (Docker's media types are the same thing with older names; the
//! artifact with `application/vnd.module.wasm.content.layer.v1+wasm` needs two layers there.)

use std::error::Error;
use std::io::Read;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use oci_client::annotations::ORG_OPENCONTAINERS_IMAGE_VERSION;
use oci_client::config::{ConfigFile, Rootfs};
use oci_client::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_LAYER_GZIP_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciDescriptor,
    OciImageManifest,
};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use crate::stamp::Stamp;

/// The name that Istio and Envoy Gateway look for.
pub(crate) const PLUGIN: &str = "plugin.wasm";

/// Bytes and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Blob {
    /// The SHA-256, in hex.
    pub(crate) fn digest(&self) -> String {
        sha256(&self.bytes)
    }

    /// As manifests and indexes name it.
    pub(crate) fn descriptor(&self) -> Result<OciDescriptor, Box<dyn Error>> {
        Ok(OciDescriptor {
            media_type: self.media_type.to_owned(),
            digest: format!("sha256:{}", self.digest()),
            size: self.bytes.len().try_into()?,
            ..OciDescriptor::default()
        })
    }
}

/// An image, in what it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) config: Blob,
    pub(crate) layer: Blob,
    /// Its SHA-256 is the image's digest, which `sha256` of a WasmPlugin and of an EnvoyExtensionPolicy means.
    pub(crate) manifest: Blob,
}

impl Image {
    /// The image of a module.
    pub(crate) fn of(module: &[u8], stamp: &Stamp) -> Result<Self, Box<dyn Error>> {
        let mut files = Builder::new(Vec::new());
        files.append_data(&mut file(module.len(), stamp)?, PLUGIN, module)?;
        let files = files.into_inner()?;
        // No name and no time in the header: the same bytes whenever it is made.
        let compressed = GzBuilder::new().read(&*files, Compression::best());
        let layer = Blob { media_type: IMAGE_LAYER_GZIP_MEDIA_TYPE, bytes: all(compressed)? };
        let config = ConfigFile {
            created: Some(stamp.time()?.parse()?),
            architecture: "wasm".into(),
            os: "wasip1".into(),
            rootfs: Rootfs {
                diff_ids: vec![format!("sha256:{}", sha256(&files))],
                ..Rootfs::default()
            },
            ..ConfigFile::default()
        };
        let config =
            Blob { media_type: IMAGE_CONFIG_MEDIA_TYPE, bytes: serde_json::to_vec(&config)? };
        let manifest = OciImageManifest {
            media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
            config: config.descriptor()?,
            layers: vec![layer.descriptor()?],
            annotations: Some(stamp.annotations()?),
            ..OciImageManifest::default()
        };
        let manifest =
            Blob { media_type: OCI_IMAGE_MEDIA_TYPE, bytes: serde_json::to_vec(&manifest)? };
        Ok(Self { config, layer, manifest })
    }

    /// The version that it says it is of.
    ///
    /// # Errors
    /// It says none.
    pub(crate) fn version(&self) -> Result<String, Box<dyn Error>> {
        let manifest: OciImageManifest = serde_json::from_slice(&self.manifest.bytes)?;
        let said =
            manifest.annotations.unwrap_or_default().remove(ORG_OPENCONTAINERS_IMAGE_VERSION);
        said.ok_or_else(|| format!("the image has no {ORG_OPENCONTAINERS_IMAGE_VERSION}").into())
    }

    /// The module in it, as a control plane takes it out.
    pub(crate) fn module(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut files = tar::Archive::new(GzDecoder::new(&*self.layer.bytes));
        for entry in files.entries()? {
            let entry = entry?;
            if &*entry.path_bytes() == PLUGIN.as_bytes() {
                return Ok(all(entry)?);
            }
        }
        Err(format!("the layer has no {PLUGIN}").into())
    }
}

/// The header of a file of that many bytes that anybody may read.
pub(crate) fn file(size: usize, stamp: &Stamp) -> Result<Header, Box<dyn Error>> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size.try_into()?);
    header.set_mode(0o644);
    header.set_mtime(stamp.epoch.into());
    header.set_uid(0);
    header.set_gid(0);
    Ok(header)
}

/// The SHA-256 of bytes, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn all(mut reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(crate) fn stamp() -> Stamp {
        Stamp { revision: "ab".repeat(20), epoch: 1_700_000_000 }
    }

    #[test]
    fn an_image_is_what_both_control_planes_take() {
        let image = Image::of(b"\0asm\x01\0\0\0", &stamp()).unwrap();
        let manifest: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
        assert_eq!(manifest["schemaVersion"], 2);
        assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
        assert_eq!(
            manifest["layers"],
            json!([{
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": format!("sha256:{}", image.layer.digest()),
                "size": image.layer.bytes.len(),
            }])
        );
        assert_eq!(
            manifest["config"],
            json!({
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": format!("sha256:{}", image.config.digest()),
                "size": image.config.bytes.len(),
            })
        );
        let said = &manifest["annotations"];
        assert_eq!(said["org.opencontainers.image.created"], "2023-11-14T22:13:20Z");
        assert_eq!(said["org.opencontainers.image.revision"], "ab".repeat(20));
        assert_eq!(said["org.opencontainers.image.version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(image.version().unwrap(), env!("CARGO_PKG_VERSION"));
        assert_eq!(said["org.opencontainers.image.licenses"], "Apache-2.0");
    }

    #[test]
    fn a_layer_is_one_file() {
        let image = Image::of(b"module", &stamp()).unwrap();
        assert_eq!(image.module().unwrap(), b"module");
        let files = all(GzDecoder::new(&*image.layer.bytes)).unwrap();
        let config: Value = serde_json::from_slice(&image.config.bytes).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"], json!([format!("sha256:{}", sha256(&files))]));
        assert_eq!((&config["os"], &config["architecture"]), (&json!("wasip1"), &json!("wasm")));
        let mut archive = tar::Archive::new(&*files);
        let entries: Vec<_> = archive.entries().unwrap().map(Result::unwrap).collect();
        let [entry] = &*entries else { panic!("{} files", entries.len()) };
        let header = entry.header();
        assert_eq!(
            (header.uid().unwrap(), header.mode().unwrap(), header.mtime().unwrap()),
            (0, 0o644, 1_700_000_000)
        );
    }

    #[test]
    fn the_same_module_is_the_same_image() {
        let once = Image::of(b"module", &stamp()).unwrap();
        assert_eq!(once, Image::of(b"module", &stamp()).unwrap());
        let other = Image::of(b"other", &stamp()).unwrap();
        assert_ne!(once.manifest.digest(), other.manifest.digest());
    }
}
