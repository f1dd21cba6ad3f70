//! Places in a configuration, as in `static_resources.listeners[0].name`.

use std::fmt;
use std::rc::Rc;

/// A place, which knows the one that it is in. Only what is found is ever written out.
#[derive(Clone, Debug)]
pub(crate) struct Place(Rc<Step>);

#[derive(Debug)]
enum Step {
    /// A file, or a document of one.
    File(String),
    /// A resource among those of a file: the file, and what the resource is called.
    Resource(String, String),
    Field(Place, String),
    Item(Place, usize),
    /// What is at a path within it, which others have written.
    Path(Place, String),
}

impl Place {
    pub(crate) fn file(name: String) -> Self {
        Self(Rc::new(Step::File(name)))
    }

    /// A resource of a file, as in `Gateway istio-system/public`.
    pub(crate) fn resource(file: String, name: String) -> Self {
        Self(Rc::new(Step::Resource(file, name)))
    }

    /// What a path leads to, as in `apis[2].certificate`.
    pub(crate) fn path(&self, path: &str) -> Self {
        Self(Rc::new(Step::Path(self.clone(), path.to_owned())))
    }

    pub(crate) fn field(&self, name: &str) -> Self {
        Self(Rc::new(Step::Field(self.clone(), name.to_owned())))
    }

    pub(crate) fn item(&self, index: usize) -> Self {
        Self(Rc::new(Step::Item(self.clone(), index)))
    }

    /// Whether it is an item of a list in a field of one of these names.
    pub(crate) fn is_item_of(&self, names: &[&str]) -> bool {
        matches!(&*self.0, Step::Item(list, _) if list.is_field(names))
    }

    /// Whether it is a field of one of these names.
    pub(crate) fn is_field(&self, names: &[&str]) -> bool {
        matches!(&*self.0, Step::Field(_, name) if names.contains(&name.as_str()))
    }
}

impl Place {
    /// The file that it is in.
    pub(crate) fn of_file(&self) -> &str {
        match &*self.0 {
            Step::File(name) | Step::Resource(name, _) => name,
            Step::Field(within, _) | Step::Item(within, _) | Step::Path(within, _) => {
                within.of_file()
            }
        }
    }
}

/// Within its file.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Step::File(_) => Ok(()),
            Step::Resource(_, name) => out.write_str(name),
            Step::Path(within, path) => write!(out, "{within}.{path}"),
            Step::Item(within, index) => write!(out, "{within}[{index}]"),
            Step::Field(within, name) => {
                write!(out, "{within}")?;
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte);
                let is_plain = name.bytes().all(is_plain);
                match (&*within.0, is_plain) {
                    (Step::File(_), _) => write!(out, "{name}"),
                    (Step::Resource(..), _) => write!(out, ": {name}"),
                    (_, true) => write!(out, ".{name}"),
                    (_, false) => write!(out, "[{name:?}]"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_paths() {
        let first = Place::file("a.yaml".to_owned()).field("listeners").item(0);
        let issuer = first.field("https://a").field("issuer");
        assert_eq!(issuer.to_string(), r#"listeners[0]["https://a"].issuer"#);
        assert_eq!(issuer.of_file(), "a.yaml");
        let plugin = Place::resource("a.yaml".to_owned(), "WasmPlugin a/b".to_owned());
        let api = plugin.field("spec").field("pluginConfig").path("apis[2].name");
        assert_eq!(api.to_string(), "WasmPlugin a/b: spec.pluginConfig.apis[2].name");
        assert_eq!((api.of_file(), &*plugin.to_string()), ("a.yaml", "WasmPlugin a/b"));
    }
}
