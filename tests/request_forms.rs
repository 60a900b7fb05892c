//! What a request form asks of whom, on both engines: coded lineage and phase, what is known of the leukaemia
//! and of the child, and who asks; through the API and the pages in both languages.

use crate::support::story::{correction, id, mrd_request, with};
use crate::support::tamper::verify;
use crate::support::{Client, Lab, both};
use rastro::studies::{Lineage, StudyId, store};
use serde_json::{Value, json};

/// As short as an immunophenotype at first diagnosis gets.
fn first() -> Value {
    json!({
        "id": id(), "kind": "immunophenotype", "outside_reason": "diagnóstico inicial",
        "diagnosis": "Leucemia aguda", "lineage": "unknown", "phase": "diagnosis", "down": "no",
        "gcsf": "no", "steroids": "unknown", "wbc": "48.6", "blood_blasts": "34",
        "requester": "Dra. Elena Vidal", "critical_phone": "+52 55 5555 0101",
        "urgent": "no", "tubes": ["BM/EDTA"],
    })
}

/// All that may be told of a relapse.
fn relapse() -> Value {
    with(
        first(),
        json!({
            "phase": "relapse", "lineage": "apl", "relapse": "2",
            "relapse_sites": ["cns", "marrow"], "last_chemotherapy": "2026-01-20",
            "genetics": ["pml-rara", "other-genetic"], "genetics_text": "FLT3 silvestre",
            "anti_cd19": "no", "anti_cd22": "no", "car_t": "no", "anti_cd38": "no",
            "anti_cd33": "unknown", "transplant": "no", "platelets": "21",
            "counts_date": "2026-02-28", "cns": "yes", "mediastinum": "unknown",
            "differential": "LMA no promielocítica", "smears": "4",
            "requester_licence": "7654321",
        }),
    )
}

async fn made(who: &Client, patient: &str, body: &Value) -> String {
    let path = format!("/api/v1/patients/{patient}/studies");
    who.post(&path, body).await.expect(201).json["id"].as_str().unwrap().to_owned()
}

async fn said(who: &Client, study: &str) -> Value {
    let one = who.get(&format!("/api/v1/studies/{study}")).await.expect(200).json;
    one["request"].clone()
}

async fn lineage(lab: &Lab, who: &Client, study: &str) -> Lineage {
    let scope = crate::support::scope_of(lab, who).await;
    let id: StudyId = study.parse().unwrap();
    let found = lab.app.db.read(move |c| store::find(c, &scope, id)).await.unwrap();
    found.unwrap().lineage()
}

#[test]
fn a_first_diagnosis_is_asked_little_and_a_relapse_can_tell_much() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let diagnosis = made(&nurse, &patient, &first()).await;
        let short = said(&nurse, &diagnosis).await;
        let answers = short["answers"].as_object().unwrap();
        for not_asked in
            ["anti_cd19", "car_t", "transplant", "relapse", "genetics", "cns", "smears"]
        {
            assert!(!answers.contains_key(not_asked), "{not_asked}: {short}");
        }
        assert_eq!(short["answers"]["phase"], "diagnosis");
        assert_eq!(lineage(&lab, &nurse, &diagnosis).await, Lineage::Unknown);

        let body = relapse();
        let study = made(&nurse, &patient, &body).await;
        assert_eq!(made(&nurse, &patient, &body).await, study, "sent again");
        let told = said(&nurse, &study).await;
        assert_eq!(told["requester_licence"], "7654321");
        for (field, value) in [
            ("lineage", json!("apl")),
            ("phase", json!("relapse")),
            ("relapse", json!(2)),
            ("relapse_sites", json!(["marrow", "cns"])),
            ("last_chemotherapy", json!("2026-01-20")),
            ("genetics", json!(["pml-rara", "other-genetic"])),
            ("genetics_text", json!("FLT3 silvestre")),
            ("anti_cd33", json!("unknown")),
            ("platelets", json!("21")),
            ("counts_date", json!("2026-02-28")),
            ("cns", json!("yes")),
            ("mediastinum", json!("unknown")),
            ("differential", json!("LMA no promielocítica")),
            ("smears", json!(4)),
        ] {
            assert_eq!(told["answers"][field], value, "{field}");
        }
        assert_eq!(lineage(&lab, &nurse, &study).await, Lineage::Apl);
        for (page, words) in [
            (
                "/es/solicitudes",
                [
                    "LMA promielocítica",
                    "Médula ósea, Sistema nervioso central",
                    "PML::RARA, Otra",
                    "Cédula profesional 7654321",
                    "Frotis que se envían",
                ],
            ),
            (
                "/en/studies",
                [
                    "Promyelocytic AML",
                    "Bone marrow, Central nervous system",
                    "PML::RARA, Other",
                    "Professional licence 7654321",
                    "Smears sent",
                ],
            ),
        ] {
            let seen = nurse.get(&format!("{page}/{study}")).await.expect(200).text();
            for word in words {
                assert!(seen.contains(word), "{word}: {seen}");
            }
            let seen = nurse.get(&format!("{page}/{diagnosis}")).await.expect(200).text();
            assert!(!seen.contains("anti-CD19") && !seen.contains(words[4]), "{seen}");
        }
    });
}

