//! What a request says is corrected by two people, on both engines: who may, what is shown meanwhile and
//! after, and what was signed before.

use crate::support::course::{Asked, Cast, ONE};
use crate::support::story::{correction, id, mrd_request, with};
use crate::support::tamper::{conn, verify};
use crate::support::{Answer, Client, Lab, both};
use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use rastro::audit::{self, Action, Outcome};
use rastro::db::{Conn, Limit, Reading};
use rastro::people::Role;
use serde_json::{Value, json};

/// A child with a request, who asked, and somebody else of the centre.
struct Two {
    nurse: Client,
    other: Client,
    patient: String,
    study: String,
    /// As it was sent.
    sent: Value,
}

impl Two {
    async fn of(lab: &Lab) -> Self {
        let nurse = lab.nurse().await;
        let other = lab.person("turno", &[Role::Collector], &["LRZ"]).await;
        let patient = nurse.registers(1).await;
        let sent = with(mrd_request(), json!({ "id": id() }));
        let path = format!("/api/v1/patients/{patient}/studies");
        let made = nurse.post(&path, &sent).await.expect(201).json;
        let study = made["id"].as_str().unwrap().to_owned();
        Self { nurse, other, patient, study, sent }
    }
    async fn proposes(&self, who: &Client, body: &Value) -> Answer {
        who.post(&format!("/api/v1/studies/{}/corrections", self.study), body).await
    }
    async fn approves(&self, who: &Client, proposal: &str) -> Answer {
        decides(who, &self.study, proposal, &json!({ "verdict": "approve" })).await
    }
    async fn shown(&self, who: &Client) -> Value {
        who.get(&format!("/api/v1/studies/{}/corrections", self.study)).await.expect(200).json
    }
    async fn page(&self, who: &Client) -> String {
        who.get(&format!("/es/solicitudes/{}", self.study)).await.expect(200).text()
    }
}

async fn decides(who: &Client, study: &str, proposal: &str, verdict: &Value) -> Answer {
    who.post(&format!("/api/v1/studies/{study}/corrections/{proposal}"), verdict).await
}

#[test]
fn answers_count_once_another_person_has_agreed() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        let technician = lab.technician().await;
        let therapy = json!({ "anti_cd19": "yes", "anti_cd19_date": "2026-01-10", "wbc": "12.5",
            "critical_phone": "+52 55 5555 0199" });
        let proposal = t.nurse.would_correct(&t.study, therapy).await;
        // Until then everybody reads the request as it was, and that something waits.
        let now = t.shown(&technician).await;
        assert_eq!(now["request"]["answers"]["anti_cd19"], "no");
        assert_eq!(now["waiting"], json!(proposal));
        assert!(t.page(&technician).await.contains("falta que otra persona lo apruebe"));
        let waiting = technician.get("/api/v1/studies?waiting=true").await.expect(200).json;
        assert_eq!(waiting["items"][0]["id"], json!(t.study));
        let list = t.other.get("/es/solicitudes?waiting=true").await.expect(200).text();
        assert!(list.contains("Corrección por aprobar</span>"), "{list}");
        // Who proposed it never agrees to it, and a second proposal waits its turn.
        assert_eq!(t.approves(&t.nurse, &proposal).await.expect(403).code(), "own-proposal");
        let second = correction(json!({ "gcsf": "yes" }));
        assert_eq!(t.proposes(&t.other, &second).await.expect(409).code(), "proposal-waits");

        t.approves(&technician, &proposal).await.expect(204);
        let now = t.shown(&t.nurse).await;
        let said = &now["request"];
        assert_eq!(said["answers"]["anti_cd19"], "2026-01-10");
        assert_eq!(
            (&said["answers"]["wbc"], &said["critical_phone"]),
            (&json!("12.5"), &json!("+52 55 5555 0199"))
        );
        let kinds: Vec<&Value> =
            now["history"].as_array().unwrap().iter().map(|s| &s["kind"]).collect();
        assert_eq!(kinds, ["proposed", "corrected"]);
        assert_eq!(now["history"][1]["before"]["answers"]["wbc"], "3.4");
        let by: Vec<&Value> =
            now["history"].as_array().unwrap().iter().map(|s| &s["actor"]).collect();
        assert_eq!(by, ["Persona enfermera", "Persona recepcion"]);
        let page = t.page(&technician).await;
        assert!(page.contains("Corregidas</span>") && page.contains("10 ene 2026"), "{page}");
        assert!(page.contains("+52 55 5555 0199"), "{page}");
        assert!(!page.contains("falta que otra persona lo apruebe"));
        let one = t.nurse.get(&format!("/api/v1/studies/{}", t.study)).await.expect(200).json;
        assert_eq!(one["request"]["answers"]["anti_cd19"], "2026-01-10");
        assert_eq!(one["corrected_at"], now["history"][1]["recorded_at"]);
        let none = technician.get("/api/v1/studies?waiting=true").await.expect(200).json;
        assert_eq!(none["items"], json!([]));
        // Decided once: a repeat changes nothing.
        assert_eq!(t.approves(&t.other, &proposal).await.expect(409).code(), "proposal-decided");
        verify(&lab, &[]).is_sound();
        for sql in ["UPDATE study_events SET data = '{}'", "DELETE FROM study_events"] {
            let refused = conn(&lab).batch_execute(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
    });
}

