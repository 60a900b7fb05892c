//! What people and programs are given, piece by piece, as it was when somebody looked at it last: the HTML of each
//! component, refusals as programs get them, the commands of a printed label. A change shows as a difference of a file in
//! `tests/snapshots`, to be read and taken over (`cargo insta review`, or `INSTA_UPDATE=always`).

use crate::support::story::{Story, child, id, mrd_request};
use crate::support::{Client, both};
use maud::{Markup, html};
use rastro::db::Unreadable;
use rastro::labels::{Dpi, Format, Templates, check, layout};
use rastro::web::components::{
    self, Choice, Compared, Field, Form, Tone, choices, hidden, submit, yes_no,
};
use rastro::web::{FieldFault, Lang};
use reqwest::Method;
use serde_json::{Value, json};

/// One tag a line, so that a difference is read by people.
fn lines(markup: &Markup) -> String {
    markup.0.replace("><", ">\n<")
}

/// Several pieces under their names.
fn named(pieces: &[(&str, Markup)]) -> String {
    let all = pieces.iter().map(|(name, markup)| format!("-- {name}\n{}\n", lines(markup)));
    all.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_component_is_drawn_as_it_was() {
    let tones = [Tone::Ok, Tone::Warn, Tone::Stop, Tone::Info, Tone::Neutral];
    let broken: Unreadable =
        serde_json::from_value(json!({ "table": "containers", "id": "0180", "column": "status" }))
            .unwrap();
    let broken = [broken];
    let pairs = [("Tubo".to_owned(), components::text("EDTA & <tapa lila>"))];
    let row = vec![components::text("1"), components::code("1-001-000001-09")];
    let changed = [("Sexo", "F", "M"), ("Nombre", "Ana", "Ana")];
    let compare = |what| {
        let changed = changed.map(|(l, a, b)| (l.to_owned(), a.to_owned(), b.to_owned()));
        components::side_by_side(Lang::Es, what, "Cambios", changed.into_iter())
    };
    let mut pieces = vec![
        ("icon", components::icon("check")),
        ("code", components::code("1-001-000001-09")),
        ("facts", components::facts(&pairs)),
        ("empty", components::empty("No hay muestras", "Registre una.")),
        ("unreadable", components::unreadable(Lang::Es, &broken)),
        ("none of an unreadable list", components::none(&broken, "No hay", "Registre")),
        ("table", components::table("Tubos", &[("N.º", "num"), ("Código", "")], &[row])),
        ("side by side, proposed", compare(Compared::Proposed)),
        ("side by side, changed", compare(Compared::Changed)),
        ("next page", components::next_page(Lang::Es, Some("/es/muestras?after=1&x=2".into()))),
        ("no next page", components::next_page(Lang::Es, None)),
        ("done", components::done("Se guardó.")),
        ("warning", components::warning(&html! { p { "Mire esto." } })),
        ("stop", components::stop(&html! { p { "No siga." } })),
        ("data for a script", components::json_block("d", &json!({ "a": "</script><b>" }))),
    ];
    let chips: Vec<Markup> = tones.iter().map(|tone| components::chip(*tone, "Palabra")).collect();
    pieces.extend(chips.into_iter().map(|chip| ("chip", chip)));
    insta::assert_snapshot!(named(&pieces));
}

#[test]
fn each_part_of_a_form_is_drawn_as_it_was() {
    let faults =
        [FieldFault::new("reason", "required"), FieldFault::new("kind", "choose-from-list")];
    let options: Vec<Choice> = choices([("a", "Uno"), ("b", "Dos <2>")]);
    let field = |name: &'static str| Field {
        name,
        label: "Motivo".into(),
        hint: Some("En palabras.".into()),
        value: "b",
        ..Field::default()
    };
    let draw = |form: &Form<'_>| {
        let more = Field {
            of: "2",
            kind: "tel",
            size: "short",
            autocomplete: "tel",
            inputmode: "numeric",
            focus: true,
            scan: "fill",
            hint: None,
            ..field("phone")
        };
        named(&[
            ("text", form.text(&field("reason"))),
            ("text with all it can have", form.text(&more)),
            ("file", form.file(&field("reason"), "application/pdf")),
            ("area", form.area(&field("reason"))),
            ("radios", form.radios(&field("kind"), &options)),
            ("checks", form.checks(&field("kind"), &options, &["a".into(), "b".into()])),
            ("select", form.select(&field("kind"), &options)),
            ("yes or no", form.radios(&field("kind"), &yes_no(form.lang))),
            ("hidden", hidden("id", "1\" onload=\"x")),
            ("submit", submit("Guardar")),
            ("errors", components::errors(form.lang, "Hay datos por corregir.", form.faults)),
        ])
    };
    insta::assert_snapshot!("a_form", draw(&Form { lang: Lang::Es, faults: &[] }));
    insta::assert_snapshot!("a_refused_form", draw(&Form { lang: Lang::En, faults: &faults }));
}

