//! Two people at one computer, in real Chromium: a form that is open for one is never saved, nor
//! shown, as the other; and what was typed is there again for who typed it.

use crate::support::browser::Browser;
use crate::support::checks::Checks;
use crate::support::course::{Cast, PROTOCOL, approved};
use crate::support::story::id;
use crate::support::{Lab, PASSWORD, one};
use rastro::people::Role;
use serde_json::json;

const NEW: &str = "/es/pacientes/nuevo";

/// Signs in at the page that is open, over whoever was there: cookies stay.
async fn enters(b: &Browser, login: &str) {
    b.fill("login", login).await;
    b.fill("password", PASSWORD).await;
    b.press("Entrar").await;
}

async fn in_another_tab(b: &Browser, login: &str) {
    let first = b.c.window().await.unwrap();
    let tab = b.c.new_window(true).await.unwrap().handle;
    b.c.switch_to_window(tab).await.unwrap();
    b.open("/es/entrar").await;
    enters(b, login).await;
    b.c.switch_to_window(first).await.unwrap();
}

async fn two_nurses(lab: &Lab) {
    for login in ["lucia", "elena"] {
        lab.account(login, &[Role::Collector, Role::Oncologist], &["LRZ"]).await;
    }
}

/// What stands in the form of the page that is sent to `action`: names with their values.
async fn form(b: &Browser, action: &str) -> Vec<(String, String)> {
    let script = format!(
        "return [...new FormData(document.querySelector(`main form[action='{action}']`))]\
         .filter(([n]) => n !== 'drawn')"
    );
    serde_json::from_value(b.js(&script).await).unwrap()
}

/// A picture on a desk and on a phone; the page holds what every page must.
async fn pictures(b: &Browser, name: &str) {
    let mut checks = Checks::new();
    checks.page(b, name).await;
    checks.finish();
    for (width, height) in [(1366, 768), (390, 844)] {
        b.c.set_window_size(width, height).await.unwrap();
        b.picture(&format!("{name}-{width}")).await;
    }
    b.c.set_window_size(1366, 768).await.unwrap();
}

