//! Whether a token that an upstream can read is the one that was verified.
//!
//! Envoy takes the token that it verifies out of the request, unless it is told to leave it, and verifies it
//! where it finds it first: whatever else the client sends stays, and an upstream that relies on the gateway
//! reads that. So nothing may stand where tokens stand, but the very claims that were verified.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::node::Node;

/// Whether a token, less its signature, says what was verified.
pub(super) fn says(token: &[u8], verified: &Node<'_>) -> bool {
    let mut parts = token.split(|byte| *byte == b'.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let Ok(payload) = URL_SAFE_NO_PAD.decode(payload) else {
        return false;
    };
    serde_json::from_slice::<Node<'_>>(&payload).is_ok_and(|said| is_same(&said, verified))
}

/// Whether two values are the same, but for the order of members.
fn is_same(said: &Node<'_>, verified: &Node<'_>) -> bool {
    match (said, verified) {
        (Node::Object(members), Node::Object(others)) => {
            members.len() == others.len()
                && others.iter().all(|(name, other)| {
                    said.member(name).is_some_and(|member| is_same(member, other))
                })
        }
        (Node::List(items), Node::List(others)) => {
            items.len() == others.len()
                && items.iter().zip(others).all(|(item, other)| is_same(item, other))
        }
        // Istio has Envoy make a list of a text with blanks.
        (Node::Text(text), Node::List(others)) => {
            let words = text.split(' ').filter(|word| !word.is_empty());
            words.map(Some).eq(others.iter().map(Node::text))
        }
        // Beyond 2^53 Envoy tells numbers less exactly than they were signed: those that it tells alike are the same.
        _ => said == verified,
    }
}