/// A refusal as a program gets it, without what differs each time.
async fn told(who: &Client, method: Method, path: &str, body: Option<Value>) -> String {
    let answer = who.send(method.clone(), path, body.as_ref()).await;
    let mut json = answer.json.clone();
    json["request_id"] = json!("…");
    for member in ["container", "containers"] {
        if !json[member].is_null() {
            json[member] = json!("…");
        }
    }
    let header =
        |name: &str| answer.headers.get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
    let path = path.split('/').map(|p| if p.len() == 36 { "{id}" } else { p });
    format!(
        "{method} {} → {} {}{}\n{}\n",
        path.collect::<Vec<_>>().join("/"),
        answer.status.as_u16(),
        header("content-type"),
        match &*header("retry-after") {
            "" => String::new(),
            seconds => format!(", again in {seconds} s"),
        },
        serde_json::to_string_pretty(&json).unwrap()
    )
}

/// The same words on both engines: there is one file.
#[test]
fn each_kind_of_refusal_is_told_as_it_was() {
    both(|lab| async move {
        let s = Story::collected(&lab).await;
        let (n, nobody) = (&s.nurse, lab.nobody());
        let get = Method::GET;
        let study = format!("/api/v1/studies/{}", s.study);
        let again = json!({ "id": id(), "tube": 1 });
        let mut bad = child(2);
        bad["birth_date"] = json!("2031-01-01");
        bad["curp"] = json!("XXXX");
        let unknown = json!({ "scans": [{ "id": id(), "colour": "lila" }] });
        let far = "/api/v1/patients/01900000-0000-7000-8000-000000000000";
        let twice = json!({ "login": "enfermera", "password": "no es esta" });
        let requests = format!("/api/v1/patients/{}/studies", s.patient);
        let mut ask = mrd_request();
        ask["tubes"] = json!(["BM/AGUA"]);
        let all = [
            told(&nobody, get.clone(), &study, None).await,
            told(&nobody, Method::POST, "/api/v1/session", Some(twice)).await,
            told(n, get.clone(), "/api/v1/users", None).await,
            told(n, get.clone(), far, None).await,
            told(n, get.clone(), "/api/v1/containers/100700012331", None).await,
            told(n, get, "/api/v1/containers?status=perdido", None).await,
            told(n, Method::DELETE, "/api/v1/containers", None).await,
            told(n, Method::POST, "/api/v1/patients", Some(bad)).await,
            told(n, Method::POST, "/api/v1/scans", Some(unknown)).await,
            told(n, Method::POST, "/api/v1/scans", Some(json!({ "scans": [] }))).await,
            told(n, Method::POST, &requests, Some(ask)).await,
            told(n, Method::POST, &format!("{study}/containers"), Some(again)).await,
            told(&s.courier, Method::POST, "/api/v1/code-rolls", Some(json!({ "n": 5 }))).await,
        ];
        insta::assert_snapshot!("refusals", all.join("\n"));
    });
}

/// What a printer is sent, in words: every command of a tube's label and of a cap's.
#[test]
fn a_labels_commands_are_as_they_were() {
    let templates = Templates::embedded().unwrap();
    for id in ["edta-50x25", "cryo-cap-9"] {
        let Some(template) = templates.latest(id) else { panic!("no template {id}") };
        let made = layout(template, &check::sample(template, false), Dpi::D203).unwrap();
        let zpl = String::from_utf8(Format::Zpl.render(&made).unwrap()).unwrap();
        insta::assert_snapshot!(format!("zpl_{id}"), zpl.replace('^', "\n^"));
    }
}
