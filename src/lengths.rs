//! Lengths of names: most names are not looked for, and differ from those that are by their length.

/// Lengths that some names have, in bytes. All long ones are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lengths(u64);

impl Lengths {
    /// Whether there may be a name of this length.
    pub(crate) fn contains(self, length: usize) -> bool {
        self.meets(Self::of(length))
    }

    /// Whether a name may be of these and of those.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn of(length: usize) -> Self {
        Self(1 << length.min(MOST))
    }
}

impl FromIterator<usize> for Lengths {
    fn from_iter<I: IntoIterator<Item = usize>>(lengths: I) -> Self {
        Self(lengths.into_iter().fold(0, |all, length| all | Self::of(length).0))
    }
}

/// This long, or longer.
const MOST: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn no_length_that_is_there_is_left_out() {
        for one in 0..200 {
            let lengths: Lengths = [one].into_iter().collect();
            for other in 0..200 {
                let is_there = one == other || (one >= MOST && other >= MOST);
                assert_eq!(lengths.contains(other), is_there, "{one} {other}");
            }
        }
        assert!(!Lengths::default().contains(0));
    }
}
