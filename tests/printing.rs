//! Labels over HTTP on both engines: one label needs no reason, every further one does, is counted,
//! drawn with its number, an event of the container's history, and downloads as the same bytes.

use std::collections::BTreeSet;

use crate::support::printing::pdf_words;
use crate::support::story::{Story, child, id, mrd_request, scan};
use crate::support::tamper::{conn, verify};
use crate::support::{Answer, Client, Lab, both};
use diesel::prelude::*;
use rastro::audit::{Action, Outcome, store as audit_store};
use rastro::db::Limit;
use rastro::labels::{Dpi, Format, Templates, check, layout};
use rastro::people::Role;
use rastro::schema::label_prints;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const CURP: &str = "ROCA190305HPLDRNA0";

fn wanted(format: &str, dpi: u32, reason: &str) -> Value {
    json!({ "format": format, "dpi": dpi, "reason": reason })
}

fn labels_of(code: &str) -> String {
    format!("/api/v1/containers/{code}/labels")
}

async fn asks(who: &Client, code: &str, wanted: &Value) -> Answer {
    who.post(&labels_of(code), wanted).await
}

/// Prints, and gives the label's address.
async fn prints(who: &Client, code: &str, wanted: &Value) -> String {
    let made = asks(who, code, wanted).await.expect(201);
    format!("{}/{}", labels_of(code), made.json["id"].as_str().unwrap())
}

/// A nurse, her patient with a CURP, and a tube with a code and no label yet.
async fn planned(lab: &Lab) -> (Client, String, String) {
    let nurse = lab.nurse().await;
    let mut kid = child(1);
    kid["curp"] = json!(CURP);
    let patient = nurse.post("/api/v1/patients", &kid).await.expect(201).json["id"].clone();
    let study = nurse.requests(patient.as_str().unwrap()).await;
    let code = nurse.labels(&study).await;
    (nurse, study, code)
}

/// (copy, reason, sha256) of every label of the database, first copy first.
fn recorded(lab: &Lab) -> Vec<(i32, Option<String>, Vec<u8>)> {
    label_prints::table
        .order(label_prints::copy)
        .select((label_prints::copy, label_prints::reason, label_prints::sha256))
        .load(&mut conn(lab))
        .unwrap()
}

/// The pictures of a ZPL label: each text is one.
fn pictures(zpl: &str) -> BTreeSet<String> {
    zpl.split("^FO").filter(|f| f.contains("^GFA")).map(str::to_owned).collect()
}

/// The dots of `R2` at its place, on the template with any values.
fn drawn_copy(copy: &str) -> BTreeSet<String> {
    let template = Templates::embedded().unwrap().latest("edta-50x25").unwrap();
    let zpl = |copy: &str| {
        let fields = check::sample(template, false).with("copy", copy);
        let drawn = Format::Zpl.render(&layout(template, &fields, Dpi::D203).unwrap()).unwrap();
        pictures(&String::from_utf8(drawn).unwrap())
    };
    let (with, without) = (zpl(copy), zpl(""));
    let dots: BTreeSet<String> = with.difference(&without).cloned().collect();
    assert_eq!(dots.len(), 1, "{copy} is one text");
    dots
}

#[test]
fn br_04_the_first_label_needs_no_reason_and_a_reprint_does() {
    both(|lab| async move {
        let (nurse, _, code) = planned(&lab).await;
        let first = prints(&nurse, &code, &wanted("zpl", 203, "")).await;
        for reason in ["", "  ", "no", "mancha\u{7}da"] {
            let refused = asks(&nurse, &code, &wanted("zpl", 203, reason)).await.expect(422);
            assert_eq!(refused.fields(), ["reason"], "{reason:?}");
        }
        assert_eq!(recorded(&lab).len(), 1, "a refused label is none");
        let zpl = prints(&nurse, &code, &wanted("zpl", 203, "salió manchada")).await;
        let pdf = prints(&nurse, &code, &wanted("pdf", 300, "se rompió")).await;
        let rows = recorded(&lab);
        let copies: Vec<_> = rows.iter().map(|r| (r.0, r.1.as_deref())).collect();
        assert_eq!(copies, [(1, None), (2, Some("salió manchada")), (3, Some("se rompió"))]);

        let (first, second) = (nurse.get(&first).await.text(), nurse.get(&zpl).await.text());
        assert!(pictures(&first).is_disjoint(&drawn_copy("R2")), "the first says nothing");
        assert!(pictures(&second).is_superset(&drawn_copy("R2")));
        assert!(pictures(&second).is_disjoint(&drawn_copy("R3")));
        if let Some(words) = pdf_words(&nurse.get(&pdf).await.expect(200).bytes) {
            assert!(words.contains("R3") && words.contains("RODRÍGUEZ"), "{words}");
        }
        let page = nurse.get(&format!("/es/muestras/{code}/etiqueta")).await.expect(200).text();
        for said in ["Reimprimir", "salió manchada", "R2", "R3", "Original"] {
            assert!(page.contains(said), "{said}");
        }
    });
}

