//! Bad input through the pages: every form of every page, found by walking them, with each of its
//! fields spoilt. The answer is a page that says what is wrong, never a fault of ours, and nothing
//! is saved. Queries in addresses too.

use std::collections::HashMap;

use crate::support::everything::{Everybody, addresses, everything};
use crate::support::fill::rows;
use crate::support::{Client, FORM, Lab, both_at_once};
use rastro::db::Reading;
use rastro::server;
use rastro::web::{Lang, url};
use reqwest::Method;

/// A form as it stands on a page.
#[derive(Clone)]
struct Form {
    who: Client,
    action: String,
    /// Names, with the values that the page itself put in.
    fields: Vec<(String, String)>,
}

/// The text between `before` and the next quote.
fn attribute<'a>(tag: &'a str, before: &str) -> Option<&'a str> {
    tag.split(before).nth(1).and_then(|rest| rest.split('"').next())
}

/// The forms of a page that are sent by POST.
fn forms(who: &Client, html: &str) -> Vec<Form> {
    let body = |f: &str| f.split("</form>").next().unwrap_or_default().to_owned();
    html.split("<form ")
        .skip(1)
        .map(body)
        .filter(|f| attribute(f, "method=\"") == Some("post"))
        .map(|f| {
            let mut fields: Vec<(String, String)> = vec![];
            for tag in f.split('<').filter(|t| t.contains(" name=\"")) {
                let name = attribute(tag, " name=\"").unwrap_or_default().to_owned();
                let is_given = tag.contains("type=\"hidden\"") || tag.starts_with("button");
                let value = attribute(tag, " value=\"").filter(|_| is_given).unwrap_or_default();
                let value = value.replace("&amp;", "&");
                if fields.iter().all(|(n, _)| *n != name) {
                    fields.push((name, value));
                }
            }
            let action = attribute(&f, "action=\"").unwrap_or_default().to_owned();
            Form { who: who.clone(), action, fields }
        })
        .collect()
}

/// Every form that somebody of the story sees, one for each address pattern and set of fields.
async fn all_forms(lab: &Lab) -> Vec<Form> {
    let mut people = Everybody::of(lab).await;
    let children = everything(lab, &mut people).await;
    let mut found: HashMap<String, Form> = HashMap::new();
    for (_, who) in people.all() {
        for (method, pattern) in server::page_routes() {
            if method != Method::GET {
                continue;
            }
            for path in addresses(&children, &pattern, &who.id().to_string()) {
                let html = who.get(&url(Lang::Es, &path)).await.text();
                for form in forms(who, &html) {
                    // Leaving is no form: there is nothing to fill in.
                    if form.action.contains("/salir") {
                        continue;
                    }
                    let shape: String = form
                        .action
                        .split('/')
                        .filter(|p| p.len() < 30 && p.parse::<u64>().is_err())
                        .collect();
                    let names: Vec<_> = form.fields.iter().map(|f| f.0.as_str()).collect();
                    found.entry(format!("{shape} {names:?}")).or_insert(form);
                }
            }
        }
    }
    let nobody = lab.nobody();
    let html = nobody.get("/es/entrar").await.text();
    found.extend(forms(&nobody, &html).into_iter().map(|f| (f.action.clone(), f)));
    found.into_values().collect()
}

/// Texts that nobody types, percent-encoded: the last is no UTF-8.
const BAD: [&str; 5] = ["a%00b", "a%1B%5B31mb", "a%E2%80%AEb", "a%EF%BB%BFb", "a%ED%A0%80b"];

async fn send(form: &Form, kind: &str, body: String) -> (u16, String) {
    let answer = form.who.raw(&form.action, Some(kind), body).await;
    (answer.status.as_u16(), answer.text())
}

