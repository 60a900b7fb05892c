//! Names of invented people, as often as such names are met in Mexico, and CURPs that fit them.

use super::dice::Dice;
use crate::codes::{Curp, Sex};
use crate::db::Day;
use crate::patients::{PersonName, fold};

/// Surnames with how often of ten thousand each is met.
const SURNAMES: &[(&str, u32)] = &[
    ("Hernández", 420),
    ("García", 340),
    ("Martínez", 310),
    ("López", 300),
    ("González", 270),
    ("Rodríguez", 230),
    ("Pérez", 220),
    ("Sánchez", 210),
    ("Ramírez", 200),
    ("Cruz", 150),
    ("Gómez", 140),
    ("Flores", 140),
    ("Torres", 110),
    ("Morales", 100),
    ("Vázquez", 100),
    ("Reyes", 95),
    ("Jiménez", 95),
    ("Díaz", 90),
    ("Gutiérrez", 85),
    ("Ruiz", 80),
    ("Mendoza", 78),
    ("Aguilar", 75),
    ("Ortiz", 72),
    ("Castillo", 70),
    ("Moreno", 68),
    ("Romero", 65),
    ("Álvarez", 63),
    ("Chávez", 60),
    ("Rivera", 60),
    ("Juárez", 58),
    ("Ramos", 57),
    ("Domínguez", 55),
    ("Herrera", 53),
    ("Medina", 50),
    ("Castro", 50),
    ("Vargas", 48),
    ("Guzmán", 47),
    ("Méndez", 45),
    ("Muñoz", 42),
    ("Velázquez", 41),
    ("Rojas", 40),
    ("de la Cruz", 40),
    ("Contreras", 38),
    ("Salazar", 37),
    ("Luna", 36),
    ("Ortega", 35),
    ("Santiago", 34),
    ("Guerrero", 33),
    ("Estrada", 32),
    ("Bautista", 31),
    ("Cortés", 30),
    ("Soto", 29),
    ("Alvarado", 28),
    ("Espinoza", 27),
    ("Lara", 26),
    ("Ávila", 25),
    ("Ríos", 24),
    ("Cervantes", 23),
    ("Silva", 23),
    ("Delgado", 22),
    ("Vega", 22),
    ("Márquez", 21),
    ("Sandoval", 20),
    ("Carrillo", 19),
    ("León", 19),
    ("Mejía", 18),
    ("Solís", 17),
    ("Rosas", 16),
    ("Valdez", 15),
    ("Ibarra", 15),
    ("Nava", 14),
    ("Cabrera", 13),
    ("Peña", 13),
    ("Camacho", 12),
    ("Ávalos", 11),
    ("Trejo", 10),
    ("Zamora", 10),
    ("Pacheco", 9),
    ("Zúñiga", 8),
    ("Núñez", 8),
    ("Quiroz", 7),
    ("Barrera", 6),
    ("Uribe", 5),
    ("Villegas", 5),
    ("Canul", 4),
    ("Tzuc", 3),
    ("Xool", 2),
    ("Zaldívar", 2),
    ("Yáñez", 2),
    ("Itzá", 1),
    ("Quetzalcóatl", 1),
    ("Zurbarán", 1),
    ("Wong", 1),
    ("O’Farrill", 1),
];

/// The surname that hardly anybody has.
pub(super) const RARE: &str = "Zurbarán";
/// The surname that most have.
pub(super) const COMMON: &str = "Hernández";

