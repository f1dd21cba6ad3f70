//! Field by field and word by word: what the schema knows, and what the reader names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::agreement::{Pair, Verdict};
use crate::reader::{Reader, Told};
use crate::tree::sample;

#[test]
fn samples_are_taken_by_the_schema_and_the_reader() {
    for pair in Pair::all() {
        for place in pair.places() {
            let document = place.document(sample(&place.schema));
            let verdict = pair.agree(&document);
            let is_refused = verdict == Ok(Verdict::Refused);
            // The one field that needs more than its object must have.
            let is_expected = place.path.ends_with(".fallback_after");
            assert!(verdict.is_ok(), "{}: {verdict:?}\n{document}", place.path);
            assert_eq!(is_refused, is_expected, "{}: {document}", place.path);
        }
    }
}

#[test]
fn objects_have_the_fields_that_the_reader_knows() {
    for pair in Pair::all() {
        // By place: the fields of all forms together, and what the reader knows there.
        let mut fields: BTreeMap<String, [BTreeSet<String>; 2]> = BTreeMap::new();
        for place in pair.places() {
            let Some(own) = place.fields() else { continue };
            let mut object = sample(&place.schema);
            object["zz"] = json!(0);
            let document = place.document(object);
            let problems = pair.reader.problems(&document);
            // One that may have one member alone tells of it where there is no other.
            let alone = || pair.reader.problems(&place.document(json!({ "zz": 0 })));
            let known = known_fields(&problems, &place.path);
            let known = known.or_else(|| known_fields(&alone(), &place.path));
            let known = known.unwrap_or_else(|| panic!("{}: {document}: {problems:?}", place.path));
            for field in &own {
                assert!(known.contains(*field), "{}: {field}: {known:?}", place.path);
            }
            let [all, told] = fields.entry(place.path.clone()).or_default();
            all.extend(own.into_iter().map(ToOwned::to_owned));
            told.extend(known);
        }
        for (path, [all, told]) in fields {
            assert_eq!(all, told, "{:?}: {path}", pair.reader);
        }
    }
}

/// The fields that a reader names at an object with an unknown one.
fn known_fields(problems: &[Told], path: &str) -> Option<BTreeSet<String>> {
    let at = if path.is_empty() { "zz".to_owned() } else { format!("{path}.zz") };
    let told = problems.iter().find(|problem| problem.path == at);
    if let Some(known) =
        told.and_then(|told| told.message.strip_prefix("unknown field; known are: "))
    {
        return Some(known.split(", ").map(ToOwned::to_owned).collect());
    }
    // Around the entries of a page serde tells, each name between backticks.
    let serdes = problems.iter().find(|problem| problem.message.contains("`zz`, expected"))?;
    let (_, known) = serdes.message.split_once("expected")?;
    Some(known.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect())
}

#[test]
fn words_are_those_that_the_reader_knows() {
    for pair in Pair::all() {
        let mut words: BTreeMap<String, [BTreeSet<String>; 2]> = BTreeMap::new();
        for place in pair.places() {
            let Some(own) = place.words() else { continue };
            let document = place.document(json!("zz"));
            let problems = pair.reader.problems(&document);
            let known = known_words(&problems, &place.path);
            let known = known.unwrap_or_else(|| panic!("{}: {document}: {problems:?}", place.path));
            let [all, told] = words.entry(place.path.clone()).or_default();
            all.extend(own.into_iter().map(ToOwned::to_owned));
            told.extend(known);
        }
        assert!(!words.is_empty() || matches!(pair.reader, Reader::Page | Reader::Approved));
        for (path, [all, mut told]) in words {
            if path.ends_with(".any_of[0]") {
                // The reader names methods alone; see the next test.
                told.insert("anonymous".to_owned());
            }
            assert_eq!(all, told, "{:?}: {path}", pair.reader);
        }
    }
}

