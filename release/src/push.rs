//! An image's way into a registry.

use std::error::Error;
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};

use crate::image::Image;
use crate::target::Target;

/// Pushes an image, byte for byte, and asks the registry what the tag then names.
///
/// # Errors
/// The registry cannot be reached or refuses, or the tag names another image afterwards.
pub(crate) async fn push(
    image: &Image,
    target: &Target,
    auth: &RegistryAuth,
    plain_http: bool,
) -> Result<(), Box<dyn Error>> {
    let protocol = match plain_http || target.is_local() {
        true => ClientProtocol::Http,
        false => ClientProtocol::Https,
    };
    let client = Client::try_from(ClientConfig {
        protocol,
        connect_timeout: Some(Duration::from_secs(10)),
        read_timeout: Some(Duration::from_secs(60)),
        user_agent: concat!("peergate-release/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    })?;
    let reference = target.reference();
    let failed = |error| format!("{target}: {}", causes(&error));
    client.auth(reference, auth, RegistryOperation::Push).await.map_err(failed)?;
    for blob in [&image.config, &image.layer] {
        let digest = format!("sha256:{}", blob.digest());
        if !client.blob_exists(reference, &digest).await.map_err(failed)? {
            client.push_blob(reference, blob.bytes.clone(), &digest).await.map_err(failed)?;
        }
    }
    let manifest = &image.manifest;
    let media_type = manifest.media_type.parse()?;
    client
        .push_manifest_raw(reference, manifest.bytes.clone(), media_type)
        .await
        .map_err(failed)?;
    let found = client.fetch_manifest_digest(reference, auth).await.map_err(failed)?;
    let expected = format!("sha256:{}", manifest.digest());
    if found != expected {
        return Err(format!("{target} is {found} after {expected} was pushed").into());
    }
    Ok(())
}

/// An error and what it comes from: the library's own say "error sending request".
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    text
}
