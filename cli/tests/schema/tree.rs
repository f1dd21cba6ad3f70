//! The places of a schema: what may stand there, and a document to try it in.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::corpus::certificates;

/// One form of what may stand at a place.
#[derive(Clone)]
pub(crate) struct Place {
    /// As the core tells places: `apis[0].match`.
    pub(crate) path: String,
    /// Its schema, without references.
    pub(crate) schema: Value,
    put: Put,
}

impl Place {
    /// A document that has a value at this place, and else no more than it must.
    pub(crate) fn document(&self, value: Value) -> Value {
        (self.put)(value)
    }

    /// The fields that may stand here, if it is an object with a closed set of them.
    pub(crate) fn fields(&self) -> Option<Vec<&str>> {
        let is_closed = self.schema["additionalProperties"] == false;
        let fields = self.schema["properties"].as_object().filter(|_| is_closed)?;
        Some(fields.keys().map(String::as_str).collect())
    }

    /// The words that may stand here, if it is a text that is one of a few.
    pub(crate) fn words(&self) -> Option<Vec<&str>> {
        self.schema["enum"].as_array().map(|words| words.iter().filter_map(Value::as_str).collect())
    }
}

/// Every form of every place.
pub(crate) fn places(schema: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    walk(&inlined(schema, &schema["$defs"]), "", Rc::new(|value| value), &mut places);
    places
}

fn walk(schema: &Value, path: &str, put: Put, places: &mut Vec<Place>) {
    let forms = forms(schema);
    if !forms.is_empty() {
        forms.iter().for_each(|form| walk(form, path, Rc::clone(&put), places));
        return;
    }
    if !schema.is_object() {
        return;
    }
    places.push(Place { path: path.to_owned(), schema: schema.clone(), put: Rc::clone(&put) });
    let below = |name: &str| if path.is_empty() { name.into() } else { format!("{path}.{name}") };
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let (holder, put, key) = (sample(schema), Rc::clone(&put), name.clone());
        let put = move |value| {
            let mut holder = holder.clone();
            holder[&key] = value;
            put(holder)
        };
        walk(field, &below(name), Rc::new(put), places);
    }
    if schema["additionalProperties"].is_object() {
        let key = sample(&schema["propertyNames"]).as_str().unwrap().to_owned();
        let (put, path) = (Rc::clone(&put), below(&key));
        let put = move |value| put(json!({ (key.as_str()): value }));
        walk(&schema["additionalProperties"], &path, Rc::new(put), places);
    }
    if schema["items"].is_object() {
        let put = Rc::clone(&put);
        let put = move |value| put(json!([value]));
        walk(&schema["items"], &format!("{path}[0]"), Rc::new(put), places);
    }
}

/// The alternatives that a schema has; none if it is one itself.
pub(crate) fn forms(schema: &Value) -> &[Value] {
    let of = |keyword: &str| schema[keyword].as_array();
    of("oneOf").or_else(|| of("anyOf")).map(Vec::as_slice).unwrap_or_default()
}

/// Visits every value of a document with the form that it has; places are pointers (RFC 6901).
pub(crate) fn visit<'s>(
    schema: &'s Value,
    document: &Value,
    pointer: &str,
    seen: &mut Vec<(&'s Value, String)>,
) {
    let forms = forms(schema);
    for form in forms.iter().filter(|form| fits(form, document)) {
        visit(form, document, pointer, seen);
    }
    if !forms.is_empty() {
        return;
    }
    for (name, member) in document.as_object().into_iter().flatten() {
        let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let own = schema["properties"].get(name);
        visit(own.unwrap_or(&schema["additionalProperties"]), member, &below, seen);
    }
    for (index, item) in document.as_array().into_iter().flatten().enumerate() {
        visit(&schema["items"], item, &format!("{pointer}/{index}"), seen);
    }
    if schema.is_object() {
        seen.push((schema, pointer.to_owned()));
    }
}

