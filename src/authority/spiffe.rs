//! SPIFFE IDs (SPIFFE-ID section 2): `spiffe://<trust domain>/<path>`.

/// A well-formed SPIFFE ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpiffeId<'a> {
    text: &'a str,
}

impl<'a> SpiffeId<'a> {
    /// Reads an ID; `None` if it is not one to the letter. Trust domain and path are never normalised.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (domain, path) = split(text)?;
        let is_path = path.is_empty()
            || path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_segment));
        (text.len() <= LONGEST && is_domain(domain) && is_path).then_some(Self { text })
    }

    /// The whole ID.
    pub(crate) fn as_str(self) -> &'a str {
        self.text
    }
}

/// Whether a URI claims to be a SPIFFE ID, well-formed or not.
pub(crate) fn is_claimed(uri: &str) -> bool {
    uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("spiffe:"))
}

fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("spiffe://")?;
    rest.find('/').map_or(Some((rest, "")), |end| rest.split_at_checked(end))
}

fn is_domain(domain: &str) -> bool {
    let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    (1..=255).contains(&domain.len()) && domain.bytes().all(is_allowed)
}

fn is_segment(segment: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(is_allowed)
}

/// SPIFFE-ID section 2.3.
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn ids_are_read_to_the_letter() {
        for text in ["spiffe://td", "spiffe://td.example/ns/a/sa/b", "spiffe://a-b_c.1/X.-_"] {
            assert_eq!(SpiffeId::parse(text).map(SpiffeId::as_str), Some(text));
        }
        for text in [
            "",
            "spiffe://",
            "spiffe:///a",
            "SPIFFE://td/a",
            "spiffe://TD/a",
            "spiffe://td/",
            "spiffe://td/a/",
            "spiffe://td//a",
            "spiffe://td/./a",
            "spiffe://td/../a",
            "spiffe://td/a%2fb",
            "spiffe://td/a?b",
            "spiffe://td/a#b",
            "spiffe://user@td/a",
            "spiffe://td:1/a",
            "https://td/a",
        ] {
            assert_eq!(SpiffeId::parse(text), None, "{text}");
        }
        assert_eq!(SpiffeId::parse(&format!("spiffe://td/{}", "a".repeat(LONGEST))), None);
    }
}
