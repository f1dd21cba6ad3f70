//! Documents that chance makes of those that are there.

use serde_json::{Value, json};

use crate::agreement::{Pair, Verdict};
use crate::corpus::all;

/// Changes that are tried on each document. `PEERGATE_CHANGES` sets another number.
const CHANGES: usize = 8;

#[test]
fn schema_and_reader_agree_on_changed_documents() {
    let changes = std::env::var("PEERGATE_CHANGES").ok().and_then(|text| text.parse().ok());
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for pair in Pair::all() {
        let documents = all(pair.reader).into_iter().map(|document| document.content);
        let good = documents.filter(|document| pair.agree(document) == Ok(Verdict::Taken));
        // One without the long texts of certificates is read in no time, and there are many alike.
        let documents: Vec<Value> = good.filter(|it| it.to_string().len() < 20_000).collect();
        let known = names(&pair);
        // The first one has every field.
        let rounds = documents.iter().take(1).cycle().take(documents.len()).chain(&documents);
        let mut verdicts = [0_usize; 3];
        for document in rounds {
            for _ in 0..changes.unwrap_or(CHANGES) {
                let mut changed = document.clone();
                for _ in 0..=chance.below(2) {
                    change(&mut changed, &known, &mut chance);
                }
                match pair.agree(&changed) {
                    Ok(Verdict::Taken) => verdicts[0] += 1,
                    Ok(Verdict::Refused) => verdicts[1] += 1,
                    Ok(Verdict::Left) => verdicts[2] += 1,
                    Err(why) => panic!("{:?}: {why}\n{changed}", pair.reader),
                }
            }
        }
        let [taken, refused, left] = verdicts;
        println!("{:?}: both take {taken}, both refuse {refused}, {left} left", pair.reader);
    }
}

/// Every name of a field.
fn names(pair: &Pair) -> Vec<String> {
    let places = pair.places();
    let fields = places.iter().flat_map(|place| place.fields().unwrap_or_default());
    let mut names: Vec<String> = fields.map(ToOwned::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// Changes one part of a document.
fn change(document: &mut Value, known: &[String], chance: &mut Chance) {
    let mut pointers = Vec::new();
    collect(document, String::new(), &mut pointers);
    let other = document.pointer(&pointers[chance.below(pointers.len())]).unwrap().clone();
    let pointer = pointers.swap_remove(chance.below(pointers.len()));
    let part = document.pointer_mut(&pointer).unwrap();
    let name = known[chance.below(known.len())].clone();
    match (chance.below(8), part) {
        (0, Value::Object(members)) => {
            let names: Vec<String> = members.keys().cloned().collect();
            if let Some(old) = names.get(chance.below(names.len().max(1))) {
                let value = members.remove(old).unwrap();
                members.insert(name, value);
            }
        }
        (1 | 2, Value::Object(members)) => {
            let names: Vec<String> = members.keys().cloned().collect();
            if let Some(old) = names.get(chance.below(names.len().max(1))) {
                members.remove(old);
            }
        }
        (3, Value::Object(members)) => {
            members.insert(name, other);
        }
        (0 | 1, Value::Array(items)) if !items.is_empty() => {
            items.remove(chance.below(items.len()));
        }
        (2 | 3, Value::Array(items)) => items.push(other),
        (0 | 1, Value::String(text)) => {
            let letters: Vec<char> = text.chars().collect();
            let at = chance.below(letters.len() + 1);
            let new = [
                'a', 'A', '0', ':', '/', '*', '-', '_', '.', ' ', '\n', '{', 'é', '#', '~', '=',
                '"',
            ];
            let new = new[chance.below(new.len())];
            let (before, after) = letters.split_at(at);
            let after = after.get(chance.below(2)..).unwrap_or_default();
            *text = before.iter().chain([&new]).chain(after).collect();
        }
        (4, part) => *part = json!([part.clone()]),
        (5, Value::Array(items)) if items.len() == 1 => {
            *document.pointer_mut(&pointer).unwrap() = items[0].clone()
        }
        (6, part) => *part = other,
        (_, part) => {
            let values = [
                json!(null),
                json!(false),
                json!(1),
                json!(2.5),
                json!(""),
                json!("open"),
                json!("certificate"),
                json!("5s"),
                json!(["*"]),
                json!([]),
                json!({}),
                json!(4_294_967_296_u64),
                json!(name),
            ];
            *part = values[chance.below(values.len())].clone();
        }
    }
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        let name = name.replace('~', "~0").replace('/', "~1");
        collect(member, format!("{pointer}/{name}"), pointers);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        collect(item, format!("{pointer}/{index}"), pointers);
    }
    pointers.push(pointer);
}

/// Numbers that are the same in every run (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % end
    }
}