/// Whether a value looks like one of a form: by its kind, its fields, and the words in them.
fn fits(form: &Value, value: &Value) -> bool {
    if forms(form).iter().any(|form| fits(form, value)) {
        return true;
    }
    let Some(object) = value.as_object() else {
        let shallow = json!({ "type": form["type"], "enum": form["enum"], "const": form["const"] });
        let given = shallow.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        let given: serde_json::Map<_, _> =
            given.map(|(name, value)| (name.clone(), value.clone())).collect();
        return !given.is_empty() && jsonschema::is_valid(&given.into(), value);
    };
    let required = form["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    form["type"] == "object"
        && required.into_iter().all(|name| object.contains_key(name))
        && object.iter().all(|(name, member)| {
            let own = &form["properties"][name];
            let words = own["enum"].as_array();
            (own.is_object() || form["additionalProperties"].is_object())
                && words.is_none_or(|words| words.contains(member))
        })
}

/// A value that a schema takes, with no more than it must have.
pub(crate) fn sample(schema: &Value) -> Value {
    if let Some(form) = forms(schema).first() {
        return sample(form);
    }
    if let Some(text) = schema["pattern"].as_str().and_then(sample_of_text) {
        return text.into();
    }
    let given = [&schema["const"], &schema["enum"][0], &schema["examples"][0]];
    if let Some(given) = given.into_iter().find(|given| !given.is_null()) {
        return given.clone();
    }
    match schema["type"].as_str() {
        Some("object") => sample_of_object(schema),
        Some("array") if schema["items"].is_object() => json!([sample(&schema["items"])]),
        Some("array") => json!([]),
        Some("boolean") => json!(true),
        Some("integer") => schema["minimum"].clone(),
        // A secret.
        Some("string") => json!("0123456789abcdef"),
        _ => Value::Null,
    }
}

fn sample_of_object(schema: &Value) -> Value {
    let mut object = json!({});
    let add = |object: &mut Value, names: &Value| {
        for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
            if object.get(name).is_none() {
                object[name] = sample(&schema["properties"][name]);
            }
        }
    };
    add(&mut object, &schema["required"]);
    for rule in schema["allOf"].as_array().into_iter().flatten() {
        if jsonschema::is_valid(&rule["if"], &object) {
            add(&mut object, &rule["then"]["required"]);
        }
    }
    let least = schema["minProperties"].as_u64().unwrap_or_default();
    let known = schema["properties"].as_object().into_iter().flatten();
    for (name, field) in known {
        if u64::try_from(object.as_object().unwrap().len()).unwrap() >= least {
            break;
        }
        object[name] = sample(field);
    }
    if least > 0 && schema["additionalProperties"].is_object() {
        let name = sample(&schema["propertyNames"]);
        object[name.as_str().unwrap()] = sample(&schema["additionalProperties"]);
    }
    object
}

/// A text for which the schema has no example: what tells who may pass, which an editor must not propose.
fn sample_of_text(pattern: &str) -> Option<String> {
    let pem = |name| certificates("certificates/authorities.json")[name].clone();
    Some(match pattern {
        _ if pattern.contains("BEGIN (X509 )?CRL") => pem("list"),
        _ if pattern.contains("BEGIN") => pem("root"),
        _ if pattern.contains("{64}") => "ab".repeat(32),
        _ if pattern.ends_with("=$") => format!("{}=", "A".repeat(43)),
        _ => return None,
    })
}

/// The schema without references, and with what is told elsewhere of a field where the field is.
pub(crate) fn inlined(schema: &Value, definitions: &Value) -> Value {
    let mut inlined = match schema {
        Value::Object(keywords) => {
            let mut whole = json!({});
            if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
                let name = reference.strip_prefix("#/$defs/").unwrap();
                whole = self::inlined(&definitions[name], definitions);
            }
            for (keyword, value) in keywords {
                if !["$ref", "$defs"].contains(&keyword.as_str()) {
                    whole[keyword] = self::inlined(value, definitions);
                }
            }
            whole
        }
        Value::Array(items) => items.iter().map(|item| self::inlined(item, definitions)).collect(),
        _ => schema.clone(),
    };
    let elsewhere = inlined.get("else").cloned().unwrap_or_default();
    for (name, more) in elsewhere["properties"].as_object().into_iter().flatten() {
        for (keyword, value) in more.as_object().unwrap() {
            inlined["properties"][name][keyword] = value.clone();
        }
    }
    inlined
}

type Put = Rc<dyn Fn(Value) -> Value>;
