//! Parsed leaves by fingerprint, bounded.

use std::collections::HashMap;
use std::rc::Rc;

use crate::certificate::Leaf;
use crate::digest::Fingerprint;

/// Two generations of leaves: what was asked for lately survives, what was not goes, and a flood of new
/// certificates costs at most the memory of both. A leaf is a function of its fingerprint, so nothing that
/// changes can make an entry wrong; dates and lists are looked at anew on every request.
#[derive(Debug)]
pub struct Leaves {
    young: HashMap<Fingerprint, Rc<Leaf>>,
    old: HashMap<Fingerprint, Rc<Leaf>>,
    generation: usize,
}

impl Leaves {
    /// Keeps up to twice `generation` leaves.
    pub fn new(generation: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation }
    }

    /// A leaf that was kept.
    pub fn find(&mut self, fingerprint: Fingerprint) -> Option<Rc<Leaf>> {
        if let Some(leaf) = self.young.get(&fingerprint) {
            return Some(Rc::clone(leaf));
        }
        let leaf = self.old.remove(&fingerprint)?;
        self.keep(&leaf);
        Some(leaf)
    }

    /// Keeps a leaf, unless it is much larger than leaves are.
    pub fn keep(&mut self, leaf: &Rc<Leaf>) {
        if leaf.der().len() > LARGEST {
            return;
        }
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(leaf.fingerprint(), Rc::clone(leaf));
    }
}

/// Bytes of the largest leaf that is kept: whoever holds a pinned key makes as many as he likes.
const LARGEST: usize = 4096;
