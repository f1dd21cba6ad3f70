//! Finds the items of one list in an answer, a few at a time, so that no callback parses megabytes.
//!
//! What it leaves of the answer, with the list emptied, is parsed as JSON by somebody else, and so is each
//! item: if all of them are JSON, the answer is. So nothing is decided here but where items begin and end.

use std::ops::Range;

/// What a search has come upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// An item of the list, by its place in the answer; perhaps no JSON.
    Item(Range<usize>),
    /// The end of the answer, and what it is without the items.
    End(Vec<u8>),
    /// As many bytes as were to be looked at.
    Pause,
    /// Bytes that cannot be an answer.
    Malformed(&'static str),
}

/// A search through an answer for the items of one list.
#[derive(Clone, Debug)]
pub(super) struct Scanner {
    body: Vec<u8>,
    /// The name of the list, a member of the outermost object.
    member: &'static str,
    /// The next byte to look at.
    at: usize,
    place: Place,
    /// How many objects and lists are open; within the list, how many of an item.
    depth: usize,
    text: Text,
    /// What the last text of the outermost object was.
    last: Last,
    /// Where what is not copied yet begins: the present item, or what is around the list.
    start: usize,
    items: u32,
    around: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    Within,
    After,
}

/// Whether a byte is one of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Outside,
    /// In a text that began here.
    Inside(usize),
    /// The same, behind a backslash.
    Escaped(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// Nothing: what comes next is a member's name.
    Nothing,
    /// The name of the list.
    Wanted,
    /// Another name, or a value.
    Other,
}

impl Scanner {
    pub(super) fn new(body: Vec<u8>, member: &'static str) -> Self {
        Self {
            body,
            member,
            at: 0,
            place: Place::Before,
            depth: 0,
            text: Text::Outside,
            last: Last::Nothing,
            start: 0,
            items: 0,
            around: Vec::new(),
        }
    }

    /// The bytes of an item.
    pub(super) fn item(&self, range: Range<usize>) -> &[u8] {
        self.body.get(range).unwrap_or_default()
    }

    /// Goes on, until there is something to tell or `bytes` bytes have been looked at.
    pub(super) fn next(&mut self, bytes: &mut usize) -> Found {
        loop {
            if self.place != Place::Within && self.left_around() > MOST_AROUND {
                return Found::Malformed("too much besides the list");
            }
            let Some(byte) = self.body.get(self.at).copied() else {
                return self.end();
            };
            let Some(left) = bytes.checked_sub(1) else {
                return Found::Pause;
            };
            *bytes = left;
            if matches!(self.text, Text::Inside(_)) {
                let skipped = self.plain_text(left);
                if skipped > 0 {
                    self.at = self.at.saturating_add(skipped);
                    *bytes = left.saturating_add(1).saturating_sub(skipped);
                    continue;
                }
            }
            let here = self.at;
            self.at = here.saturating_add(1);
            let found = match self.text {
                Text::Outside if self.place == Place::Within => self.within(byte, here),
                Text::Outside => self.around(byte),
                text => {
                    self.text(byte, here, text);
                    None
                }
            };
            if let Some(found) = found {
                return found;
            }
        }
    }

    /// How many of the next bytes, at most so many, are of the text and nothing else: most of an answer is.
    fn plain_text(&self, most: usize) -> usize {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let rest = rest.get(..most).unwrap_or(rest);
        memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len())
    }

    fn text(&mut self, byte: u8, here: usize, text: Text) {
        self.text = match (text, byte) {
            (Text::Inside(start), b'\\') => Text::Escaped(start),
            (Text::Inside(start), b'"') => {
                if self.place != Place::Within && self.depth == 1 && self.last == Last::Nothing {
                    let is_wanted = self.body.get(start..here) == Some(self.member.as_bytes());
                    self.last = if is_wanted { Last::Wanted } else { Last::Other };
                }
                Text::Outside
            }
            (Text::Escaped(start), _) => Text::Inside(start),
            (text, _) => text,
        };
    }

    /// A byte before or after the list.
    fn around(&mut self, byte: u8) -> Option<Found> {
        match byte {
            b'"' => self.text = Text::Inside(self.at),
            b'[' if self.depth == 1 && self.last == Last::Wanted => {
                if self.place == Place::After {
                    return Some(Found::Malformed("the list is given twice"));
                }
                self.around = self.copied(self.start..self.at);
                self.place = Place::Within;
                self.depth = 0;
                self.start = self.at;
            }
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 1 => self.last = Last::Nothing,
            _ => {}
        }
        None
    }

    /// A byte of the list.
    fn within(&mut self, byte: u8, here: usize) -> Option<Found> {
        match byte {
            b'"' => self.text = Text::Inside(self.at),
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' if self.depth > 0 => self.depth = self.depth.saturating_sub(1),
            b'}' => return Some(Found::Malformed("the list ends as an object")),
            b',' if self.depth == 0 => return Some(self.item_until(here)),
            b']' => {
                let item = self.start..here;
                let is_blank = self.item(item).iter().all(|byte| BLANKS.contains(byte));
                let is_empty = self.items == 0 && is_blank;
                let found = (!is_empty).then(|| self.item_until(here));
                self.place = Place::After;
                self.depth = 1;
                self.last = Last::Other;
                self.start = here;
                return found;
            }
            _ => {}
        }
        None
    }

    fn item_until(&mut self, end: usize) -> Found {
        let item = self.start..end;
        self.start = self.at;
        self.items = self.items.saturating_add(1);
        Found::Item(item)
    }

    fn end(&mut self) -> Found {
        if self.place == Place::Within {
            return Found::Malformed("ends within the list");
        }
        let mut around = std::mem::take(&mut self.around);
        around.extend(self.copied(self.start..self.body.len()));
        // The last that the answer is needed for.
        self.body = Vec::new();
        Found::End(around)
    }

    fn copied(&self, range: Range<usize>) -> Vec<u8> {
        self.item(range).to_vec()
    }

    /// Bytes besides the list that have been seen.
    fn left_around(&self) -> usize {
        self.around.len().saturating_add(self.at.saturating_sub(self.start))
    }
}

