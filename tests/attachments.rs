//! Reports of other laboratories: what may be attached, who opens it, what is written down of it, and that no
//! byte of it is another one unnoticed. On both engines, through the API and the pages.

use std::path::PathBuf;

use crate::support::story::{id, with};
use crate::support::tamper::{conn, verify};
use crate::support::{Answer, Client, Lab, both};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use diesel::connection::SimpleConnection;
use rastro::audit::{Action, Outcome};
use rastro::db::Conn;
use rastro::people::Role;
use serde_json::{Value, json};

const TEN: usize = 10 * 1024 * 1024;

/// A PDF of some bytes.
fn pdf(text: &str, of: usize) -> Vec<u8> {
    let mut bytes = format!("%PDF-1.4\n{text}\n").into_bytes();
    bytes.resize(of.max(bytes.len() + 6) - 6, b' ');
    bytes.extend(b"%%EOF\n");
    bytes
}

fn body(bytes: &[u8]) -> Value {
    json!({ "title": "Inmunofenotipo del diagnóstico", "file": BASE64.encode(bytes) })
}

/// A child with a request.
struct One {
    nurse: Client,
    patient: String,
    study: String,
}

impl One {
    async fn of(lab: &Lab) -> Self {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let study = nurse.requests(&patient).await;
        Self { nurse, patient, study }
    }
    fn path(&self) -> String {
        format!("/api/v1/studies/{}/attachments", self.study)
    }
    async fn attaches(&self, who: &Client, bytes: &[u8]) -> Answer {
        who.post(&self.path(), &body(bytes)).await
    }
    async fn attached(&self, bytes: &[u8]) -> String {
        let made = self.attaches(&self.nurse, bytes).await.expect(201).json;
        made["id"].as_str().unwrap().to_owned()
    }
    async fn opens(&self, who: &Client, attachment: &str) -> Answer {
        who.get(&format!("{}/{attachment}", self.path())).await
    }
    async fn listed(&self, who: &Client) -> Vec<Value> {
        who.get(&self.path()).await.expect(200).json["items"].as_array().unwrap().clone()
    }
}

/// The file of a digest, below the data directory.
fn file(lab: &Lab, sha256: &Value) -> PathBuf {
    let digest = sha256.as_str().unwrap();
    lab.dir().join("attachments").join(&digest[..2]).join(digest)
}

