//! What one request has touched.

use std::collections::HashSet;

use crate::maps::Side;

/// One request, from where the worker has waited for it to where it waits for the next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Request {
    /// By Envoy.
    pub(crate) envoy: Figures,
    /// By the filter.
    pub(crate) filter: Figures,
    /// In turns, as the filter is entered and left.
    pub(crate) segments: Vec<Segment>,
}

/// Instructions of one side without one of the other between them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Segment {
    /// Whose they are.
    pub(crate) side: Side,
    /// How many.
    pub(crate) figures: Figures,
}

/// How much code.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Figures {
    /// Instructions that ran.
    pub(crate) instructions: usize,
    /// Different cache lines of 64 bytes in which they lie.
    pub(crate) lines: usize,
    /// Different pages of 4 KiB in which they lie.
    pub(crate) pages: usize,
}

impl Request {
    /// All instructions.
    pub(crate) fn instructions(&self) -> usize {
        self.envoy.instructions + self.filter.instructions
    }
}

/// What was touched until now. An instruction that lies across two lines counts for the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched {
    instructions: usize,
    lines: HashSet<u64>,
}

impl Touched {
    /// Adds an instruction at this address.
    pub(crate) fn add(&mut self, address: u64) {
        self.instructions += 1;
        self.lines.insert(address / LINE);
    }

    /// How much that was.
    pub(crate) fn figures(&self) -> Figures {
        let pages: HashSet<u64> = self.lines.iter().map(|line| line / (PAGE / LINE)).collect();
        let (lines, pages) = (self.lines.len(), pages.len());
        Figures { instructions: self.instructions, lines, pages }
    }
}

const LINE: u64 = 64;

const PAGE: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_page_count_once() {
        let mut touched = Touched::default();
        for address in [0, 4, 63, 64, 4095, 4096, 0] {
            touched.add(address);
        }
        assert_eq!(touched.figures(), Figures { instructions: 7, lines: 4, pages: 2 });
    }
}
