//! The product in real Chromium: the whole story in Spanish with its people, the scanner's habits.

use std::time::Duration;

use crate::support::browser::Browser;
use crate::support::printing;
use crate::support::story::Story;
use crate::support::{Lab, one};
use rastro::people::Role;
use serde_json::json;

async fn people(lab: &Lab) -> String {
    lab.nurse().await;
    let courier = lab.courier().await;
    lab.technician().await;
    lab.analyst().await;
    lab.validator().await;
    lab.oncologist().await;
    courier.id().to_string()
}

/// Registers a child and gives the key.
async fn registers(b: &Browser) -> String {
    b.open("/es/pacientes/nuevo").await;
    b.fill("surname1", "Rodríguez").await;
    b.fill("surname2", "Cano").await;
    b.fill("given_names", "Ari").await;
    b.press("Registrar paciente").await;
    let refused = b.text().await;
    assert!(refused.contains("Hay un problema"), "{refused}");
    b.fill("birth_day", "29").await;
    b.fill("birth_month", "2").await;
    b.fill("birth_year", "2018").await;
    b.choose("sex", "male").await;
    b.press("Registrar paciente").await;
    assert!(b.text().await.contains("Esa fecha no existe"));
    b.fill("birth_day", "5").await;
    b.fill("birth_month", "3").await;
    b.fill("birth_year", "2019").await;
    b.fill("record_number", "EXP-77").await;
    b.press("Registrar paciente").await;
    b.budget().await;
    let path = b.path().await;
    path.rsplit('/').next().unwrap().to_owned()
}

/// Requests an MRD and gives the study's key.
async fn requests(b: &Browser, patient: &str) -> String {
    b.open(&format!("/es/pacientes/{patient}/solicitudes/nuevo")).await;
    b.choose("kind", "mrd").await;
    b.fill("diagnosis", "LLA-B").await;
    b.js("document.querySelector('main select[name=lineage]').value = 'b-all'").await;
    b.choose("tubes", "BM/EDTA").await;
    b.choose("urgent", "no").await;
    b.fill("outside_reason", "seguimiento").await;
    let therapies = ["anti_cd19", "anti_cd22", "anti_cd20", "car_t", "anti_cd38", "transplant"];
    for q in therapies.into_iter().chain(["gcsf", "steroids"]) {
        b.choose(q, "no").await;
    }
    b.fill("diagnostic_reference", "Informe 25-000991").await;
    b.fill("requester", "Dra. Elena Vidal").await;
    b.fill("critical_phone", "+52 55 5555 0101").await;
    b.press("Solicitar estudio").await;
    let path = b.path().await;
    assert!(path.starts_with("/es/solicitudes/"), "{}", b.text().await);
    path.rsplit('/').next().unwrap().to_owned()
}

/// Issues a label, looks at it, and records the collection at the bedside.
async fn collects(b: &Browser) -> String {
    b.press("Emitir etiqueta").await;
    let path = b.path().await;
    let code = path.split('/').nth(3).unwrap().to_owned();
    b.until("the label's picture", "const i = document.querySelector('.label-picture'); return i && i.complete && i.naturalWidth > 0").await;
    b.picture("label").await;
    b.budget().await;
    b.open(&format!("/es/muestras/{code}/tomar")).await;
    b.choose("name_confirmed", "yes").await;
    b.choose("second_confirmed", "yes").await;
    b.fill("code", &code).await;
    b.choose("pull", "1").await;
    b.choose("container_type", "EDTA").await;
    b.fill("volume_ml", "3").await;
    b.choose("day", "today").await;
    let now =
        b.js("return document.body.innerText.match(/Ahora son las (\\d\\d:\\d\\d)/)[1]").await;
    b.fill("time", now.as_str().unwrap()).await;
    b.js("scrollTo(0, 0)").await;
    b.picture("bedside").await;
    b.press("Registrar toma").await;
    assert!(b.text().await.contains("Tomada"), "{}", b.text().await);
    code
}