#[test]
fn a_form_open_for_one_is_refused_in_the_session_of_the_other_and_waits_for_who_typed_it() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        two_nurses(&lab).await;
        b.sign_in("lucia").await;
        b.open(NEW).await;
        b.fill("surname1", "Ñúñez").await;
        b.fill("given_names", "Ari").await;
        b.fill("birth_day", "5").await;
        b.fill("birth_month", "3").await;
        b.fill("birth_year", "2019").await;
        b.choose("sex", "female").await;
        b.fill("record_number", "EXP-1").await;
        let typed = form(&b, NEW).await;
        in_another_tab(&b, "elena").await;
        b.press("Registrar paciente").await;
        let text = b.text().await;
        assert!(text.contains("Este formulario se abrió para Persona lucia"), "{text}");
        let page = b.c.source().await.unwrap();
        assert!(!page.contains("Ñúñez") && !page.contains("EXP-1"), "{page}");
        pictures(&b, "another-person").await;
        let nurse = lab.nurse().await;
        assert!(nurse.finds("Ñúñez").await.is_empty(), "nothing was saved");
        // Elena opens the page: her own form is empty.
        b.open(NEW).await;
        assert!(!b.c.source().await.unwrap().contains("Ñúñez"));
        b.c.back().await.unwrap();

        // Lucía signs in from there: her form is there, and she saves it herself.
        b.open("/es/entrar").await;
        enters(&b, "lucia").await;
        assert_eq!(b.path().await, NEW);
        assert!(b.text().await.contains("Así dejó este formulario"));
        assert_eq!(form(&b, NEW).await, typed);
        pictures(&b, "as-left").await;
        assert!(nurse.finds("Ñúñez").await.is_empty(), "nothing is saved by looking");
        b.press("Registrar paciente").await;
        assert!(b.path().await.starts_with("/es/pacientes/0"), "{}", b.text().await);
        assert_eq!(nurse.finds("Ñúñez").await.len(), 1);
        b.quiet_but(409).await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn the_head_of_the_laboratory_does_not_release_what_she_enters_in_the_analysts_session() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &asked).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let enter = format!("/es/resultados/{}/nuevo", asked.study);

        // The form is drawn for the head; the analyst signs in beside; the head goes on.
        b.sign_in("jefa").await;
        b.open(&enter).await;
        b.choose("container", &asked.code).await;
        b.choose("evaluable", "yes").await;
        b.fill("k", "35").await;
        b.fill("n", "1,250,000").await;
        b.choose("assay", "FCM-BCP-8C").await;
        b.choose("haemodilution", "NOT_SUSPECTED").await;
        b.fill("viability", "93.5").await;
        b.js("document.querySelector('main textarea').value = '\\nuno\\ndos </textarea>&'").await;
        let typed = form(&b, &enter).await;
        assert!(typed.iter().any(|(_, v)| v.ends_with("dos </textarea>&")), "{typed:?}");
        in_another_tab(&b, "analista").await;
        b.press("Guardar para validar").await;
        assert!(b.text().await.contains("Otra persona inició sesión"), "{}", b.text().await);
        let result = format!("/api/v1/studies/{}/result", asked.study);
        head.get(&result).await.expect(404);

        // As herself it is her own work, and not hers to release.
        b.press_link("Entrar como Persona jefa").await;
        enters(&b, "jefa").await;
        assert_eq!(form(&b, &enter).await, typed);
        b.press("Guardar para validar").await;
        assert!(b.text().await.contains("Por validar"), "{}", b.text().await);
        let main = b.js("return document.querySelector('main').innerText").await.to_string();
        assert!(main.contains("Persona jefa"), "entered by the head: {main}");
        assert!(b.text().await.contains("No puede firmar su propio trabajo"));

        // Nor is a signature drawn for the validator taken in the head's session.
        let version = enters_another(&cast, &asked.study, &asked.code).await;
        let at = format!("/es/resultados/{}", asked.study);
        b.open("/es/entrar").await;
        enters(&b, "validador").await;
        b.open(&at).await;
        b.fill("password", PASSWORD).await;
        b.fill("note", "Revisado").await;
        in_another_tab(&b, "jefa").await;
        b.press("Liberar").await;
        assert!(b.text().await.contains("Otra persona inició sesión"), "{}", b.text().await);
        let made = head.get(&result).await.expect(200).json;
        let signed = (&made["signatures"], &made["released"]);
        assert_eq!(signed, (&json!([]), &json!(null)), "{version}");
        b.press_link("Entrar como Persona validador").await;
        enters(&b, "validador").await;
        let left = form(&b, &format!("{at}/validar")).await;
        let value = |name: &str| left.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!((value("note"), value("password")), (Some("Revisado"), Some("")));
        b.c.clone().close().await.unwrap();
    });
}

/// The analyst enters counts anew; gives the version.
async fn enters_another(cast: &Cast, study: &str, code: &str) -> String {
    let result = json!({
        "id": id(), "container": code, "evaluable": "yes", "k": 36, "n": 1_250_000, "viability": "93.5",
        "assay": "FCM-BCP-8C", "haemodilution": "NOT_SUSPECTED", "interpretation": "none",
    });
    cast.enters(study, &result).await
}

/// Every kind of field, as a request for a study has them: chosen, typed, ticked, several lines.
async fn fills_a_request(b: &Browser) {
    b.choose("kind", "mrd").await;
    b.choose("urgent", "no").await;
    for tube in ["BM/EDTA", "PB/EDTA"] {
        b.choose("tubes", tube).await;
    }
    for q in ["anti_cd19", "car_t", "steroids"] {
        b.choose(q, "yes").await;
    }
    b.fill("outside_reason", "seguimiento \"<b>").await;
    b.fill("diagnostic_reference", "3.4").await;
    let last = "const s = document.querySelector('main select[name=point]'); const o = [...s.options].filter(o => o.value && !o.disabled).pop();\
        o.selected = true; return s.value";
    assert_ne!(b.js(last).await, json!(""), "a list with a choice");
}

