//! An identity is corrected by two people, on both engines: who may, what is shown meanwhile and after,
//! what was printed and signed before, and what must not be possible.

use crate::support::course::{Cast, ONE};
use crate::support::story::{child, id, with};
use crate::support::tamper::verify;
use crate::support::{Client, Lab, both};
use futures_util::future::join;
use rastro::people::Role;
use serde_json::{Value, json};

const PATIENTS: &str = "/api/v1/patients";

/// The identity of `child(1)` as a correction of its centre sends it, with other values.
fn right(more: Value) -> Value {
    with(with(child(1), json!({ "reason": "El acta dice otra cosa" })), more)
}

struct Cast2 {
    nurse: Client,
    other: Client,
    patient: String,
}

impl Cast2 {
    async fn of(lab: &Lab) -> Self {
        let nurse = lab.nurse().await;
        let other = lab.person("turno", &[Role::Collector], &["LRZ"]).await;
        let patient = nurse.registers(1).await;
        Self { nurse, other, patient }
    }
    fn path(&self, rest: &str) -> String {
        format!("{PATIENTS}/{}{rest}", self.patient)
    }
    async fn proposes(&self, who: &Client, more: Value) -> String {
        let made = who.post(&self.path("/corrections"), &right(more)).await.expect(201).json;
        made["id"].as_str().unwrap().to_owned()
    }
    fn decision(&self, proposal: &str) -> String {
        self.path(&format!("/corrections/{proposal}"))
    }
    async fn name(&self) -> Value {
        self.nurse.get(&self.path("")).await.expect(200).json["name"].clone()
    }
}

fn approve() -> Value {
    json!({ "verdict": "approve" })
}

#[test]
fn an_identity_counts_once_another_person_has_agreed() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let wanted =
            json!({ "given_names": "Arianna", "birth_date": "2019-05-03", "sex": "female" });
        let proposal = t.proposes(&t.nurse, wanted.clone()).await;
        // Until then everybody sees the record as it was, and that something waits.
        assert_eq!(t.name().await, "RODRÍGUEZ B CANO, Ari");
        let page = format!("/es/pacientes/{}", t.patient);
        assert!(t.other.get(&page).await.expect(200).text().contains("espera a otra persona"));
        let list = t.other.get("/es/correcciones").await.expect(200).text();
        assert!(list.contains("RODRÍGUEZ B CANO"));
        // Who proposed it never agrees to it, and a second proposal waits its turn.
        let own = t.nurse.post(&t.decision(&proposal), &approve()).await.expect(403);
        assert_eq!(own.code(), "own-proposal");
        let second = right(json!({ "given_names": "Ariadna" }));
        let waits = t.other.post(&t.path("/corrections"), &second).await.expect(409);
        assert_eq!(waits.code(), "proposal-waits");

        t.other.post(&t.decision(&proposal), &approve()).await.expect(204);
        let now = t.nurse.get(&t.path("")).await.expect(200).json;
        assert_eq!(now["name"], "RODRÍGUEZ B CANO, Arianna");
        assert_eq!((&now["birth_date"], &now["sex"]), (&json!("2019-05-03"), &json!("female")));
        // The new name finds the child, and so does the one on old papers.
        for text in ["arianna", "ari rodriguez"] {
            assert_eq!(t.nurse.finds(text).await.len(), 1, "{text}");
        }
        let shown = t.nurse.get(&t.path("/identity")).await.expect(200).json;
        let kinds: Vec<&Value> =
            shown["history"].as_array().unwrap().iter().map(|s| &s["kind"]).collect();
        assert_eq!(kinds, ["registered", "correction-proposed", "corrected"]);
        assert_eq!(shown["history"][2]["before"]["given_names"], "Ari");
        assert_eq!(shown["waiting"], Value::Null);
        // Decided once: a repeat changes nothing.
        let again = t.other.post(&t.decision(&proposal), &approve()).await.expect(409);
        assert_eq!(again.code(), "proposal-decided");
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_proposal_may_be_declined_or_taken_back_and_changes_nothing() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        for who in [&t.other, &t.nurse] {
            let proposal = t.proposes(&t.nurse, json!({ "given_names": "Otro" })).await;
            let mute = json!({ "verdict": "decline", "reason": "no" });
            let refused = who.post(&t.decision(&proposal), &mute).await.expect(422);
            assert_eq!(refused.fields(), ["reason"]);
            let decline = json!({ "verdict": "decline", "reason": "El acta dice Ari" });
            who.post(&t.decision(&proposal), &decline).await.expect(204);
            assert_eq!(t.name().await, "RODRÍGUEZ B CANO, Ari");
        }
        let same = t.nurse.post(&t.path("/corrections"), &right(json!({}))).await.expect(422);
        assert_eq!(same.code(), "proposal-same");
        verify(&lab, &[]).is_sound();
    });
}

