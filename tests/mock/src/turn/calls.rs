//! Calls to other services.

use std::time::Duration;

use super::{Turn, text};
use crate::call::Call;
use crate::http_call::HttpCall;
use crate::pairs;
use crate::status::Status;

impl Turn {
    /// Makes a call, of the plugin whoever acts, and gives its token. A call that cannot even begin has
    /// none and is not answered.
    pub(crate) fn http_call(
        &mut self,
        cluster: &[u8],
        headers: &[u8],
        body: &[u8],
        timeout: u32,
    ) -> Result<u32, Status> {
        let cluster = text(cluster);
        if self.note(Call::HttpCall, cluster.clone())?.is_some() {
            return Ok(0);
        }
        if i32::try_from(timeout).is_err() || self.unknown_clusters.contains(&cluster) {
            return Err(Status::BAD_ARGUMENT);
        }
        let headers = pairs::read(headers)?;
        let has = |name: &[u8]| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if !(has(b":method") && has(b":path") && has(b":authority")) {
            return Err(Status::BAD_ARGUMENT);
        }
        self.token = self.token.saturating_add(TOKEN_STEP);
        self.http_calls.push(HttpCall {
            token: self.token,
            cluster,
            headers: headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
            body: body.to_vec(),
            timeout: Duration::from_millis(timeout.into()),
        });
        Ok(self.token)
    }
}

/// Envoy's tokens are 4 apart: their last bits tell what kind of call it is.
const TOKEN_STEP: u32 = 4;
