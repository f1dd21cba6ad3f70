//! What a release says of where it comes from.

use std::collections::BTreeMap;

use oci_client::annotations;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The commit that a release is made of. Its time stands for the release's, so that whoever makes the release
/// again gets the same bytes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Stamp {
    /// The commit
    #[arg(long, value_name = "COMMIT", value_parser = commit)]
    pub(crate) revision: String,
    /// The commit's time: seconds since 1970
    #[arg(long, value_name = "SECONDS")]
    pub(crate) epoch: u32,
}

impl Stamp {
    /// The commit's time, as RFC 3339 writes it.
    pub(crate) fn time(&self) -> Result<String, Box<dyn std::error::Error>> {
        Ok(OffsetDateTime::from_unix_timestamp(self.epoch.into())?.format(&Rfc3339)?)
    }

    /// What the image says of itself.
    pub(crate) fn annotations(
        &self,
    ) -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
        let created = self.time()?;
        let said = [
            (annotations::ORG_OPENCONTAINERS_IMAGE_CREATED, &*created),
            (
                annotations::ORG_OPENCONTAINERS_IMAGE_DESCRIPTION,
                "Decides per API which client certificates, tokens and API keys may pass; a Wasm module for Envoy",
            ),
            (annotations::ORG_OPENCONTAINERS_IMAGE_LICENSES, env!("CARGO_PKG_LICENSE")),
            (annotations::ORG_OPENCONTAINERS_IMAGE_REVISION, &self.revision),
            (annotations::ORG_OPENCONTAINERS_IMAGE_TITLE, "peergate_http"),
            (annotations::ORG_OPENCONTAINERS_IMAGE_VERSION, env!("CARGO_PKG_VERSION")),
        ];
        Ok(said.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }
}

fn commit(text: &str) -> Result<String, &'static str> {
    let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex && matches!(text.len(), 40 | 64) {
        Ok(text.to_owned())
    } else {
        Err("expected the whole hash of a commit")
    }
}
