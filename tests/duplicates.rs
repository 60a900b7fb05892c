//! Who is asked about before a child is registered: every fault of papers that was met makes the
//! question, and distinct children seldom do. Both are measured through the API and printed:
//! `cargo test --test all duplicates:: -- --nocapture`.

use crate::support::story::with;
use crate::support::{Client, both, one};
use futures_util::future::join_all;
use jiff::civil::Date;
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";
const NSS: &str = "92919084431";

/// The child who is there, as its first papers have it.
fn base() -> Value {
    json!({
        "given_names": "José Luis", "surname1": "Hernández Xxx", "surname2": "Gutiérrez",
        "birth_date": "2019-03-05", "sex": "male", "record_number": "EXP-1", "nss": NSS,
    })
}

/// The same child on other papers: what kind of difference, and the difference.
fn other_papers() -> Vec<(&'static str, Value)> {
    let of = |kind, more| (kind, more);
    vec![
        of("second surname left out", json!({ "surname2": "" })),
        of("first surname left out", json!({ "surname1": "Gutiérrez", "surname2": "" })),
        of("surnames swapped", json!({ "surname1": "Gutiérrez", "surname2": "Hernández Xxx" })),
        of(
            "all surnames in one field",
            json!({ "surname1": "Hernández Xxx Gutiérrez", "surname2": "" }),
        ),
        of("second given name left out", json!({ "given_names": "José" })),
        of("first given name left out", json!({ "given_names": "Luis" })),
        of("given names swapped", json!({ "given_names": "Luis José" })),
        of("given names as one word", json!({ "given_names": "Joseluis" })),
        of("short form of a given name", json!({ "given_names": "Pepe Luis" })),
        of("initials", json!({ "given_names": "J. L." })),
        of("accents and case", json!({ "given_names": "JOSE LUIS", "surname2": "GUTIERREZ" })),
        of("one letter in the surname", json!({ "surname1": "Hernándes Xxx" })),
        of(
            "one letter in each part",
            json!({ "surname1": "Hernándes Xxx", "surname2": "Gutierres", "given_names": "Jose Luiz" }),
        ),
        of("two letters swapped", json!({ "surname1": "Hernádnez Xxx" })),
        of("abbreviated surname", json!({ "surname1": "Hdz. Xxx" })),
        of("another second surname", json!({ "surname2": "Ramos" })),
        of(
            "given name in the surname's field",
            json!({ "surname1": "José Luis", "surname2": "Gutiérrez", "given_names": "Hernández Xxx" }),
        ),
        of("a year less", json!({ "birth_date": "2018-03-05" })),
        of("a year more", json!({ "birth_date": "2020-03-05" })),
        of("a day less", json!({ "birth_date": "2019-03-04" })),
        of("a day more", json!({ "birth_date": "2019-03-06" })),
        of("a month more", json!({ "birth_date": "2019-04-05" })),
        of("day and month swapped", json!({ "birth_date": "2019-05-03" })),
        of("one digit of the day", json!({ "birth_date": "2019-03-15" })),
        of("one digit of the month", json!({ "birth_date": "2019-08-05" })),
        of("another day", json!({ "birth_date": "2019-03-27" })),
        of("another month", json!({ "birth_date": "2019-11-05" })),
        of("one digit of the year", json!({ "birth_date": "2009-03-05" })),
        of(
            "a day less and a surname left out",
            json!({ "birth_date": "2019-03-04", "surname2": "" }),
        ),
        of("another sex", json!({ "sex": "female" })),
        of(
            "newborn without a name",
            json!({ "given_names": "RN de Elena", "surname1": "Gutiérrez", "surname2": "Soto" }),
        ),
    ]
}

/// Names in two spellings, each as part of one child.
fn spellings() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        ("given_names", "María del Carmen", "Ma. del Carmen"),
        ("given_names", "María Guadalupe", "Ma Gpe"),
        ("given_names", "Ximena", "Jimena"),
        ("given_names", "Ana María", "Anamaria"),
        ("surname1", "D’Ávila", "Davila"),
        ("surname1", "D'Ávila", "D Avila"),
        ("surname1", "D/AMICO", "D'Amico"),
        ("surname1", "Mac Gregor", "McGregor"),
        ("surname1", "Mac Gregor", "Macgregor"),
        ("surname1", "De la Cruz", "Delacruz"),
        ("surname1", "De la Cruz", "Cruz"),
        ("surname1", "Pérez–Gil", "Perez Gil"),
        ("surname1", "Vázquez", "Básquez"),
        ("surname1", "Núñez", "Nunez"),
    ]
}

/// The code of the answer; nothing is registered by a question.
async fn asked(nurse: &Client, child: &Value) -> String {
    let answer = nurse.post(PATIENTS, child).await;
    match answer.status {
        s if s == 201 => "registered".into(),
        _ => answer.code().to_owned(),
    }
}

