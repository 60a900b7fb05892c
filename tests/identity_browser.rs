//! Two people correct an identity, in real Chromium: one proposes with the paper in hand, another one
//! compares and approves; the label printed before is named.

use crate::support::browser::Browser;
use crate::support::one;
use rastro::people::Role;
use serde_json::json;

#[test]
fn an_identity_is_corrected_by_two_people_on_the_pages() {
    one(|lab| async move {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let code = nurse.labels(&nurse.requests(&patient).await).await;
        let labels = format!("/api/v1/containers/{code}/labels");
        nurse.post(&labels, &json!({ "format": "svg", "dpi": 203 })).await.expect(201);
        lab.clock.advance(60);
        lab.person("turno", &[Role::Collector], &["LRZ"]).await;
        let Some(b) = Browser::start(&lab).await else { return };
        let home = format!("/es/pacientes/{patient}");

        b.sign_in("enfermera").await;
        b.open(&home).await;
        b.press_link("Identidad y correcciones").await;
        b.press_link("Corregir la identidad").await;
        b.budget().await;
        // What is there already stands in the form; without a reason nothing is proposed.
        b.fill("given_names", "Arianna").await;
        b.press("Proponer la corrección").await;
        assert!(b.text().await.contains("Hay un problema"), "{}", b.text().await);
        let kept = "return document.querySelector('[name=given_names]').value";
        assert_eq!(b.js(kept).await, json!("Arianna"), "what was typed stays");
        b.fill("decision_reason", "El acta de nacimiento dice Arianna").await;
        b.press("Proponer la corrección").await;
        let told = b.text().await;
        assert!(told.contains("debe aprobarla otra persona"), "{told}");
        assert!(!told.contains("Aprobar: los papeles lo dicen"), "nobody approves their own");
        b.picture("identity-proposed").await;

        b.sign_in("turno").await;
        b.open("/es/correcciones").await;
        b.press_link("RODRÍGUEZ B CANO, Ari").await;
        b.picture("identity-compare").await;
        b.budget().await;
        b.press("Aprobar: los papeles lo dicen").await;
        let told = b.text().await;
        assert!(told.contains("RODRÍGUEZ B CANO, Arianna"), "{told}");
        assert!(told.contains("impresas antes de la corrección"), "{told}");
        b.phone().await;
        b.open(&home).await;
        assert!(b.text().await.contains("impresas antes de la corrección"));
        b.picture("identity-labels-phone").await;
        b.budget().await;
        b.open("/es/correcciones").await;
        assert!(b.text().await.contains("No hay correcciones que esperen"));
        b.quiet_but(422).await;
    });
}