#[test]
fn br_04_a_reprint_is_an_event_of_the_history_and_of_the_log() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        prints(&s.nurse, &s.code, &wanted("pdf", 300, "")).await;
        prints(&s.nurse, &s.code, &wanted("pdf", 300, "se mojó en la hielera")).await;
        // What was scanned before goes on as it was.
        s.nurse.does(&lab, &s.code, "offer", json!({ "to": s.courier.id() })).await;
        let path = format!("/api/v1/containers/{}/events", s.code);
        let events = s.nurse.get(&path).await.expect(200).json;
        let seen: Vec<&Value> = events["items"].as_array().unwrap().iter().collect();
        let kinds: Vec<_> = seen.iter().map(|e| e["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["label-issued", "collected", "label-reprinted", "handover-offered"]);
        assert_eq!(seen[2]["reason"], "se mojó en la hielera");
        assert_eq!((&seen[2]["from"], &seen[2]["to"]), (&json!("collected"), &json!("collected")));
        assert_eq!(seen[2]["custodian"], seen[1]["custodian"], "a label moves nothing");
        let page = s.nurse.get(&format!("/es/muestras/{}", s.code)).await.expect(200).text();
        assert!(page.contains("Etiqueta reimpresa") && page.contains("se mojó en la hielera"));
        verify(&lab, &[]).is_sound();
        let patient = s.patient.parse().unwrap();
        let rows = lab
            .app
            .db
            .read(move |c| audit_store::list(c, Some(patient), None, Limit::new(200).unwrap()));
        let printed: Vec<_> = rows
            .await
            .unwrap()
            .items
            .into_iter()
            .filter(|r| r.action == Action::PrintLabel)
            .map(|r| (r.detail.unwrap(), r.outcome, r.person_id))
            .collect();
        let by = |what: &str| (what.to_owned(), Outcome::Done, s.nurse.id);
        assert_eq!(printed, [by("reprint"), by("print"), by("issue")]);
    });
}

#[test]
fn a_copys_number_is_never_used_twice() {
    both(|lab| async move {
        let (nurse, _, code) = planned(&lab).await;
        // Two first labels at once: one is the first, the other would be a reprint.
        let first = wanted("zpl", 203, "");
        let (a, b) = tokio::join!(asks(&nurse, &code, &first), asks(&nurse, &code, &first));
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
        let again = wanted("pdf", 300, "salió en blanco");
        let asked = (0..6).map(|_| asks(&nurse, &code, &again));
        for answer in futures_util::future::join_all(asked).await {
            answer.expect(201);
        }
        let copies: Vec<i32> = recorded(&lab).into_iter().map(|r| r.0).collect();
        assert_eq!(copies, [1, 2, 3, 4, 5, 6, 7]);
        // Sent twice by a device that heard no answer: the same label.
        let mut once = wanted("pdf", 300, "no salió");
        once["id"] = json!(id());
        let (first, second) =
            (prints(&nurse, &code, &once).await, prints(&nurse, &code, &once).await);
        assert_eq!(first, second);
        assert_eq!(recorded(&lab).len(), 8);
        once["id"] = json!(uuid::Uuid::nil());
        assert_eq!(asks(&nurse, &code, &once).await.expect(422).fields(), ["id"]);
    });
}

#[test]
fn an_old_label_downloads_as_exactly_the_same_bytes() {
    both(|lab| async move {
        let (nurse, _, code) = planned(&lab).await;
        let mut kept = vec![];
        for format in ["svg", "pdf", "zpl", "png"] {
            for dpi in [203, 300] {
                let path = prints(&nurse, &code, &wanted(format, dpi, "otra impresora")).await;
                let answer = nurse.get(&path).await.expect(200);
                let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
                kept.push((path, format, kind, answer.bytes));
            }
        }
        let rows = recorded(&lab);
        for ((_, format, kind, bytes), row) in kept.iter().zip(&rows) {
            assert_eq!(Sha256::digest(bytes)[..], row.2[..]);
            let (begins, is): (&[u8], &str) = match *format {
                "svg" => (b"<svg", "image/svg+xml"),
                "pdf" => (b"%PDF", "application/pdf"),
                "png" => (b"\x89PNG", "image/png"),
                _ => (b"^XA", "application/vnd.zebra.zpl"),
            };
            assert!(bytes.starts_with(begins), "{format}");
            assert!(kind.contains(is), "{kind}");
        }
        // Drawn now, the label says when and by whom the sample was drawn: the old ones don't.
        nurse.collects(&lab, &code).await;
        prints(&nurse, &code, &wanted("zpl", 203, "tras la toma")).await;
        let values: Vec<String> = label_prints::table
            .order(label_prints::copy)
            .select(label_prints::fields)
            .load(&mut conn(&lab))
            .unwrap();
        let drawn = |text: &String| serde_json::from_str::<Value>(text).unwrap()["drawn"].clone();
        let (old, now) = values.split_at(8);
        assert!(old.iter().all(|v| drawn(v) == "") && drawn(&now[0]) != "", "{values:?}");
        for (path, format, _, bytes) in &kept {
            assert_eq!(nurse.get(path).await.expect(200).bytes, *bytes, "{format}");
        }
    });
}

