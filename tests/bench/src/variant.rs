//! What is measured.

use crate::request::Shape;

/// What decides who may pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Variant {
    /// Nothing.
    Nothing,
    /// Envoy's own access control, by so many names of which the client's is the last.
    Rbac {
        /// How many.
        principals: usize,
    },
    /// The same, asked by a client whom it does not know: Envoy answers, and no upstream is asked.
    RbacRefused,
    /// The same policy in Lua.
    Lua,
    /// A service that Envoy asks for each request.
    ExtAuthz(Transport),
    /// A Wasm filter that does nothing.
    Empty,
    /// One that makes the host calls of the policy, and decides nothing.
    Floor,
    /// Peergate, with so many pinned certificates.
    Pinned {
        /// How many.
        pins: usize,
    },
    /// The same with the guard behind it, in an Envoy of its own: one with two listeners would hold a long list
    /// twice.
    GuardedPins {
        /// How many.
        pins: usize,
    },
    /// Peergate, asked by a client whom it does not know.
    Refused,
    /// Peergate, which admits all certificates of an authority.
    Authority,
    /// Peergate, with a list from a feed.
    Dynamic {
        /// How many entries it has.
        entries: usize,
    },
    /// Envoy's own verification of tokens.
    Verified,
    /// The same, and Peergate, which asks for a pinned certificate and a token that is bound to it.
    Bound,
}

/// How Envoy asks a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Over HTTP/1.1.
    Http,
    /// Over gRPC.
    Grpc,
}

impl Variant {
    /// Peergate as the others are compared with it.
    pub const PEERGATE: Self = Self::Pinned { pins: 1 };

    /// All of them, that which the others are compared with first.
    pub const ALL: [Self; 22] = [
        Self::Nothing,
        Self::Rbac { principals: 1 },
        Self::Rbac { principals: 25 },
        Self::Rbac { principals: 100 },
        Self::Rbac { principals: 1_000 },
        Self::RbacRefused,
        Self::Lua,
        Self::ExtAuthz(Transport::Http),
        Self::ExtAuthz(Transport::Grpc),
        Self::Empty,
        Self::Floor,
        Self::PEERGATE,
        Self::Pinned { pins: 10_000 },
        Self::GuardedPins { pins: 10_000 },
        Self::Pinned { pins: 100_000 },
        Self::GuardedPins { pins: 100_000 },
        Self::Refused,
        Self::Authority,
        Self::Dynamic { entries: 10 },
        Self::Dynamic { entries: 1_000_000 },
        Self::Verified,
        Self::Bound,
    ];

    /// What it is called.
    pub fn name(self) -> String {
        match self {
            Self::Nothing => "no filter".to_owned(),
            Self::Rbac { principals } => format!("RBAC, {}", counted(principals, "principal")),
            Self::RbacRefused => "RBAC, refused".to_owned(),
            Self::Lua => "Lua".to_owned(),
            Self::ExtAuthz(Transport::Http) => "ext_authz over HTTP".to_owned(),
            Self::ExtAuthz(Transport::Grpc) => "ext_authz over gRPC".to_owned(),
            Self::Empty => "empty Wasm filter".to_owned(),
            Self::Floor => "floor: host calls alone".to_owned(),
            Self::Pinned { pins } => format!("Peergate, {}", counted(pins, "pin")),
            Self::GuardedPins { pins } => Self::Pinned { pins }.guarded(),
            Self::Refused => "Peergate, refused".to_owned(),
            Self::Authority => "Peergate, authority".to_owned(),
            Self::Dynamic { entries } => {
                format!("Peergate, dynamic list of {}", grouped(entries))
            }
            Self::Verified => "jwt_authn".to_owned(),
            Self::Bound => "jwt_authn, Peergate, bound token".to_owned(),
        }
    }

    /// What it is called when the guard stands behind it, as `render` sets it up.
    pub fn guarded(self) -> String {
        format!("{}, guard", self.name())
    }

    /// What it is measured with.
    pub fn shapes(self, full: bool) -> &'static [Shape] {
        let is_main = match self {
            Self::Nothing | Self::Lua | Self::Empty | Self::Floor => true,
            Self::Rbac { principals } => principals <= 25,
            Self::Pinned { pins } => pins == 1,
            _ => false,
        };
        if full || is_main { &Shape::ALL } else { &Shape::ALL[..1] }
    }
}

/// A number with its thing, in the plural if need be.
fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(count))
}

/// A number with a comma between thousands.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_number_has_its_thing() {
        assert_eq!(counted(1, "pin"), "1 pin");
        assert_eq!(counted(100, "pin"), "100 pins");
        assert_eq!(counted(1_000_000, "pin"), "1,000,000 pins");
    }

    #[test]
    fn no_two_have_the_same_name() {
        let names: BTreeSet<_> = Variant::ALL.map(Variant::name).into();
        assert_eq!(names.len(), Variant::ALL.len());
    }

    #[test]
    fn every_one_is_measured_with_the_first_shape() {
        assert!(Variant::ALL.iter().all(|it| it.shapes(false)[0] == Shape::FIRST));
    }
}