#[test]
fn a_form_whose_session_ended_is_there_as_it_was_left_for_the_same_person_and_for_nobody_else() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        two_nurses(&lab).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let new = format!("/es/pacientes/{patient}/solicitudes/nuevo");
        approved(&lab, &[PROTOCOL]).await;
        b.sign_in("lucia").await;
        b.open(&new).await;
        fills_a_request(&b).await;
        let typed = form(&b, &new).await;
        let several = typed.iter().filter(|(n, _)| n == "tubes").count();
        assert_eq!(several, 2, "{typed:?}");
        lab.clock.advance(31 * 60);
        b.press("Solicitar estudio").await;
        assert_eq!(b.path().await, "/es/entrar");
        assert!(b.text().await.contains("se conserva una hora"), "{}", b.text().await);
        pictures(&b, "sign-in-kept").await;

        // Another person signs in instead: the same page, empty, and no word of what is kept.
        enters(&b, "elena").await;
        assert_eq!(b.path().await, new);
        let page = b.c.source().await.unwrap();
        assert!(!page.contains("seguimiento") && !page.contains("as-left"), "{page}");
        assert_ne!(form(&b, &new).await, typed);

        b.open("/es/entrar").await;
        enters(&b, "lucia").await;
        assert_eq!(b.path().await, new);
        assert_eq!(form(&b, &new).await, typed);
        b.budget().await;
        let studies = format!("/api/v1/studies?patient={patient}");
        let again = lab.again(&nurse, "enfermera").await;
        assert_eq!(again.get(&studies).await.expect(200).json["items"], json!([]));
        // In the other language too, from where it was left.
        b.open(&format!("/en/patients/{patient}/studies/new")).await;
        fills_a_request(&b).await;
        lab.clock.advance(31 * 60);
        b.press("Request a study").await;
        assert!(b.text().await.contains("kept on this computer for an hour"));
        pictures(&b, "sign-in-kept-en").await;
        b.fill("login", "lucia").await;
        b.fill("password", PASSWORD).await;
        b.press("Sign in").await;
        assert!(b.text().await.contains("This is how you left this form"));
        pictures(&b, "as-left-en").await;
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn a_page_that_draws_itself_anew_takes_no_buttons_of_another_person() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let admin = crate::support::printing::admin(&lab).await;
        crate::support::printing::agent(&lab, &admin, "LRZ", "Farmacia").await;
        crate::support::printing::printer(&admin, &crate::support::printing::zebra("LRZ", "Zebra"))
            .await;
        two_nurses(&lab).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let tube = nurse.labels(&study).await;
        b.sign_in("lucia").await;
        b.open(&format!("/es/muestras/{tube}/etiqueta")).await;
        b.press("Imprimir en la impresora").await;
        let at = b.path().await;
        let mark = "return document.querySelector('#progress input[name=drawn]').value";
        let hers = b.js(mark).await;
        in_another_tab(&b, "elena").await;
        // What she reads waits, as hers, and says why.
        b.fill("code", &tube).await;
        b.js("document.querySelector('form[data-readings]').requestSubmit()").await;
        b.until("that another person is here", "return !document.getElementById('other').hidden")
            .await;
        assert!(b.text().await.contains("no se registra como de ella"), "{}", b.text().await);
        let fetched = "return performance.getEntriesByType('resource').filter(e => e.name === location.href).length > 1";
        b.until("two looks at the page", fetched).await;
        assert_eq!(b.js(mark).await, hers, "the buttons are still hers");
        b.picture("readings-another-person").await;

        in_another_tab(&b, "lucia").await;
        b.until("the reading, recorded", "return document.getElementById('waits').hidden").await;
        assert!(b.text().await.contains("registr"), "{}", b.text().await);
        assert_eq!(b.path().await, at);
        let kept = "SELECT '' || count(*) AS line FROM kept_forms";
        let url = lab.app.db.url().to_owned();
        let mut conn = rastro::db::Reading::open(&url).unwrap();
        assert_eq!(crate::support::fill::lines(&mut conn, kept), ["0"], "a script keeps it itself");
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn leaving_the_station_ends_nobody_elses_session() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        two_nurses(&lab).await;
        b.sign_in("lucia").await;
        b.open("/es/estacion").await;
        b.until("ready", "return document.documentElement.dataset.ready === '1'").await;
        in_another_tab(&b, "elena").await;
        b.js("document.getElementById('sign-out').requestSubmit()").await;
        b.until("the question", "return document.getElementById('leave').open").await;
        let text = b.text().await;
        assert!(text.contains("Otra persona inició sesión en este equipo"), "{text}");
        b.open("/es/cuenta").await;
        assert!(b.text().await.contains("Persona elena"), "still signed in");
        b.c.clone().close().await.unwrap();
    });
}