#[test]
fn the_whole_story_in_spanish_with_its_people() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let courier = people(&lab).await;
        b.sign_in("enfermera").await;
        let patient = registers(&b).await;
        let study = requests(&b, &patient).await;
        let code = collects(&b).await;
        assert_eq!(b.station("offer", Some(("to", &courier)), &code).await, json!("ok"));
        b.sign_in("mensajero").await;
        assert_eq!(b.station("accept-handover", None, &code).await, json!("ok"));
        b.sign_in("recepcion").await;
        assert_eq!(b.station("receive", None, &code).await, json!("ok"));
        b.picture("station").await;
        b.budget().await;
        assert_eq!(b.station("accept", None, &code).await, json!("ok"));

        b.sign_in("analista").await;
        b.open(&format!("/es/resultados/{study}/nuevo")).await;
        b.choose("container", &code).await;
        b.choose("evaluable", "yes").await;
        b.fill("k", "35").await;
        b.fill("n", "1,250,000").await;
        b.choose("assay", "FCM-BCP-8C").await;
        b.choose("haemodilution", "NOT_SUSPECTED").await;
        b.fill("viability", "93.5").await;
        b.press("Guardar para validar").await;
        assert!(
            b.text().await.contains("No puede firmar su propio trabajo")
                || b.text().await.contains("Por validar")
        );

        b.sign_in("validador").await;
        b.open(&format!("/es/resultados/{study}")).await;
        b.fill("password", "no es esta contraseña").await;
        b.press("Liberar").await;
        assert!(b.text().await.contains("La contraseña no es correcta"));
        b.fill("password", crate::support::PASSWORD).await;
        b.press("Liberar").await;
        assert!(b.text().await.contains("Revisado y liberado"));

        b.sign_in("oncologa").await;
        b.open(&format!("/es/pacientes/{patient}/emr")).await;
        let text = b.text().await.replace('\u{202f}', " ");
        for expected in [
            "RODRÍGUEZ CANO, Ari",
            "0.0028 %",
            "detectada, < LOQ",
            "0.0019 – 0.0039 %",
            "1,250,000",
        ] {
            assert!(text.contains(expected), "{expected} is not in: {text}");
        }
        let mark = b.js("return document.querySelectorAll('.mrd-plot .mark').length").await;
        assert_eq!(mark, json!(1));
        b.budget().await;
        b.open(&format!("/es/muestras/{code}")).await;
        let text = b.text().await;
        for expected in ["Tomada", "Ofrecida", "Entrega aceptada", "Recibida", "Aceptada"] {
            assert!(text.contains(expected), "{expected} is not in: {text}");
        }
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn t7_the_scanners_habits_make_one_scan_or_one_clear_refusal() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        b.sign_in("recepcion").await;
        assert_eq!(
            b.station("receive", None, &s.code).await,
            json!("warn"),
            "a walk-in is flagged"
        );
        // The trigger pressed twice within 200 ms, and the tube read again later.
        let later = Duration::from_millis(250);
        tokio::time::sleep(later).await;
        let grouped =
            format!("{}-{}-{}-{}", &s.code[..1], &s.code[1..4], &s.code[4..10], &s.code[10..]);
        assert_eq!(b.station("receive", None, &grouped).await, json!("info"));
        tokio::time::sleep(later).await;
        let spanish = grouped.replace('-', "'");
        assert_eq!(b.station("receive", None, &spanish).await, json!("info"));
        let events = s.nurse.get(&format!("/api/v1/containers/{}/events", s.code)).await;
        let kinds: Vec<_> =
            events.json["items"].as_array().unwrap().iter().map(|e| e["kind"].clone()).collect();
        assert_eq!(kinds.iter().filter(|k| **k == json!("received")).count(), 1);

        // A wrong digit latches a stop that swallows further scans until it is acknowledged.
        b.scan("100700012331").await;
        b.until("a stop", "return document.getElementById('panel').dataset.kind === 'stop'").await;
        b.scan(&s.code).await;
        assert_eq!(
            b.js("return document.getElementById('panel').dataset.kind").await,
            json!("stop")
        );
        b.stop_in_sight().await;
        b.picture("station-stop").await;
        b.js("document.getElementById('ack').click()").await;
        b.until("idle", "return document.getElementById('panel').dataset.kind === 'idle'").await;
        assert_eq!(b.path().await, "/es/estacion", "no form was sent");
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn accepting_what_was_held_asks_for_a_reason_of_that_tube() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        s.technician.does(&lab, &s.code, "receive", json!({})).await;
        s.technician.does(&lab, &s.code, "hold", json!({ "reason": "R07" })).await;
        b.sign_in("recepcion").await;
        assert_eq!(b.station("accept", None, &s.code).await, json!("stop"));
        b.stop_in_sight().await;
        assert!(b.text().await.contains("Motivo, si hace falta"));
        b.picture("station-reason").await;
        b.js("document.getElementById('ack').click()").await;
        let why = Some(("deviation", "Se aclaró con el centro"));
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(b.station("accept", why, &s.code).await, json!("warn"));
        let left = b.js("return document.getElementById('deviation').value").await;
        assert_eq!(left, json!(""), "the reason is not of the next tube");
        b.c.clone().close().await.unwrap();
    });
}