/// The words that a reader names where there is an unknown one.
fn known_words(problems: &[Told], path: &str) -> Option<BTreeSet<String>> {
    let told = problems.iter().find(|problem| problem.path == path)?;
    let (_, known) = told.message.split_once("known are: ")?;
    let known = known.trim_end_matches(", a list, or an object with any_of");
    Some(known.split(", ").map(ToOwned::to_owned).collect())
}

#[test]
fn what_is_required_is_missed() {
    for pair in Pair::all() {
        for place in pair.places().iter().filter(|place| place.fields().is_some()) {
            for name in place.schema["required"].as_array().into_iter().flatten() {
                let mut object = sample(&place.schema);
                object.as_object_mut().unwrap().remove(name.as_str().unwrap());
                let document = place.document(object);
                let verdict = pair.agree(&document);
                assert_eq!(verdict, Ok(Verdict::Refused), "{}: {name}: {document}", place.path);
            }
        }
    }
}

/// Texts that are nothing of the kind are refused by the schema as well, and in the reader's words.
#[test]
fn nonsense_is_told_in_the_words_of_the_reader() {
    let nonsense = ["", " ", "zz zz\n", "\u{1f600}\u{0}", "a#b", "200ms", "*"];
    for pair in Pair::all() {
        for place in pair.places().iter().filter(|place| place.schema["type"] == "string") {
            let mut told = BTreeSet::new();
            for text in nonsense {
                let document = place.document(json!(text));
                // A length of time, and good or bad as such.
                if text == "200ms" && pair.takes(&document) {
                    continue;
                }
                for problem in pair.reader.problems(&document) {
                    // What is no name of a list, no list has.
                    let is_of_list = problem.message.starts_with("unknown list");
                    // How many bytes other characters have is not told.
                    let is_of_bytes = problem.message.ends_with(" bytes at least");
                    if problem.path != place.path || is_of_list || (is_of_bytes && !text.is_ascii())
                    {
                        continue;
                    }
                    assert!(!pair.takes(&document), "{}: {document}", place.path);
                    told.insert(problem.message);
                }
            }
            let message = place.schema["patternErrorMessage"].as_str();
            let is_told = message.is_none_or(|message| told.is_empty() || told.contains(message));
            assert!(is_told, "{}: {message:?}: {told:?}", place.path);
        }
    }
}

/// So are names that their writer chooses.
#[test]
fn keys_are_told_in_the_words_of_the_reader() {
    for pair in Pair::all() {
        for place in pair.places() {
            let Some(message) = place.schema["propertyNames"]["patternErrorMessage"].as_str()
            else {
                continue;
            };
            let document =
                place.document(json!({ "": sample(&place.schema["additionalProperties"]) }));
            let problems = pair.reader.problems(&document);
            assert!(!pair.takes(&document), "{}: {document}", place.path);
            assert!(problems.iter().any(|problem| problem.message == message), "{problems:?}");
        }
    }
}

#[test]
fn numbers_have_the_bounds_that_the_reader_tells() {
    for pair in Pair::all() {
        for place in pair.places().iter().filter(|place| place.schema["type"] == "integer") {
            let bound = |name: &str| place.schema[name].as_f64();
            let (least, most) = (bound("minimum").unwrap(), bound("maximum"));
            let within = [Some(least), most].into_iter().flatten();
            let without = [Some(least - 1.0), most.map(|most| most + 1.0)].into_iter().flatten();
            let told = |number: f64| {
                // As JSON writes whole numbers.
                let number: Value = serde_json::from_str(&format!("{number:.0}")).unwrap();
                let problems = pair.reader.problems(&place.document(number));
                problems.into_iter().any(|problem| {
                    problem.path == place.path || problem.message.contains("expected u64")
                })
            };
            assert!(within.clone().all(|number| !told(number)), "{}", place.path);
            assert!(without.clone().all(told), "{}", place.path);
        }
    }
}
