//! A label template changes only when one person has proposed a version and another has approved
//! it; labels printed before are drawn again as they were. Over HTTP on both engines, and the
//! editor in real Chromium.

use crate::support::browser::Browser;
use crate::support::process::{Process, accounts, rastro};
use crate::support::tamper::conn;
use crate::support::templates::{WHY, next, proposes, proposes_text};
use crate::support::{Answer, Client, Lab, PASSWORD, both, one, printing};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rastro::audit::{Action, Outcome, store as audit_store};
use rastro::db::Limit;
use rastro::people::Role;
use rastro::schema::label_prints;
use serde_json::{Value, json};

const TUBE: &str = "edta-50x25";

fn path(what: &str) -> String {
    format!("/api/v1/label-templates/{TUBE}{what}")
}

async fn kind(who: &Client) -> Value {
    who.get(&path("")).await.expect(200).json
}

async fn decides(who: &Client, proposal: &Value, decision: &str) -> Answer {
    let body =
        json!({ "proposal": proposal, "decision": decision, "password": PASSWORD, "reason": WHY });
    who.post(&path("/decisions"), &body).await
}

/// The administrator, the head of the laboratory and the coordinator.
async fn people(lab: &Lab) -> (Client, Client, Client) {
    (
        printing::admin(lab).await,
        lab.person("jefa", &[Role::LabHead], &["LAB"]).await,
        lab.person("coordina", &[Role::Coordinator], &[]).await,
    )
}

/// The next version with another birth date: bigger, and lower the code's text.
async fn changed(who: &Client) -> String {
    let text = next(who, TUBE).await;
    let small = "size_pt  = 7.0\nmin_pt   = 6.0\nbold     = true\noverflow = \"shrink\"";
    assert!(text.contains(small));
    text.replacen(small, &small.replace("= 7.0", "= 7.2"), 1)
}

/// Rows of the audit log about templates, newest first: who, detail, outcome.
async fn trail(lab: &Lab) -> Vec<(Option<rastro::people::UserId>, String, Outcome)> {
    let all = Limit::new(200).unwrap();
    let rows = lab.app.db.read(move |c| audit_store::list(c, None, None, all)).await.unwrap();
    let of = rows.items.into_iter().filter(|r| r.action == Action::LabelTemplate);
    of.map(|r| (r.person_id, r.detail.unwrap_or_default(), r.outcome)).collect()
}

async fn prints(who: &Client, code: &str, reason: &str) -> String {
    let labels = format!("/api/v1/containers/{code}/labels");
    let wanted = json!({ "format": "zpl", "dpi": 203, "reason": reason });
    let made = who.post(&labels, &wanted).await.expect(201);
    format!("{labels}/{}", made.json["id"].as_str().unwrap())
}