/// A registration with that identity would have asked: a correction must not get past the question.
#[test]
fn who_would_be_like_another_child_is_named_before_it_is_approved() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let other = t.nurse.registers(7).await;
        let alike =
            async || t.other.get(&t.path("/identity")).await.expect(200).json["alike"].clone();
        let nss = t.proposes(&t.nurse, json!({ "nss": "92919084431" })).await;
        assert_eq!(alike().await, json!([]), "a number alone makes nobody like another");
        t.other.post(&t.decision(&nss), &approve()).await.expect(204);
        // As the other child is called and born, but for an accent.
        let of = |field: &str| child(7)[field].clone();
        let wanted = json!({
            "given_names": "Ari", "surname1": of("surname1"), "birth_date": of("birth_date"),
            "nss": "92919084431",
        });
        let proposal = t.proposes(&t.nurse, wanted).await;
        assert_eq!(alike().await, json!([other]));
        let page = t.other.get(&format!("/es/pacientes/{}/identidad", t.patient)).await;
        assert!(page.expect(200).text().contains("se parecería a otro"));
        // Of another centre's child nobody here hears (BR-27).
        let stranger = lab.stranger().await;
        let far = with(child(9), json!({ "record_number": "" }));
        stranger.post(PATIENTS, &far).await.expect(201);
        let decline = json!({ "verdict": "decline", "reason": "Era otro niño" });
        t.other.post(&t.decision(&proposal), &decline).await.expect(204);
        let of = |field: &str| child(9)[field].clone();
        let wanted = json!({ "surname1": of("surname1"), "birth_date": of("birth_date") });
        t.proposes(&t.nurse, wanted).await;
        assert_eq!(alike().await, json!([]));
    });
}

#[test]
fn bad_corrections_are_refused_by_name_and_leave_nothing() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let cases = [
            (json!({ "given_names": "" }), "given_names"),
            (json!({ "birth_date": "2019-02-30" }), "birth_date"),
            (json!({ "curp": "ROCA190305HPLDRNA1" }), "curp"),
            (json!({ "reason": "" }), "reason"),
            (json!({ "id": "7" }), "id"),
            (json!({ "record_number": "---" }), "record_number"),
            (json!({ "site": "LRZ" }), "site"),
        ];
        for (more, field) in cases {
            let answer =
                t.nurse.post(&t.path("/corrections"), &right(more.clone())).await.expect(422);
            assert_eq!(answer.fields(), [field], "{more}");
        }
        // Another child's CURP (BR-30).
        let curp = "ROCA190305HPLDRNA0";
        t.nurse.post(PATIENTS, &with(child(7), json!({ "curp": curp }))).await.expect(201);
        let taken = t.nurse.post(&t.path("/corrections"), &right(json!({ "curp": curp }))).await;
        assert_eq!(taken.expect(422).fields(), ["curp"]);
        let shown = t.nurse.get(&t.path("/identity")).await.expect(200).json;
        assert_eq!(shown["history"].as_array().unwrap().len(), 1);
        // Sent twice it is one proposal; the same key for another one is refused.
        let key = id();
        let once = right(json!({ "id": key, "given_names": "Arianna" }));
        for _ in 0..2 {
            let made = t.nurse.post(&t.path("/corrections"), &once).await.expect(201).json;
            assert_eq!(made["id"], key.as_str());
        }
        let other = right(json!({ "id": key, "given_names": "Ariadna" }));
        let used = t.nurse.post(&t.path("/corrections"), &other).await.expect(409);
        assert_eq!(used.code(), "key-used");
    });
}

#[test]
fn only_who_treats_the_child_or_receives_its_samples_corrects_it() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let wanted = right(json!({ "given_names": "Arianna" }));
        // Another centre learns nothing, not even that the child is there.
        let stranger = lab.stranger().await;
        stranger.post(&t.path("/corrections"), &wanted).await.expect(404);
        stranger.get(&t.path("/identity")).await.expect(404);
        let admin = lab.person("admin", &[Role::Admin], &[]).await;
        admin.post(&t.path("/corrections"), &wanted).await.expect(404);
        admin.get("/es/correcciones").await.expect(403);
        // The laboratory sees the child once it was asked, and its reception has the papers.
        let technician = lab.technician().await;
        technician.post(&t.path("/corrections"), &wanted).await.expect(404);
        t.nurse.requests(&t.patient).await;
        let proposal = t.proposes(&t.nurse, json!({ "given_names": "Arianna" })).await;
        stranger.post(&t.decision(&proposal), &approve()).await.expect(404);
        let analyst = lab.person("analista", &[Role::Analyst], &["LAB"]).await;
        analyst.post(&t.decision(&proposal), &approve()).await.expect(403);
        technician.post(&t.decision(&proposal), &approve()).await.expect(204);
    });
}