#[test]
fn a_proposal_may_be_declined_or_taken_back_and_changes_nothing() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        let before = t.shown(&t.nurse).await["request"].clone();
        for who in [&t.other, &t.nurse] {
            let proposal = t.nurse.would_correct(&t.study, json!({ "gcsf": "yes" })).await;
            let mute = json!({ "verdict": "decline", "reason": "no" });
            let refused = decides(who, &t.study, &proposal, &mute).await.expect(422);
            assert_eq!(refused.fields(), ["reason"]);
            let decline = json!({ "verdict": "decline", "reason": "No lo dice el expediente" });
            decides(who, &t.study, &proposal, &decline).await.expect(204);
            assert_eq!(t.shown(&t.nurse).await["request"], before);
        }
        let last = t.shown(&t.nurse).await["history"][3].clone();
        assert_eq!(
            (&last["kind"], &last["reason"]),
            (&json!("declined"), &json!("No lo dice el expediente"))
        );
        assert!(!t.page(&t.nurse).await.contains("Corregidas</span>"));
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn bad_corrections_are_refused_by_name_and_leave_nothing() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        let born_before = json!({ "car_t": "yes", "car_t_date": "2019-03-04" });
        for (more, fields) in [
            (json!({ "anti_cd19": "" }), vec!["anti_cd19"]),
            (json!({ "anti_cd19": "yes" }), vec!["anti_cd19_date"]),
            (json!({ "anti_cd19": "yes", "anti_cd19_date": "2099-01-01" }), vec!["anti_cd19_date"]),
            (born_before, vec!["car_t_date"]),
            (json!({ "wbc": "12,5" }), vec!["wbc"]),
            (json!({ "critical_phone": "llamar" }), vec!["critical_phone"]),
            (json!({ "diagnosis": " ", "requester": "" }), vec!["diagnosis", "requester"]),
            // An MRD needs its diagnosis, here as in the request.
            (json!({ "diagnostic_reference": "" }), vec!["diagnostic_reference"]),
            // What is asked for, and when, is another request.
            (
                json!({ "kind": "immunophenotype", "timepoint": "D15", "urgent": "yes", "tubes": ["BM/EDTA"] }),
                vec!["kind", "timepoint", "urgent", "tubes"],
            ),
        ] {
            let refused = t.proposes(&t.nurse, &correction(more.clone())).await.expect(422);
            let fields: Vec<String> = fields.iter().map(|f| format!("request.{f}")).collect();
            assert_eq!(refused.fields(), fields, "{more}");
        }
        let unsaid =
            with(correction(json!({ "gcsf": "yes" })), json!({ "reason": "mal", "id": "1" }));
        assert_eq!(t.proposes(&t.nurse, &unsaid).await.expect(422).fields(), ["id"]);
        let unsaid = with(unsaid, json!({ "id": id() }));
        assert_eq!(t.proposes(&t.nurse, &unsaid).await.expect(422).fields(), ["reason"]);
        let same = t.proposes(&t.nurse, &correction(json!({}))).await.expect(422);
        assert_eq!(same.code(), "proposal-same");
        let now = t.shown(&t.nurse).await;
        assert_eq!((&now["waiting"], &now["history"]), (&Value::Null, &json!([])));
        // Sent again it is the same proposal; with something else in it the key is used.
        let once = correction(json!({ "gcsf": "yes" }));
        for _ in 0..2 {
            let made = t.proposes(&t.nurse, &once).await.expect(201);
            assert_eq!(made.json["id"], once["id"]);
        }
        let other = with(
            correction(json!({ "gcsf": "no", "steroids": "no" })),
            json!({ "id": once["id"] }),
        );
        assert_eq!(t.proposes(&t.nurse, &other).await.expect(409).code(), "key-used");
        // Nobody corrects a request that is over, nor agrees to what was proposed before.
        let why = json!({ "id": id(), "reason": "Se pidió dos veces" });
        let path = format!("/api/v1/studies/{}/cancellation", t.study);
        t.nurse.post(&path, &why).await.expect(204);
        let proposal = once["id"].as_str().unwrap();
        assert_eq!(t.approves(&t.other, proposal).await.expect(409).code(), "request-cancelled");
        let decline = json!({ "verdict": "decline", "reason": "La solicitud se canceló" });
        decides(&t.other, &t.study, proposal, &decline).await.expect(204);
        let late = t.proposes(&t.nurse, &correction(json!({ "gcsf": "yes" }))).await;
        assert_eq!(late.expect(409).code(), "request-cancelled");
    });
}

