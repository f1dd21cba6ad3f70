//! `x-forwarded-client-cert`, as Envoy writes it: elements joined by `,`, each of `key=value` pairs
//! joined by `;`, values quoted where they are long.
//!
//! The header is a place to find the leaf's bytes in, never a reason to believe them: the caller compares
//! their digest with the connection's fingerprint.

use memchr::memchr2;

/// The header's name.
pub const NAME: &str = "x-forwarded-client-cert";

/// The `Cert` value of the last element, the one that the nearest proxy appended: percent-encoded PEM.
/// `Ok(None)` if it has none.
///
/// # Errors
/// [`MalformedXfcc`] on an unclosed quote, a pair without `=`, two `Cert`s in the last element, or the
/// JSON form (which only Envoys write that offer the leaf as a property too).
pub fn last_certificate(value: &[u8]) -> Result<Option<&[u8]>, MalformedXfcc> {
    last(value, b"cert")
}

/// The `Chain` value of the last element: percent-encoded PEM of all that the client presented, its own
/// certificate first. `Ok(None)` if it has none.
///
/// # Errors
/// As [`last_certificate`].
pub fn last_chain(value: &[u8]) -> Result<Option<&[u8]>, MalformedXfcc> {
    last(value, b"chain")
}

fn last<'v>(value: &'v [u8], wanted: &[u8]) -> Result<Option<&'v [u8]>, MalformedXfcc> {
    if matches!(value.first(), Some(b'[' | b'{')) {
        return Err(MalformedXfcc);
    }
    let element = split_unquoted(value, b',').last().ok_or(MalformedXfcc)??;
    let mut found = None;
    for pair in split_unquoted(element, b';') {
        let mut parts = pair?.splitn(2, |byte| *byte == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else {
            return Err(MalformedXfcc);
        };
        if key.trim_ascii().eq_ignore_ascii_case(wanted) && found.replace(value).is_some() {
            return Err(MalformedXfcc);
        }
    }
    Ok(found.map(unquoted))
}

/// A value that is no `x-forwarded-client-cert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedXfcc;

/// Splits at a separator that is in no quotes; a backslash inside quotes escapes the next byte.
fn split_unquoted(
    value: &[u8],
    separator: u8,
) -> impl Iterator<Item = Result<&[u8], MalformedXfcc>> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let end = match unquoted_position(text, separator) {
            Ok(Some(end)) => end,
            Ok(None) => return Some(Ok(text)),
            Err(malformed) => return Some(Err(malformed)),
        };
        let (part, after) = text.split_at_checked(end)?;
        rest = after.split_first().map(|(_, after)| after);
        Some(Ok(part))
    })
}

/// Where a separator stands that is in no quotes. A client that presents many certificates makes values of
/// a hundred kilobytes: quoted parts are jumped over.
fn unquoted_position(text: &[u8], separator: u8) -> Result<Option<usize>, MalformedXfcc> {
    let mut start = 0_usize;
    let from = |start| text.get(start..).unwrap_or_default();
    while let Some(found) = memchr2(separator, b'"', from(start)) {
        let at = start.saturating_add(found);
        if text.get(at) == Some(&separator) {
            return Ok(Some(at));
        }
        start = at.saturating_add(1);
        loop {
            let found = memchr2(b'"', b'\\', from(start)).ok_or(MalformedXfcc)?;
            let at = start.saturating_add(found);
            if text.get(at) == Some(&b'"') {
                start = at.saturating_add(1);
                break;
            }
            start = at.saturating_add(2);
        }
    }
    Ok(None)
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_last_elements_certificate_is_found() {
        for (value, certificate) in [
            (&b"Hash=ab;Cert=\"x%0Ay\""[..], Some(&b"x%0Ay"[..])),
            (
                b"Cert=\"spoofed\",By=spiffe://a;Hash=ab;Cert=\"own\";Subject=\"CN=a,O=b;c\"",
                Some(b"own"),
            ),
            (b"Cert=\"spoofed\",Hash=ab;Subject=\"\"", None),
            (b"Hash=ab;Subject=\"a\\\",Cert=x\";cert=own", Some(b"own")),
            (b"Hash=ab;URI=", None),
        ] {
            assert_eq!(
                last_certificate(value),
                Ok(certificate),
                "{}",
                String::from_utf8_lossy(value)
            );
        }
    }

    #[test]
    fn malformed_values_are_told_apart_from_absent_ones() {
        for value in [
            &b""[..],
            b"x",
            b"Hash=ab;",
            b"Hash=ab,",
            b"Cert=\"x",
            b"Cert=a;Cert=b",
            b"Hash=ab;Cert=a;CERT=b",
            b"[{\"cert\":\"x\"}]",
            b"{}",
        ] {
            assert_eq!(
                last_certificate(value),
                Err(MalformedXfcc),
                "{}",
                String::from_utf8_lossy(value)
            );
        }
    }
}