#[test]
fn of_two_decisions_at_once_one_counts() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let second = lab.another_server().await;
        let third = lab.person("noche", &[Role::Collector], &["LRZ"]).await.at(&second);
        for n in 0..4 {
            let name = ["Uno", "Dos", "Tres", "Cuatro"][n];
            let proposal = t.proposes(&t.nurse, json!({ "given_names": name })).await;
            let path = t.decision(&proposal);
            let decline = json!({ "verdict": "decline", "reason": "El acta dice Ari" });
            let (one, other) =
                join(t.other.post(&path, &approve()), third.post(&path, &decline)).await;
            let done = [&one, &other].iter().filter(|a| a.status == 204).count();
            assert_eq!(done, 1, "{} {}", one.status, other.status);
            let approved = one.status == 204;
            assert_eq!(t.name().await.as_str().unwrap().ends_with(name), approved);
        }
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn labels_printed_before_are_named_until_they_are_printed_again() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let study = t.nurse.requests(&t.patient).await;
        let code = t.nurse.labels(&study).await;
        let labels = format!("/api/v1/containers/{code}/labels");
        let print = json!({ "format": "svg", "dpi": 203 });
        t.nurse.post(&labels, &print).await.expect(201);
        // An NSS is on no label: correcting it makes none of them wrong.
        lab.clock.advance(60);
        let nss = t.proposes(&t.nurse, json!({ "nss": "92919084431" })).await;
        t.other.post(&t.decision(&nss), &approve()).await.expect(204);
        let before = async || {
            t.nurse.get(&t.path("/identity")).await.expect(200).json["labels_before"].clone()
        };
        assert_eq!(before().await, json!([]));
        lab.clock.advance(60);
        let more = json!({ "nss": "92919084431", "given_names": "Arianna" });
        let name = t.proposes(&t.nurse, more).await;
        t.other.post(&t.decision(&name), &approve()).await.expect(204);
        assert_eq!(before().await, json!([code]));
        let page = t.nurse.get(&format!("/es/pacientes/{}", t.patient)).await.expect(200).text();
        assert!(page.contains("impresas antes de la corrección"));
        lab.clock.advance(60);
        let again = with(print, json!({ "reason": "Corrección de identidad" }));
        t.nurse.post(&labels, &again).await.expect(201);
        assert_eq!(before().await, json!([]));
    });
}

#[test]
fn a_report_signed_before_says_whom_it_was_signed_for() {
    both(|lab| async move {
        let cast = Cast::of(&lab).await;
        let patient = cast.nurse.registers(1).await;
        let asked = cast.asks(&patient, json!({})).await;
        cast.brings(&lab, &asked).await;
        let version = cast.counts(&asked, &ONE[0]).await;
        cast.signs(&version, "released").await;
        let oncologist = lab.oncologist().await;
        let study = asked.study.clone();
        let report = format!("/es/resultados/{study}");
        let seen = async |who: &Client| who.get(&report).await.expect(200).text();
        assert!(!seen(&oncologist).await.contains("Se firmó para"));
        let path = format!("{PATIENTS}/{patient}/corrections");
        let wanted = right(json!({ "given_names": "Arianna" }));
        lab.clock.advance(60);
        let made = cast.nurse.post(&path, &wanted).await.expect(201).json;
        let decision = format!("{path}/{}", made["id"].as_str().unwrap());
        oncologist.post(&decision, &approve()).await.expect(204);
        let after = seen(&oncologist).await;
        assert!(after.contains("RODRÍGUEZ B CANO, Arianna"), "the banner is the child of today");
        let signed = after.split("Se firmó para").nth(1).expect("the report says so");
        assert!(signed.contains("RODRÍGUEZ B CANO, Ari,"), "{signed}");
    });
}

