//! Whose a label is, over HTTP on both engines: children who could be taken for one another are marked,
//! and what an earlier version of the program printed is drawn again as it was.

use crate::support::story::{child, with};
use crate::support::tamper::conn;
use crate::support::{Client, Lab, both};
use diesel::prelude::*;
use rastro::approvals::Decided;
use rastro::db::Instant;
use rastro::label_templates::store::{Decision, Proposal, ProposalId};
use rastro::labels::{Dpi, Fields, Format, Templates, layout};
use rastro::people::Role;
use rastro::printing::PrintId;
use rastro::printing::store::Print;
use rastro::schema::{label_prints, label_template_decisions, label_templates};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const TUBE: &str = "edta-50x25";

/// A tube of a child with this name; `more` of its registration.
async fn tube(nurse: &Client, n: u32, name: [&str; 3], more: Value) -> String {
    let named = json!({
        "surname1": name[0], "surname2": name[1], "given_names": name[2], "birth_date": "2019-03-05",
    });
    let body = with(with(child(n), named), more);
    // Who reads alike on a label is asked about when registered, too.
    let mut made = nurse.post("/api/v1/patients", &body).await;
    if made.status == 409 && made.code() == "ask-first" {
        let on = json!({ "elsewhere": { "choice": "provisional", "reason": "" } });
        made = nurse.post("/api/v1/patients", &with(body, on)).await;
    } else if made.status == 409 {
        let candidates = made.json["candidates"].as_array().unwrap();
        let marks: Vec<&Value> = candidates.iter().map(|c| &c["mark"]).collect();
        let reason = "otra acta de nacimiento";
        let decision = json!({ "kind": "different-person", "of": marks, "reason": reason });
        made = nurse.post("/api/v1/patients", &with(body, json!({ "decision": decision }))).await;
    }
    let patient = made.expect(201).json["id"].clone();
    let study = nurse.requests(patient.as_str().unwrap()).await;
    nurse.labels(&study).await
}

/// Prints a tube's label, and gives its address.
async fn prints(nurse: &Client, code: &str, reason: &str) -> String {
    let labels = format!("/api/v1/containers/{code}/labels");
    let wanted = json!({ "format": "zpl", "dpi": 203, "reason": reason });
    let made = nurse.post(&labels, &wanted).await.expect(201);
    format!("{labels}/{}", made.json["id"].as_str().unwrap())
}

/// The recorded labels, in the order in which they were printed.
fn recorded(lab: &Lab) -> Vec<Print> {
    label_prints::table
        .order((label_prints::recorded_at, label_prints::id))
        .select(Print::as_select())
        .load(&mut conn(lab))
        .unwrap()
}

fn field(print: &Print, name: &str) -> String {
    let fields: Value = serde_json::from_str(&print.fields).unwrap();
    fields[name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn children_who_would_read_the_same_are_marked_on_their_labels() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let given = "María Guadalupe";
        // The tube's label shortens both second surnames to `V.`.
        let one = ["Hernández", "Villavicencio de la Torre", given];
        let other = ["Hernández", "Villaseñor y de la Concha", given];
        let first = tube(&nurse, 1, one, json!({})).await;
        prints(&nurse, &first, "").await;
        let second = tube(&nurse, 2, other, json!({})).await;
        prints(&nurse, &second, "").await;
        prints(&nurse, &first, "ahora hay otro igual").await;
        // Born another day, or called otherwise: nobody's double.
        let later = json!({ "birth_date": "2019-03-06" });
        let third = tube(&nurse, 3, ["Hernández", "Villalobos de la Garza", given], later).await;
        prints(&nurse, &third, "").await;
        let fourth = tube(&nurse, 4, ["Hernández", "Villa", "Ana"], json!({})).await;
        prints(&nurse, &fourth, "").await;
        let twin = json!({ "multiple_birth": "yes", "sex": "female" });
        let fifth = tube(&nurse, 5, ["Cruz", "Ruiz", "Ana Sofía"], twin).await;
        prints(&nurse, &fifth, "").await;
        let marks: Vec<String> = recorded(&lab).iter().map(|p| field(p, "mark")).collect();
        assert_eq!(marks, ["", "OTRO IGUAL", "OTRO IGUAL", "", "", "GEMELA"]);
    });
}

