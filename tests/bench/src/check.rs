//! Whether a variant does what it is measured for.

use std::io;

use peergate_e2e::sent;
use peergate_lab::client::Response;
use serde_json::Value;

use crate::request::{Protocol, SPOOFED_FINGERPRINT, SPOOFED_IDENTITY, Shape};
use crate::scene::Scene;
use crate::subject::{Door, ECHO, Subject, Tells};

/// Asks once in every way, and looks at what reaches the upstream.
///
/// # Errors
///
/// When an answer, or what the upstream received, is not what it must be.
pub async fn check(scene: &Scene, subject: &Subject) -> io::Result<()> {
    for door in &subject.doors {
        for shape in Shape::ALL {
            let answer = ask(subject, door, shape).await?;
            let complain = |what: &str| {
                let (name, protocol, headers) = (&door.name, shape.protocol.name(), shape.headers);
                let text = answer.text();
                io::Error::other(format!("{name}, {protocol}, {headers} headers: {what}: {text}"))
            };
            if answer.status != subject.status {
                return Err(complain(&format!("{}, not {}", answer.status, subject.status)));
            }
            if answer.status == 200 {
                let received: Value = serde_json::from_str(&answer.text())?;
                if !is_told(scene, subject, &received) {
                    return Err(complain("the upstream did not learn what it must"));
                }
            }
        }
    }
    subject.gateway().upstream.forget();
    Ok(())
}

async fn ask(subject: &Subject, door: &Door, shape: Shape) -> io::Result<Response> {
    let request = shape.request(ECHO, &subject.more);
    match shape.protocol {
        Protocol::H1 => subject.client.h1(door.address).await?.send(&request).await,
        Protocol::H2 => subject.client.h2(door.address).await?.send(&request).await,
    }
}

fn is_told(scene: &Scene, subject: &Subject, received: &Value) -> bool {
    let identities = sent(received, SPOOFED_IDENTITY.0);
    let fingerprints = sent(received, "x-client-cert-sha256");
    let folded = sent(received, SPOOFED_FINGERPRINT.0);
    let is_set = identities.len() == 1 && identities != [SPOOFED_IDENTITY.1];
    let is_own = fingerprints == [scene.alice.fingerprint()];
    let is_folded = folded == [SPOOFED_FINGERPRINT.1];
    match subject.tells {
        Tells::Lies => identities == [SPOOFED_IDENTITY.1] && is_folded && fingerprints.is_empty(),
        Tells::Something => is_set && fingerprints.len() == 1 && folded.is_empty(),
        Tells::TruthBesideLies => is_set && is_own && is_folded,
        Tells::Truth => is_set && is_own && folded.is_empty(),
    }
}
