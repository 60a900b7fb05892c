//! At the bedside and on forms that take a code: a scanner fills in, a person sends.

use fantoccini::key::Key;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::story::{Story, mrd_request, with};
use crate::support::{Lab, one};

/// A label that was issued and whose tube is being drawn, with the bedside open.
async fn at_the_bedside(b: &Browser, lab: &Lab) -> (Story, String) {
    let s = Story::collected(lab).await;
    let code = s.nurse.labels_extra(&s.study).await;
    b.sign_in("enfermera").await;
    b.open(&format!("/es/muestras/{code}/tomar")).await;
    (s, code)
}

impl Browser {
    async fn value(&self, name: &str) -> String {
        let script = format!("return document.querySelector('main [name={name}]').value");
        self.js(&script).await.as_str().unwrap().to_owned()
    }
    async fn focuses(&self, name: &str) {
        self.js(&format!("document.querySelector('main [name={name}]').focus()")).await;
    }
    async fn has_code(&self, code: &str) {
        let script =
            format!("return document.querySelector('main [name=code]').value === '{code}'");
        self.until("the code is filled in", &script).await;
    }
}

#[test]
fn the_enter_of_a_scanner_never_sends_a_half_filled_collection() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let (_s, code) = at_the_bedside(&b, &lab).await;
        let bedside = b.path().await;
        b.js("document.documentElement.dataset.same = '1'").await;
        let double: &[Key] = &[Key::Enter, Key::Enter];
        // Wherever the focus is: nowhere, in its field, in another one, on a choice; with every habit.
        for at in ["", "code", "volume_ml", "pull"] {
            for (ends, text) in [
                (double, code.clone()),
                (&[] as &[Key], code.clone()),
                (&[Key::Tab], code.clone()),
                (double, format!("{code}7501031311309")),
            ] {
                b.js("for (const n of ['code', 'volume_ml']) document.querySelector(`main [name=${n}]`).value = ''; document.activeElement.blur()").await;
                b.fill("volume_ml", "3").await;
                b.js("document.activeElement.blur()").await;
                tokio::time::sleep(std::time::Duration::from_millis(400)).await;
                if !at.is_empty() {
                    b.focuses(at).await;
                }
                b.scans(&text, 3, ends).await;
                b.has_code(&code).await;
                assert_eq!(b.value("volume_ml").await, "3", "{at} {ends:?}");
            }
        }
        // What is no code is shown in its field, and sends nothing either; nor does a person's Enter.
        b.focuses("volume_ml").await;
        b.scans("10070001233", 3, double).await;
        b.has_code("10070001233").await;
        b.focuses("volume_ml").await;
        b.key(Key::Enter).await;
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        let same = b.js("return document.documentElement.dataset.same").await;
        assert_eq!((b.path().await, same), (bedside, json!("1")), "no form was sent");
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn an_identity_that_does_not_match_has_a_way_out() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        lab.account("testigo", &[rastro::people::Role::Collector], &["LRZ"]).await;
        let (s, code) = at_the_bedside(&b, &lab).await;
        // The label of another tube: refused, and told what to do with both.
        b.fill("code", &s.code).await;
        b.press("Registrar toma").await;
        b.quiet_but(422).await;
        let text = b.text().await;
        for expected in [
            "Aparte los dos tubos",
            "No coincide: qué hacer",
            "no registre la toma",
            "Dra. Elena Vidal, +52 55 5555 0101",
            "ante un testigo",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        b.js("document.getElementById('mismatch').scrollIntoView()").await;
        b.picture("bedside-mismatch").await;
        b.press_link("Dar de baja esta etiqueta").await;
        b.until("the form is open", "return document.getElementById('withdraw').offsetHeight > 0")
            .await;
        b.choose("what", "discarded").await;
        b.fill("reason", "La pulsera es de otro paciente").await;
        b.press("Dar de baja").await;
        b.quiet_but(422).await;
        assert!(b.text().await.contains("Hay un problema"), "a witness is asked for");
        let who = "const s = document.querySelector('main select[name=witness]'); s.selectedIndex = [...s.options].findIndex(o => o.text === 'Persona testigo'); return s.value !== ''";
        assert_eq!(b.js(who).await, json!(true));
        b.press("Dar de baja").await;
        let all = s.nurse.get(&format!("/api/v1/containers/{code}/events")).await.expect(200);
        let last = all.json["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["kind"], "collection-failed");
        let reason = last["reason"].as_str().unwrap().replace(['\u{2068}', '\u{2069}'], "");
        assert_eq!(
            reason,
            "La identidad no coincide: tubo desechado ante Persona testigo. La pulsera es de otro paciente"
        );
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

/// Every expected tube has its label: a pre-printed one that is read there is not lost, and not bound
/// without a reason either.
#[test]
fn a_pre_printed_label_read_beside_the_one_there_is_shows_and_asks_why() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("enfermera").await;
        let roll = s.nurse.post("/api/v1/code-rolls", &json!({ "n": 1 })).await.expect(201);
        let code = roll.json["first"].as_str().unwrap().replace('-', "");
        b.open(&format!("/es/solicitudes/{}", s.study)).await;
        b.scans(&code, 3, &[Key::Enter]).await;
        let shown = format!(
            "const f = document.querySelector('#issue input[name=code]'); return f.value === '{code}' && f.checkVisibility()"
        );
        b.until("the code where it was read", &shown).await;
        let all = s.nurse.get("/api/v1/containers").await.expect(200);
        assert_eq!(all.json["items"].as_array().unwrap().len(), 1, "nothing was bound");
        b.fill("extra_reason", "La primera jeringa se coaguló").await;
        b.js("document.querySelector('#issue form').requestSubmit()").await;
        let here = format!("return location.pathname === '/es/muestras/{code}/tomar'");
        b.until("the bedside of that label", &here).await;
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

/// Two tubes wait for a label, and nobody has said which one this is of: it is told, and bound to neither.
#[test]
fn a_label_read_where_two_tubes_could_have_it_is_told_and_bound_to_the_one_that_is_chosen() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        let two = with(mrd_request(), json!({ "tubes": ["BM/EDTA", "PB/EDTA"] }));
        let path = format!("/api/v1/patients/{}/studies", s.patient);
        let study = s.nurse.post(&path, &two).await.expect(201).json["id"].clone();
        b.sign_in("enfermera").await;
        let roll = s.nurse.post("/api/v1/code-rolls", &json!({ "n": 1 })).await.expect(201);
        let grouped = roll.json["first"].as_str().unwrap().to_owned();
        let code = grouped.replace('-', "");
        for lang in ["/es/solicitudes", "/en/studies"] {
            b.open(&format!("{lang}/{}", study.as_str().unwrap())).await;
            let shown = "return document.querySelector('[data-scan-which]').checkVisibility()";
            assert_eq!(b.js(shown).await, json!(false));
            b.scans(&code, 3, &[Key::Enter, Key::Enter]).await;
            let told = "const w = document.querySelector('[data-scan-which]'); return w.checkVisibility() && w.querySelector('[data-code]').textContent";
            let told = b.until("the code that was read", told).await;
            assert_eq!(told.as_str().unwrap().replace(['-', ' '], ""), code);
            let all = s.nurse.get("/api/v1/containers").await.expect(200);
            assert_eq!(all.json["items"].as_array().unwrap().len(), 1, "nothing was bound");
        }
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        b.js("document.querySelectorAll('#issue input[name=code]')[1].focus()").await;
        b.scans(&code, 3, &[Key::Enter]).await;
        let here = format!("return location.pathname.endsWith('/{code}/collect')");
        b.until("the bedside of that label", &here).await;
        let bound = s.nurse.get(&format!("/api/v1/containers/{code}")).await.expect(200).json;
        assert_eq!(bound["specimen"], "PB");
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_pre_printed_label_is_bound_by_its_reading_once_whatever_the_reader_ends_with() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("enfermera").await;
        for ends in [&[] as &[Key], &[Key::Enter, Key::Enter]] {
            let roll = s.nurse.post("/api/v1/code-rolls", &json!({ "n": 1 })).await.expect(201);
            let code = roll.json["first"].as_str().unwrap().replace('-', "");
            // A request of its own: one expected tube, one label.
            let study = s.nurse.requests(&s.patient).await;
            b.open(&format!("/es/solicitudes/{study}")).await;
            // A reading that is none of ours sends nothing.
            b.scans("BD367525", 3, &[Key::Enter]).await;
            b.scans(&code, 3, ends).await;
            let here = format!("return location.pathname === '/es/muestras/{code}/tomar'");
            b.until("the bedside of that label", &here).await;
        }
        let all = s.nurse.get("/api/v1/containers").await.expect(200);
        assert_eq!(all.json["items"].as_array().unwrap().len(), 3, "two labels were bound");
        b.quiet().await;
        b.c.clone().close().await.unwrap();
    });
}
