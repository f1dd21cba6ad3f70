//! Whole documents: those that are there, and one of each kind that has everything.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::agreement::{Pair, Verdict};
use crate::corpus::{all, complete, shown};
use crate::reader::Reader;
use crate::tree::{forms, visit};

#[test]
fn schema_and_reader_agree_on_every_document() {
    for pair in Pair::all() {
        let mut verdicts = Vec::new();
        for document in all(pair.reader) {
            let verdict = pair.agree(&document.content);
            verdicts.push(verdict.unwrap_or_else(|why| panic!("{}: {why}", document.place)));
        }
        let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
        let (taken, refused) = (count(Verdict::Taken), count(Verdict::Refused));
        let left = count(Verdict::Left);
        println!("{:?}: both take {taken}, both refuse {refused}, {left} left", pair.reader);
        assert!(taken > 0, "{:?}", pair.reader);
        assert!(pair.reader != Reader::Policy || (refused > 100 && left > 50));
    }
}

#[test]
fn what_the_documentation_shows_is_taken() {
    let pair = Pair::of(Reader::Policy);
    for document in shown() {
        assert!(pair.takes(&document.content), "{}", document.place);
    }
}

#[test]
fn complete_documents_have_every_field() {
    for pair in Pair::all() {
        let (schema, document) = (pair.inlined(), complete(pair.reader));
        assert_eq!(pair.agree(&document), Ok(Verdict::Taken), "{:?}", pair.reader);
        let mut seen = Vec::new();
        visit(&schema, &document, "", &mut seen);
        let mut given = BTreeSet::new();
        for (form, pointer) in seen {
            let object = document.pointer(&pointer).and_then(Value::as_object);
            let names = object.into_iter().flat_map(|object| object.keys());
            given.extend(names.map(|name| (form.to_string(), name.clone())));
        }
        for place in pair.places() {
            for name in place.fields().into_iter().flatten() {
                let field = (place.schema.to_string(), name.to_owned());
                assert!(given.contains(&field), "{:?}: {}: {name}", pair.reader, place.path);
            }
        }
    }
}

/// A default that is written out means what it means when it is left out.
#[test]
fn defaults_change_nothing() {
    for pair in Pair::all() {
        let (schema, complete) = (pair.inlined(), complete(pair.reader));
        let (mut seen, mut tried) = (Vec::new(), BTreeSet::new());
        visit(&schema, &complete, "", &mut seen);
        for (form, pointer) in seen {
            for (name, field) in form["properties"].as_object().into_iter().flatten() {
                let default = default_of(field);
                if default.is_null() {
                    continue;
                }
                let with = |default: Option<&Value>| {
                    let mut document = complete.clone();
                    let holder = document.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
                    holder.remove(name);
                    holder.extend(default.map(|default| (name.clone(), default.clone())));
                    document
                };
                let (given, left_out) = (with(Some(default)), with(None));
                // Some cannot be written out wherever they hold.
                if pair.takes(&given) {
                    let meaning = pair.reader.meaning(&given).unwrap();
                    let other = pair.reader.meaning(&left_out);
                    assert_eq!(Some(meaning), other, "{:?}: {pointer}/{name}", pair.reader);
                    tried.insert((form.to_string(), name.clone()));
                }
            }
        }
        for place in pair.places() {
            for (name, field) in place.schema["properties"].as_object().into_iter().flatten() {
                let is_tried = tried.contains(&(place.schema.to_string(), name.clone()));
                let has_default = !default_of(field).is_null();
                assert!(is_tried || !has_default, "{:?}: {}: {name}", pair.reader, place.path);
            }
        }
    }
}

/// The default of a field, which may stand in one of its forms.
fn default_of(field: &Value) -> &Value {
    let own = forms(field).iter().map(default_of).find(|default| !default.is_null());
    own.unwrap_or(&field["default"])
}