#[test]
fn who_asks_and_who_has_the_samples_corrects_and_nobody_else() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        let wanted = correction(json!({ "gcsf": "yes" }));
        let path = format!("/api/v1/studies/{}/corrections", t.study);
        let stranger = lab.stranger().await;
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        for who in [&stranger, &admin] {
            t.proposes(who, &wanted).await.expect(404);
            who.get(&path).await.expect(404);
            who.get(&format!("/es/solicitudes/{}/respuestas", t.study)).await.expect(404);
        }
        let all = |c: &mut Reading| audit::store::list(c, None, None, Limit::new(200).unwrap());
        let rows = lab.app.db.read(all).await.unwrap().items;
        let tried = rows.iter().filter(|r| r.outcome == Outcome::OutOfScope);
        assert_eq!(tried.filter(|r| r.action == Action::WriteStudy).count(), 2, "{rows:?}");
        for who in [lab.validator().await] {
            assert_eq!(t.proposes(&who, &wanted).await.expect(403).code(), "not-allowed");
            let page = format!("/es/solicitudes/{}/respuestas", t.study);
            let seen = who.get(&page).await.expect(200).text();
            assert!(!seen.contains("/corregir"), "{seen}");
            who.get(&format!("{page}/corregir")).await.expect(403);
        }
        let technician = lab.technician().await;
        let proposal = t.proposes(&technician, &wanted).await.expect(201).json["id"].clone();
        let proposal = proposal.as_str().unwrap();
        t.approves(&stranger, proposal).await.expect(404);
        t.approves(&lab.analyst().await, proposal).await.expect(204);
        // Of another request it is no proposal.
        let second = t.nurse.requests(&t.patient).await;
        let proposal = t.nurse.would_correct(&t.study, json!({ "steroids": "no" })).await;
        let verdict = json!({ "verdict": "approve" });
        decides(&t.other, &second, &proposal, &verdict).await.expect(409);
    });
}

#[test]
fn of_many_at_once_one_proposal_waits_and_one_decision_counts() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        let beside = lab.another_server().await;
        let people = [t.nurse.clone(), t.other.clone(), t.nurse.at(&beside), t.other.at(&beside)];
        let proposed = join_all((0..12).map(|n| {
            let (t, who) = (&t, &people[n % 4]);
            let body = correction(json!({ "wbc": format!("{n}.5") }));
            async move { t.proposes(who, &body).await.status }
        }))
        .await;
        assert_eq!(proposed.iter().filter(|s| **s == 201).count(), 1, "{proposed:?}");
        assert_eq!(proposed.iter().filter(|s| **s == 409).count(), 11, "{proposed:?}");
        let waiting = t.shown(&t.nurse).await["waiting"].as_str().unwrap().to_owned();
        let technician = lab.technician().await;
        let by = [technician.clone(), technician.at(&beside)];
        let decline = json!({ "verdict": "decline", "reason": "No consta en el papel" });
        let approve = json!({ "verdict": "approve" });
        let decided = join_all((0..8).map(|n| {
            let (study, waiting, who) = (&t.study, &waiting, &by[n % 2]);
            let verdict = if n < 4 { &approve } else { &decline };
            async move { decides(who, study, waiting, verdict).await.status }
        }))
        .await;
        assert_eq!(decided.iter().filter(|s| **s == 204).count(), 1, "{decided:?}");
        let now = t.shown(&t.nurse).await;
        assert_eq!(now["history"].as_array().unwrap().len(), 2);
        verify(&lab, &[]).is_sound();
    });
}