/// The events of a tube: what happened and who did it.
async fn events(s: &Story, code: &str) -> Vec<(String, String)> {
    let answer = s.nurse.get(&format!("/api/v1/containers/{code}/events")).await.expect(200);
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let items = answer.json["items"].as_array().unwrap();
    items.iter().map(|e| (text(&e["kind"]), text(&e["actor"]))).collect()
}

#[test]
fn br_36_on_a_shared_computer_a_reading_waits_for_the_person_who_made_it() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::collected(&lab).await;
        let second = s.nurse.labels_extra(&s.study).await;
        s.nurse.collects(&lab, &second).await;
        lab.person("otra", &[Role::Reception], &["LAB"]).await;
        let technician = s.technician.id().to_string();

        // Two windows of one person; the session ends under them; each reads a tube.
        b.sign_in("recepcion").await;
        let first_window = b.c.window().await.unwrap();
        b.open("/es/estacion").await;
        let second_window = b.c.new_window(true).await.unwrap().handle;
        b.c.switch_to_window(second_window).await.unwrap();
        b.open("/es/estacion").await;
        b.until("ready", "return document.documentElement.dataset.ready === '1'").await;
        b.c.delete_all_cookies().await.unwrap();
        assert_eq!(b.station_unsaved("receive", &second).await, "Su sesión terminó");
        b.c.switch_to_window(first_window).await.unwrap();
        // The unsaved reading of one window is a stop in the other too, until it is acknowledged.
        b.until("a stop", "return document.getElementById('panel').dataset.kind === 'stop'").await;
        b.js("document.getElementById('ack').click()").await;
        assert_eq!(b.station_unsaved("receive", &s.code).await, "Su sesión terminó");
        b.picture("station-unsaved").await;

        // Somebody else signs in: neither is sent, in neither window, and it is said.
        b.sign_in("otra").await;
        b.open("/es/estacion").await;
        b.until(
            "the readings of the other person",
            "return document.getElementById('net-text').textContent.startsWith('2 sin guardar de otra persona')",
        )
        .await;
        b.c.switch_to_window(b.c.windows().await.unwrap()[1].clone()).await.unwrap();
        b.until("the refusal", "return document.getElementById('net').dataset.state === 'auth'")
            .await;
        assert_eq!(events(&s, &s.code).await.len(), 2);
        assert_eq!(events(&s, &second).await.len(), 2);

        // Who read them signs in again: both are recorded, once, as theirs.
        b.sign_in("recepcion").await;
        b.open("/es/estacion").await;
        // By this window or the other one: whichever tried first.
        b.until(
            "both sent",
            "return !Object.keys(localStorage).some(k => k.startsWith('rastro-scan-'))",
        )
        .await;
        for code in [&s.code, &second] {
            let all = events(&s, code).await;
            assert_eq!(all.len(), 3, "{all:?}");
            assert_eq!(all[2], ("received".to_owned(), technician.clone()));
        }
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn pages_hold_on_a_phone_and_in_english() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let s = Story::accepted(&lab).await;
        lab.oncologist().await;
        lab.person("admin", &[Role::Admin], &[]).await;
        b.sign_in("oncologa").await;
        b.c.set_window_size(500, 800).await.unwrap();
        for path in [
            "/es/pacientes".to_owned(),
            format!("/es/pacientes/{}", s.patient),
            format!("/es/pacientes/{}/emr", s.patient),
            format!("/es/muestras/{}", s.code),
            format!("/en/patients/{}/studies/new", s.patient),
            "/en/samples".to_owned(),
            "/en/station".to_owned(),
            "/en/help".to_owned(),
        ] {
            b.open(&path).await;
            b.budget().await;
            let text = b.text().await;
            assert!(!text.contains("[") || !text.contains("missing"), "{path}: {text}");
        }
        b.c.clone().close().await.unwrap();
    });
}