#[test]
fn br_38_no_label_says_a_diagnosis_or_a_curp() {
    both(|lab| async move {
        let (nurse, study, code) = planned(&lab).await;
        nurse.collects(&lab, &code).await;
        let request = mrd_request();
        let secrets =
            [CURP, "LLA", "leucemia", "MRD", "EMR", request["requester"].as_str().unwrap()];
        let mut seen = 0;
        for format in ["svg", "pdf", "zpl", "png"] {
            for dpi in [203, 300] {
                let path = prints(&nurse, &code, &wanted(format, dpi, "prueba")).await;
                let bytes = nurse.get(&path).await.expect(200).bytes;
                let mut text = String::from_utf8_lossy(&bytes).into_owned();
                if format == "pdf" {
                    text += &pdf_words(&bytes).unwrap_or_default();
                }
                for secret in secrets.iter().chain([&study.as_str()]) {
                    assert!(!text.contains(secret), "{secret} in {format}");
                }
                seen += 1;
            }
        }
        assert_eq!(seen, 8);
        // The values themselves: what text the pictures were drawn from.
        let fields: Vec<String> =
            label_prints::table.select(label_prints::fields).load(&mut conn(&lab)).unwrap();
        for text in fields {
            assert!(text.contains("RODRÍGUEZ") && text.contains(&code), "{text}");
            assert!(!secrets.iter().any(|s| text.contains(s)), "{text}");
        }
    });
}

/// An aliquot made on the bench, by its code.
async fn child_of(bench: &Client, parent: &str) -> String {
    let body =
        json!({ "id": id(), "specimen": "ALQ-CELL", "container_type": "FACS", "volume_ul": 500 });
    let path = format!("/api/v1/containers/{parent}/children");
    bench.post(&path, &body).await.expect(201).json["code"].as_str().unwrap().to_owned()
}

#[test]
fn who_prints_and_who_prints_again_is_as_the_domain_says() {
    both(|lab| async move {
        let (nurse, _, code) = planned(&lab).await;
        let reception = lab.person("recepciona", &[Role::Reception], &["LAB"]).await;
        let bench = lab.person("mesa", &[Role::Bench], &["LAB"]).await;
        let analyst = lab.analyst().await;
        let first = wanted("pdf", 300, "");
        let again = wanted("pdf", 300, "se despegó");
        let oncologist = lab.oncologist().await;
        for who in [&reception, &bench, &analyst, &lab.validator().await, &oncologist] {
            assert_eq!(asks(who, &code, &first).await.expect(403).code(), "not-allowed");
        }
        let printed = prints(&nurse, &code, &first).await;
        asks(&reception, &code, &first).await.expect(422);
        prints(&reception, &code, &again).await;
        for who in [&bench, &analyst, &oncologist] {
            asks(who, &code, &again).await.expect(403);
        }
        let page =
            oncologist.get(&format!("/es/muestras/{code}/etiqueta")).await.expect(200).text();
        assert!(
            page.contains("La etiqueta la imprime enfermería") && !page.contains("name=\"as\"")
        );

        // A label shows a name: who may not see one finds none, also while holding the tube.
        let courier = lab.courier().await;
        nurse.collects(&lab, &code).await;
        nurse.does(&lab, &code, "offer", json!({ "to": courier.id() })).await;
        courier.does(&lab, &code, "accept-handover", json!({})).await;
        let coordinator = lab.person("coordina", &[Role::Coordinator, Role::Quality], &[]).await;
        let stranger = lab.stranger().await;
        let page = format!("/es/muestras/{code}/etiqueta");
        for who in [&courier, &coordinator, &stranger] {
            for path in [printed.clone(), page.clone(), format!("{page}/preview")] {
                let answer = who.get(&path).await.expect(404);
                assert!(!answer.text().contains("RODR"));
            }
            asks(who, &code, &again).await.expect(404);
        }
        let tried = lab.app.db.read(|c| audit_store::list(c, None, None, Limit::new(200).unwrap()));
        let tried = tried
            .await
            .unwrap()
            .items
            .into_iter()
            .filter(|r| r.person_id == stranger.id && r.outcome == Outcome::OutOfScope);
        assert!(tried.count() >= 4, "BR-27: the attempts are audited");

        // The bench prints what it made, and no tube.
        reception.does(&lab, &code, "receive", json!({})).await;
        reception.does(&lab, &code, "accept", json!({})).await;
        let made = child_of(&bench, &code).await;
        // Not even its first one, which asks for no reason: the aliquot stands in the laboratory.
        asks(&nurse, &made, &first).await.expect(403);
        prints(&bench, &made, &first).await;
        prints(&analyst, &made, &again).await;
        for why in ["", "se despegó"] {
            asks(&nurse, &made, &wanted("pdf", 300, why)).await.expect(403);
        }
    });
}