/// The log binds every column of a step: whoever edits one in the database is found out.
#[test]
fn a_step_that_an_administrator_edits_is_named_by_verify() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        let proposal = t.nurse.would_correct(&t.study, json!({ "gcsf": "yes" })).await;
        t.approves(&t.other, &proposal).await.expect(204);
        let mut admin = conn(&lab);
        let off = match admin {
            Conn::Sqlite(_) => "DROP TRIGGER study_events_no_update",
            Conn::Pg(_) => "ALTER TABLE study_events DISABLE TRIGGER USER",
        };
        admin.batch_execute(off).unwrap();
        let nurse_only = "actor_id = (SELECT actor_id FROM study_events WHERE seq = 1)";
        for (set, back) in [
            ("data = replace(data, 'LLA-B', 'LLA-T')", "data = replace(data, 'LLA-T', 'LLA-B')"),
            ("kind = 'declined'", "kind = 'corrected'"),
        ] {
            admin.batch_execute(&format!("UPDATE study_events SET {set} WHERE seq = 2")).unwrap();
            assert_eq!(verify(&lab, &[]).code, 1, "{set}");
            admin.batch_execute(&format!("UPDATE study_events SET {back} WHERE seq = 2")).unwrap();
            verify(&lab, &[]).is_sound();
        }
        // Two people, made to look like one.
        admin
            .batch_execute(&format!("UPDATE study_events SET {nurse_only} WHERE seq = 2"))
            .unwrap();
        assert_eq!(verify(&lab, &[]).code, 1);
    });
}

/// A device that sends its request again gets its first answer, whatever was corrected meanwhile.
#[test]
fn a_request_sent_again_after_a_correction_is_the_same_request() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        for steroids in ["no", "yes", "no"] {
            let proposal =
                t.nurse.would_correct(&t.study, json!({ "steroids": steroids, "wbc": "9" })).await;
            t.approves(&t.other, &proposal).await.expect(204);
        }
        let path = format!("/api/v1/patients/{}/studies", t.patient);
        let again = t.nurse.post(&path, &t.sent).await.expect(201).json;
        assert_eq!(again["id"], json!(t.study));
        let other = with(t.sent.clone(), json!({ "steroids": "no", "wbc": "9" }));
        assert_eq!(t.nurse.post(&path, &other).await.expect(409).code(), "key-used");
    });
}

async fn result(who: &Client, a: &Asked) -> Value {
    who.get(&format!("/api/v1/studies/{}/result", a.study)).await.expect(200).json
}