/// A registration tells nobody who is treated elsewhere; neither does a correction.
#[test]
fn br_27_a_correction_tells_nobody_whose_curp_is_known_elsewhere() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let stranger = lab.stranger().await;
        let curp = "ROCA190305HPLDRNA0";
        let far = json!({ "curp": curp, "record_number": "", "given_names": "Elena" });
        let far = with(child(400), far);
        stranger.post(PATIENTS, &far).await.expect(201);
        let nobodys = "VACA190305MPLRRRA3";
        // Proposing says the same of both.
        let said = async |curp: &str| {
            let made = t.nurse.post(&t.path("/corrections"), &right(json!({ "curp": curp }))).await;
            let id = made.expect(201).json["id"].as_str().unwrap().to_owned();
            let decline = json!({ "verdict": "decline", "reason": "Era una prueba" });
            t.other.post(&t.decision(&id), &decline).await.expect(204);
        };
        said(curp).await;
        said(nobodys).await;
        // The second person learns that others must say something, and that is counted and audited.
        let proposal = t.proposes(&t.nurse, json!({ "curp": curp })).await;
        let asked = t.other.post(&t.decision(&proposal), &approve()).await.expect(409);
        assert_eq!(asked.code(), "identity-ask-first");
        assert!(!asked.text().contains("Elena") && !asked.text().contains("P-26"));
        assert_eq!(t.nurse.get(&t.path("")).await.expect(200).json["curp"], Value::Null);
        // Whoever asks more than care explains gets one answer for all of them.
        for n in 0..10 {
            let far = json!({ "curp": "", "record_number": "", "given_names": "Elena" });
            let far = with(child(401 + n), far);
            stranger.post(PATIENTS, &far).await.expect(201);
            let probe =
                with(child(401 + n), json!({ "given_names": "Elena", "record_number": "" }));
            // Who was met above is the first; after the tenth every child is registered unasked.
            let expected = if n < 9 { 409 } else { 201 };
            t.other.post(PATIENTS, &probe).await.expect(expected);
        }
        let decline = json!({ "verdict": "decline", "reason": "Era una prueba" });
        t.other.post(&t.decision(&proposal), &decline).await.expect(204);
        let free = t.proposes(&t.nurse, json!({ "curp": nobodys })).await;
        let asked = t.other.post(&t.decision(&free), &approve()).await.expect(409);
        assert_eq!(asked.code(), "identity-ask-first");
    });
}

/// The record number is on every label, and is each centre's own.
#[test]
fn a_record_number_is_corrected_at_its_centre_and_is_nobody_elses() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        t.nurse.registers(7).await;
        let taken = right(json!({ "record_number": "exp 7" }));
        let taken = t.nurse.post(&t.path("/corrections"), &taken).await.expect(422);
        assert_eq!(taken.fields(), ["record_number"]);
        let study = t.nurse.requests(&t.patient).await;
        let code = t.nurse.labels(&study).await;
        let labels = format!("/api/v1/containers/{code}/labels");
        t.nurse.post(&labels, &json!({ "format": "svg", "dpi": 203 })).await.expect(201);
        // A laboratory has no folder of the child to number.
        let technician = lab.technician().await;
        let of_laboratory = right(json!({ "record_number": "EXP-12" }));
        let refused = technician.post(&t.path("/corrections"), &of_laboratory).await.expect(422);
        assert_eq!(refused.fields(), ["record_number"]);
        lab.clock.advance(60);
        let proposal = t.proposes(&t.nurse, json!({ "record_number": "EXP-11" })).await;
        // Its reception may agree: it has the request's paper, and the number stays the centre's.
        let technician = lab.again(&technician, "recepcion").await;
        technician.post(&t.decision(&proposal), &approve()).await.expect(204);
        let now = t.nurse.get(&t.path("")).await.expect(200).json;
        assert_eq!(now["record_number"], "EXP-11");
        assert_eq!(t.nurse.finds("exp-11").await.len(), 1);
        assert_eq!(t.nurse.finds("exp-1").await.len(), 0);
        let shown = t.nurse.get(&t.path("/identity")).await.expect(200).json;
        assert_eq!(shown["labels_before"], json!([code]));
        verify(&lab, &[]).is_sound();
    });
}

#[test]
fn a_key_of_another_childs_proposal_is_refused_as_used() {
    both(|lab| async move {
        let t = Cast2::of(&lab).await;
        let other = t.nurse.registers(2).await;
        let body = right(json!({ "id": id(), "given_names": "Arianna" }));
        t.nurse.post(&t.path("/corrections"), &body).await.expect(201);
        let used = t.nurse.post(&format!("{PATIENTS}/{other}/corrections"), &body).await;
        assert_eq!(used.expect(409).code(), "key-used");
    });
}
