//! A child who changes hospital, in real Chromium: the receiving nurse is never stopped, and the
//! other centre answers on a page.

use crate::support::browser::Browser;
use crate::support::one;
use crate::support::story::{child, with};
use serde_json::json;

const CURP: &str = "ROCA190305HPLDRNA0";

async fn types_the_child(b: &Browser, given: &str, day: &str, curp: &str) {
    b.open("/es/pacientes/nuevo").await;
    for (name, value) in [
        ("surname1", "Rodríguez b"),
        ("surname2", "Cano"),
        ("given_names", given),
        ("birth_day", day),
        ("birth_month", "3"),
        ("birth_year", "2019"),
        ("curp", curp),
    ] {
        b.fill(name, value).await;
    }
    b.choose("sex", "male").await;
    b.press("Registrar paciente").await;
    let told = b.text().await;
    assert!(told.contains("Antes de registrar, elija cómo seguir"), "{told}");
    assert!(!told.contains("Raza") && !told.contains("P-26"), "{told}");
    let chosen = "return document.querySelectorAll('[name=elsewhere_choice]:checked').length";
    assert_eq!(b.js(chosen).await, json!(0), "nothing is preselected");
    // The sentence is where the keyboard is.
    let focus = "return document.activeElement && document.activeElement.id";
    assert_eq!(b.js(focus).await, json!("errors"));
    b.budget().await;
}

#[test]
fn the_receiving_nurse_goes_on_and_the_other_centre_answers() {
    one(|lab| async move {
        let nurse = lab.nurse().await;
        let first = with(child(1), json!({ "curp": CURP }));
        nurse.post("/api/v1/patients", &first).await.expect(201);
        let there = with(
            child(1),
            json!({ "given_names": "Bea", "record_number": "EXP-2", "birth_date": "2019-03-07" }),
        );
        let there = nurse.post("/api/v1/patients", &there).await.expect(201).json;
        lab.stranger().await;
        let Some(b) = Browser::start(&lab).await else { return };

        b.sign_in("ajena").await;
        types_the_child(&b, "Ari", "5", CURP).await;
        b.picture("care-ask-first").await;
        b.choose("elsewhere_choice", "provisional").await;
        b.press("Registrar paciente").await;
        let home = b.path().await;
        assert!(home.starts_with("/es/pacientes/0"), "{home}: {}", b.text().await);
        assert!(b.text().await.contains("Identidad por confirmar"));
        b.picture("care-provisional").await;
        b.budget().await;

        // Another child, another way: ask, on a phone. The words are the same.
        b.phone().await;
        types_the_child(&b, "Bea", "7", "").await;
        b.picture("care-ask-first-phone").await;
        b.choose("elsewhere_choice", "ask").await;
        b.fill("elsewhere_reason", "Llegó referido para su punción").await;
        b.press("Registrar paciente").await;
        let question = b.path().await;
        assert!(question.starts_with("/es/traslados/"), "{question}: {}", b.text().await);
        b.picture("care-asked-phone").await;
        b.budget().await;

        b.sign_in("enfermera").await;
        b.open("/es/traslados").await;
        b.picture("care-list-phone").await;
        b.budget().await;
        b.open(&question).await;
        assert!(b.text().await.contains("Compare antes de contestar"));
        b.picture("care-answer-phone").await;
        b.budget().await;
        b.js("window.scrollTo(0, 9999)").await;
        b.picture("care-answer-phone-end").await;
        b.press("Contestar").await;
        assert!(b.text().await.contains("Hay un problema"));
        b.choose("answer", "yes").await;
        b.fill("reason", "Su mamá avisó del cambio").await;
        b.press("Contestar").await;
        assert!(b.text().await.contains("Sí: lo atienden juntos"), "{}", b.text().await);

        b.sign_in("ajena").await;
        b.open(&format!("/es/pacientes/{}", there["id"].as_str().unwrap())).await;
        let text = b.text().await;
        assert!(text.contains("Tijuana") && text.contains("Raza"), "{text}");
        b.js("document.querySelector('details').open = true; document.getElementById('care').scrollIntoView()").await;
        b.picture("care-section-phone").await;
        b.budget().await;
    });
}

#[test]
fn the_sending_centre_lets_another_in() {
    one(|lab| async move {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let tij = lab.stranger().await;
        let Some(b) = Browser::start(&lab).await else { return };
        b.sign_in("enfermera").await;
        b.open(&format!("/es/pacientes/{patient}/trasladar")).await;
        b.press("Trasladar").await;
        assert!(b.text().await.contains("Elija un centro de la lista"));
        b.picture("care-transfer").await;
        b.choose("site", "TIJ").await;
        b.fill("reason", "Cambio de domicilio").await;
        b.press("Trasladar").await;
        assert_eq!(b.path().await, format!("/es/pacientes/{patient}"));
        b.budget().await;
        assert_eq!(tij.finds("rodriguez").await.len(), 1);
        b.open("/es/traslados?all=yes").await;
        b.picture("care-list").await;
        b.budget().await;
    });
}