#[test]
fn a_report_that_was_signed_before_stays_as_it_is_and_says_so() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let oncologist = lab.oncologist().await;
        let patient = cast.nurse.registers(1).await;
        let a = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &a).await;
        let first = cast.counts(&a, &ONE[0]).await;
        cast.signs(&first, "released").await;
        let page = format!("/es/resultados/{}", a.study);
        let course = format!("/es/pacientes/{patient}/emr");
        let before = result(&oncologist, &a).await;
        assert_eq!(before["request_corrected"], json!([]));
        assert!(
            !oncologist.get(&page).await.expect(200).text().contains("La solicitud se corrigió")
        );

        let therapy = json!({ "anti_cd19": "yes", "anti_cd19_date": "2026-01-10" });
        let proposal = cast.nurse.would_correct(&a.study, therapy.clone()).await;
        let verdict = json!({ "verdict": "approve" });
        let said = "La solicitud se corrigió el";
        assert!(!oncologist.get(&page).await.expect(200).text().contains(said), "only proposed");
        decides(&oncologist, &a.study, &proposal, &verdict).await.expect(204);
        // Not a byte of the report is another one.
        let after = result(&oncologist, &a).await;
        assert_eq!(after["request_corrected"], json!([first]));
        assert_eq!(
            (&after["versions"], &after["signatures"]),
            (&before["versions"], &before["signatures"])
        );
        for who in [&oncologist, &cast.validator, &cast.analyst] {
            let seen = who.get(&page).await.expect(200).text();
            assert!(
                seen.contains(said) && seen.contains("anti-CD19") && seen.contains("10 ene 2026"),
                "{seen}"
            );
        }
        let english = oncologist.get(&format!("/en/results/{}", a.study)).await.expect(200).text();
        assert!(english.contains("The request was corrected on"), "{english}");
        let seen = oncologist.get(&course).await.expect(200).text();
        assert!(seen.contains("La solicitud se corrigió después del informe"), "{seen}");
        let points =
            oncologist.get(&format!("/api/v1/patients/{patient}/results")).await.expect(200).json;
        let points =
            points.as_array().or(points["points"].as_array()).or(points["items"].as_array());
        assert_eq!(points.unwrap()[0]["request_corrected"], true);

        // What is entered with the new answers in hand says nothing of them.
        let again = json!({
            "id": id(), "container": a.code, "evaluable": "yes", "k": 60, "n": 1_250_000,
            "reason": "Se contó sin CD19", "assay": "FCM-BCP-8C",
            "haemodilution": "NOT_SUSPECTED", "interpretation": "none", "viability": "93.5",
        });
        let path = format!("/api/v1/studies/{}/result/amendments", a.study);
        let second = cast.analyst.post(&path, &again).await.expect(201).json["id"].clone();
        cast.signs(second.as_str().unwrap(), "released").await;
        assert_eq!(result(&oncologist, &a).await["request_corrected"], json!([first]));
        let seen = oncologist.get(&course).await.expect(200).text();
        assert!(!seen.contains("La solicitud se corrigió después del informe"), "{seen}");
        // Corrected back, the first one was made with what the request says, and the second was not.
        let back = cast.nurse.would_correct(&a.study, json!({})).await;
        decides(&oncologist, &a.study, &back, &verdict).await.expect(204);
        assert_eq!(result(&oncologist, &a).await["request_corrected"], json!([second]));
        verify(&lab, &[]).is_sound();
    });
}

/// Who goes on with a tube at the bench is told that its answers are others than when it was drawn.
#[test]
fn the_bench_is_told_of_answers_that_are_others_than_when_the_tube_was_drawn() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let mut tubes = vec![];
        for _ in 0..2 {
            let a = cast.asks(&patient, json!({})).await;
            cast.nurse.collects(&lab, &a.code).await;
            cast.nurse.does(&lab, &a.code, "offer", json!({ "to": cast.courier.id() })).await;
            cast.courier.does(&lab, &a.code, "accept-handover", json!({})).await;
            tubes.push(a);
        }
        let t = &cast.technician;
        let flags = async |code: &str, action: &str, more: Value| {
            let done = t.does(&lab, code, action, more).await;
            let path = format!("/api/v1/containers/{code}/events");
            let all = t.get(&path).await.expect(200).json["items"].clone();
            (done, all.as_array().unwrap().last().unwrap()["flags"].clone())
        };
        lab.clock.advance(60);
        let proposal = cast.nurse.would_correct(&tubes[0].study, json!({ "steroids": "no" })).await;
        let (_, none) = flags(&tubes[0].code, "receive", json!({})).await;
        assert_eq!(none, json!([]), "no panel is prepared yet");
        let (told, waits) = flags(&tubes[0].code, "accept", json!({})).await;
        assert_eq!(waits, json!(["request-corrected"]));
        assert_eq!(told["outcome"], "accepted_with_warning");
        assert!(told["text"].as_str().unwrap().contains("vea las respuestas"), "{told}");
        let verdict = json!({ "verdict": "approve" });
        decides(t, &tubes[0].study, &proposal, &verdict).await.expect(204);
        let step = json!({ "location": "stain" });
        assert_eq!(flags(&tubes[0].code, "start-step", step.clone()).await.1, waits);
        let page = t.get(&format!("/es/muestras/{}", tubes[0].code)).await.expect(200).text();
        assert!(page.contains("Solicitud corregida"), "{page}");
        // The other child's tube, and one that is drawn after the correction, go on as ever.
        t.does(&lab, &tubes[1].code, "receive", json!({})).await;
        assert_eq!(flags(&tubes[1].code, "accept", json!({})).await.1, json!([]));
        assert_eq!(flags(&tubes[1].code, "start-step", step).await.1, json!([]));
        lab.clock.advance(60);
        let later = Asked {
            code: cast.nurse.labels_extra(&tubes[0].study).await,
            study: tubes[0].study.clone(),
        };
        cast.brings(&lab, &later).await;
        let path = format!("/api/v1/containers/{}/events", later.code);
        let all = t.get(&path).await.expect(200).json["items"].clone();
        assert_eq!(all.as_array().unwrap().last().unwrap()["flags"], json!([]));
    });
}

