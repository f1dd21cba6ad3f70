//! Whether the tree is at the version that is to be released.

use semver::Version;
use time::Date;
use time::format_description::well_known::Iso8601;

/// Checks a version that is to be released from a workspace at version `current`, with this changelog.
///
/// # Errors
/// It is no semantic version, or one that no tag of an image can name; the workspace is at another; the changelog
/// has no `## [VERSION] - YYYY-MM-DD`, unless this is a trial.
pub(crate) fn check(
    version: &str,
    current: &str,
    changelog: &str,
    trial: bool,
) -> Result<(), String> {
    let parsed = Version::parse(version)
        .map_err(|error| format!("VERSION {version:?} is not a semantic version: {error}"))?;
    if !parsed.build.is_empty() {
        return Err(format!("VERSION {version:?}: a tag of an image cannot have a `+`"));
    }
    if version != current {
        return Err(format!("VERSION is {version}, but Cargo.toml says {current}"));
    }
    let heading = format!("## [{version}] - ");
    let mut dates = changelog.lines().filter_map(|line| line.strip_prefix(&heading));
    if trial || dates.any(|date| Date::parse(date, &Iso8601::DATE).is_ok()) {
        return Ok(());
    }
    Err(format!("CHANGELOG.md has no line `{heading}YYYY-MM-DD` (--trial does without)"))
}

#[cfg(test)]
mod tests {
    use super::check;

    const CHANGELOG: &str =
        "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-26\n\n## [1.2.4]\n";

    #[test]
    fn a_version_is_what_workspace_and_changelog_say() {
        assert_eq!(check("1.2.3", "1.2.3", CHANGELOG, false), Ok(()));
        for (version, current, why) in [
            ("1.2", "1.2", "semantic version"),
            ("v1.2.3", "1.2.3", "semantic version"),
            ("../1.2.3", "1.2.3", "semantic version"),
            ("", "1.2.3", "semantic version"),
            ("1.2.3+5", "1.2.3+5", "`+`"),
            ("1.2.3", "1.2.4", "Cargo.toml says 1.2.4"),
            ("1.2.4", "1.2.4", "## [1.2.4] - YYYY-MM-DD"),
            ("1.2.5-rc.1", "1.2.5-rc.1", "## [1.2.5-rc.1]"),
        ] {
            let error = check(version, current, CHANGELOG, false).unwrap_err();
            assert!(error.contains(why), "{version}: {error}");
        }
    }

    #[test]
    fn a_trial_needs_no_heading() {
        assert_eq!(check("1.2.4", "1.2.4", CHANGELOG, true), Ok(()));
        assert!(check("1.2.5", "1.2.4", CHANGELOG, true).is_err());
    }
}