#[test]
fn labels_are_sent_followed_without_a_reload_and_asked_about() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        let admin = printing::admin(&lab).await;
        let agent = printing::agent(&lab, &admin, "LRZ", "Farmacia").await;
        let printer = printing::printer(&admin, &printing::zebra("LRZ", "Zebra")).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let tube = nurse.labels(&study).await;
        b.sign_in("enfermera").await;
        b.open(&format!("/es/muestras/{tube}/etiqueta")).await;
        // The only printer is chosen already; the PDF is one button further.
        b.press("Imprimir en la impresora").await;
        assert!(b.path().await.starts_with("/es/envios-de-impresion/"));
        assert!(b.text().await.contains("0 de 1 impresas"));
        b.js("document.documentElement.dataset.same = '1'").await;
        let says = |state: &str| {
            format!(
                "return document.documentElement.dataset.same === '1' && \
                 document.querySelector('#progress').innerText.includes('{state}')"
            )
        };
        let job = agent.one(&printer).await;
        b.until("the lease", &says("Por imprimirse")).await;
        agent.intends(&job).await.expect(200);
        agent.reports(&job, "unconfirmed", "no ~HS answer").await.expect(200);
        b.until("the question", &says("¿Está esta etiqueta en la mesa?")).await;
        b.press("No está: enviarla otra vez").await;
        assert!(b.text().await.contains("En espera"));
        b.js("document.documentElement.dataset.same = '1'").await;
        assert_eq!(agent.prints_all(&printer).await.len(), 1);
        b.until("the end", &says("1 de 1 impresas · Terminado")).await;
        b.budget().await;
        b.quiet().await;
        b.picture("print-batch").await;
        b.c.clone().close().await.unwrap();
    });
}

/// A test that fails closes nothing: its browser ends with it all the same.
#[test]
fn a_browser_ends_with_its_test() {
    one(|lab| async move {
        let Some(b) = Browser::start(&lab).await else { return };
        b.open("/es/entrar").await;
        let profile = b.profile().display().to_string();
        assert!(processes(&profile) > 1, "the browser was not found");
        drop(b);
        let mut waited = Duration::ZERO;
        while processes(&profile) > 0 {
            assert!(waited < Duration::from_secs(20), "{} go on", processes(&profile));
            tokio::time::sleep(Duration::from_millis(50)).await;
            waited += Duration::from_millis(50);
        }
    });
}

/// How many processes were started with these words.
fn processes(words: &str) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|p| std::fs::read_to_string(p.path().join("cmdline")).ok());
    lines.filter(|line| line.contains(words)).count()
}
