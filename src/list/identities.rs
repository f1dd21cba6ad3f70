//! Who the clients of a list's entries are.

/// Texts by the places of their entries, one behind the other: 100,000 boxes would take as much again, and lie
/// wherever there was room while a configuration was read, so that nothing as large as it finds room there again.
#[derive(Clone, Debug, Default)]
pub(super) struct Identities {
    text: String,
    /// Where each place's text ends, up to the last place that has one.
    ends: Vec<usize>,
}

impl Identities {
    /// Notes who the client of the entry at a place is: behind all places that have one.
    pub(super) fn push(&mut self, place: usize, identity: &str) {
        self.ends.resize(place, self.text.len());
        self.text.push_str(identity);
        self.ends.push(self.text.len());
    }

    /// Who the client of the entry at a place is, if the entry says so: never an empty text.
    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before));
        self.text.get(start.copied().unwrap_or_default()..end).filter(|text| !text.is_empty())
    }

    /// Gives back the room that is not needed.
    pub(super) fn fit(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_place_has_its_own_or_none() {
        let mut identities = Identities::default();
        assert_eq!(identities.get(0), None);
        for (place, identity) in [(1, "a"), (2, "bc"), (5, "d")] {
            identities.push(place, identity);
        }
        identities.fit();
        let all: Vec<_> = (0..7).map(|place| identities.get(place)).collect();
        assert_eq!(all, [None, Some("a"), Some("bc"), None, None, Some("d"), None]);
    }
}
