//! Which kinds of label fit a container, and which of them is printed: what somebody chose, else the
//! first that the printer's stock holds, else the one it usually has.

use std::sync::Arc;

use super::says;
use crate::db::{Conn, DbError};
use crate::label_templates;
use crate::labels::{Template, Templates};
use crate::printing::error::PrintError;
use crate::printing::machines::stock::Stock;

/// Kinds of label that come with the program, for a container of this type; the usual one first. Bars
/// are not read round a vial, and a tube's label is longer than one is round.
fn usual(container_type: &str) -> &'static [&'static str] {
    match container_type {
        "CRYO" => &["cryo-wrap-33x13", "cryo-cap-9"],
        _ => &["edta-50x25"],
    }
}

/// What of a container's labels is asked for.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The kind that somebody chose.
    pub kind: Option<String>,
    /// What is in the printer.
    pub stock: Option<Stock>,
}

impl Choice {
    /// Nobody chose, and no printer is known.
    pub fn usual() -> Self {
        Self::default()
    }
    /// What was chosen in a form or an address; nothing where it is empty.
    pub fn of(kind: &str) -> Self {
        Self { kind: Some(kind.to_owned()).filter(|k| !k.is_empty()), stock: None }
    }
    /// Among `kinds`, which fit.
    ///
    /// # Errors
    /// A chosen kind that does not fit is the field `kind`.
    pub(super) fn among(&self, kinds: &[Arc<Template>]) -> Result<Arc<Template>, PrintError> {
        let found = match (&self.kind, self.stock) {
            (Some(kind), _) => kinds.iter().find(|t| t.id == *kind),
            (None, stock) => {
                let holds = |t: &&Arc<Template>| {
                    let (w, h) = t.size_mm();
                    stock.is_some_and(|s| s.holds(w, h))
                };
                kinds.iter().find(holds).or(kinds.first())
            }
        };
        found.cloned().ok_or_else(|| PrintError::field("kind", "label-kind"))
    }
}

/// The kinds that fit a container of this type, as they are drawn by now: those of the program, then
/// a directory's own kinds that are filled with what a container is.
pub fn of(
    conn: &mut Conn,
    templates: &Templates,
    container_type: &str,
) -> Result<Vec<Arc<Template>>, DbError> {
    let mut ids = usual(container_type).to_vec();
    ids.extend(own(templates));
    let mut kinds = vec![];
    for id in ids {
        kinds.extend(label_templates::store::current(conn, templates, id)?);
    }
    if kinds.is_empty() {
        return Err(DbError::Corrupt(format!("no template for {container_type}")));
    }
    Ok(kinds)
}

/// Kinds of a directory that the program has not: single labels that name the child and the code.
fn own(templates: &Templates) -> Vec<&str> {
    let came = Templates::embedded().map(|all| all.all()).unwrap_or_default();
    let is_new = |t: &&Arc<Template>| t.is_local() && came.iter().all(|c| c.id != t.id);
    let fits = |t: &&Arc<Template>| {
        let fields = t.field_names();
        !t.on_sheet()
            && ["code", "given", "birth"].iter().all(|f| fields.contains(f))
            && fields.iter().all(|f| says::FIELDS.contains(f))
    };
    let mut ids: Vec<&str> =
        templates.newest().filter(is_new).filter(fits).map(|t| t.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(container_type: &str) -> Vec<Arc<Template>> {
        let all = Templates::embedded().unwrap();
        usual(container_type).iter().map(|id| Arc::clone(all.latest(id).unwrap())).collect()
    }
    fn chosen(container_type: &str, kind: &str, stock: &str) -> Result<String, PrintError> {
        let stock = stock.parse().ok();
        let choice = Choice { stock, ..Choice::of(kind) };
        choice.among(&kinds(container_type)).map(|t| t.id.clone())
    }

    #[test]
    fn a_kind_follows_the_container_then_the_stock_and_a_person_may_change_it() {
        for (container_type, kind, stock, expected) in [
            ("EDTA", "", "", "edta-50x25"),
            ("FACS", "", "50x25", "edta-50x25"),
            ("CRYO", "", "", "cryo-wrap-33x13"),
            ("CRYO", "", "33x13", "cryo-wrap-33x13"),
            ("CRYO", "", "50x25", "cryo-wrap-33x13"),
            ("CRYO", "cryo-cap-9", "", "cryo-cap-9"),
            ("CRYO", "cryo-cap-9", "33x13", "cryo-cap-9"),
        ] {
            let found = chosen(container_type, kind, stock);
            assert_eq!(found.unwrap(), expected, "{container_type} {kind} {stock}");
        }
    }

    #[test]
    fn what_does_not_fit_the_container_is_refused_by_name() {
        for (container_type, kind) in
            [("EDTA", "cryo-cap-9"), ("CRYO", "edta-50x25"), ("EDTA", "badge-86x54"), ("EDTA", "x")]
        {
            let refused = chosen(container_type, kind, "").unwrap_err();
            let PrintError::Fields(faults) = refused else { panic!("{refused:?}") };
            assert_eq!((faults[0].field.as_str(), faults[0].code), ("kind", "label-kind"));
        }
    }

    #[test]
    fn a_directorys_own_kind_is_offered_where_it_is_filled() {
        let dir = tempfile::tempdir().unwrap();
        let all = Templates::embedded().unwrap();
        let put = |kind: &str, id: &str| {
            let text = all.latest(kind).unwrap().source().replacen(kind, id, 1);
            std::fs::write(dir.path().join(format!("{id}.toml")), text).unwrap();
        };
        put("edta-50x25", "tubo-grande");
        put("badge-86x54", "gafete");
        put("sheet-a4-l7651", "hoja-propia");
        put("cryo-cap-9", "tapa-propia");
        let with = Templates::with_dir(dir.path()).unwrap();
        assert_eq!(own(&with), ["tubo-grande"]);
        assert!(own(all).is_empty());
    }
}