#[test]
fn a_report_is_attached_opened_and_audited() {
    both(|lab| async move {
        let one = One::of(&lab).await;
        let analyst = lab.analyst().await;
        let report = pdf("hematies", 0);
        let attachment = one.attached(&report).await;
        assert_eq!(one.attached(&report).await, attachment, "the same bytes, the same report");
        let jpeg = [&[0xFF, 0xD8, 0xFF, 0xE0][..], b"sheet", &[0xFF, 0xD9]].concat();
        let photo = one.attached(&jpeg).await;
        let all = one.listed(&analyst).await;
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(
            (&all[0]["id"], &all[0]["media_type"], &all[0]["bytes"], &all[0]["attached_by"]),
            (
                &json!(attachment),
                &json!("application/pdf"),
                &json!(report.len()),
                &json!("Persona enfermera")
            )
        );
        assert_eq!((&all[1]["id"], &all[1]["media_type"]), (&json!(photo), &json!("image/jpeg")));
        // Who has the request in reach opens it, byte for byte, and as nothing but what it is.
        for who in [&one.nurse, &analyst] {
            let opened = one.opens(who, &attachment).await.expect(200);
            assert_eq!(opened.bytes, report);
            assert_eq!(opened.headers["content-type"], "application/pdf");
            assert_eq!(opened.headers["x-content-type-options"], "nosniff");
            let name = opened.headers["content-disposition"].to_str().unwrap();
            assert!(
                name.starts_with("attachment; filename=\"S-") && name.ends_with("-1.pdf\""),
                "{name}"
            );
        }
        // The file is its owner's alone, and under its own digest.
        let kept = file(&lab, &all[0]["sha256"]);
        assert_eq!(std::fs::read(&kept).unwrap(), report);
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
        // Out of reach it is not there, and the attempts are written down (BR-27).
        let stranger = lab.stranger().await;
        one.opens(&stranger, &attachment).await.expect(404);
        stranger.get(&one.path()).await.expect(404);
        one.attaches(&stranger, &report).await.expect(404);
        one.opens(&one.nurse, &id()).await.expect(404);
        one.opens(&one.nurse, "x").await.expect(404);
        // Of another request it is none.
        let other = one.nurse.requests(&one.patient).await;
        let path = format!("/api/v1/studies/{other}/attachments/{attachment}");
        one.nurse.get(&path).await.expect(404);
        // Who reads, but has no paper in hand, attaches nothing.
        let validator = lab.validator().await;
        assert_eq!(one.attaches(&validator, &report).await.expect(403).code(), "not-allowed");
        let rows = lab.audited(&one.patient).await;
        let of = |action, outcome| rows.iter().filter(|r| **r == (action, outcome)).count();
        assert!(of(Action::ReadStudy, Outcome::Done) >= 3, "{rows:?}");
        verify(&lab, &[]).is_sound();
        for sql in ["UPDATE study_attachments SET said = 'x'", "DELETE FROM study_attachments"] {
            let refused = conn(&lab).batch_execute(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
    });
}

#[test]
fn what_is_no_report_is_refused_by_its_bytes_and_its_size() {
    both(|lab| async move {
        let one = One::of(&lab).await;
        let png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (bytes, code) in [
            (vec![], "required"),
            (png, "attachment-type"),
            (b"MZ\x90 a program".to_vec(), "attachment-type"),
            (b"%PDF-1.4 cut off".to_vec(), "attachment-type"),
            (b"<html>%PDF-1.4 %%EOF".to_vec(), "attachment-type"),
            (pdf("x", TEN + 1), "attachment-size"),
        ] {
            let refused = one.attaches(&one.nurse, &bytes).await.expect(422);
            assert_eq!(refused.fields(), ["file"]);
            assert_eq!(refused.json["errors"][0]["code"], code);
        }
        for (more, field) in [
            (json!({ "file": "not base64!" }), "file"),
            (json!({ "title": "" }), "title"),
            (json!({ "title": "x".repeat(121) }), "title"),
            (json!({ "name": "informe.pdf" }), "name"),
        ] {
            let refused =
                one.nurse.post(&one.path(), &with(body(&pdf("x", 0)), more)).await.expect(422);
            assert_eq!(refused.fields(), [field]);
        }
        assert!(one.listed(&one.nurse).await.is_empty());
        assert!(!lab.dir().join("attachments").exists(), "nothing of it is on the disk");
        // Ten megabytes are taken, at this address alone.
        let largest = pdf("x", TEN);
        let attachment = one.attached(&largest).await;
        assert_eq!(one.opens(&one.nurse, &attachment).await.expect(200).bytes.len(), TEN);
        let elsewhere = format!("/api/v1/studies/{}/corrections", one.study);
        one.nurse.post(&elsewhere, &body(&pdf("x", TEN / 5))).await.expect(413);
        one.nurse.post(&one.path(), &body(&vec![b'x'; 12 * 1024 * 1024])).await.expect(413);
        // Who isn't signed in brings nothing.
        lab.nobody().post(&one.path(), &body(&largest)).await.expect(401);
        // Twenty of a request, and no more.
        for n in 1..20 {
            one.attached(&pdf(&n.to_string(), 0)).await;
        }
        let full = one.attaches(&one.nurse, &pdf("one more", 0)).await.expect(409);
        assert_eq!(full.code(), "attachments-many");
    });
}

#[test]
fn a_report_that_is_another_childs_is_withdrawn_and_nobody_opens_it() {
    both(|lab| async move {
        let one = One::of(&lab).await;
        let technician = lab.technician().await;
        let report = pdf("de otro niño", 0);
        let attachment = one.attached(&report).await;
        let path = format!("{}/{attachment}/withdrawal", one.path());
        let why = json!({ "reason": "Es de otro paciente" });
        lab.stranger().await.post(&path, &why).await.expect(404);
        lab.validator().await.post(&path, &why).await.expect(403);
        assert_eq!(
            technician.post(&path, &json!({ "reason": "no" })).await.expect(422).fields(),
            ["reason"]
        );
        for _ in 0..2 {
            technician.post(&path, &why).await.expect(204);
        }
        for who in [&one.nurse, &technician] {
            let gone = one.opens(who, &attachment).await.expect(410);
            assert_eq!(gone.code(), "attachment-withdrawn");
        }
        let all = one.listed(&one.nurse).await;
        assert_eq!(
            (&all[0]["withdrawn_by"], &all[0]["withdrawn_reason"]),
            (&json!("Persona recepcion"), &json!("Es de otro paciente"))
        );
        for (page, words) in [
            ("/es/solicitudes/", ["Retirado</span>", "Es de otro paciente"]),
            ("/en/studies/", ["Withdrawn</span>", "Es de otro paciente"]),
        ] {
            let to = if page.starts_with("/es") { "anexos" } else { "attachments" };
            let seen = one.nurse.get(&format!("{page}{}/{to}", one.study)).await.expect(200).text();
            assert!(words.iter().all(|w| seen.contains(w)) && !seen.contains("download"), "{seen}");
        }
        // Attached again it is another attachment; of a cancelled request nothing is.
        let again = one.attached(&report).await;
        assert_ne!(again, attachment);
        one.opens(&one.nurse, &again).await.expect(200);
        let cancel = json!({ "id": id(), "reason": "Se pidió dos veces" });
        one.nurse
            .post(&format!("/api/v1/studies/{}/cancellation", one.study), &cancel)
            .await
            .expect(204);
        assert_eq!(
            one.attaches(&one.nurse, &pdf("y", 0)).await.expect(409).code(),
            "request-cancelled"
        );
        one.opens(&one.nurse, &again).await.expect(200);
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_file_that_was_changed_or_lost_is_never_opened_and_verify_names_it() {
    both(|lab| async move {
        let one = One::of(&lab).await;
        let attachment = one.attached(&pdf("original", 0)).await;
        let digest = one.listed(&one.nurse).await[0]["sha256"].clone();
        let sound = verify(&lab, &[]);
        assert!(
            sound.text.contains("1 of 1 attached reports are as they were attached"),
            "{}",
            sound.text
        );
        sound.is_sound();
        let kept = file(&lab, &digest);
        std::fs::write(&kept, pdf("otro resultado", 0)).unwrap();
        let refused = one.opens(&one.nurse, &attachment).await.expect(503);
        assert_eq!(refused.code(), "attachment-damaged");
        let verdict = verify(&lab, &[]);
        assert_eq!(verdict.code, 1, "{}", verdict.text);
        assert!(
            verdict.text.contains(&format!("{} was changed", digest.as_str().unwrap())),
            "{}",
            verdict.text
        );
        std::fs::remove_file(&kept).unwrap();
        assert_eq!(
            one.opens(&one.nurse, &attachment).await.expect(503).code(),
            "attachment-missing"
        );
        let verdict = verify(&lab, &[]);
        assert_eq!(verdict.code, 1, "{}", verdict.text);
        assert!(verdict.text.contains("is not there"), "{}", verdict.text);
        // Where none of them is, nobody looked: that is said, and is no breach.
        std::fs::remove_dir_all(lab.dir().join("attachments")).unwrap();
        let verdict = verify(&lab, &[]);
        assert_eq!(verdict.code, 3, "{}", verdict.text);
        assert!(verdict.text.contains("they were not looked at"), "{}", verdict.text);
        // Attached once more it is there again.
        assert_eq!(one.attached(&pdf("original", 0)).await, attachment);
        one.opens(&one.nurse, &attachment).await.expect(200);
        verify(&lab, &[]).is_sound();
        // Whose it is can't be changed in the database unnoticed.
        let mut admin = conn(&lab);
        admin
            .batch_execute(match admin {
                Conn::Sqlite(_) => "DROP TRIGGER study_attachments_no_update",
                Conn::Pg(_) => "ALTER TABLE study_attachments DISABLE TRIGGER USER",
            })
            .unwrap();
        admin.batch_execute("UPDATE study_attachments SET said = 'Otro informe'").unwrap();
        assert_eq!(verify(&lab, &[]).code, 1);
    });
}

/// A form that brings a file, as a browser sends it.
fn parts(mark: &str, title: &str, file: Option<&[u8]>) -> Vec<u8> {
    let mut all = vec![];
    for (name, value) in [("drawn", mark), ("title", title)] {
        all.extend(
            format!(
                "--bOuNd\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    let name = if file.is_some() { "informe.pdf" } else { "" };
    all.extend(
        format!(
            "--bOuNd\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .bytes(),
    );
    all.extend(file.unwrap_or_default());
    all.extend(b"\r\n--bOuNd--\r\n");
    all
}

/// The page as a person uses it, without scripts.
#[test]
fn the_page_attaches_and_withdraws_without_scripts() {
    both(|lab| async move {
        let one = One::of(&lab).await;
        let page = format!("/es/solicitudes/{}/anexos", one.study);
        let of = one.nurse.get(&format!("/es/solicitudes/{}", one.study)).await.expect(200).text();
        assert!(of.contains(&format!("href=\"{page}\"")), "{of}");
        let blank = one.nurse.get(&page).await.expect(200).text();
        assert!(
            blank.contains("enctype=\"multipart/form-data\"") && blank.contains("name=\"drawn\""),
            "{blank}"
        );
        let mark = one.nurse.mark(&page).unwrap();
        let kind = "multipart/form-data; boundary=bOuNd";
        let send =
            async |who: &Client, to: &str, body: Vec<u8>| who.raw_bytes(to, kind, body).await;
        let report = pdf("con bytes \u{fffd}", 2 * 1024 * 1024);
        let refused = send(&one.nurse, &page, parts(&mark, "", None)).await.expect(422).text();
        assert!(
            refused.contains("href=\"#f-title\"") && refused.contains("href=\"#f-file\""),
            "{refused}"
        );
        let refused =
            send(&one.nurse, &page, parts(&mark, "Nota", Some(b"GIF89a"))).await.expect(422).text();
        assert!(
            refused.contains("no es un PDF ni una foto JPEG") && refused.contains("value=\"Nota\"")
        );
        send(&one.nurse, &page, parts(&mark, "Informe <externo>", Some(&report))).await.expect(303);
        let all = one.listed(&one.nurse).await;
        assert_eq!(
            (&all[0]["title"], &all[0]["bytes"]),
            (&json!("Informe <externo>"), &json!(report.len()))
        );
        let shown = one.nurse.get(&page).await.expect(200).text();
        let attachment = all[0]["id"].as_str().unwrap();
        assert!(shown.contains("Informe &lt;externo&gt;") && shown.contains(attachment), "{shown}");
        // A form without its bytes is no report; nor is one of a form of somebody else's, or broken off.
        let bare = [("title", "Nota"), ("file", "informe.pdf")];
        one.nurse.form(&page, &bare).await.expect(422);
        let technician = lab.technician().await;
        send(&technician, &page, parts(&mark, "Nota", Some(&pdf("z", 0)))).await.expect(409);
        let whole = parts(&mark, "Nota", Some(&pdf("z", 0)));
        send(&one.nurse, &page, whole[..whole.len() - 9].to_vec()).await.expect(400);
        send(&one.nurse, &page, parts("x", "Nota", Some(&pdf("z", 0)))).await.expect(400);
        // Everywhere else a form in parts is none.
        let elsewhere = format!("/es/solicitudes/{}/anexos/retirar", one.study);
        send(&one.nurse, &elsewhere, parts(&mark, "Nota", None)).await.expect(415);
        // A file of any size is read only for who is signed in.
        let nobody = lab.nobody();
        let large = parts(&mark, "Nota", Some(&pdf("z", 2 * 1024 * 1024)));
        assert!([413, 303].contains(&send(&nobody, &page, large).await.status.as_u16()));
        assert_eq!(one.listed(&one.nurse).await.len(), 1);

        let mute = [("attachment", attachment), ("reason", "")];
        let refused = one.nurse.form(&elsewhere, &mute).await.expect(422).text();
        assert!(refused.contains("<details open>"), "{refused}");
        let why = [("attachment", attachment), ("reason", "Es de otro paciente")];
        one.nurse.form(&elsewhere, &why).await.expect(303);
        let shown = one.nurse.get(&page).await.expect(200).text();
        assert!(shown.contains("Retirado</span>"), "{shown}");
        // Who only reads has the list, and no form.
        let validator = lab.person("lee", &[Role::Validator], &["LAB"]).await;
        let seen = validator.get(&page).await.expect(200).text();
        assert!(!seen.contains("multipart"), "{seen}");
        lab.stranger().await.get(&page).await.expect(404);
    });
}