#[test]
fn a_child_of_another_centre_gives_nobody_a_mark() {
    both(|lab| async move {
        let (nurse, stranger) = (lab.nurse().await, lab.stranger().await);
        let name = ["Hernández", "Villavicencio de la Torre", "María Guadalupe"];
        tube(&nurse, 1, name, json!({})).await;
        let other = ["Hernández", "Villaseñor y de la Concha", "María Guadalupe"];
        let code = tube(&stranger, 2, other, json!({})).await;
        prints(&stranger, &code, "").await;
        assert_eq!(field(&recorded(&lab)[0], "mark"), "");
    });
}

/// A label as the first version of the program printed it: by the first version of the template, in
/// ZPL that said nothing of what sticks in a printer.
fn printed_before(lab: &Lab, of: &Print) -> (Print, Vec<u8>) {
    let template = Templates::embedded().unwrap().find(TUBE, 1).unwrap();
    let fields: Fields = serde_json::from_str(&of.fields).unwrap();
    let fields = fields.taken_by(template);
    let made = layout(template, &fields, Dpi::D203).unwrap();
    let bytes = Format::Zpl.earlier(&made).pop().unwrap();
    let print = Print {
        id: PrintId::new(),
        copy: of.copy + 1,
        number: Some(of.number() + 1),
        template_version: 1,
        fields: serde_json::to_string(&fields).unwrap(),
        sha256: Sha256::digest(&bytes).to_vec(),
        layout_sha256: Some(made.sha256().to_vec()),
        ..of.clone()
    };
    diesel::insert_into(label_prints::table).values(print.clone()).execute(&mut conn(lab)).unwrap();
    (print, bytes)
}

#[test]
fn what_an_earlier_program_printed_is_drawn_again_as_it_was() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let name = ["Fernández de Córdova", "Montes de Oca", "María Guadalupe de los Ángeles"];
        let code = tube(&nurse, 1, name, json!({})).await;
        let now = prints(&nurse, &code, "").await;
        let now_bytes = nurse.get(&now).await.expect(200).bytes;
        let (before, bytes) = printed_before(&lab, &recorded(&lab)[0]);
        assert_ne!(bytes, now_bytes, "the rule for names is another one");
        let again = format!("/api/v1/containers/{code}/labels/{}", before.id);
        assert_eq!(nurse.get(&again).await.expect(200).bytes, bytes);
        assert_eq!(nurse.get(&now).await.expect(200).bytes, now_bytes);
    });
}

/// A network that had approved a version 2 of the tube's label before the program came with its own.
fn approves_before(lab: &Lab, by: &Client, other: &Client) -> String {
    let source = Templates::embedded().unwrap().find(TUBE, 1).unwrap().source();
    let source = source.replacen("version = 1", "version = 2", 1).replace("= 10.0\n", "= 9.5\n");
    let at = Instant::from_us(1_780_000_000_000_000).unwrap();
    let proposal = Proposal {
        id: ProposalId::new(),
        template_id: TUBE.into(),
        version: 2,
        source: source.clone(),
        reason: "La letra del nombre era demasiado grande.".into(),
        proposed_by: by.id.unwrap(),
        proposed_at: at,
    };
    let decision = Decision {
        proposal_id: proposal.id,
        decision: Decided::Approved,
        decided_by: other.id.unwrap(),
        decided_at: at,
        reason: None,
    };
    let c = &mut conn(lab);
    diesel::insert_into(label_templates::table).values(proposal).execute(c).unwrap();
    diesel::insert_into(label_template_decisions::table).values(decision).execute(c).unwrap();
    source
}

#[test]
fn of_two_versions_of_one_number_a_label_is_drawn_again_by_its_own() {
    both(|lab| async move {
        let nurse = lab.nurse().await;
        let code = tube(&nurse, 1, ["Rodríguez", "Cano", "Ari"], json!({})).await;
        let head = lab.person("jefa", &[Role::LabHead], &["LAB"]).await;
        let coordinator = lab.person("coordina", &[Role::Coordinator], &[]).await;
        approves_before(&lab, &head, &coordinator);
        // It fills none of the new fields, so that the built-in version 2 is what labels are drawn by.
        let kind = head.get(&format!("/api/v1/label-templates/{TUBE}")).await.expect(200).json;
        assert_eq!((&kind["version"], &kind["origin"]), (&json!(2), &json!("built-in")));
        let page = head.get(&format!("/es/plantillas-de-etiqueta/{TUBE}")).await.expect(200).text();
        assert!(
            page.contains("se aprobó para un programa anterior"),
            "the page says that the approved one is not used"
        );
        let path = prints(&nurse, &code, "").await;
        let bytes = nurse.get(&path).await.expect(200).bytes;
        assert_eq!(Sha256::digest(&bytes)[..], recorded(&lab)[0].sha256[..]);
    });
}