#[test]
fn what_is_wrong_is_refused_by_its_field() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        let path = format!("/api/v1/patients/{patient}/studies");
        let mrd = mrd_request();
        for (body, more, fields) in [
            (first(), json!({ "lineage": "" }), vec!["lineage"]),
            (
                first(),
                json!({ "phase": "" }),
                vec![
                    "phase",
                    "anti_cd19",
                    "anti_cd22",
                    "anti_cd20",
                    "car_t",
                    "anti_cd38",
                    "anti_cd33",
                    "transplant",
                ],
            ),
            (first(), json!({ "down": "" }), vec!["down"]),
            (first(), json!({ "wbc": "" }), vec!["wbc"]),
            (first(), json!({ "anti_cd19": "yes", "anti_cd19_date": "2026-01-01" }), vec!["phase"]),
            (first(), json!({ "relapse_sites": ["cns"] }), vec!["phase"]),
            (relapse(), json!({ "anti_cd33": "" }), vec!["anti_cd33"]),
            (relapse(), json!({ "lineage": "b-all" }), vec!["anti_cd20"]),
            (relapse(), json!({ "relapse": "0" }), vec!["relapse"]),
            (relapse(), json!({ "genetics": ["xyz"] }), vec!["genetics"]),
            (relapse(), json!({ "counts_date": "2026-03-04" }), vec!["counts_date"]),
            (relapse(), json!({ "requester_licence": "12" }), vec!["requester_licence"]),
            (mrd.clone(), json!({ "phase": "diagnosis" }), vec!["phase"]),
            (mrd.clone(), json!({ "phase": "someday" }), vec!["phase"]),
        ] {
            let refused = nurse.post(&path, &with(body, more.clone())).await.expect(422);
            assert_eq!(refused.fields(), fields, "{more}");
        }
        // What an MRD doesn't need is left out.
        let short = json!({ "phase": "", "down": "", "wbc": "", "blood_blasts": "" });
        let study = made(&nurse, &patient, &with(mrd, short)).await;
        assert_eq!(said(&nurse, &study).await["answers"]["wbc"], Value::Null);
    });
}

