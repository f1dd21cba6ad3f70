//! `domains` of virtual hosts.

/// Whether some host is of a virtual host's domain and of a policy's host, which is exact or `*.suffix`. A domain is
/// exact, `*suffix`, `prefix*` or `*`; case does not matter.
pub(crate) fn overlap(domain: &str, host: &str) -> bool {
    let (domain, host) = (domain.to_ascii_lowercase(), host.to_ascii_lowercase());
    let below = |suffix: &str, name: &str| name.len() > suffix.len() && name.ends_with(suffix);
    match (domain.strip_prefix('*'), domain.strip_suffix('*'), host.strip_prefix('*')) {
        (Some(""), _, _) | (None, Some(_), Some(_)) => true,
        (Some(domain), _, Some(host)) => domain.ends_with(host) || host.ends_with(domain),
        (Some(domain), _, None) => below(domain, &host),
        (None, Some(domain), None) => host.len() > domain.len() && host.starts_with(domain),
        (None, None, Some(host)) => below(host, &domain),
        (None, None, None) => domain == host,
    }
}

/// A domain or host without its port.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*')
                && !port.is_empty()
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_hosts_may_have_a_host_in_common() {
        for (domain, host, is_common) in [
            ("*", "a.example", true),
            ("A.example", "a.example", true),
            ("a.example", "b.example", false),
            ("*.example", "a.example", true),
            ("*.example", "example", false),
            ("*-a.example", "b-a.example", true),
            ("a.*", "a.example", true),
            ("a.*", "b.example", false),
            ("a.example", "*.example", true),
            ("example", "*.example", false),
            ("*.a.example", "*.example", true),
            ("*.example", "*.a.example", true),
            ("*.example", "*.other", false),
            ("a.*", "*.example", true),
        ] {
            assert_eq!(overlap(domain, host), is_common, "{domain} {host}");
        }
    }

    #[test]
    fn ports_are_left_out() {
        for (host, name) in [
            ("a:80", "a"),
            ("a:*", "a"),
            ("a", "a"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("*", "*"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }
}
