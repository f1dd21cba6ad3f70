//! Clients with certificates that nobody has seen.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use peergate_e2e::Fed;
use peergate_lab::pki::{Identity, Leaf};
use tokio::time::sleep;

use crate::asks::Ask;
use crate::cast::Cast;
use crate::connection;
use crate::tally::Tally;

/// Who issued their certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The listed authority: they pass where it is asked for.
    Employee,
    /// One of the same name.
    Impostor,
    /// They themselves.
    SelfSigned,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Employee, Self::Impostor, Self::SelfSigned];
}

/// Has one come whenever so many requests were answered, until it is over.
pub(crate) async fn keep_coming(fed: &Fed, cast: &Cast, kind: Kind, tally: &Arc<Tally>) {
    let names = (0_u64..).map(|number| format!("client-{number}"));
    let leaves = names.clone().map(|name| Leaf::client(&name));
    let identities: Box<dyn Iterator<Item = Identity>> = match kind {
        Kind::Employee => Box::new(cast.authority.issue_many(leaves)),
        Kind::Impostor => Box::new(cast.impostor.issue_many(leaves)),
        Kind::SelfSigned => Box::new(Identity::self_signed_many(leaves)),
    };
    for ((name, identity), came) in names.zip(identities).zip(0_u64..) {
        while tally.answered() < came * EVERY && !tally.is_over() {
            sleep(Duration::from_millis(5)).await;
        }
        if tally.is_over() {
            break;
        }
        let client = fed.gateway.client(Some(&identity));
        let asks = asks(kind, &name).map(Rc::new);
        let end = match client.open(fed.gateway.address(), "http/1.1").await {
            Ok(stream) => connection::h1(stream, &asks, asks.len(), tally).await,
            Err(error) => Err(error),
        };
        if let Err(error) = end {
            tally.wrong(format!("{kind:?}: {error}"));
        }
        tally.keep().strangers += 1;
    }
}

fn asks(kind: Kind, name: &str) -> [Ask; 3] {
    let refused = |path| Ask::new("stranger", path, &[403]);
    let by_authority = match kind {
        Kind::Employee => Ask::new("new employee", "/authority", &[200]).known_as(name),
        _ => refused("/authority"),
    };
    [by_authority, refused("/pinned/orders"), refused("/registered")]
}

/// One of each kind for so many requests.
const EVERY: u64 = 1_500;
