//! Templates: YAML with `${name}` where something is to be put.

use crate::failure::Failure;

/// Fills a template. A placeholder alone on its line takes any number of lines, all indented as it is,
/// none if its value is empty; one within a line takes a single line.
///
/// # Errors
/// A placeholder without a value, a value without a placeholder, several lines within a line.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> Result<String, Failure> {
    if let Some((unused, _)) = values.iter().find(|(name, _)| !template.contains(&mark(name))) {
        return Err(fault(format_args!("no placeholder for `{unused}`")));
    }
    let mut filled = String::with_capacity(template.len());
    for line in template.lines() {
        let body = line.trim_start();
        let indent = line.get(..line.len().saturating_sub(body.len())).unwrap_or_default();
        match values.iter().find(|(name, _)| body == mark(name)) {
            Some((_, value)) => value.lines().for_each(|line| push(&mut filled, indent, line)),
            None => push(&mut filled, indent, &fill_line(body, values)?),
        }
    }
    Ok(filled)
}

/// Puts values into one line, from left to right: what looks like a placeholder in a value is none.
fn fill_line(mut line: &str, values: &[(&str, &str)]) -> Result<String, Failure> {
    let mut filled = String::with_capacity(line.len());
    while let Some((before, rest)) = line.split_once("${") {
        let (name, after) =
            rest.split_once('}').ok_or_else(|| fault(format_args!("unclosed: `{line}`")))?;
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let value = value.ok_or_else(|| fault(format_args!("unknown placeholder `{name}`")))?;
        if value.contains('\n') {
            return Err(fault(format_args!("several lines for `{name}`")));
        }
        filled.push_str(before);
        filled.push_str(value);
        line = after;
    }
    filled.push_str(line);
    Ok(filled)
}

fn push(filled: &mut String, indent: &str, line: &str) {
    if !line.is_empty() {
        filled.push_str(indent);
        filled.push_str(line);
    }
    filled.push('\n');
}

fn mark(name: &str) -> String {
    format!("${{{name}}}")
}

fn fault(what: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("template: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, values: &[(&str, &str)]) -> String {
        fill(template, values).unwrap_or_else(|failure| failure.to_string())
    }

    #[test]
    fn lines_are_indented_as_their_placeholder() {
        let values = [("a", "1:\n  2\n\n3"), ("b", "")];
        assert_eq!(filled("x:\n  ${a}\n  ${b}\ny\n", &values), "x:\n  1:\n    2\n\n  3\ny\n");
    }

    #[test]
    fn values_are_not_filled_themselves() {
        let values = [("a", "${b}"), ("b", "2")];
        assert_eq!(filled("  - [${a}, ${b}, ${a}]", &values), "  - [${b}, 2, ${b}]\n");
        assert_eq!(filled("${a}\n${b}", &values), "${b}\n2\n");
    }

    #[test]
    fn faults_are_told() {
        for (template, values, told) in [
            ("${a}", &[][..], "template: unknown placeholder `a`"),
            ("x ${a", &[], "template: unclosed: `x ${a`"),
            ("x", &[("a", "")], "template: no placeholder for `a`"),
            ("x ${a}", &[("a", "1\n2")], "template: several lines for `a`"),
        ] {
            assert_eq!(filled(template, values), told);
        }
    }
}