fn is_question(code: &str) -> bool {
    code == "possible-duplicate"
}

#[test]
fn every_fault_of_papers_is_asked_about() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        nurse.post(PATIENTS, &base()).await.expect(201);
        let mut missed = vec![];
        // None of these has the NSS or the record number: names and dates must do.
        let bare = json!({ "record_number": "", "nss": "" });
        let papers = other_papers();
        for (kind, difference) in &papers {
            let child = with(with(base(), bare.clone()), difference.clone());
            let code = asked(&nurse, &child).await;
            if !is_question(&code) {
                missed.push(format!("{kind}: {code}"));
            }
        }
        eprintln!("other papers: {} of {} asked", papers.len() - missed.len(), papers.len());
        assert_eq!(missed, [""; 0]);
    });
}

#[test]
fn two_spellings_of_a_name_are_asked_about() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let all = spellings();
        let days = [
            "2004-01-02",
            "2005-02-05",
            "2006-03-08",
            "2007-04-11",
            "2008-05-14",
            "2009-06-17",
            "2010-07-20",
            "2011-08-23",
            "2012-09-26",
            "2013-10-29",
            "2014-11-01",
            "2015-12-04",
            "2016-01-07",
            "2017-02-10",
        ];
        let mut missed = vec![];
        for (born, (field, one, other)) in days.iter().zip(&all) {
            let child = json!({
                "given_names": "Bruno Iker", "surname1": "Ocampo", "surname2": "Zárate",
                "birth_date": born, "sex": "male",
            });
            nurse.post(PATIENTS, &with(child.clone(), json!({ *field: one }))).await.expect(201);
            let code = asked(&nurse, &with(child, json!({ *field: other }))).await;
            if !is_question(&code) {
                missed.push(format!("{one} / {other}: {code}"));
            }
        }
        eprintln!("spellings: {} of {} asked", all.len() - missed.len(), all.len());
        assert_eq!(missed, [""; 0]);
    });
}

#[test]
fn one_number_of_a_child_is_asked_about_whatever_else_is_written() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        nurse.post(PATIENTS, &base()).await.expect(201);
        let other = json!({
            "given_names": "Bruno", "surname1": "Ocampo", "surname2": "Zárate",
            "birth_date": "2011-08-20", "sex": "female",
        });
        let reason = async |child: &Value| {
            let answer = nurse.post(PATIENTS, child).await.expect(409);
            answer.json["candidates"][0]["reason"].as_str().unwrap().to_owned()
        };
        let record = with(other.clone(), json!({ "record_number": "EXP-1" }));
        assert_eq!(reason(&record).await, "same-record");
        // However a folder's number is written: blanks and case are the typist's.
        let record = with(other.clone(), json!({ "record_number": "exp - 1" }));
        assert_eq!(reason(&record).await, "same-record");
        let nss = with(base(), json!({ "birth_date": "2011-08-20", "record_number": "" }));
        assert_eq!(reason(&nss).await, "same-nss-name");
        // A brother or sister has the parent's NSS too: nobody is asked.
        let sister = with(
            other,
            json!({ "nss": NSS, "surname1": "Hernández Xxx", "surname2": "Gutiérrez" }),
        );
        nurse.post(PATIENTS, &sister).await.expect(201);
        // Another centre numbers its folders as it likes.
        let far = lab.person("lejos", &[rastro::people::Role::Collector], &["TIJ"]).await;
        let there = json!({
            "given_names": "Elena", "surname1": "Soto", "surname2": "Luna",
            "birth_date": "2014-11-30", "sex": "female", "record_number": "EXP-1",
        });
        far.post(PATIENTS, &there).await.expect(201);
    });
}

/// Two people, two tabs or two servers: whoever comes second is asked, however close behind.
#[test]
fn of_one_child_registered_twenty_times_at_once_one_is_saved() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let second = lab.another_server().await;
        let there = nurse.at(&second);
        for day in 1..=5 {
            let asked = (0..20).map(|n| {
                let who = if n % 2 == 0 { &nurse } else { &there };
                let given = ["José Luis", "Jose", "Luis José", "JOSE LUIS"][n % 4];
                let child = with(
                    base(),
                    json!({
                        "birth_date": format!("20{:02}-{day:02}-11", 4 + 2 * day), "nss": "",
                        "record_number": "", "id": crate::support::story::id(),
                        "given_names": given,
                    }),
                );
                async move { who.post(PATIENTS, &child).await.status.as_u16() }
            });
            let answers = join_all(asked).await;
            let saved = answers.iter().filter(|s| **s == 201).count();
            assert_eq!((saved, answers.len() - saved), (1, 19), "{answers:?}");
        }
        second.app.db.close().await;
    });
}