/// The form as a person fills it in.
#[test]
fn the_form_holds_what_the_request_says_and_keeps_what_was_typed() {
    both(|lab| async move {
        let t = Two::of(&lab).await;
        let path = format!("/es/solicitudes/{}/respuestas", t.study);
        let form = t.nurse.get(&format!("{path}/corregir")).await.expect(200).text();
        for held in
            ["LLA-B", "Informe 25-000991", "Dra. Elena Vidal", "+52 55 5555 0101", "value=\"3.4\""]
        {
            assert!(form.contains(held), "{held}: {form}");
        }
        let chosen = |name: &str, value: &str| {
            form.split("<input").any(|tag| {
                tag.contains(&format!("name=\"{name}\""))
                    && tag.contains(&format!("value=\"{value}\""))
                    && tag.contains("checked")
            })
        };
        assert!(
            chosen("steroids", "yes")
                && chosen("anti_cd19", "no")
                && chosen("blood_blasts_unknown", "yes")
        );
        let key = id();
        let fields = |more: &[(&'static str, &'static str)]| {
            let mut all: Vec<(&str, String)> = [
                ("diagnosis", "LLA-B"),
                ("lineage", "b-all"),
                ("phase", "maintenance"),
                ("down", "no"),
                ("anti_cd20", "no"),
                ("anti_cd19", "yes"),
                ("anti_cd19_date", "10/1/2026"),
                ("anti_cd22", "no"),
                ("car_t", "no"),
                ("anti_cd38", "no"),
                ("transplant", "no"),
                ("gcsf", "no"),
                ("steroids", "yes"),
                ("wbc", "3.4"),
                ("blood_blasts_unknown", "yes"),
                ("diagnostic_reference", "Informe 25-000991"),
                ("requester", "Dra. Elena Vidal"),
                ("critical_phone", "+52 55 5555 0101"),
            ]
            .iter()
            .chain(more)
            .map(|(n, v)| (*n, (*v).to_owned()))
            .collect();
            all.push(("id", key.clone()));
            all
        };
        let send = async |path: String, all: Vec<(&str, String)>| {
            let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (*n, v.as_str())).collect();
            t.nurse.form(&path, &all).await
        };
        let to = format!("{path}/corregir");
        let refused = send(to.clone(), fields(&[("reason", "no")])).await.expect(422).text();
        assert!(
            refused.contains("10/1/2026") && refused.contains("Explique por qué: de 5 a 400"),
            "{refused}"
        );
        send(to.clone(), fields(&[("reason", "Lo dice la nota")])).await.expect(303);
        let shown = t.shown(&t.other).await;
        assert_eq!(shown["waiting"], json!(key));
        let page = t.other.get(&path).await.expect(200).text();
        assert!(page.contains("10 ene 2026") && page.contains("Lo dice la nota"), "{page}");
        // With one waiting the form leads back to it.
        t.nurse.get(&to).await.expect(303);
        let decision = [("proposal", key.as_str()), ("verdict", "approve"), ("reason", "")];
        t.nurse.form(&format!("{path}/decidir"), &decision).await.expect(422);
        t.other.form(&format!("{path}/decidir"), &decision).await.expect(303);
        assert_eq!(t.shown(&t.nurse).await["request"]["answers"]["anti_cd19"], "2026-01-10");
    });
}
