//! The rule for names, and how often common ones of this country are shortened by it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::layout::{layout, name_lines};
use super::*;
use crate::labels::draw::check;
use crate::labels::template::kinds::Templates;
use crate::labels::template::model::Template;

/// The kinds of label that show a name.
const KINDS: [&str; 5] =
    ["edta-50x25", "sheet-a4-l7651", "sheet-letter-5160", "cryo-wrap-33x13", "bag-100x50"];

/// Thirty of the commonest surnames of Mexico.
const SURNAMES: [&str; 30] = [
    "HERNÁNDEZ",
    "GARCÍA",
    "MARTÍNEZ",
    "LÓPEZ",
    "GONZÁLEZ",
    "PÉREZ",
    "RODRÍGUEZ",
    "SÁNCHEZ",
    "RAMÍREZ",
    "CRUZ",
    "FLORES",
    "GÓMEZ",
    "MORALES",
    "VÁZQUEZ",
    "JIMÉNEZ",
    "REYES",
    "DÍAZ",
    "TORRES",
    "GUTIÉRREZ",
    "RUIZ",
    "MENDOZA",
    "AGUILAR",
    "ORTIZ",
    "MORENO",
    "CASTILLO",
    "ROMERO",
    "ÁLVAREZ",
    "MÉNDEZ",
    "CHÁVEZ",
    "RIVERA",
];
/// Thirty pairs of given names as children bear them.
const GIVEN: [&str; 30] = [
    "MARÍA GUADALUPE",
    "JOSÉ LUIS",
    "JUAN CARLOS",
    "MARÍA FERNANDA",
    "MIGUEL ÁNGEL",
    "JESÚS ANTONIO",
    "ANA SOFÍA",
    "LUIS ÁNGEL",
    "MARÍA JOSÉ",
    "ÁNGEL GABRIEL",
    "XIMENA GUADALUPE",
    "DIEGO ALEJANDRO",
    "JOSÉ MANUEL",
    "ANA VICTORIA",
    "CARLOS EDUARDO",
    "DULCE MARÍA",
    "SANTIAGO EMILIANO",
    "VALERIA ALEJANDRA",
    "JUAN PABLO",
    "LUIS FERNANDO",
    "CAMILA MONTSERRAT",
    "SEBASTIÁN ALEXANDER",
    "REGINA ISABELLA",
    "FRANCISCO JAVIER",
    "MARÍA DE LOS ÁNGELES",
    "DANIELA ESTEFANÍA",
    "IKER MATEO",
    "BRYAN EMMANUEL",
    "KEVIN ALEXANDER",
    "JOSÉ DE JESÚS",
];

fn template(kind: &str) -> &'static Template {
    Templates::embedded().unwrap().latest(kind).unwrap()
}
fn child(kind: &str, name: [&str; 3], mark: &str) -> Fields {
    let [one, two, given] = name;
    let fields = check::sample(template(kind), false);
    fields.with("surname1", one).with("surname2", two).with("given", given).with("mark", mark)
}
fn lines(kind: &str, name: [&str; 3], mark: &str) -> Vec<String> {
    name_lines(template(kind), &child(kind, name, mark)).unwrap()
}
fn tube(one: &str, two: &str, given: &str) -> String {
    lines("edta-50x25", [one, two, given], "").join(" / ")
}

/// Of 27,000 common names, how many are shortened, as parts of ten thousand.
fn shortened_of_common(kind: &str) -> usize {
    let mut shortened = 0;
    for one in SURNAMES {
        for two in SURNAMES {
            for given in GIVEN {
                let shown = lines(kind, [one, two, given], "");
                let whole = match shown.len() {
                    1 => vec![format!("{one} {two}, {given}")],
                    _ => vec![format!("{one} {two}"), given.to_owned()],
                };
                shortened += usize::from(shown != whole);
            }
        }
    }
    shortened * 10_000 / (SURNAMES.len() * SURNAMES.len() * GIVEN.len())
}