/// What JSON has between values (RFC 8259 section 2).
const BLANKS: &[u8] = b" \t\n\r";

/// Bytes of an answer that may be besides its list: they are parsed at once.
const MOST_AROUND: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn scan(text: &str, pace: usize) -> (Vec<String>, Found) {
        let mut scanner = Scanner::new(text.into(), "changes");
        let mut items = Vec::new();
        loop {
            match scanner.next(&mut pace.clone()) {
                Found::Item(range) => {
                    items.push(String::from_utf8(scanner.item(range).to_vec()).unwrap());
                }
                Found::Pause => {}
                end => return (items, end),
            }
        }
    }

    #[test]
    fn items_are_cut_out_wherever_the_list_stands() {
        for (text, items, around) in [
            (r#"{"changes":[]}"#, vec![], r#"{"changes":[]}"#),
            (r#"{"changes" : [ ] }"#, vec![], r#"{"changes" : [] }"#),
            (
                r#"{"changes":[1,{"a":[2,3]}],"x":1}"#,
                vec!["1", r#"{"a":[2,3]}"#],
                r#"{"changes":[],"x":1}"#,
            ),
            (
                r#"{"x":{"changes":[1]},"changes":["],\"",[]]}"#,
                vec![r#""],\"""#, "[]"],
                r#"{"x":{"changes":[1]},"changes":[]}"#,
            ),
            ("{\"changes\":[\t\r\n]}", vec![], r#"{"changes":[]}"#),
            ("{\"changes\":[\x0c]}", vec!["\x0c"], r#"{"changes":[]}"#),
            (r#"{"x":"changes","y":[1]}"#, vec![], r#"{"x":"changes","y":[1]}"#),
            (r#"{"x":["changes",[1]]}"#, vec![], r#"{"x":["changes",[1]]}"#),
            (r#"{"changes":[1,]}"#, vec!["1", ""], r#"{"changes":[]}"#),
            (r#"{"changes":[,]}"#, vec!["", ""], r#"{"changes":[]}"#),
            (r#"{"changes":{"a":[1]}}"#, vec![], r#"{"changes":{"a":[1]}}"#),
            (r#"{"ch\u0061nges":[1]}"#, vec![], r#"{"ch\u0061nges":[1]}"#),
            ("", vec![], ""),
            ("]]]]{", vec![], "]]]]{"),
        ] {
            for pace in [1, 2, 7, 1000] {
                let (found, end) = scan(text, pace);
                assert_eq!(found, items, "{text}");
                assert_eq!(end, Found::End(around.into()), "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_be_an_answer_is_told() {
        let long = format!("{{\"x\":\"{}\"", "x".repeat(MOST_AROUND));
        for (text, message) in [
            (r#"{"changes":[1"#, "ends within the list"),
            (r#"{"changes":["]}"#, "ends within the list"),
            (r#"{"changes":[1}"#, "the list ends as an object"),
            (r#"{"changes":[],"changes":[]}"#, "the list is given twice"),
            (&long, "too much besides the list"),
        ] {
            for pace in [1, 1000] {
                assert_eq!(scan(text, pace).1, Found::Malformed(message), "{text}");
            }
        }
    }
}
