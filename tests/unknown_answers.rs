//! "Nobody knows" is an answer: it is never taken for a "no", is marked wherever the request is listed, and is
//! answered by a correction of two people. On both engines, through the API and the pages.

use crate::support::course::Cast;
use crate::support::story::{id, mrd_request, with};
use crate::support::tamper::{conn, verify};
use crate::support::{Client, Lab, both, scope_of};
use diesel::connection::SimpleConnection;
use rastro::studies::{Question, StudyId, store, unknown_of};
use rastro::web::{Lang, url};
use serde_json::{Value, json};

async fn asks(who: &Client, patient: &str, more: Value) -> String {
    let path = format!("/api/v1/patients/{patient}/studies");
    let made = who.post(&path, &with(mrd_request(), more)).await.expect(201).json;
    made["id"].as_str().unwrap().to_owned()
}

async fn one(who: &Client, study: &str) -> Value {
    who.get(&format!("/api/v1/studies/{study}")).await.expect(200).json
}

/// The studies of a list, by key.
async fn listed(who: &Client, query: &str) -> Vec<String> {
    let found = who.get(&format!("/api/v1/studies?{query}")).await.expect(200).json;
    let items = found["items"].as_array().unwrap().iter();
    items.map(|s| s["id"].as_str().unwrap().to_owned()).collect()
}

async fn agree(who: &Client, study: &str, proposal: &str) {
    let path = format!("/api/v1/studies/{study}/corrections/{proposal}");
    who.post(&path, &json!({ "verdict": "approve" })).await.expect(204);
}

/// What the release asks of a request.
async fn open_questions(lab: &Lab, who: &Client, study: &str) -> Vec<Question> {
    let scope = scope_of(lab, who).await;
    let study: StudyId = study.parse().unwrap();
    let found = lab.app.db.read(move |c| store::find(c, &scope, study)).await.unwrap();
    unknown_of(&found.unwrap())
}

