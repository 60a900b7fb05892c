//! Which kind of label a container has, over HTTP on both engines: by its type and the printer's stock,
//! changed by a person, and never one that does not fit.

use crate::support::story::{Story, id};
use crate::support::tamper::conn;
use crate::support::{Client, Lab, both, printing};
use diesel::prelude::*;
use rastro::people::Role;
use rastro::printing::store::Print;
use rastro::schema::label_prints;
use serde_json::{Value, json};

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

/// A vial made from an accepted tube, and the bench that made it.
async fn vial(lab: &Lab) -> (Client, String, Story) {
    let story = Story::collected(lab).await;
    let reception = lab.person("recepciona", &[Role::Reception], &["LAB"]).await;
    let bench = lab.person("mesa", &[Role::Bench], &["LAB"]).await;
    let courier = &story.courier;
    story.nurse.does(lab, &story.code, "offer", json!({ "to": courier.id() })).await;
    courier.does(lab, &story.code, "accept-handover", json!({})).await;
    reception.does(lab, &story.code, "receive", json!({})).await;
    reception.does(lab, &story.code, "accept", json!({})).await;
    let body =
        json!({ "id": id(), "specimen": "ALQ-VIAB", "container_type": "CRYO", "volume_ul": 1000 });
    let path = format!("/api/v1/containers/{}/children", story.code);
    let made = bench.post(&path, &body).await.expect(201).json["code"].as_str().unwrap().to_owned();
    (bench, made, story)
}

fn wanted(kind: &str, reason: &str) -> Value {
    json!({ "format": "zpl", "dpi": 203, "reason": reason, "kind": kind })
}

#[test]
fn a_vial_has_a_wrap_and_a_cap_and_no_label_of_a_tube() {
    both(|lab| async move {
        let (bench, vial, story) = vial(&lab).await;
        let labels = format!("/api/v1/containers/{vial}/labels");
        let made = bench.post(&labels, &wanted("", "")).await.expect(201).json["id"].clone();
        let bytes = bench.get(&format!("{labels}/{}", made.as_str().unwrap())).await.expect(200);
        assert!(bytes.text().contains("^PW264"), "33 mm at 203 dpi");
        bench.post(&labels, &wanted("cryo-cap-9", "para la tapa")).await.expect(201);
        for wrong in ["edta-50x25", "bag-100x50", "badge-86x54", "nada"] {
            let refused = bench.post(&labels, &wanted(wrong, "otra vez")).await.expect(422);
            assert_eq!(refused.fields(), ["kind"], "{wrong}");
        }
        let of_tube = format!("/api/v1/containers/{}/labels", story.code);
        let refused =
            story.nurse.post(&of_tube, &wanted("cryo-cap-9", "otra vez")).await.expect(422);
        assert_eq!(refused.fields(), ["kind"]);
        let rows = recorded(&lab);
        let kinds: Vec<&str> = rows.iter().map(|p| p.template_id.as_str()).collect();
        assert_eq!(kinds, ["cryo-wrap-33x13", "cryo-cap-9"]);
        assert_eq!(field(&rows[0], "material"), "MO · viables");
        assert!(field(&rows[0], "frozen").starts_with("Prep. "));
        assert_eq!(field(&rows[1], "serial"), vial[4..10]);
    });
}

#[test]
fn the_page_offers_the_kinds_that_fit_and_prints_the_chosen_one() {
    both(|lab| async move {
        let (bench, vial, story) = vial(&lab).await;
        let at = format!("/es/muestras/{vial}/etiqueta");
        let page = bench.get(&at).await.expect(200).text();
        for kind in ["cryo-wrap-33x13", "cryo-cap-9"] {
            assert!(page.contains(&format!("?kind={kind}")), "{kind}");
        }
        assert!(page.contains("name=\"kind\" value=\"cryo-wrap-33x13\""));
        let page = bench.get(&format!("{at}?kind=cryo-cap-9")).await.expect(200).text();
        assert!(page.contains("name=\"kind\" value=\"cryo-cap-9\""));
        let preview = bench.get(&format!("{at}/preview?kind=cryo-cap-9")).await.expect(200).text();
        assert!(preview.contains("width=\"9mm\""));
        let key = id();
        let form = [("id", key.as_str()), ("kind", "cryo-cap-9"), ("as", "pdf-300")];
        bench.form(&at, &form).await.expect(303);
        assert_eq!(recorded(&lab)[0].template_id, "cryo-cap-9");
        // A tube has one kind: nothing is asked.
        let tube = format!("/es/muestras/{}/etiqueta", story.code);
        let page = story.nurse.get(&tube).await.expect(200).text();
        assert!(!page.contains("id=\"f-kind\"") && page.contains("value=\"edta-50x25\""));
    });
}

#[test]
fn a_printer_is_sent_the_kind_that_its_stock_holds() {
    both(|lab| async move {
        let (bench, vial, _) = vial(&lab).await;
        let admin = printing::admin(&lab).await;
        let mut small = printing::zebra("LAB", "Zebra de viales");
        small["media"] = json!("33x13");
        let small = printing::printer(&admin, &small).await;
        let large = printing::printer(&admin, &printing::zebra("LAB", "Zebra de tubos")).await;
        bench.sends(&small, &[&vial], "").await.expect(201);
        assert_eq!(recorded(&lab)[0].template_id, "cryo-wrap-33x13");
        let refused = bench.sends(&large, &[&vial], "otra vez").await.expect(422);
        assert_eq!(refused.fields(), ["printer"], "the stock of tubes holds no label of a vial");
        assert_eq!(recorded(&lab).len(), 1);
    });
}

#[test]
fn stock_is_typed_in_millimetres_or_inches_and_kept_in_millimetres() {
    both(|lab| async move {
        let (_, _, story) = vial(&lab).await;
        let admin = printing::admin(&lab).await;
        for (n, (typed, kept)) in
            [("2 x 1 in", "50.8x25.4"), ("50.8x25.4", "50.8x25.4"), ("50x25", "50x25")]
                .iter()
                .enumerate()
        {
            let mut zebra = printing::zebra("LRZ", &format!("Zebra {n}"));
            zebra["media"] = json!(typed);
            let printer = printing::printer(&admin, &zebra).await;
            let seen = admin.get("/api/v1/printers").await.expect(200).json;
            let of = |p: &&Value| p["name"] == format!("Zebra {n}");
            let found = seen.as_array().or(seen["items"].as_array()).unwrap().iter().find(of);
            assert_eq!(found.unwrap()["media"], *kept, "{typed}");
            // A tube's label of 50 x 25 mm is printed on it.
            story.nurse.sends(&printer, &[&story.code], "otra vez").await.expect(201);
        }
        let mut wrong = printing::zebra("LRZ", "Zebra mal");
        wrong["media"] = json!("50,8x25,4");
        let refused = admin.post("/api/v1/printers", &wrong).await.expect(422);
        assert_eq!(refused.fields(), ["media"]);
    });
}
