//! Which ways lead from a leaf to an anchor, by names alone: no signature is verified for a certificate
//! that lies on none of them.

use super::link::Link;

/// The first few ways from `leaf` to `anchor` over certificates of the pool, each leaf's issuer first. A
/// way of no certificates is a leaf that the anchor itself may have issued.
///
/// Whoever connects chooses most of the pool: certificates that all bear one name would make as many ways
/// as they have orders. So the search gives up after a fixed number of steps, and a way holds few
/// certificates of one name.
pub(crate) fn ways<'c>(
    leaf: &Link,
    anchor: &Link,
    pool: &[&'c Link],
    depth: usize,
) -> Vec<Vec<&'c Link>> {
    let mut search = Search { anchor, pool, depth, steps: 0, ways: Vec::new() };
    search.visit(leaf, &mut Vec::new());
    search.ways
}

struct Search<'s, 'c> {
    anchor: &'s Link,
    pool: &'s [&'c Link],
    depth: usize,
    steps: usize,
    ways: Vec<Vec<&'c Link>>,
}

impl<'c> Search<'_, 'c> {
    fn visit(&mut self, head: &Link, way: &mut Vec<&'c Link>) {
        if head.may_come_from(self.anchor) {
            self.ways.push(way.clone());
        }
        if way.len() >= self.depth {
            return;
        }
        for link in self.pool {
            self.steps = self.steps.saturating_add(1);
            if self.steps > STEPS || self.ways.len() >= WAYS {
                return;
            }
            let namesakes = way.iter().filter(|other| other.subject == link.subject);
            // The anchor itself, sent along, leads nowhere but to itself.
            let is_of_use = head.may_come_from(link)
                && !way.contains(link)
                && link.der != self.anchor.der
                && namesakes.count() < NAMESAKES;
            if is_of_use {
                way.push(link);
                self.visit(link, way);
                way.pop();
            }
        }
    }
}

/// Intermediates of a path; path validation takes no more.
pub(crate) const DEPTH: usize = 6;

/// Ways that are tried: two cross-signed authorities above each other make four.
const WAYS: usize = 6;

/// Comparisons of names.
const STEPS: usize = 1000;

/// Certificates of one name on one way: a change of keys needs two (RFC 4210 section 4.4).
const NAMESAKES: usize = 2;
