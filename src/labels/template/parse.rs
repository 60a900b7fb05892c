//! A template read from its file, and held against all that holds whatever is printed.

use serde::Deserialize;

use super::model::Template;
use super::{fields, rooms};
use crate::labels::error::{Cause, LabelError};

/// The schema this program reads.
const SCHEMA: u32 = 1;

#[derive(Deserialize)]
struct Head {
    schema: u32,
}

impl Template {
    /// Reads and checks one template; `file` is named in errors.
    ///
    /// # Errors
    /// [`Cause::Syntax`] with line and column, or what does not hold together and its line.
    pub fn parse(file: &str, source: &str) -> Result<Self, LabelError> {
        let syntax = |e: toml::de::Error| {
            let line = e.span().map_or(1, |s| line_of(source, s.start));
            LabelError::of(file, "", Cause::Syntax { line, said: e.to_string().trim_end().into() })
        };
        let head: Head = toml::from_str(source).map_err(syntax)?;
        if head.schema != SCHEMA {
            return Err(LabelError::of(file, "", Cause::Schema(head.schema)));
        }
        let mut template: Self = toml::from_str(source).map_err(syntax)?;
        template.lines =
            template.elements.iter().map(|e| line_of(source, e.span().start)).collect();
        file.clone_into(&mut template.file);
        source.clone_into(&mut template.source);
        template.names_are_known(file)?;
        let sheet_line =
            template.media.sheet.as_ref().map_or(1, |s| line_of(source, s.span().start));
        rooms::check(&template, sheet_line)
            .map_err(|e| LabelError { template: file.to_owned(), ..e })?;
        Ok(template)
    }

    fn names_are_known(&self, file: &str) -> Result<(), LabelError> {
        for (i, (line, element)) in self.elements().enumerate() {
            let wrong = |c| LabelError::of(file, format!("element {}", element.name()), c);
            if self.elements().take(i).any(|(_, e)| e.name() == element.name()) {
                return Err(wrong(Cause::Twice { name: element.name().to_owned(), line }));
            }
            let mut named: Vec<String> = element
                .when_empty()
                .into_iter()
                .chain(element.when_filled())
                .map(str::to_owned)
                .collect();
            for value in element.values() {
                named.extend(fields::named(value).ok_or_else(|| wrong(Cause::Brace { line }))?);
            }
            if let Some(field) = named.into_iter().find(|f| !self.fields.contains_key(f)) {
                let known = self.fields.keys().cloned().collect::<Vec<_>>().join(", ");
                return Err(wrong(Cause::UnknownField { field, known, line }));
            }
        }
        Ok(())
    }
}

fn line_of(source: &str, at: usize) -> usize {
    1 + source.bytes().take(at).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::kinds::{FILES, Templates};
    use super::super::model::Pattern;
    use super::*;

    fn embedded() -> &'static str {
        FILES.iter().find(|f| f.0 == "edta-50x25.toml").unwrap().1
    }
    fn refused(from: &str, to: &str) -> String {
        assert!(embedded().contains(from), "{from}");
        Template::parse("t.toml", &embedded().replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn every_embedded_template_is_sound() {
        assert!(!Templates::embedded().unwrap().all().is_empty());
    }

    #[test]
    fn br_38_no_template_has_a_field_for_diagnosis_or_curp() {
        for template in Templates::embedded().unwrap().all() {
            for field in template.fields.keys() {
                assert!(!["diag", "curp", "dx"].iter().any(|w| field.contains(w)), "{field}");
            }
        }
    }

    #[test]
    fn a_wrong_template_is_told_by_line() {
        let typo = refused("size_pt  = 10.0", "size_pts = 10.0");
        assert!(typo.contains("line") && typo.contains("size_pts"), "{typo}");
        let field = refused("value    = \"{identifier}\"", "value    = \"{identifer}\"");
        assert!(field.contains("element identifier: line 4"), "{field}");
        assert!(field.contains("{identifer}") && field.contains("birth"), "{field}");
        let brace = refused("\"{identifier}\"", "\"{identifier\"");
        assert!(brace.contains("a brace without its partner"), "{brace}");
        let schema = refused("schema  = 1", "schema  = 2");
        assert_eq!(schema, "template t.toml: schema 2 is not known, 1 is");
        let twice = refused("name     = \"birth\"", "name     = \"identifier\"");
        assert!(twice.contains("\"identifier\" is there twice"), "{twice}");
    }

    #[test]
    fn a_pattern_is_for_the_whole_value_and_a_wrong_one_is_told_by_line() {
        let pattern: BTreeMap<String, Pattern> = toml::from_str("p = \"a|bc\"").unwrap();
        let matches = |v| pattern["p"].matches(v);
        assert!(matches("a") && matches("bc") && !matches("abc") && !matches("a\n"));
        let wrong = refused("digits = 12", "pattern = \"(\"");
        assert!(wrong.contains("line 21") && wrong.contains("unclosed group"), "{wrong}");
    }
}
