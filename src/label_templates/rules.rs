//! When a text may become the next version of a label kind. Pure.

use crate::labels::{self, Cause, Departure, LabelError, Template, check};
use crate::web::FieldFault;

/// Far more than any label takes.
const MOST_BYTES: usize = 64 * 1024;
/// Of what is wrong with a text, as much as a person reads.
const MOST_FAULTS: usize = 20;

/// Line ends as files have them: browsers send their own.
pub(super) fn tidy(source: &str) -> String {
    source.replace("\r\n", "\n")
}

/// The same text as the version that comes next: who begins to write need not think of it.
pub(super) fn renumbered(template: &Template, next: i32) -> String {
    let mut done = false;
    let lines = template.source().split_inclusive('\n').map(|line| {
        let key = line.split('=').next().unwrap_or_default().trim();
        if done || key != "version" {
            return line.to_owned();
        }
        done = true;
        let end = if line.ends_with('\n') { "\n" } else { "" };
        format!("version = {next}{end}")
    });
    lines.collect()
}

/// What a text is worth: the template, where it is one, and all that keeps it from being the next
/// version of `base`.
pub(super) fn examine(
    base: &Template,
    next: i32,
    source: &str,
) -> (Option<Template>, Vec<FieldFault>) {
    if source.len() > MOST_BYTES {
        let fault = FieldFault::new("source", "template-too-long").with("most", MOST_BYTES / 1024);
        return (None, vec![fault]);
    }
    let template = match Template::parse("template", source) {
        Ok(template) => template,
        Err(e) => return (None, vec![e.fault(None, None)]),
    };
    // Asked first: what is over a cap is not drawn, and nothing else of it matters.
    let mut faults: Vec<FieldFault> =
        labels::excesses(&template).iter().map(|e| e.fault(Some(&template), None)).collect();
    if !faults.is_empty() {
        faults.truncate(MOST_FAULTS);
        return (Some(template), faults);
    }
    if template.version != next {
        faults.push(not_next(source, next));
    }
    let departs = labels::departures(base, &template);
    faults.extend(departs.iter().map(|e| e.fault(Some(&template), None)));
    if let Err(failures) = check::check_one(&template) {
        for failure in failures {
            let fault = failure.error.fault(Some(&template), failure.drawn);
            // What is too wide at one resolution is so at the others: told once.
            let told =
                |f: &FieldFault| f.code == fault.code && f.args.get(..2) == fault.args.get(..2);
            if !faults.iter().any(told) {
                faults.push(fault);
            }
        }
    }
    faults.truncate(MOST_FAULTS);
    (Some(template), faults)
}

/// The version of `source` is not the one that comes next.
pub(super) fn not_next(source: &str, next: i32) -> FieldFault {
    let cause = Cause::Departs { what: Departure::Version(next), line: line_of_version(source) };
    let error = LabelError { template: String::new(), part: String::new(), cause };
    error.fault(None, None)
}

fn line_of_version(source: &str) -> usize {
    let is = |l: &str| l.split('=').next().is_some_and(|key| key.trim() == "version");
    source.lines().position(is).map_or(1, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Templates;
    use crate::web::{Arg, Lang};

    const NEXT: i32 = 3;

    fn base() -> &'static Template {
        Templates::embedded().unwrap().latest("edta-50x25").unwrap()
    }

    fn told(from: &str, to: &str) -> Vec<(&'static str, i64)> {
        let source = renumbered(base(), NEXT);
        assert!(source.contains(from), "{from}");
        let (_, faults) = examine(base(), NEXT, &source.replacen(from, to, 1));
        let line = |f: &FieldFault| match f.args[0] {
            ("line", Arg::N(n)) => n,
            _ => panic!("no line: {f:?}"),
        };
        faults.iter().map(|f| (f.code, line(f))).collect()
    }

    #[test]
    fn the_same_as_the_next_version_is_one() {
        assert_eq!(told("schema", "schema"), []);
        let renumbered = renumbered(base(), 7);
        assert_eq!(renumbered.matches("version = 7\n").count(), 1);
        assert_eq!(renumbered.lines().count(), base().source().lines().count());
    }

    #[test]
    fn every_mistake_names_its_line_in_both_languages() {
        for (from, to, expected) in [
            ("version = 3", "version = 4", ("template-version", 7)),
            ("margin_mm", "margin", ("template-syntax", 12)),
            ("schema  = 1", "schema  = 9", ("template-schema", 1)),
            ("{identifier}", "{identifer}", ("template-unknown-field", 42)),
            ("\"birth\"", "\"identifier\"", ("template-twice", 53)),
            ("size_pt  = 10.0", "size_pt  = 100.0", ("template-number", 29)),
            ("x        = 27.6", "x        = 29.6", ("template-off-label", 53)),
            ("x        = 27.6", "x        = 26.6", ("template-overlap", 53)),
            ("min_x_mm = 0.33", "min_x_mm = 0.3", ("template-module", 78)),
            ("w        = 9.0", "w        = 5.0", ("template-too-wide", 99)),
        ] {
            let found = told(from, to);
            assert_eq!(found.first(), Some(&expected), "{to}: {found:?}");
        }
        let (_, faults) = examine(base(), NEXT, &"#".repeat(70_000));
        assert_eq!(faults[0].code, "template-too-long");
        for lang in Lang::ALL {
            let (_, faults) = examine(base(), NEXT, &renumbered(base(), 4));
            assert!(faults[0].text(lang).contains('3'), "{}", faults[0].text(lang));
        }
    }
}