#[test]
fn common_names_of_this_country_are_whole_on_nearly_every_label() {
    let found = KINDS.map(|kind| (kind, shortened_of_common(kind)));
    eprintln!("of ten thousand common names are shortened: {found:?}");
    for (kind, most) in KINDS.into_iter().zip([100, 100, 100, 300, 0]) {
        let (_, n) = found.iter().find(|(k, _)| *k == kind).unwrap();
        assert!(*n <= most, "{kind}: {n} of 10,000");
    }
}

#[test]
fn what_tells_children_of_one_family_apart_is_shortened_last() {
    assert_eq!(tube("RODRÍGUEZ", "CANO", "ARI"), "RODRÍGUEZ CANO, ARI");
    assert_eq!(tube("PÉREZ", "", "ARI"), "PÉREZ, ARI");
    // The second surname goes to its first letter, and the given names stay whole.
    assert_eq!(
        tube("HERNÁNDEZ", "DE LA TORRE Y VILLAVICENCIO", "MARÍA FERNANDA"),
        "HERNÁNDEZ T., MARÍA FERNANDA"
    );
    // Then later given names, from the right, with the little words before them.
    assert_eq!(
        tube("FERNÁNDEZ DE CÓRDOVA", "VILLAVICENCIO", "MARÍA GUADALUPE DE LOS ÁNGELES"),
        "FERNÁNDEZ DE CÓRDOVA V., MARÍA G. Á."
    );
    // Then the first surname is cut, and last of all the first given name.
    let cut = tube(&"B".repeat(60), "CANO", "MARÍA GUADALUPE");
    assert!(cut.starts_with("BBBBBBBB") && cut.ends_with("B… C., MARÍA G."), "{cut}");
    let many = tube("WONG", "CANO", &"W I ".repeat(60));
    assert_eq!(many, "WONG C., W I W I …");
    let cut = tube(&"B".repeat(200), &"C".repeat(200), &"D".repeat(200));
    assert!(cut.starts_with("B… C., DDDDDDDDDD") && cut.ends_with("D…"), "{cut}");
}

#[test]
fn on_two_lines_only_the_line_that_is_too_long_is_shortened() {
    let vial = |one, two, given| lines("cryo-wrap-33x13", [one, two, given], "");
    assert_eq!(
        vial("HERNÁNDEZ", "GUTIÉRREZ", "MARÍA FERNANDA"),
        ["HERNÁNDEZ GUTIÉRREZ", "MARÍA FERNANDA"]
    );
    assert_eq!(
        vial("HERNÁNDEZ", "VILLAVICENCIO DE LA TORRE", "ANA SOFÍA"),
        ["HERNÁNDEZ V.", "ANA SOFÍA"]
    );
    assert_eq!(
        vial("CRUZ", "RUIZ", "MARÍA GUADALUPE MONTSERRAT"),
        ["CRUZ RUIZ", "MARÍA GUADALUPE M."]
    );
}

#[test]
fn an_initial_keeps_its_accent_and_little_words_go_with_their_name() {
    let of = |name: &str| {
        let mut name = name.to_owned();
        initial(&mut name).then_some(name)
    };
    assert_eq!(of("A\u{331}NGELES").as_deref(), Some("A\u{331}."));
    assert_eq!(of("DE LOS ÁNGELES").as_deref(), Some("Á."));
    assert_eq!(of("DE LA").as_deref(), Some("D."));
    assert_eq!((of("LI"), of("M."), of("")), (None, None, None));
    assert_eq!(names("JOSÉ DE JESÚS"), ["JOSÉ", "DE JESÚS"]);
    assert_eq!(names("MARÍA  DEL   CARMEN Y ANA"), ["MARÍA", "DEL CARMEN", "Y ANA"]);
}

#[test]
fn twins_can_be_told_apart_on_every_kind_of_label() {
    for kind in KINDS {
        let twins = ["ANA SOFÍA", "ANA PAULA"].map(|given| {
            lines(kind, ["HERNÁNDEZ", "DE LA TORRE Y VILLAVICENCIO"].map_with(given), "GEMELA")
        });
        assert_ne!(twins[0], twins[1], "{kind}");
        assert!(twins[0].join(" ").ends_with("ANA SOFÍA"), "{kind}: {:?}", twins[0]);
    }
}

