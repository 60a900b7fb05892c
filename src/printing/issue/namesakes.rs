//! The mark beside a name: that a child is one of a multiple birth, and that another child of the
//! centre, born the same day, would be read the same on this kind of label. Whoever sees one looks at
//! the record number too.

use crate::codes::Sex;
use crate::labels::{Fields, Template, name_lines};
use crate::patients::{Patient, PersonName};
use crate::web::Lang;

/// The language of labels, whoever prints them.
const LANG: Lang = Lang::Es;

/// Where somebody has no surname: templates ask for one, and an empty place would look forgotten.
const NO_SURNAME: &str = "—";

/// The name of a child in the parts of a label's line, in letters that labels can draw.
pub(super) fn label_name(child: &Patient) -> PersonName {
    let mut name = child.label_name();
    if name.surname1.is_empty() {
        NO_SURNAME.clone_into(&mut name.surname1);
    }
    name
}

/// A name as labels write it.
pub fn named(fields: Fields, name: &PersonName) -> Fields {
    fields
        .with("surname1", &name.surname1.to_uppercase())
        .with("surname2", &name.surname2.as_deref().unwrap_or_default().to_uppercase())
        .with("given", &name.given.to_uppercase())
}

/// What the mark says; empty for a child who is like no other.
pub(super) fn mark(template: &Template, child: &Patient, others: &[Patient]) -> String {
    let own = readings(template, child);
    let alike = |other| readings(template, other).iter().any(|r| own.contains(r));
    word(child, others.iter().any(alike))
}

/// How the child's name may be read on this kind of label, without and with the mark that another one
/// is alike: the mark takes room, and less of the name is left. None where the name can't be drawn: such
/// a child has no label that could be taken for this one's.
fn readings(template: &Template, child: &Patient) -> Vec<Vec<String>> {
    let name = named(Fields::default(), &label_name(child));
    let with = |alike| name_lines(template, &name.clone().with("mark", &word(child, alike)));
    let all = [with(false), with(true)].into_iter().flatten();
    all.filter(|lines| !lines.is_empty()).collect()
}