/// Chance that can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }
    /// The first of a list is met most: the n-th half as often as the one at n/2.
    fn common<'a>(&mut self, list: &'a str) -> &'a str {
        let all: Vec<&str> = list.split(',').map(str::trim).collect();
        let (a, b) = (self.below(all.len()), self.below(all.len()));
        all[a.min(b)]
    }
}

const SURNAMES: &str = "Hernández, García, Martínez, López, González, Rodríguez, Pérez, Sánchez, \
    Ramírez, Cruz, Flores, Gómez, Morales, Vázquez, Reyes, Jiménez, Torres, Díaz, Gutiérrez, Ruiz, \
    Mendoza, Aguilar, Ortiz, Castillo, Moreno, Romero, Álvarez, Chávez, Rivera, Juárez, Ramos, \
    Domínguez, Herrera, Medina, Castro, Vargas, Guzmán, Méndez, Muñoz, Velázquez, Rojas, De la Cruz, \
    Contreras, Salazar, Luna, Ortega, Santiago, Guerrero, Estrada, Bautista, Cortés, Soto, Alvarado, \
    Espinoza, Lara, Ávila, Ríos, Cervantes, Silva, Delgado, Vega, Márquez, Sandoval, Fernández, \
    León, Carrillo, Mejía, Solís, Núñez, Rosas, Valdez, Ibarra, Campos, Santos, Camacho, Peña, Maldonado, \
    Navarro, Rosales, Acosta, Miranda, Trejo, Robles, Cabrera, Pacheco, Fuentes, Molina, Rangel, \
    Huerta, Meza, Salinas, Orozco, Padilla, Montes, Nava, Cárdenas, Valencia, Zamora, Galindo, Tapia";
const GIVEN: &str = "Sofía, Santiago, Valentina, Mateo, María José, Sebastián, Regina, Leonardo, \
    Camila, Diego, Ximena, Emiliano, María Fernanda, Daniel, Renata, Miguel Ángel, Victoria, \
    Gael, Natalia, Alexander, Isabella, José Luis, Romina, Juan Pablo, Valeria, Luis Ángel, Daniela, \
    Ángel Gabriel, Fernanda, Iker, Andrea, Jesús, Mía, Rodrigo, Ana Sofía, Axel, Guadalupe, José Manuel, \
    Paola, Emmanuel, Alejandra, Fernando, Lucía, Carlos, Elena, Jorge, Mariana, Ricardo, Julieta, \
    Eduardo, Abril, Francisco Javier, Zoe, Juan Carlos, Luciana, Adrián, Kimberly, Luis Fernando, \
    Nicole, Óscar, Melissa, David, Samantha, Javier, Jimena, Ian, Itzel, Tadeo, Frida, Bruno, Karla, \
    Raúl, Ivanna, Hugo, Estefanía, Julio César, Ana Paula, Antonio, Dulce María, Marco Antonio";

/// A distinct child: own names as Mexico has them, born in one of eighteen years.
fn distinct(dice: &mut Dice, n: usize) -> Value {
    let first: Date = "2008-01-01".parse().unwrap();
    let born = first + jiff::Span::new().days(i64::try_from(dice.below(6570)).unwrap());
    // One in thirty has one surname.
    let second = if dice.below(30) == 0 { "" } else { dice.common(SURNAMES) };
    json!({
        "given_names": dice.common(GIVEN), "surname1": dice.common(SURNAMES), "surname2": second,
        "birth_date": born.to_string(), "sex": if n.is_multiple_of(2) { "male" } else { "female" },
        "record_number": format!("E-{n}"),
    })
}

#[test]
fn of_5000_distinct_children_at_most_one_in_a_hundred_is_asked_about() {
    one(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let nurse = lab.nurse().await;
        let mut dice = Dice(7);
        let mut questions = vec![];
        for n in 0..5000 {
            let child = distinct(&mut dice, n);
            let answer = nurse.post(PATIENTS, &child).await;
            if answer.status == 201 {
                continue;
            }
            assert_eq!(answer.code(), "possible-duplicate", "{}", answer.json);
            let candidates = answer.json["candidates"].as_array().unwrap().clone();
            let marks: Vec<&Value> = candidates.iter().map(|c| &c["mark"]).collect();
            let decision =
                json!({ "kind": "different-person", "of": marks, "reason": "son dos niños" });
            nurse
                .post(PATIENTS, &with(child.clone(), json!({ "decision": decision })))
                .await
                .expect(201);
            let (old, why) = (&candidates[0]["record"], &candidates[0]["reason"]);
            questions.push(format!(
                "{} {}, {} {} / {} {} {}",
                child["surname1"],
                child["surname2"],
                child["given_names"],
                child["birth_date"],
                old["name"],
                old["birth_date"],
                why
            ));
        }
        for question in &questions {
            eprintln!("{question}");
        }
        eprintln!("asked without need: {} of 5000", questions.len());
        assert!(questions.len() <= 50, "{} of 5000", questions.len());
    });
}
