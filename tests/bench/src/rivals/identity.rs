//! Who a client is.

/// How the client at this place of a list of pins is called, by every rival that says who the client is. The
/// floor calls everybody by the name at place 0.
pub fn identity(place: usize) -> String {
    format!("acme/partner-{place}")
}