/// The form's body with one field's value replaced by text that is encoded already.
fn with(form: &Form, name: &str, value: &str) -> String {
    let pair = |(n, v): &(String, String)| match n == name {
        true => format!("{n}={value}"),
        false => serde_html_form::to_string([(n, v)]).unwrap(),
    };
    form.fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Fields that hold a number: there, numbers can be wrong too.
const NUMBERS: &[&str] = &[
    "tube",
    "k",
    "n",
    "volume_ul",
    "volume_ml",
    "pull",
    "birth_day",
    "birth_month",
    "birth_year",
    "viability",
    "wbc",
    "blood_blasts",
    "platelets",
    "relapse",
    "smears",
];

fn spoilt(name: &str) -> Vec<String> {
    let mut values: Vec<String> = BAD.iter().map(|v| (*v).to_owned()).collect();
    values.push("x".repeat(10_000));
    if NUMBERS.contains(&name) {
        values.extend(["-1", "1e9", "99999999999999999999", "NaN"].map(str::to_owned));
    }
    values
}

/// Whether the page says what is wrong: at the field, in a summary, or as a page of its own.
fn says(text: &str) -> bool {
    ["summary-errors", "class=\"err\"", "class=\"faults\"", "card prose"]
        .iter()
        .any(|w| text.contains(w))
}

#[test]
fn every_form_refuses_what_is_spoilt_and_saves_nothing() {
    both_at_once(|lab| async move {
        let forms = all_forms(&lab).await;
        assert!(forms.len() >= 18, "only {} forms were found", forms.len());
        let mut conn = Reading::open(lab.app.db.url()).unwrap();
        let before = rows(&mut conn);
        let mut faults = vec![];
        for form in &forms {
            for (name, _) in &form.fields {
                for value in spoilt(name) {
                    let (status, text) = send(form, FORM, with(form, name, &value)).await;
                    if !(400..500).contains(&status) || !says(&text) {
                        faults.push(format!("{} {name} = {value:.20}: {status}", form.action));
                    }
                }
                assert_eq!(rows(&mut conn), before, "{} {name}: {faults:?}", form.action);
            }
            let unknown = format!("{}&apodo=x", with(form, "", ""));
            let (status, text) = send(form, FORM, unknown).await;
            assert!(
                status == 422 && text.contains("apodo"),
                "{}: an unknown field: {status}",
                form.action
            );
            let (status, text) = send(form, "application/json", "{}".into()).await;
            assert!(status == 415 && says(&text), "{}: JSON to a form: {status}", form.action);
            let (status, text) = send(form, FORM, "a=".repeat(1_000_000)).await;
            // A form that takes a file may be as long as one, and this is none.
            let refused = if form.action.ends_with("/anexos") { 400 } else { 413 };
            assert!(status == refused && says(&text), "{}: 2 MB: {status}", form.action);
            assert_eq!(rows(&mut conn), before, "{}", form.action);
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    });
}

#[test]
fn a_spoilt_address_is_refused_or_not_found() {
    both_at_once(|lab| async move {
        let mut people = Everybody::of(&lab).await;
        let children = everything(&lab, &mut people).await;
        let admin = people.who("admin").clone();
        for (login, who) in people.all() {
            for (method, pattern) in server::page_routes() {
                if method != Method::GET {
                    continue;
                }
                let person = admin.id().to_string();
                let path = children.iter().find_map(|c| c.fill(&pattern, &person)).unwrap();
                for query in
                    ["apodo=x", "after=%00", "after=a%E2%80%AE", "state=%27%3B--", "status=%00"]
                {
                    let answer = who.get(&format!("{}?{query}", url(Lang::En, &path))).await;
                    assert!(
                        answer.status.as_u16() < 500,
                        "{login} {path}?{query}: {}",
                        answer.text()
                    );
                }
                for hole in ["{id}", "{code}", "{print}", "{proposal}"]
                    .iter()
                    .filter(|h| pattern.contains(**h))
                {
                    for value in [
                        "x",
                        "%00",
                        "..%2F..",
                        "%ED%A0%80",
                        "0",
                        "-1",
                        "100700012331",
                        &"9".repeat(3000),
                    ] {
                        let path = url(Lang::Es, &pattern.replace(hole, value));
                        let path = path
                            .replace("{id}", "x")
                            .replace("{code}", "x")
                            .replace("{print}", "x")
                            .replace("{proposal}", "x");
                        let status = who.get(&path).await.status.as_u16();
                        assert!((400..500).contains(&status), "{login} {path:.80}: {status}");
                    }
                }
            }
        }
    });
}
