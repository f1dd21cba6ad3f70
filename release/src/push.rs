//! An image's way into a registry.

use std::error::Error;
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};

use crate::image::Image;
use crate::target::Target;

/// How an image is pushed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct How {
    /// Without TLS, which only registries on this machine are otherwise spoken to
    #[arg(long)]
    plain_http: bool,
    /// Also where the tag names another image
    #[arg(long)]
    move_tag: bool,
}

/// Pushes an image, byte for byte, and asks the registry what the tag names, before and then.
///
/// # Errors
/// The registry cannot be reached or refuses; the tag names another image, before (unless it may be moved) or
/// afterwards.
pub(crate) async fn push(
    image: &Image,
    target: &Target,
    auth: &RegistryAuth,
    how: How,
) -> Result<(), Box<dyn Error>> {
    let protocol = match how.plain_http || target.is_local() {
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
    let manifest = &image.manifest;
    let expected = format!("sha256:{}", manifest.digest());
    if !how.move_tag {
        let found = named(client.fetch_manifest_digest(reference, auth).await).map_err(failed)?;
        if let Some(found) = found.filter(|found| *found != expected) {
            return Err(format!(
                "{target} is {found} already, and this image is {expected}: who has pinned the tag would be refused \
                 (--move-tag moves it all the same)"
            )
            .into());
        }
    }
    for blob in [&image.config, &image.layer] {
        let digest = format!("sha256:{}", blob.digest());
        if !client.blob_exists(reference, &digest).await.map_err(failed)? {
            client.push_blob(reference, blob.bytes.clone(), &digest).await.map_err(failed)?;
        }
    }
    let media_type = manifest.media_type.parse()?;
    client
        .push_manifest_raw(reference, manifest.bytes.clone(), media_type)
        .await
        .map_err(failed)?;
    let found = client.fetch_manifest_digest(reference, auth).await.map_err(failed)?;
    if found != expected {
        return Err(format!("{target} is {found} after {expected} was pushed").into());
    }
    Ok(())
}

/// What a tag names, of what the registry says to that: `None` if it has no such tag, or no such repository.
fn named(
    answer: Result<String, OciDistributionError>,
) -> Result<Option<String>, OciDistributionError> {
    const NOT_THERE: [OciErrorCode; 3] =
        [OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown, OciErrorCode::NotFound];
    match answer {
        Ok(digest) => Ok(Some(digest)),
        Err(
            OciDistributionError::ImageManifestNotFoundError(_)
            | OciDistributionError::ServerError { code: 404, .. },
        ) => Ok(None),
        Err(OciDistributionError::RegistryError { envelope, .. })
            if !envelope.errors.is_empty()
                && envelope.errors.iter().all(|error| NOT_THERE.contains(&error.code)) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
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

#[cfg(test)]
mod tests {
    use oci_client::errors::{OciEnvelope, OciError};

    use super::*;

    #[test]
    fn a_tag_that_is_not_there_is_free_and_nothing_else_is() {
        let url = || "https://registry.example.com/v2/a/manifests/1".to_owned();
        let refused = |codes: Vec<OciErrorCode>| OciDistributionError::RegistryError {
            envelope: OciEnvelope {
                errors: codes
                    .into_iter()
                    .map(|code| OciError {
                        code,
                        message: String::new(),
                        detail: serde_json::Value::Null,
                    })
                    .collect(),
            },
            url: url(),
        };
        let answered =
            |code| OciDistributionError::ServerError { code, url: url(), message: String::new() };
        assert_eq!(named(Ok("sha256:a".to_owned())).unwrap(), Some("sha256:a".to_owned()));
        for error in [
            refused(vec![OciErrorCode::ManifestUnknown]),
            refused(vec![OciErrorCode::NameUnknown]),
            answered(404),
        ] {
            assert_eq!(named(Err(error)).unwrap(), None);
        }
        for error in [
            refused(vec![]),
            refused(vec![OciErrorCode::Denied]),
            refused(vec![OciErrorCode::ManifestUnknown, OciErrorCode::Denied]),
            answered(403),
            answered(500),
            OciDistributionError::UnauthorizedError { url: url() },
        ] {
            assert!(named(Err(error)).is_err());
        }
    }
}
