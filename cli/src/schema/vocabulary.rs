//! A JSON Schema of draft 2020-12, made of the keywords that are used here.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::text::Text;

/// A schema. Its keywords keep the order in which they were said, and properties that of the reader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema(Vec<(&'static str, Argument)>);

/// What a keyword takes.
#[derive(Clone, Debug)]
enum Argument {
    Json(Value),
    Schema(Schema),
    Schemas(Vec<Schema>),
    Named(Vec<(&'static str, Schema)>),
}

/// A field of an object.
pub(super) struct Field {
    name: &'static str,
    schema: Schema,
    is_required: bool,
}

/// A field that must be given.
pub(super) fn required(name: &'static str, schema: Schema) -> Field {
    Field { name, schema, is_required: true }
}

/// A field that may be left out.
pub(super) fn optional(name: &'static str, schema: Schema) -> Field {
    Field { name, schema, is_required: false }
}

impl Schema {
    /// What an editor shows of it. Nothing, if it says nothing.
    pub(super) fn about(text: &str) -> Self {
        let schema = Self::default();
        if text.is_empty() { schema } else { schema.with("description", text) }
    }

    /// One of those that the document defines once.
    pub(super) fn defined(name: &str, about: &str) -> Self {
        Self::about(about).with("$ref", format!("#/$defs/{name}"))
    }

    /// A string that is written in a certain way.
    pub(super) fn text(about: &str, text: &Text) -> Self {
        let schema = Self::about(about).with("type", "string").with("pattern", text.pattern);
        let schema = schema.with("patternErrorMessage", text.message);
        if text.example.is_empty() {
            return schema;
        }
        schema.with("examples", vec![text.example])
    }

    /// Any string but an empty one.
    pub(super) fn some_text(about: &str, example: &str) -> Self {
        let schema = Self::about(about).with("type", "string").with("minLength", 1);
        schema.with("examples", vec![example])
    }

    /// One of a few words, each with its meaning.
    pub(super) fn words(about: &str, words: &[(&str, &str)]) -> Self {
        let mut text = about.to_owned();
        for (word, meaning) in words {
            text.push_str(&format!("\n{word}: {meaning}"));
        }
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Self::about(text.trim_start()).with("enum", words)
    }

    /// `true` or `false`.
    pub(super) fn boolean(about: &str) -> Self {
        Self::about(about).with("type", "boolean")
    }

    /// A whole number in a range.
    pub(super) fn whole(about: &str, least: u32, most: u32) -> Self {
        let schema = Self::about(about).with("type", "integer");
        schema.with("minimum", least).with("maximum", most)
    }

    /// A list that is not empty.
    pub(super) fn list(about: &str, items: Self) -> Self {
        let schema = Self::about(about).with("type", "array");
        schema.with("minItems", 1).with_schema("items", items)
    }

    /// A list that is not empty, with nothing twice in it.
    pub(super) fn set(about: &str, items: Self) -> Self {
        Self::list(about, items).with("uniqueItems", true)
    }

    /// An object whose keys its writer chooses.
    pub(super) fn map(about: &str, keys: &Text, values: Self) -> Self {
        let keys = Self::text("", keys);
        Self::about(about)
            .with("type", "object")
            .with_schema("propertyNames", keys)
            .with_schema("additionalProperties", values)
    }

    /// An object with these fields and no others.
    pub(super) fn object(about: &str, fields: impl IntoIterator<Item = Field>) -> Self {
        let (mut names, mut properties) = (Vec::new(), Vec::new());
        for field in fields {
            names.extend(field.is_required.then_some(field.name));
            properties.push((field.name, field.schema));
        }
        let mut schema = Self::about(about).with("type", "object");
        if !names.is_empty() {
            schema = schema.with("required", names);
        }
        schema.named("properties", properties).with("additionalProperties", false)
    }

    /// Exactly one of several forms.
    pub(super) fn one_of(about: &str, forms: impl IntoIterator<Item = Self>) -> Self {
        Self::about(about).with_schemas("oneOf", forms)
    }

    /// Its name among several forms.
    pub(super) fn titled(self, title: &str) -> Self {
        self.first("title", title)
    }

    /// Puts a keyword before all others.
    pub(super) fn first(mut self, keyword: &'static str, value: &str) -> Self {
        self.0.insert(0, (keyword, Argument::Json(value.into())));
        self
    }

    /// What holds where it is left out.
    pub(super) fn default_of(mut self, value: impl Into<Value>) -> Self {
        let value = value.into();
        let told = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let description = self.0.iter_mut().find(|(keyword, _)| *keyword == "description");
        if let Some((_, Argument::Json(Value::String(text)))) = description {
            let parted = if text.contains('\n') { '\n' } else { ' ' };
            text.push_str(&format!("{parted}Default: {told}."));
        }
        self.with("default", value)
    }

    /// Adds a keyword that takes plain JSON.
    pub(super) fn with(mut self, keyword: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((keyword, Argument::Json(value.into())));
        self
    }

    /// Adds a keyword that takes a schema.
    pub(super) fn with_schema(mut self, keyword: &'static str, schema: Self) -> Self {
        self.0.push((keyword, Argument::Schema(schema)));
        self
    }

    /// Adds a keyword that takes schemas.
    pub(super) fn with_schemas(
        mut self,
        keyword: &'static str,
        schemas: impl IntoIterator<Item = Self>,
    ) -> Self {
        self.0.push((keyword, Argument::Schemas(schemas.into_iter().collect())));
        self
    }

    /// Adds a keyword that takes schemas by name.
    pub(super) fn named(
        mut self,
        keyword: &'static str,
        schemas: impl IntoIterator<Item = (&'static str, Self)>,
    ) -> Self {
        self.0.push((keyword, Argument::Named(schemas.into_iter().collect())));
        self
    }

    /// What must hold besides, where something else does.
    pub(super) fn when(condition: Self, then: Self) -> Self {
        Self::default().with_schema("if", condition).with_schema("then", then)
    }

    /// Whether a field is there, and what it says.
    pub(super) fn has(name: &'static str, schema: Self) -> Self {
        Self::default().with("required", vec![name]).named("properties", [(name, schema)])
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        in_order(&self.0, output)
    }
}

impl Serialize for Argument {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(value) => value.serialize(output),
            Self::Schema(schema) => schema.serialize(output),
            Self::Schemas(schemas) => schemas.serialize(output),
            Self::Named(schemas) => in_order(schemas, output),
        }
    }
}

fn in_order<T: Serialize, S: Serializer>(
    members: &[(&'static str, T)],
    output: S,
) -> Result<S::Ok, S::Error> {
    let mut map = output.serialize_map(Some(members.len()))?;
    for (name, value) in members {
        map.serialize_entry(name, value)?;
    }
    map.end()
}
