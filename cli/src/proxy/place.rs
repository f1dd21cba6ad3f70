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
    Field(Place, String),
    Item(Place, usize),
}

impl Place {
    pub(crate) fn file(name: String) -> Self {
        Self(Rc::new(Step::File(name)))
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
            Step::File(name) => name,
            Step::Field(within, _) | Step::Item(within, _) => within.of_file(),
        }
    }
}

/// Within its file.
impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Step::File(_) => Ok(()),
            Step::Item(within, index) => write!(out, "{within}[{index}]"),
            Step::Field(within, name) => {
                write!(out, "{within}")?;
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte);
                let is_plain = name.bytes().all(is_plain);
                match (&*within.0, is_plain) {
                    (Step::File(_), _) => write!(out, "{name}"),
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
    }
}