fn word(child: &Patient, alike: bool) -> String {
    let key = match (child.multiple_birth, child.sex, alike) {
        (false, _, false) => return String::new(),
        (false, _, true) => "label-mark-alike",
        (true, Sex::Female, false) => "label-mark-twin-f",
        (true, Sex::Male, false) => "label-mark-twin-m",
        (true, Sex::Other, false) => "label-mark-twin-x",
        (true, Sex::Female, true) => "label-mark-twin-alike-f",
        (true, Sex::Male, true) => "label-mark-twin-alike-m",
        (true, Sex::Other, true) => "label-mark-twin-alike-x",
    };
    LANG.t(key)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::codes::PatientFolio;
    use crate::db::{Day, Instant};
    use crate::labels::Templates;
    use crate::patients::{BirthPrecision, PatientId};
    use crate::people::UserId;
    use crate::sites::SiteId;

    fn child([one, two, given]: [&str; 3], sex: Sex, twin: bool) -> Patient {
        let name = PersonName {
            given: given.into(),
            surname1: one.into(),
            surname2: Some(two.to_owned()).filter(|t| !t.is_empty()),
        };
        Patient {
            id: PatientId::new(),
            folio: PatientFolio::new(2026, 1),
            folded_name: name.folded(),
            given_names: name.given,
            surname1: name.surname1,
            surname2: name.surname2,
            birth_date: Day::new(2019, 3, 5).unwrap(),
            sex,
            curp: None,
            nss: None,
            agregado: None,
            multiple_birth: twin,
            registered_at: Instant::from_us(1_780_000_000_000_000).unwrap(),
            registered_by: UserId::new(),
            registered_site: SiteId::new(),
            event_count: 1,
            birth_precision: BirthPrecision::Day,
            latin_given: None,
            latin_surname1: None,
            latin_surname2: None,
            proposal: None,
            merged_into: None,
        }
    }
    fn girl(name: [&str; 3], twin: bool) -> Patient {
        child(name, Sex::Female, twin)
    }
    fn kinds() -> Vec<Arc<Template>> {
        let all = Templates::embedded().unwrap();
        let ids = ["edta-50x25", "sheet-a4-l7651", "sheet-letter-5160", "cryo-wrap-33x13"];
        ids.iter().map(|id| Arc::clone(all.latest(id).unwrap())).collect()
    }
    /// The name and its mark as they are printed.
    fn printed(template: &Template, child: &Patient, other: &Patient) -> (Vec<String>, String) {
        let mark = mark(template, child, std::slice::from_ref(other));
        let fields = named(Fields::default(), &label_name(child)).with("mark", &mark);
        (name_lines(template, &fields).unwrap(), mark)
    }

    #[test]
    fn twins_are_marked_and_told_apart_by_their_given_names() {
        let family = |given| girl(["Hernández", "De la Torre y Villavicencio", given], true);
        let (sofia, paula) = (family("Ana Sofía"), family("Ana Paula"));
        for template in kinds() {
            let (a, b) = (printed(&template, &sofia, &paula), printed(&template, &paula, &sofia));
            assert_eq!((a.1.as_str(), b.1.as_str()), ("GEMELA", "GEMELA"), "{}", template.id);
            assert!(a.0.concat().ends_with("ANA SOFÍA") && b.0.concat().ends_with("ANA PAULA"));
        }
        for (sex, word) in [(Sex::Male, "GEMELO"), (Sex::Other, "GEMELO/A")] {
            let twin = child(["Cruz", "Ruiz", "Ari"], sex, true);
            assert_eq!(mark(&kinds()[0], &twin, &[]), word);
        }
    }

    #[test]
    fn a_child_like_no_other_has_no_mark() {
        let (ari, eva) =
            (girl(["Cruz", "Ruiz", "Ari"], false), girl(["Cruz", "Ruiz", "Eva"], false));
        for template in kinds() {
            assert_eq!(mark(&template, &ari, std::slice::from_ref(&eva)), "");
        }
    }

    /// A name that no label can show keeps nobody else's label from being printed.
    #[test]
    fn a_child_whose_name_cannot_be_drawn_is_like_nobody() {
        let (ari, other) =
            (girl(["Cruz", "Ruiz", "Ari"], false), girl(["患", "Ruiz", "Ari"], false));
        assert_eq!(mark(&kinds()[0], &ari, std::slice::from_ref(&other)), "");
        assert_eq!(mark(&kinds()[0], &other, &[ari]), "");
    }

    #[test]
    fn children_who_are_called_the_same_are_marked_both() {
        let ari = |twin| girl(["Cruz", "Ruiz", "Ari"], twin);
        for template in kinds() {
            assert_eq!(mark(&template, &ari(false), &[ari(false)]), "OTRO IGUAL");
            assert_eq!(mark(&template, &ari(true), &[ari(true)]), "GEMELA IGUAL");
        }
    }

    fn name() -> impl Strategy<Value = [String; 3]> {
        let part = "[AB][A-C]{1,12}( [AB][A-C]{0,12}){0,2}";
        (part, prop_oneof!["", part], part).prop_map(|(one, two, given)| [one, two, given])
    }

    proptest! {
        /// Whatever is left out of long names: of two different children born the same day, at one
        /// centre, no two labels are the same but with a mark that says so on both.
        #[test]
        fn two_children_never_read_the_same_without_a_mark_that_says_so(
            a in name(), b in name(), twins in any::<(bool, bool)>(), close in any::<bool>(),
        ) {
            // Half of them are of one family, where names are most alike.
            let b = if close { [a[0].clone(), a[1].clone(), b[2].clone()] } else { b };
            prop_assume!(a != b);
            let of = |n: &[String; 3], twin| girl([&n[0], &n[1], &n[2]], twin);
            let (a, b) = (of(&a, twins.0), of(&b, twins.1));
            for template in kinds() {
                let (one, other) = (printed(&template, &a, &b), printed(&template, &b, &a));
                if one.0 == other.0 {
                    prop_assert!(one.1.ends_with("IGUAL") && other.1.ends_with("IGUAL"), "{:?}", one);
                }
            }
        }
    }
}
