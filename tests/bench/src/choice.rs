//! Which variants take part.

use std::path::PathBuf;

use clap::Args;

/// Which variants take part.
#[derive(Args, Clone, Debug)]
pub struct Choice {
    /// Only variants whose name contains this, and `no filter`. May be said several times.
    #[arg(long)]
    pub only: Vec<String>,

    /// Another build of the module, with one pin, beside the one that is built: NAME=FILE. May be said several
    /// times. This is how a change is measured: build, copy the module away, change, measure both.
    #[arg(long, value_parser = module)]
    pub module: Vec<(String, PathBuf)>,
}

fn module(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("expected NAME=FILE")?;
    Ok((name.to_owned(), path.into()))
}

impl Choice {
    /// Whether a variant of this name takes part.
    pub fn wants(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.only.is_empty() || self.only.iter().any(|only| name.contains(&only.to_lowercase()))
    }
}
