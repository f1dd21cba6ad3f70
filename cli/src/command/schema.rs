//! `peergate schema`.

use std::process::ExitCode;

use crate::failure::Failure;
use crate::output::print;
use crate::schema;

/// Prints the JSON Schema of policies, for editors and pipelines
///
/// It is of draft 2020-12. An editor with the YAML language server shows what each field means, and marks what
/// is wrong, where a policy begins with
///
///   # yaml-language-server: $schema=peergate.schema.json
///
/// What the schema refuses the filter refuses. The filter refuses more: names that nothing has, rules that never
/// matter, certificates that do not parse. `peergate check` tells that.
#[derive(clap::Args)]
pub(crate) struct Schema {
    /// Of configurations of the sync service instead
    #[arg(long, conflicts_with = "feed")]
    sync: bool,
    /// Of the answers of feeds instead
    #[arg(long)]
    feed: bool,
}

impl Schema {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let schema = match (self.sync, self.feed) {
            (true, _) => schema::sync(),
            (_, true) => schema::feed(),
            _ => schema::policy(),
        };
        let text = serde_json::to_string_pretty(&schema);
        let text = text.map_err(|error| Failure::Input(error.to_string()))?;
        print(&format!("{text}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