/// A family's surnames with a given name.
trait MapWith {
    fn map_with(self, given: &'static str) -> [&'static str; 3];
}
impl MapWith for [&'static str; 2] {
    fn map_with(self, given: &'static str) -> [&'static str; 3] {
        [self[0], self[1], given]
    }
}

#[test]
fn a_mark_stands_framed_inside_the_line_and_takes_no_room_when_there_is_none() {
    for kind in KINDS {
        for dpi in Dpi::ALL {
            let made = |mark| {
                let fields = child(kind, ["RODRÍGUEZ", "CANO", "ARI"], mark);
                layout(template(kind), &fields, dpi).unwrap()
            };
            let (with, without) = (made("GEMELO/A IGUAL"), made(""));
            let text = |l: &super::super::layout::Layout| {
                l.items.iter().filter(|i| matches!(i, Item::Text { .. })).count()
            };
            assert_eq!(text(&with), text(&without) + 1, "{kind}");
            assert_eq!(with.items.len(), without.items.len() + 5, "{kind}: a frame of four");
        }
    }
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-ZÑÁÉ]{1,12}( (DE|DEL|LA|Y|[A-ZÑÁÉ]{1,12})){0,3}",
        "[A-ZÑÁÉ]{1,60}",
        Just("A\u{331}NGELES DE LA O\u{331}".to_owned()),
    ]
}

proptest! {
    #[test]
    fn a_name_fits_its_room_and_each_part_keeps_its_first_letter(
        one in part(), two in part(), given in part(), marked in any::<bool>(),
    ) {
        let mark = if marked { "GEMELO/A IGUAL" } else { "" };
        for kind in KINDS {
            let shown = lines(kind, [&one, &two, &given], mark).join(" ");
            prop_assert!(shown.starts_with(one.chars().next().unwrap()), "{}", shown);
            let first = names(&given).swap_remove(0);
            let begins = first.chars().next().unwrap();
            prop_assert!(shown.split(' ').any(|w| w.starts_with(begins)), "{}", shown);
            let made = layout(template(kind), &child(kind, [&one, &two, &given], mark), Dpi::D203);
            for item in made.unwrap().items {
                if let Item::Text { x, run, .. } = item {
                    prop_assert!(x >= 0 && run.width > 0);
                }
            }
        }
    }

    /// Two whole names that differ never read alike; where two children's lines are the same,
    /// something was left out of both, and each line says so by a dot or by `…`.
    #[test]
    fn lines_that_are_the_same_say_that_something_is_left_out(
        one in "[A-C]{1,2}[A-Z]{0,12}", two in "[A-C]{1,2}[A-Z]{0,20}", given in "[A-B]{2,14}( [A-B]{1,12}){0,2}",
        other in ("[A-C]{1,2}[A-Z]{0,12}", "[A-C]{1,2}[A-Z]{0,20}", "[A-B]{2,14}( [A-B]{1,12}){0,2}"),
    ) {
        let (a, b) = ([&*one, &two, &given], [&*other.0, &other.1, &other.2]);
        prop_assume!(a != b);
        for kind in KINDS {
            let (shown, others) = (lines(kind, a, ""), lines(kind, b, ""));
            let left_out = |l: &[String]| l.iter().any(|l| l.contains(['.', '…']));
            prop_assert!(shown != others || (left_out(&shown) && left_out(&others)), "{:?}", shown);
        }
    }
}

#[test]
fn no_kind_that_shows_a_name_goes_by_the_older_rule() {
    let all = Templates::embedded().unwrap();
    let ids: BTreeSet<&str> = all.all().iter().map(|t| t.id.as_str()).collect();
    let shows = |id: &&&str| template(id).fields.contains_key("given");
    let named: Vec<&str> = ids.iter().filter(shows).copied().collect();
    let mut kinds = KINDS.to_vec();
    kinds.sort_unstable();
    assert_eq!(named, kinds);
    for kind in kinds {
        assert!(
            !name_lines(template(kind), &check::sample(template(kind), false)).unwrap().is_empty()
        );
    }
}