/// The form as a person fills it in, and the one that corrects, without scripts.
#[test]
fn the_forms_hold_all_of_it_and_only_what_the_study_needs() {
    both(|lab| async move {
        lab.clock.set("2026-03-03T18:00:00Z");
        let nurse = lab.nurse().await;
        let patient = nurse.registers(1).await;
        for (path, words) in [
            (
                format!("/es/pacientes/{patient}/solicitudes/nuevo"),
                ["Primer diagnóstico", "Cédula profesional", "Más datos, si los tiene"],
            ),
            (
                format!("/en/patients/{patient}/studies/new"),
                ["First diagnosis", "Professional licence", "More, if you know it"],
            ),
        ] {
            let form = nurse.get(&path).await.expect(200).text();
            for word in words {
                assert!(form.contains(word), "{word}: {form}");
            }
        }
        let path = format!("/es/pacientes/{patient}/solicitudes/nuevo");
        let fields = [
            ("kind", "immunophenotype"),
            ("outside_reason", "recaída"),
            ("diagnosis", "LLA-B"),
            ("lineage", "b-all"),
            ("phase", "relapse"),
            ("relapse", "1"),
            ("relapse_sites", "marrow"),
            ("relapse_sites", "testis"),
            ("last_chemotherapy", "20/1/2026"),
            ("anti_cd19", "yes-undated"),
            ("anti_cd22", "no"),
            ("anti_cd20", "no"),
            ("car_t", "no"),
            ("anti_cd38", "no"),
            ("transplant", "no"),
            ("gcsf", "no"),
            ("steroids", "no"),
            ("down", "yes"),
            ("wbc", "3.4"),
            ("blood_blasts_unknown", "yes"),
            ("counts_date", "1/3/2026"),
            ("genetics", "etv6-runx1"),
            ("cns", "no"),
            ("smears", "2"),
            ("requester", "Dra. Elena Vidal"),
            ("requester_licence", "76543210"),
            ("critical_phone", "+52 55 5555 0101"),
            ("urgent", "no"),
            ("tubes", "BM/EDTA"),
        ];
        let wrong = [&fields[..], &[("platelets", "muchas")]].concat();
        let refused = nurse.form(&path, &wrong).await.expect(422).text();
        assert!(
            refused.contains("<details class=\"more\" open>"),
            "what is wrong is seen: {refused}"
        );
        assert!(refused.contains("id=\"f-platelets-err\"") && refused.contains("20/1/2026"));
        let made = nurse.form(&path, &fields).await.expect(303);
        let to = made.headers["location"].to_str().unwrap().to_owned();
        let study = to.rsplit('/').next().unwrap().to_owned();
        let told = said(&nurse, &study).await;
        assert_eq!(told["answers"]["relapse_sites"], json!(["marrow", "testis"]));
        assert_eq!(told["answers"]["counts_date"], "2026-03-01");
        assert_eq!(
            (&told["answers"]["down"], &told["requester_licence"]),
            (&json!("yes"), &json!("76543210"))
        );
        let form = nurse.get(&format!("{to}/respuestas/corregir")).await.expect(200).text();
        for held in [
            "value=\"20/1/2026\"",
            "value=\"76543210\"",
            "name=\"down\"",
            "<details class=\"more\" open>",
        ] {
            assert!(form.contains(held), "{held}: {form}");
        }
        assert!(
            form.contains("value=\"b-all\" selected")
                && form.contains("value=\"relapse\" selected"),
            "{form}"
        );

        // An MRD that says nothing of it isn't asked again when it is corrected; nor "first diagnosis".
        let bare = json!({ "phase": "", "down": "", "wbc": "", "blood_blasts": "" });
        let mrd = self::made(&nurse, &patient, &with(mrd_request(), bare)).await;
        let form = nurse
            .get(&format!("/es/solicitudes/{mrd}/respuestas/corregir"))
            .await
            .expect(200)
            .text();
        for gone in ["name=\"down\"", "name=\"wbc\"", "name=\"cns\"", "value=\"diagnosis\""] {
            assert!(!form.contains(gone), "{gone}: {form}");
        }
    });
}

/// What was told wrong is corrected by two people as any other answer.
#[test]
fn lineage_and_licence_are_corrected_by_two_people() {
    both(|lab| async move {
        let (nurse, technician) = (lab.nurse().await, lab.technician().await);
        let patient = nurse.registers(1).await;
        let study = made(&nurse, &patient, &with(mrd_request(), json!({ "id": id() }))).await;
        let more = json!({ "lineage": "mixed", "anti_cd33": "no", "requester_licence": "1234567" });
        let body = correction(more);
        let path = format!("/api/v1/studies/{study}/corrections");
        let proposal = nurse.post(&path, &body).await.expect(201).json["id"].clone();
        let page =
            technician.get(&format!("/es/solicitudes/{study}/respuestas")).await.expect(200).text();
        for line in ["LLA de precursores B", "Fenotipo mixto o ambiguo", "No se dijo", "1234567"] {
            assert!(page.contains(line), "{line}: {page}");
        }
        let decide = format!("{path}/{}", proposal.as_str().unwrap());
        technician.post(&decide, &json!({ "verdict": "approve" })).await.expect(204);
        assert_eq!(lineage(&lab, &nurse, &study).await, Lineage::Mixed);
        assert_eq!(said(&nurse, &study).await["requester_licence"], "1234567");
        verify(&lab, &[]).is_sound();
    });
}