const GIRLS: &[(&str, u32)] = &[
    ("Sofía", 60),
    ("María José", 50),
    ("Valentina", 50),
    ("Ximena", 48),
    ("Regina", 45),
    ("Camila", 44),
    ("María Fernanda", 40),
    ("Valeria", 38),
    ("Renata", 35),
    ("Victoria", 33),
    ("Daniela", 30),
    ("Romina", 28),
    ("Mariana", 25),
    ("Natalia", 24),
    ("Isabella", 20),
    ("Guadalupe", 18),
    ("Fátima", 15),
    ("Alejandra", 14),
    ("Paola", 10),
    ("Itzel", 9),
    ("Citlali", 5),
    ("Xóchitl", 3),
    ("Nayeli", 3),
    ("Quetzalli", 1),
];
const BOYS: &[(&str, u32)] = &[
    ("Santiago", 60),
    ("Mateo", 55),
    ("Sebastián", 50),
    ("Leonardo", 48),
    ("Emiliano", 45),
    ("Diego", 44),
    ("José Ángel", 36),
    ("Miguel Ángel", 35),
    ("Daniel", 34),
    ("Alexander", 30),
    ("Alejandro", 28),
    ("Jesús", 27),
    ("Gael", 25),
    ("Juan Pablo", 22),
    ("Ángel", 20),
    ("José", 20),
    ("Iker", 18),
    ("Luis Fernando", 15),
    ("Axel", 12),
    ("Rodrigo", 10),
    ("Tadeo", 6),
    ("Cuauhtémoc", 2),
    ("Itzcóatl", 1),
    ("Nahuel", 1),
];

/// A child's name; one in fifty has a single surname.
pub(super) fn name(dice: &mut Dice, sex: Sex) -> PersonName {
    let given = dice.weighed(if sex == Sex::Male { BOYS } else { GIRLS });
    let surname1 = dice.weighed(SURNAMES);
    let surname2 = (!dice.chance(1, 50)).then(|| (*dice.weighed(SURNAMES)).to_owned());
    PersonName { given: (*given).to_owned(), surname1: (*surname1).to_owned(), surname2 }
}

/// The printed name of somebody who works in the network.
pub(super) fn of_staff(dice: &mut Dice, title: &str) -> String {
    let sex = if dice.chance(2, 3) { Sex::Female } else { Sex::Male };
    let name = name(dice, sex);
    let second = name.surname2.map(|s| format!(" {s}")).unwrap_or_default();
    format!("{title} {} {}{second}", name.given, name.surname1)
}

const STATES: [&str; 6] = ["DF", "JC", "NL", "PL", "VZ", "YN"];

/// A CURP that says the child's birth and sex. Its consonants count the children instead of
/// coming from the name, so that no two children have the same one.
pub(super) fn curp(
    dice: &mut Dice,
    name: &PersonName,
    born: Day,
    sex: Sex,
    n: u64,
) -> Option<Curp> {
    const CONSONANTS: &[u8] = b"BCDFGHJKLMNPQRSTVWXYZ";
    let letter = |text: &str| fold(text).chars().next().unwrap_or('X');
    let consonant = |over: u64| char::from(CONSONANTS[usize::try_from(n / over % 21).unwrap_or(0)]);
    let digits = born.to_string().replace('-', "");
    let second = name.surname2.as_deref().unwrap_or("X");
    let (first, second, given) = (letter(&name.surname1), letter(second), letter(&name.given));
    let sex = if sex == Sex::Male { 'H' } else { 'M' };
    let state = dice.one(&STATES);
    // Who was born in 2000 or later has a letter before the check digit.
    let century = if born.0.year() < 2000 { '0' } else { 'A' };
    let begin = format!(
        "{first}X{second}{given}{}{sex}{state}{}{}{}{century}",
        &digits[2..],
        consonant(1),
        consonant(21),
        consonant(441)
    );
    (0..10).find_map(|check| format!("{begin}{check}").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::load::network::dice::About;

    #[test]
    fn common_names_are_common_and_every_curp_is_valid() {
        let mut hernandez = 0;
        for n in 0..2000 {
            let mut dice = Dice::of(1, About::Child, n);
            let sex = if n % 2 == 0 { Sex::Female } else { Sex::Male };
            let name = name(&mut dice, sex);
            hernandez += u32::from(name.surname1 == COMMON);
            let born = Day::new(2015, 2, 28).unwrap().plus_days(i64::try_from(n).unwrap());
            let curp = curp(&mut dice, &name, born, sex, n);
            assert!(curp.expect("a valid CURP").disagreements(born, sex).is_empty());
        }
        assert!((100..300).contains(&hernandez), "{hernandez}");
        assert!(SURNAMES.iter().any(|(s, _)| *s == RARE));
    }
}