#[test]
fn an_unknown_answer_is_marked_until_two_people_have_answered_it() {
    both(|lab| async move {
        let (nurse, technician) = (lab.nurse().await, lab.technician().await);
        let patient = nurse.registers(1).await;
        let known = asks(&nurse, &patient, json!({})).await;
        let said = json!({ "anti_cd19": "unknown", "steroids": "unknown", "id": id() });
        let study = asks(&nurse, &patient, said.clone()).await;
        // Sent again it is the same request, and with a guessed "no" another one.
        assert_eq!(asks(&nurse, &patient, said.clone()).await, study);
        let path = format!("/api/v1/patients/{patient}/studies");
        let guessed = with(mrd_request(), with(said, json!({ "anti_cd19": "no" })));
        assert_eq!(nurse.post(&path, &guessed).await.expect(409).code(), "key-used");

        let shown = one(&nurse, &study).await;
        assert_eq!(shown["unknown"], json!(["anti-cd19", "steroids"]));
        let answers = &shown["request"]["answers"];
        assert_eq!((&answers["anti_cd19"], &answers["car_t"]), (&json!("unknown"), &json!("no")));
        assert_eq!(one(&nurse, &known).await["unknown"], json!([]));
        for who in [&nurse, &technician] {
            assert_eq!(listed(who, "to_find_out=true").await, [study.as_str()]);
            assert_eq!(listed(who, "to_find_out=false").await, [known.as_str()]);
            assert_eq!(
                listed(who, &format!("to_find_out=true&patient={patient}")).await,
                [study.as_str()]
            );
        }
        let open = [Question::AntiCd19, Question::Steroids];
        assert_eq!(open_questions(&lab, &technician, &study).await, open);
        for (page, mark) in
            [("/es/solicitudes", "Por averiguar</span>"), ("/en/studies", "To find out</span>")]
        {
            let list = technician.get(page).await.expect(200).text();
            assert_eq!(list.matches(mark).count(), 1, "{list}");
            let list = technician.get(&format!("{page}?to_find_out=true")).await.expect(200).text();
            assert!(list.contains(&study) && !list.contains(&known), "{list}");
        }
        let home = nurse.get(&format!("/es/pacientes/{patient}")).await.expect(200).text();
        assert_eq!(home.matches("Por averiguar</span>").count(), 1, "{home}");
        for (page, said, question) in [
            ("/es/solicitudes", "Falta averiguar antes de liberar", "<li>¿Terapia anti-CD19?</li>"),
            (
                "/en/studies",
                "To find out before the result is released",
                "<li>Anti-CD19 therapy?</li>",
            ),
        ] {
            let seen = technician.get(&format!("{page}/{study}")).await.expect(200).text();
            assert!(seen.contains(said) && seen.contains(question), "{seen}");
            let seen = technician.get(&format!("{page}/{known}")).await.expect(200).text();
            assert!(!seen.contains(said), "{seen}");
        }

        // It was given, and nobody knows when: one question is answered, the other one stays.
        let half =
            json!({ "anti_cd19": "yes", "anti_cd19_date": "unknown", "steroids": "unknown" });
        let proposal = nurse.would_correct(&study, half).await;
        assert_eq!(one(&nurse, &study).await["unknown"], json!(["anti-cd19", "steroids"]));
        agree(&technician, &study, &proposal).await;
        let shown = one(&nurse, &study).await;
        assert_eq!(shown["request"]["answers"]["anti_cd19"], "yes");
        assert_eq!(shown["unknown"], json!(["steroids"]));
        let seen = technician.get(&format!("/es/solicitudes/{study}")).await.expect(200).text();
        assert!(seen.contains("Sí, sin saber la fecha"), "{seen}");
        let proposal = nurse
            .would_correct(&study, json!({ "anti_cd19": "yes", "anti_cd19_date": "2026-01-10" }))
            .await;
        agree(&technician, &study, &proposal).await;
        assert_eq!(one(&nurse, &study).await["unknown"], json!([]));
        assert_eq!(listed(&nurse, "to_find_out=true").await, Vec::<String>::new());
        assert_eq!(open_questions(&lab, &technician, &study).await, []);
        // Somebody who was too sure takes it back.
        let proposal = nurse.would_correct(&study, json!({ "anti_cd19": "unknown" })).await;
        agree(&technician, &study, &proposal).await;
        assert_eq!(listed(&nurse, "to_find_out=true").await, [study.as_str()]);
        // Of a request that is over nobody finds out anything more.
        let why = json!({ "id": id(), "reason": "Se pidió dos veces" });
        nurse.post(&format!("/api/v1/studies/{study}/cancellation"), &why).await.expect(204);
        assert_eq!(listed(&nurse, "to_find_out=true").await, Vec::<String>::new());
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_day_that_nobody_knows_is_no_reason_to_deny_a_therapy() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("/api/v1/patients/{patient}/studies");
        for (more, field, code) in [
            (json!({ "car_t": "yes", "car_t_date": "ayer" }), "car_t_date", "no-such-date"),
            (json!({ "car_t": "yes", "car_t_date": "" }), "car_t_date", "required"),
            (json!({ "gcsf": "perhaps" }), "gcsf", "yes-no-unknown"),
            (json!({ "transplant": "" }), "transplant", "required"),
            (json!({ "urgent": "unknown" }), "urgent", "yes-or-no"),
        ] {
            let refused = nurse.post(&path, &with(mrd_request(), more)).await.expect(422);
            assert_eq!(refused.fields(), [field]);
            assert_eq!(refused.json["errors"][0]["code"], code);
        }
        let undated = json!({ "car_t": "yes", "car_t_date": "unknown", "transplant": "unknown" });
        let study = asks(&nurse, &patient, undated).await;
        let shown = one(&nurse, &study).await;
        assert_eq!(shown["request"]["answers"]["car_t"], "yes");
        assert_eq!(shown["unknown"], json!(["transplant"]));
    });
}

