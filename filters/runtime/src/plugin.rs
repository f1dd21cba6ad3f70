//! What a plugin needs to know of itself.

use std::cell::OnceCell;

use peergate::Unreadable;
use peergate::dynamic::ONLY_IF_ABSENT;

use crate::host;

/// What never changes while the plugin is there. Each is asked for when it is first needed, and not while
/// configuring, which depends on the configuration alone.
#[derive(Debug, Default)]
pub(crate) struct Plugin {
    name: OnceCell<Vec<u8>>,
    salt: OnceCell<Vec<u8>>,
}

impl Plugin {
    /// Its name (`PluginConfig.name`), which tells it from others of the same proxy; empty if it has none.
    ///
    /// # Errors
    /// [`Unreadable`], here and below, if the host fails; it is asked again the next time.
    pub(crate) fn name(&self) -> Result<&[u8], Unreadable> {
        known(&self.name, || Ok(host::property("plugin_name")?.unwrap_or_default()))
    }

    /// Bytes that all who share data have in common, and nobody else knows: plugins that have a list in common
    /// count its clients together.
    pub(crate) fn salt(&self) -> Result<&[u8], Unreadable> {
        known(&self.salt, agree)
    }
}

fn known(
    cell: &OnceCell<Vec<u8>>,
    read: impl FnOnce() -> Result<Vec<u8>, Unreadable>,
) -> Result<&[u8], Unreadable> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let value = read()?;
    Ok(cell.get_or_init(|| value))
}

/// The first to come makes it. Whatever lies there is taken as it is: what matters is that all take the same.
fn agree() -> Result<Vec<u8>, Unreadable> {
    if let Some((salt, _)) = host::shared(SALT)? {
        return Ok(salt);
    }
    let salt = [host::random(), host::random()].map(u64::to_le_bytes).concat();
    if host::set_shared(SALT, &salt, ONLY_IF_ABSENT)? {
        return Ok(salt);
    }
    let (salt, _) = host::shared(SALT)?.ok_or(Unreadable)?;
    Ok(salt)
}

/// A key of shared data.
const SALT: &[u8] = b"peergate/salt";