#[test]
fn labels_follow_an_approved_version_and_those_of_before_stay_as_they_were() {
    both(|lab| async move {
        let (admin, head, _) = people(&lab).await;
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        let code = nurse.labels(&study).await;
        let before = prints(&nurse, &code, "").await;
        let as_printed = nurse.get(&before).await.expect(200).bytes;

        let seen = kind(&admin).await;
        assert_eq!(
            (&seen["version"], &seen["origin"], &seen["next"]),
            (&json!(2), &json!("built-in"), &json!(3))
        );
        let text = changed(&admin).await;
        // Line ends as a browser's form sends them are the file's.
        let proposal = proposes_text(&admin, TUBE, &text.replace('\n', "\r\n")).await.expect(201);
        let proposal = &proposal.json["proposal"];
        let waiting = prints(&nurse, &code, "salió manchada").await;
        assert_eq!(kind(&admin).await["version"], 2, "nothing changes before the approval");
        decides(&head, proposal, "approved").await.expect(204);

        let seen = kind(&head).await;
        assert_eq!(
            (&seen["version"], &seen["origin"], &seen["next"]),
            (&json!(3), &json!("approved"), &json!(4))
        );
        assert_eq!(seen["versions"][0]["decision"]["decided_by"], "Persona jefa");
        let stored = admin.get(&path("/versions/3")).await.expect(200).json["source"].clone();
        assert_eq!(stored, text);
        let after = prints(&nurse, &code, "se despegó").await;

        // Three labels of one tube: two as the built-in version drew them, one as the approved one does.
        assert_eq!(nurse.get(&before).await.expect(200).bytes, as_printed);
        let [two, three] = [&waiting, &after].map(|p| p.clone());
        let two = nurse.get(&two).await.expect(200).text();
        let three = nurse.get(&three).await.expect(200).text();
        let birth = |zpl: &str| {
            zpl.split("^FO").filter(|f| f.contains("^GFA")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_ne!(birth(&two), birth(&three), "the date is bigger");
        let versions: Vec<i32> = label_prints::table
            .order(label_prints::copy)
            .select(label_prints::template_version)
            .load(&mut conn(&lab))
            .unwrap();
        assert_eq!(versions, [2, 2, 3]);

        // A printer is sent the same.
        let printer = printing::printer(&admin, &printing::zebra("LRZ", "Zebra")).await;
        let agent = printing::agent(&lab, &admin, "LRZ", "Farmacia").await;
        nurse.sends(&printer, &[&code], "se perdió").await.expect(201);
        let job = agent.one(&printer).await;
        let sent = base64_text(job["bytes"].as_str().unwrap());
        assert_eq!(birth(&sent).len(), birth(&three).len());
        assert!(birth(&three).iter().filter(|f| birth(&sent).contains(f)).count() >= 4);
    });
}

fn base64_text(text: &str) -> String {
    use base64::Engine as _;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
}

#[test]
fn one_person_proposes_and_another_decides() {
    both(|lab| async move {
        let (admin, head, coordinator) = people(&lab).await;
        let both_roles = lab.person("doble", &[Role::LabHead, Role::Coordinator], &["LAB"]).await;
        for reason in ["", "porque sí", "con\u{7}trol de campos"] {
            let body = json!({ "source": next(&head, TUBE).await, "reason": reason });
            let refused = head.post(&path("/proposals"), &body).await.expect(422);
            assert_eq!(refused.fields(), ["reason"], "{reason:?}");
        }
        let own = proposes(&both_roles, TUBE).await.expect(201).json["proposal"].clone();
        assert_eq!(proposes(&admin, TUBE).await.expect(409).code(), "proposal-waits");
        for decision in ["approved", "declined"] {
            assert_eq!(
                decides(&both_roles, &own, decision).await.expect(403).code(),
                "own-proposal"
            );
        }
        assert_eq!(decides(&head, &own, "withdrawn").await.expect(403).code(), "proposal-not-own");
        // An administrator proposes; what stands on the tubes is not theirs to decide.
        decides(&admin, &own, "approved").await.expect(403);
        let body = json!({ "proposal": own, "decision": "approved", "password": "otra cosa" });
        assert_eq!(head.post(&path("/decisions"), &body).await.expect(403).fields(), ["password"]);
        assert_eq!(kind(&head).await["version"], 2);
        decides(&both_roles, &own, "withdrawn").await.expect(204);
        assert_eq!(decides(&head, &own, "approved").await.expect(409).code(), "proposal-decided");

        // The withdrawn version's number is not used again.
        let second = proposes(&admin, TUBE).await.expect(201).json["proposal"].clone();
        let page =
            coordinator.get(&format!("/es/plantillas-de-etiqueta/{TUBE}")).await.expect(200).text();
        assert!(page.contains("Propuesta: versión 4") && page.contains(WHY));
        let form = format!("/es/plantillas-de-etiqueta/{TUBE}/rechazar");
        let key = second.as_str().unwrap();
        let refused =
            coordinator.form(&form, &[("proposal", key), ("reason", "no")]).await.expect(422);
        assert!(refused.text().contains("de 10 a 400 caracteres"));
        coordinator
            .form(&form, &[("proposal", key), ("reason", "La letra se ve muy chica")])
            .await
            .expect(303);
        let page =
            admin.get(&format!("/es/plantillas-de-etiqueta/{TUBE}")).await.expect(200).text();
        assert!(page.contains("La letra se ve muy chica") && page.contains("Rechazada"));
        assert_eq!(kind(&head).await["version"], 2);

        let row = |who: &Client, what: &str, outcome| (who.id, what.to_owned(), outcome);
        let refused = Outcome::Refused;
        assert_eq!(
            trail(&lab).await,
            [
                row(&coordinator, &format!("decline {TUBE} 4"), Outcome::Done),
                row(&admin, &format!("propose {TUBE} 4"), Outcome::Done),
                row(&both_roles, &format!("withdraw {TUBE} 3"), Outcome::Done),
                row(&admin, &format!("approve {TUBE}"), refused),
                row(&head, &format!("withdraw {TUBE}"), refused),
                row(&both_roles, &format!("decline {TUBE}"), refused),
                row(&both_roles, &format!("approve {TUBE}"), refused),
                row(&both_roles, &format!("propose {TUBE} 3"), Outcome::Done),
            ]
        );
    });
}

#[test]
fn only_who_answers_for_labels_sees_the_templates() {
    both(|lab| async move {
        let (admin, head, coordinator) = people(&lab).await;
        let quality = lab.person("calidad", &[Role::Quality], &[]).await;
        lab.nobody().get(&path("")).await.expect(401);
        for who in [&lab.nurse().await, &lab.oncologist().await, &lab.analyst().await] {
            for at in [path(""), path("/versions/1"), "/api/v1/label-templates".to_owned()] {
                who.get(&at).await.expect(404);
            }
            for at in [
                "",
                "/edta-50x25",
                "/edta-50x25/imagen",
                "/edta-50x25/editar",
                "/edta-50x25/versiones/1",
            ] {
                who.get(&format!("/es/plantillas-de-etiqueta{at}")).await.expect(404);
            }
            let body = json!({ "source": "", "reason": WHY });
            who.post(&path("/proposals"), &body).await.expect(404);
        }
        for who in [&admin, &head, &coordinator, &quality] {
            let page = who.get("/es/plantillas-de-etiqueta").await.expect(200).text();
            // Every kind but the bag and those as large as a page.
            assert_eq!(page.matches("/imagen?version=").count(), 11);
            let picture = who
                .get("/es/plantillas-de-etiqueta/edta-50x25/imagen?longest=true")
                .await
                .expect(200);
            assert!(picture.text().starts_with("<svg"));
        }
        for who in [&coordinator, &quality] {
            who.get("/es/plantillas-de-etiqueta/edta-50x25/editar").await.expect(403);
            proposes_text(who, TUBE, &next(who, TUBE).await).await.expect(403);
        }
        head.get("/es/plantillas-de-etiqueta/ninguna").await.expect(404);
        head.get("/es/plantillas-de-etiqueta/edta-50x25/versiones/9").await.expect(404);
        head.get("/es/plantillas-de-etiqueta/edta-50x25/versiones/x").await.expect(404);
    });
}

#[test]
fn a_text_that_is_no_next_version_is_refused_by_line_and_nothing_is_written() {
    both(|lab| async move {
        let (_, head, _) = people(&lab).await;
        let text = next(&head, TUBE).await;
        let wrong = text.replace("value    = \"{birth}\"", "value    = \"{birht}\"");
        let refused = proposes_text(&head, TUBE, &wrong).await.expect(422);
        assert_eq!(refused.fields(), ["source"]);
        let said = &refused.json["errors"][0];
        assert!(said.to_string().contains("Línea 53: no hay campo «birht»"), "{said}");
        let english =
            head.get(&format!("/en/label-templates/{TUBE}/edit")).await.expect(200).text();
        assert!(english.contains("It can be proposed."));

        let look = |source: &str| json!({ "source": source, "longest": true, "dpi": 203 });
        let drawn = head.post(&path("/preview"), &look(&text)).await.expect(200).json;
        assert_eq!(drawn["wrong"], json!([]));
        assert_eq!(drawn["svg"].as_str().unwrap().matches("data-line=").count(), 12);
        // What departs is drawn all the same, to be looked at.
        let smaller = text.replace("min_x_mm = 0.33", "min_x_mm = 0.30");
        let drawn = head.post(&path("/preview"), &look(&smaller)).await.expect(200).json;
        assert_eq!(
            (&drawn["wrong"][0]["code"], &drawn["wrong"][0]["line"]),
            (&json!("template-module"), &json!(78))
        );
        assert!(drawn["svg"].is_string());
        assert_eq!(
            head.post(&path("/preview"), &json!({ "source": "", "dpi": 204 }))
                .await
                .expect(422)
                .fields(),
            ["dpi"]
        );
        assert_eq!(kind(&head).await["versions"], json!([]));

        // A child's name in a text goes into no markup.
        let name = text.replace("name     = \"birth\"", "name     = \"<b>x\"");
        let drawn = head.post(&path("/preview"), &look(&name)).await.expect(200).json;
        assert!(drawn["svg"].as_str().unwrap().contains("<title>&lt;b&gt;x</title>"));
    });
}

#[test]
fn two_servers_take_one_proposal_of_two_and_one_decision_of_two() {
    both(|lab| async move {
        let (admin, head, coordinator) = people(&lab).await;
        let second = lab.another_server().await;
        let other = head.at(&second);
        let text = next(&head, TUBE).await;
        let (a, b) =
            tokio::join!(proposes_text(&admin, TUBE, &text), proposes_text(&other, TUBE, &text));
        let mut codes = [a.status.as_u16(), b.status.as_u16()];
        codes.sort_unstable();
        assert_eq!(codes, [201, 409]);
        let made = if a.status.as_u16() == 201 { a } else { b };
        let proposal = made.json["proposal"].clone();
        let approver = coordinator.at(&second);
        let (a, b) = tokio::join!(
            decides(&coordinator, &proposal, "approved"),
            decides(&approver, &proposal, "declined")
        );
        let mut codes = [a.status.as_u16(), b.status.as_u16()];
        codes.sort_unstable();
        assert_eq!(codes, [204, 409]);
        assert_eq!(kind(&head).await["versions"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn what_was_proposed_and_decided_stays() {
    both(|lab| async move {
        let (admin, head, _) = people(&lab).await;
        let proposal = proposes(&admin, TUBE).await.expect(201).json["proposal"].clone();
        decides(&head, &proposal, "approved").await.expect(204);
        let mut c = conn(&lab);
        for table in ["label_templates", "label_template_decisions"] {
            for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET reason = 'x'")]
            {
                let e = c.batch_execute(&sql).unwrap_err().to_string();
                assert!(e.contains("append-only"), "{sql}: {e}");
            }
        }
    });
}

#[test]
fn a_directory_of_templates_is_tried_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let labels = dir.path().join("labels");
    std::fs::create_dir(&labels).unwrap();
    let built_in = std::fs::read_to_string("labels/edta-50x25.toml").unwrap();
    let put = |text: &str| std::fs::write(labels.join("tubo.toml"), text).unwrap();
    let data = dir.path().join("data");
    let flags = ["--labels-dir", labels.to_str().unwrap()];
    let fails = || {
        let mut command =
            rastro(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()]);
        let out = command.args(flags).output().unwrap();
        assert!(!out.status.success());
        String::from_utf8(out.stderr).unwrap()
    };
    for (from, to, said) in [
        ("margin_mm = 0.4", "margin = 0.4", "line 12"),
        ("value    = \"{copy}\"", "value    = \"{centre}\"", "field copy is printed no more"),
        ("w        = 9.0", "w        = 5.0", "longest at 203 dpi"),
    ] {
        put(&built_in.replacen(from, to, 1));
        let told = fails();
        assert!(
            told.contains("labels_dir") && told.contains("tubo.toml") && told.contains(said),
            "{told}"
        );
    }
    put(&built_in.replacen("version = 2", "version = 4", 1));
    crate::support::run(async {
        let _people = accounts(&data).await;
        let server = Process::start(&data, &flags);
        let admin = server.sign_in("impresoras").await;
        let seen = admin.get(&path("")).await.expect(200).json;
        assert_eq!(
            (&seen["version"], &seen["origin"], &seen["next"]),
            (&json!(4), &json!("directory"), &json!(5))
        );
    });
}

#[test]
fn the_picture_follows_the_text() {
    one(|lab| async move {
        let (_, head, coordinator) = people(&lab).await;
        let Some(b) = Browser::start(&lab).await else { return };
        b.sign_in("jefa").await;
        b.open("/es/plantillas-de-etiqueta/edta-50x25/editar").await;
        let good =
            "return document.getElementById('wrong').textContent.includes('Se puede proponer')";
        b.until("it is a next version", good).await;
        let replace = |from: &str, to: &str| {
            format!(
                "const t = document.getElementById('f-source'); if (!t.value.includes({from:?})) return false;\
                 t.value = t.value.replace({from:?}, {to:?}); t.dispatchEvent(new Event('input')); return true"
            )
        };
        assert_eq!(b.js(&replace("x        = 27.6", "x        = 29.6")).await, json!(true));
        let told = "return document.querySelector('#wrong button')?.textContent ?? ''";
        b.until(
            "the mistake is told",
            &format!("return (() => {{ {told} }})().includes('Línea 53')"),
        )
        .await;
        // The mistake leads to its line.
        b.js("document.querySelector('#wrong button').click()").await;
        let line = "const t = document.getElementById('f-source'); return t.value.slice(0, t.selectionStart).split('\\n').length";
        assert_eq!(b.js(line).await, json!(53));
        assert_eq!(b.js(&replace("x        = 29.6", "x        = 27.6")).await, json!(true));
        b.until("it is one again", good).await;
        assert_eq!(
            b.js(&replace("size_pt  = 7.0\nmin_pt   = 6.0", "size_pt  = 7.2\nmin_pt   = 6.0"))
                .await,
            json!(true)
        );
        let bigger = "return Number(document.querySelector('.room[data-line=\"53\"]').getAttribute('height')) > 23.6";
        b.until("the room grows", bigger).await;
        // An element of the picture leads to its line.
        b.js("document.querySelector('.room[data-line=\"78\"]').dispatchEvent(new MouseEvent('click', { bubbles: true }))").await;
        assert_eq!(b.js(line).await, json!(78));
        b.picture("plantilla-editor").await;
        b.fill("reason", WHY).await;
        b.press("Proponer").await;
        b.until("it waits", "return document.body.textContent.includes('Usted la propuso')").await;
        b.quiet().await;
        assert_eq!(kind(&head).await["versions"].as_array().unwrap().len(), 1);

        b.open("/es/salir").await;
        b.sign_in("coordina").await;
        b.open("/es/plantillas-de-etiqueta/edta-50x25").await;
        b.fill("password", PASSWORD).await;
        b.press("Aprobar").await;
        b.until("it is in use", "return document.body.textContent.includes('Aprobada')").await;
        assert_eq!(kind(&coordinator).await["version"], 3);
    });
}
