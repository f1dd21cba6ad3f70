//! What the upstream gets of a request.

use peergate::Effects;

/// Headers as bytes.
pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// The headers after the effects, as a host carries them out.
pub(crate) fn apply(headers: &[(Vec<u8>, &[u8])], effects: &Effects<'_>) -> Pairs {
    let mut pairs: Pairs =
        headers.iter().map(|(name, value)| (name.clone(), value.to_vec())).collect();
    pairs.retain(|(name, _)| !effects.remove.contains(&&name[..]));
    for (name, value) in &effects.set {
        set(&mut pairs, name.as_bytes(), value);
    }
    pairs
}

/// In place of every copy: the first one's place is kept.
fn set(pairs: &mut Pairs, name: &[u8], value: &[u8]) {
    let first = pairs.iter().position(|(found, _)| found == name);
    let first = first.unwrap_or(pairs.len());
    pairs.retain(|(found, _)| found != name);
    pairs.insert(first, (name.to_vec(), value.to_vec()));
}

/// How a gateway of the CGI kind reads a name.
pub(crate) fn folded(name: &[u8]) -> Vec<u8> {
    let fold =
        |byte: &u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' };
    name.iter().map(fold).collect()
}