#[test]
fn what_has_ended_or_came_pre_printed_is_no_first_label() {
    both(|lab| async move {
        let (nurse, study, code) = planned(&lab).await;
        nurse.scans(&scan(&lab, &code, "void", json!({ "reason": "otro tubo" }))).await;
        let refused = asks(&nurse, &code, &wanted("pdf", 300, "")).await.expect(409);
        assert_eq!(refused.code(), "label-of-ended");
        let page = nurse.get(&format!("/es/muestras/{code}/etiqueta")).await.expect(200).text();
        assert!(page.contains("no se imprime otra etiqueta") && !page.contains("name=\"as\""));

        // A label of a roll exists already: the one printed here is its second.
        let roll = nurse.post("/api/v1/code-rolls", &json!({ "n": 2 })).await.expect(201);
        let code = roll.json["first"].as_str().unwrap().to_owned();
        let bound = json!({ "id": id(), "tube": 1, "code": code });
        nurse.post(&format!("/api/v1/studies/{study}/containers"), &bound).await.expect(201);
        let refused = asks(&nurse, &code, &wanted("pdf", 300, "")).await.expect(422);
        assert_eq!(refused.fields(), ["reason"]);
        prints(&nurse, &code, &wanted("pdf", 300, "la del rollo se rompió")).await;
        assert_eq!(recorded(&lab)[0].0, 2);
    });
}

/// One rule for the code and for its label (`domain.md` section 14): a code without its label is on
/// no tube.
#[test]
fn who_may_not_print_a_label_issues_no_code() {
    both(|lab| async move {
        let (nurse, study, _) = planned(&lab).await;
        let oncologist = lab.oncologist().await;
        let path = format!("/api/v1/studies/{study}/containers");
        for who in [&oncologist, &lab.technician().await, &lab.validator().await] {
            let new = json!({ "id": id(), "tube": 1 });
            let no = who.post(&path, &new).await.expect(403);
            assert_eq!(no.code(), "not-allowed");
            let no = who.post("/api/v1/code-rolls", &json!({ "n": 2 })).await.expect(403);
            assert_eq!(no.code(), "not-allowed");
        }
        let code = nurse.labels_extra(&study).await;
        prints(&nurse, &code, &wanted("pdf", 300, "")).await;

        // No dead buttons: she asks, nursing issues.
        let page = format!("/es/solicitudes/{study}");
        let seen = oncologist.get(&page).await.expect(200).text();
        assert!(
            !seen.contains("Emitir etiqueta") && seen.contains("La etiqueta la imprime enfermería")
        );
        assert!(nurse.get(&page).await.expect(200).text().contains("Emitir etiqueta"));
        let label = format!("/es/muestras/{code}/etiqueta");
        let at_bedside = format!("/es/muestras/{code}/tomar");
        let seen = oncologist.get(&label).await.expect(200).text();
        assert!(!seen.contains("name=\"as\"") && seen.contains(&at_bedside), "she may draw");
        let validator = lab.again(&nurse, "validador").await;
        let seen = validator.get(&label).await.expect(200).text();
        assert!(!seen.contains(&at_bedside), "the laboratory draws nothing");
    });
}

#[test]
fn an_unknown_way_of_printing_is_refused_at_its_field() {
    both(|lab| async move {
        let (nurse, _, code) = planned(&lab).await;
        let page = format!("/es/muestras/{code}/etiqueta");
        for wrong in ["", "pdf", "pdf-301", "PDF-300", "png-300"] {
            let form = [("id", &*id()), ("as", wrong)];
            let text = nurse.form(&page, &form).await.expect(422).text();
            assert!(text.contains("href=\"#f-as\"") && text.contains("id=\"f-as\""), "{wrong}");
            assert!(text.contains("Elija uno de los botones"), "{text}");
        }
        assert!(recorded(&lab).is_empty(), "nothing was printed");
        nurse.form(&page, &[("id", &*id()), ("as", "zpl-203")]).await.expect(303);
        assert_eq!(recorded(&lab).len(), 1);
    });
}
