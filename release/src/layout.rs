//! An image as a file: the OCI image layout, in a tar archive.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read as _;

use oci_client::annotations::ORG_OPENCONTAINERS_IMAGE_REF_NAME;
use oci_client::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_LAYER_GZIP_MEDIA_TYPE, ImageIndexEntry,
    OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageIndex,
    OciImageManifest,
};
use serde_json::{Value, json};
use tar::{Archive, Builder};

use crate::image::{Blob, Image, file, sha256};
use crate::stamp::Stamp;

/// Says which version of the layout this is.
const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// Writes an image.
pub(crate) fn write(image: &Image, stamp: &Stamp) -> Result<Vec<u8>, Box<dyn Error>> {
    let OciDescriptor { media_type, digest, size, .. } = image.manifest.descriptor()?;
    let name = (ORG_OPENCONTAINERS_IMAGE_REF_NAME.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let index = OciImageIndex {
        schema_version: 2,
        media_type: Some(OCI_IMAGE_INDEX_MEDIA_TYPE.to_owned()),
        manifests: vec![ImageIndexEntry {
            media_type,
            digest,
            size,
            platform: None,
            annotations: Some(BTreeMap::from([name])),
            artifact_type: None,
        }],
        annotations: None,
        artifact_type: None,
    };
    let index = serde_json::to_vec(&index)?;
    let mut archive = Builder::new(Vec::new());
    let mut add = |name: &str, bytes: &[u8]| -> Result<(), Box<dyn Error>> {
        Ok(archive.append_data(&mut file(bytes.len(), stamp)?, name, bytes)?)
    };
    add("oci-layout", LAYOUT.as_bytes())?;
    add("index.json", &index)?;
    for blob in [&image.manifest, &image.config, &image.layer] {
        add(&format!("blobs/sha256/{}", blob.digest()), &blob.bytes)?;
    }
    Ok(archive.into_inner()?)
}

/// Reads an image that [`write()`] has written.
///
/// # Errors
/// It is no such image; a part is missing, or is not what its digest says.
pub(crate) fn read(bytes: &[u8]) -> Result<Image, Box<dyn Error>> {
    let mut files = BTreeMap::new();
    for entry in Archive::new(bytes).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(name, bytes);
    }
    let layout = files.get("oci-layout").ok_or("not an OCI image layout")?;
    let layout: Value = serde_json::from_slice(layout)?;
    if layout != json!({ "imageLayoutVersion": "1.0.0" }) {
        return Err(format!("unknown layout {layout}").into());
    }
    let index = files.get("index.json").ok_or("no index.json")?;
    let index: OciImageIndex = serde_json::from_slice(index)?;
    let [entry] = &*index.manifests else {
        return Err(format!("{} images, expected one", index.manifests.len()).into());
    };
    let manifest = blob(&files, &entry.digest, &entry.media_type, OCI_IMAGE_MEDIA_TYPE)?;
    let parts: OciImageManifest = serde_json::from_slice(&manifest.bytes)?;
    let [layer] = &*parts.layers else {
        return Err(format!("{} layers, expected one", parts.layers.len()).into());
    };
    let config = &parts.config;
    Ok(Image {
        config: blob(&files, &config.digest, &config.media_type, IMAGE_CONFIG_MEDIA_TYPE)?,
        layer: blob(&files, &layer.digest, &layer.media_type, IMAGE_LAYER_GZIP_MEDIA_TYPE)?,
        manifest,
    })
}

/// A part by its digest.
fn blob(
    files: &BTreeMap<String, Vec<u8>>,
    digest: &str,
    found: &str,
    media_type: &'static str,
) -> Result<Blob, String> {
    if found != media_type {
        return Err(format!("{digest} is {found}, expected {media_type}"));
    }
    let hex = digest.strip_prefix("sha256:").ok_or_else(|| format!("unknown digest {digest}"))?;
    let bytes = files.get(&format!("blobs/sha256/{hex}")).ok_or_else(|| format!("no {digest}"))?;
    if sha256(bytes) != hex {
        return Err(format!("{digest} is not what its digest says"));
    }
    Ok(Blob { media_type, bytes: bytes.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp() -> Stamp {
        Stamp { revision: "ab".repeat(20), epoch: 1_700_000_000 }
    }

    #[test]
    fn what_is_written_is_read() {
        let image = Image::of(b"module", &stamp()).unwrap();
        let written = write(&image, &stamp()).unwrap();
        assert_eq!(written, write(&image, &stamp()).unwrap());
        assert_eq!(read(&written).unwrap(), image);
    }

    #[test]
    fn what_is_not_an_image_is_refused() {
        let image = Image::of(b"module", &stamp()).unwrap();
        let whole = write(&image, &stamp()).unwrap();
        // A byte of the layer, which ends with the length of what it unpacks to.
        let tail = &image.layer.bytes[image.layer.bytes.len() - 4..];
        let place = whole.windows(4).rposition(|bytes| bytes == tail).unwrap();
        let mut changed = whole.clone();
        changed[place] ^= 1;
        let cut = &whole[..place - place % 512 - 512];
        for (bytes, why) in [
            (&*changed, "not what its digest says"),
            (cut, "no sha256:"),
            (b"".as_slice(), "not an OCI image layout"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
