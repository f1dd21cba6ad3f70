//! What patches do to filters that are there.

use crate::proxy::Findings;

use super::gateway::Gateway;
use super::patch::Patch;
use super::plugin::Plugin;

/// Looks at what a patch does to filters that are there.
pub(super) fn check(patch: &Patch<'_>, guard: &str, is_guarded: bool, findings: &mut Findings) {
    let place = &patch.part.place;
    if patch.spot().is_some() {
        if patch.is_for_one_chain()
            && patch.value.as_ref().is_some_and(|it| it.text_of("name") == guard)
        {
            findings.warn(
                place,
                "puts the guard into one filter chain alone: a listener has one for each host name",
            );
        }
        return;
    }
    let opens = patch.value.as_ref().and_then(|it| it.text()) == Some("FAIL_OPEN");
    if opens {
        let what = "requests go past peergate where its VM fails";
        match is_guarded {
            true => findings.warn(place, format_args!("{what}: the guard refuses them with 403")),
            false => findings
                .error(place, format_args!("{what}, and there is no guard: all of them pass")),
        }
    } else if patch.goes_through("http_filters")
        && patch.operation != "test"
        && !sets_failure_policy(patch)
    {
        findings.error(
            place,
            "changes filters that are there: it may take the guard or peergate away, which is not reckoned out here",
        );
    } else if patch.operation != "test" && !sets_failure_policy(patch) && reaches_filters(patch) {
        findings.warn(place, WHOLE);
    }
}

/// Looks for a patch that puts another listener in the place of the one of this name.
pub(super) fn replacing(patch: &Patch<'_>, listener: &str, findings: &mut Findings) {
    let value = patch.value.as_ref().map(|it| it.text_of("name")).unwrap_or_default();
    let is_whole = patch.kind == "Listener" && patch.paths == ("", "") && value == listener;
    if is_whole && patch.operation == "add" {
        findings.warn(&patch.part.place, WHOLE);
    }
}

/// Whether what it changes may hold the filters: all of a listener, its filter chains or something in them.
fn reaches_filters(patch: &Patch<'_>) -> bool {
    let (json_path, path) = patch.paths;
    let is_whole = ["", "$", "."].contains(&json_path) && ["", "/"].contains(&path);
    let is_wide = ["..", "*", "?("].iter().any(|it| json_path.contains(it));
    let chains = ["filter_chain", "filterChain", "FilterChain"];
    is_whole || is_wide || chains.iter().any(|field| patch.goes_through(field))
}

const WHOLE: &str = "changes what the filters are in, or what stands beside them: what becomes of peergate, its guard and \
                     the connection is not reckoned out here";

/// Whether it says what becomes of a VM that failed.
fn sets_failure_policy(patch: &Patch<'_>) -> bool {
    let is_named = patch.paths.1.trim_start_matches('/') == "failure_policy"
        || patch.paths.0.ends_with("failure_policy");
    is_named && patch.goes_through("http_filters") && ["add", "replace"].contains(&patch.operation)
}

/// Whether a VM of the plugin that trapped is replaced, on Envoy's listener of this name.
pub(super) fn reloads(
    plugin: &Plugin<'_>,
    gateway: &Gateway<'_>,
    listener: &str,
    patches: &[Patch<'_>],
) -> bool {
    let name = plugin.item.text_of("name");
    patches.iter().any(|patch| {
        let is_own = patch.goes_through(&format!("config.name=='{name}'"));
        let value = patch.value.as_ref().and_then(|it| it.text());
        let is_here = patch.kind == "Listener" && patch.name == listener && patch.is_for(gateway);
        is_here && is_own && sets_failure_policy(patch) && value == Some("FAIL_RELOAD")
    })
}
