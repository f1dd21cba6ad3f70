//! Names of functions.

/// A function's path as people write it, without the hash at its end.
pub(crate) fn readable(linked: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(linked))
}

/// What a trap's backtrace calls a function: our own by its path, without the hash at its end; no others, whose
/// names are a tenth of the module, nor what only drops our values.
pub(crate) fn shipped_name(linked: &str) -> Option<String> {
    if !linked.contains("peergate") || linked.contains("drop_in_place") {
        return None;
    }
    let (path, hash) = linked.rsplit_once("17h").unwrap_or((linked, ""));
    let is_hash =
        |digits: &str| digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some(match hash.strip_suffix('E') {
        Some(digits) if is_hash(digits) => format!("{path}E"),
        _ => linked.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_our_functions_and_short() {
        for (linked, shipped) in [
            ("_ZN8peergate6config4read17h39d2275757a72e92E", Some("_ZN8peergate6config4readE")),
            ("_ZN8peergate6config4read17hotE", Some("_ZN8peergate6config4read17hotE")),
            ("proxy_on_tick", None),
            ("_ZN4core3ptr31drop_in_place$LT$peergate..Reply$GT$17h1d3e4c38dce3054dE", None),
            ("_ZN3std9panicking11begin_panic17h1d3e4c38dce3054dE", None),
        ] {
            assert_eq!(shipped_name(linked).as_deref(), shipped);
        }
    }

    #[test]
    fn paths_have_no_hash() {
        assert_eq!(
            readable("_ZN8peergate6config4read17h39d2275757a72e92E"),
            "peergate::config::read"
        );
        assert_eq!(readable("dlmalloc"), "dlmalloc");
    }
}
