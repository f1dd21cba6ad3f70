//! Messages as Envoy writes and reads them in JSON: fields in either spelling, and messages that say of what
//! type they are.

use serde_json::{Map, Value};

use super::place::Place;

/// A part of a configuration, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Part<'d> {
    pub(crate) place: Place,
    pub(crate) value: &'d Value,
}

impl<'d> Part<'d> {
    /// A field by its name, which may also be spelt as in `typedConfig`.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let fields = self.value.as_object()?;
        let (name, value) = match fields.get(name) {
            Some(value) => (name.to_owned(), value),
            None => {
                let camel = camel(name);
                let value = fields.get(&camel)?;
                (camel, value)
            }
        };
        (!value.is_null()).then(|| Self { place: self.place.field(&name), value })
    }

    pub(crate) fn text(&self) -> Option<&'d str> {
        self.value.as_str()
    }

    /// The text of a field; empty if there is none.
    pub(crate) fn text_of(&self, name: &str) -> &'d str {
        self.get(name).and_then(|part| part.text()).unwrap_or_default()
    }

    /// Whether it is this boolean.
    pub(crate) fn is(&self, wanted: bool) -> bool {
        self.value == &Value::Bool(wanted)
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|part| part.is(true))
    }

    /// The items of a list; none if it is no list.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| Self { place: self.place.item(index), value })
    }

    /// The items of a list in a field.
    pub(crate) fn items_of(&self, name: &str) -> Vec<Self> {
        self.get(name).map(|part| part.items().collect()).unwrap_or_default()
    }

    /// The entries of a map; none if it is no map.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let entries = self.value.as_object().into_iter().flat_map(Map::iter);
        entries.map(|(name, value)| (name.as_str(), Self { place: self.place.field(name), value }))
    }

    /// The message that this one holds, and its type without `type.googleapis.com/`.
    pub(crate) fn message(&self) -> Option<(&'d str, Self)> {
        let url = self.get("@type")?.text()?;
        let kind = url.rsplit('/').next().unwrap_or(url);
        if !kind.ends_with(".TypedStruct") {
            return Some((kind, self.clone()));
        }
        let url = self.get("type_url")?.text()?;
        Some((url.rsplit('/').next().unwrap_or(url), self.get("value")?))
    }

    /// Looks at this part and at all within it, the outer before the inner, and goes no further where it is
    /// told so.
    pub(crate) fn walk(&self, look: &mut impl FnMut(&Self) -> bool) {
        if !look(self) {
            return;
        }
        match self.value {
            Value::Object(_) => self.entries().for_each(|(_, part)| part.walk(look)),
            Value::Array(_) => self.items().for_each(|part| part.walk(look)),
            _ => {}
        }
    }

    /// Every text within it that holds another one.
    pub(crate) fn texts_with(&self, wanted: &str) -> Vec<Self> {
        let mut found = Vec::new();
        self.walk(&mut |part| {
            if part.text().is_some_and(|text| text.contains(wanted)) {
                found.push(part.clone());
            }
            true
        });
        found
    }
}

/// `typed_config` as `typedConfig`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut camel, word| {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
        camel
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_in_either_spelling() {
        let value = json!({ "typedConfig": { "http_filters": [1] }, "isNull": null });
        let part = Part { place: Place::file("f".to_owned()), value: &value };
        let found = part.get("typed_config").unwrap().get("http_filters").unwrap();
        assert_eq!(found.items().next().unwrap().place.to_string(), "typedConfig.http_filters[0]");
        assert!(part.get("is_null").is_none() && part.get("typed").is_none());
    }

    #[test]
    fn messages_are_known_by_their_types() {
        let typed = json!({ "@type": "type.googleapis.com/a.b.C", "d": 1 });
        let opaque = json!({
            "@type": "type.googleapis.com/xds.type.v3.TypedStruct",
            "type_url": "type.googleapis.com/a.b.C", "value": { "d": 1 },
        });
        for value in [typed, opaque] {
            let part = Part { place: Place::file("f".to_owned()), value: &value };
            let (kind, message) = part.message().unwrap();
            assert_eq!((kind, message.get("d").unwrap().value), ("a.b.C", &json!(1)));
        }
    }
}