/// What was stored before there was an "unknown" says what it said: nothing was a "no".
#[test]
fn answers_of_before_are_read_with_their_meaning() {
    both(|lab| async move {
        let (nurse, technician) = (lab.nurse().await, lab.technician().await);
        let patient = nurse.registers(1).await;
        let study = asks(&nurse, &patient, json!({})).await;
        let before = r#"{"anti_cd19":"2026-01-10","anti_cd22":null,"car_t":null,"anti_cd38":null,"transplant":null,"gcsf":false,"steroids":true,"wbc":"3.4","blood_blasts":null}"#;
        let sql = format!("UPDATE studies SET answers = '{before}'");
        // As a migrated row has it; requests are changed by the program alone.
        conn(&lab).batch_execute(&sql).unwrap();
        let shown = one(&nurse, &study).await;
        let answers = &shown["request"]["answers"];
        for (question, said) in [
            ("anti_cd19", "2026-01-10"),
            ("anti_cd22", "no"),
            ("car_t", "no"),
            ("transplant", "no"),
            ("gcsf", "no"),
            ("steroids", "yes"),
        ] {
            assert_eq!(answers[question], said, "{question}");
        }
        assert_eq!(answers["anti_cd33"], Value::Null, "nobody asked");
        assert_eq!(shown["unknown"], json!([]));
        let seen = technician.get(&format!("/es/solicitudes/{study}")).await.expect(200).text();
        assert!(seen.contains("10 ene 2026") && !seen.contains("Falta averiguar"), "{seen}");
        // It is corrected as any other, and the step holds what it said before.
        let proposal = nurse.would_correct(&study, json!({ "anti_cd22": "unknown" })).await;
        agree(&technician, &study, &proposal).await;
        let steps =
            nurse.get(&format!("/api/v1/studies/{study}/corrections")).await.expect(200).json;
        let last = steps["history"][1].clone();
        assert_eq!(last["before"]["answers"]["anti_cd22"], "no");
        assert_eq!(last["after"]["answers"]["anti_cd22"], "unknown");
        assert_eq!(one(&nurse, &study).await["unknown"], json!(["anti-cd22"]));
        // Of answers that can't be read nothing is known.
        conn(&lab).batch_execute("UPDATE studies SET answers = '{}'").unwrap();
        assert_eq!(open_questions(&lab, &technician, &study).await, Question::ALL);
    });
}

/// The form as a person fills it in, without scripts.
#[test]
fn the_form_takes_not_known_and_a_yes_without_its_day() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("/es/pacientes/{patient}/solicitudes/nuevo");
        let fields = [
            ("kind", "mrd"),
            ("outside_reason", "seguimiento"),
            ("diagnosis", "LLA-B"),
            ("lineage", "b-all"),
            ("anti_cd20", "no"),
            ("anti_cd19", "unknown"),
            ("anti_cd22", "yes-undated"),
            ("car_t", "yes"),
            ("car_t_date", "1/2/2026"),
            ("anti_cd38", "no"),
            ("transplant", "unknown"),
            ("gcsf", "unknown"),
            ("steroids", "yes"),
            ("wbc", "3.4"),
            ("blood_blasts_unknown", "yes"),
            ("diagnostic_reference", "Informe 25-000991"),
            ("requester", "Dra. Elena Vidal"),
            ("critical_phone", "+52 55 5555 0101"),
            ("urgent", "no"),
            ("tubes", "BM/EDTA"),
        ];
        let made = nurse.form(&path, &fields).await.expect(303);
        let to = made.headers["location"].to_str().unwrap().to_owned();
        let study = to.rsplit('/').next().unwrap();
        let answers = one(&nurse, study).await["request"]["answers"].clone();
        for (question, said) in [
            ("anti_cd19", "unknown"),
            ("anti_cd22", "yes"),
            ("car_t", "2026-02-01"),
            ("anti_cd38", "no"),
            ("transplant", "unknown"),
            ("gcsf", "unknown"),
        ] {
            assert_eq!(answers[question], said, "{question}");
        }
        // The form that corrects holds the same choices.
        let form = nurse.get(&format!("{to}/respuestas/corregir")).await.expect(200).text();
        let chosen = |name: &str, value: &str| {
            form.split("<input").any(|tag| {
                tag.contains(&format!("name=\"{name}\""))
                    && tag.contains(&format!("value=\"{value}\""))
                    && tag.contains("checked")
            })
        };
        for (name, value) in [
            ("anti_cd19", "unknown"),
            ("anti_cd22", "yes-undated"),
            ("car_t", "yes"),
            ("gcsf", "unknown"),
            ("steroids", "yes"),
        ] {
            assert!(chosen(name, value), "{name}: {form}");
        }
    });
}

/// Who enters the result is told what nobody knows yet.
#[test]
fn the_analyst_is_told_what_is_to_be_found_out() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let a = cast.asks(&patient, json!({ "anti_cd19": "unknown" })).await;
        cast.brings(&lab, &a).await;
        let path = url(Lang::Es, &format!("/results/{}/new", a.study));
        let page = cast.analyst.get(&path).await.expect(200).text();
        assert!(page.contains("Falta averiguar antes de liberar"), "{page}");
    });
}
