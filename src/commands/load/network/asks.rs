//! What is asked for: every page and address of the API as the router knows them, every filter of
//! every list, the first, a middle and the last page of it, and every kind of search.

use std::collections::BTreeMap;

use http::Method;

use super::dice::{About, Dice};
use super::examples::Example;
use super::filters::{self, Filter};
use super::names::{COMMON, RARE};
use super::size::{Size, day_of};
use super::story::PROTOCOL;
use crate::server;
use crate::web::drawn::MARK;
use crate::web::{Lang, url};

/// Keys that stand in addresses and are nobody's in particular.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// A label that was printed lately, and its tube.
    pub print: (String, String),
    /// Labels on a sheet.
    pub sheet: String,
    /// A doubt whose a sample is.
    pub doubt: String,
    /// A version of a label kind that waits for a decision.
    pub version: String,
    pub printer: String,
    pub job: (String, String),
    pub care: String,
    pub person: String,
    /// The code of a centre.
    pub centre: String,
    /// A child whose name is among the last.
    pub last_child: String,
    /// For whom the forms were drawn.
    pub mark: String,
}

/// Of this label kind a version is proposed.
pub(super) const TEMPLATE: &str = "roll-50x25";
/// A sheet for office printers.
pub(super) const SHEET: &str = "sheet-letter-5160";

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// How something is asked for.
#[derive(Debug, Clone)]
pub(super) enum How {
    Get,
    Json,
    Form,
}

/// One thing to ask for, with holes where keys go.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    /// As it stands in the table: no keys, no names.
    pub name: String,
    pub how: How,
    path: String,
    /// What is said in the body, name by name.
    fields: Vec<(&'static str, &'static str)>,
}

/// What is sent to ask for it, with keys and codes filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub method: Method,
    pub path: String,
    pub body: String,
    pub kind: &'static str,
}

fn get(path: String) -> Ask {
    Ask { name: path.clone(), how: How::Get, path, fields: vec![] }
}

/// Everything there is to ask for.
pub(super) fn all() -> Vec<Ask> {
    let document = serde_json::to_value(server::api_document()).unwrap_or_default();
    let pages = server::page_routes().into_iter().filter(|(method, _)| method == Method::GET);
    let pages: Vec<String> = pages.map(|(_, path)| path).collect();
    let mut all: Vec<Ask> = pages.iter().map(|p| get(url(Lang::Es, &opened(p)))).collect();
    all.extend(filters::addresses(&document).into_iter().map(get));
    for filter in filters::filters(&document) {
        all.extend(narrowed(&filter, &pages));
    }
    all.extend(searches());
    // What agents alone ask for; and files, of which a made network has none.
    all.retain(|a| !a.path.contains("/api/agent/") && !a.path.contains("{attachment}"));
    all
}

/// The address of a page as it is opened: one of them opens only with what it is to show.
fn opened(page: &str) -> String {
    match page {
        "/audit/export" => format!("{page}?from={{day}}&to={{day}}"),
        _ => page.to_owned(),
    }
}

/// A list narrowed by one filter: in the API and, where it has a page, there.
fn narrowed(filter: &Filter, pages: &[String]) -> Vec<Ask> {
    let values: Vec<&str> = match (filter.name.as_str(), &filter.word) {
        (_, Some(word)) => vec![word],
        ("after", None) => vec!["{middle}", "{last}"],
        ("limit", None) => vec!["200"],
        ("from", None) => vec!["{day}"],
        ("to", None) => vec!["{day}"],
        ("patient", None) => vec!["{patient}"],
        ("person", None) => vec!["{person}"],
        ("centre" | "site", None) => vec!["{centre}"],
        ("printer", None) => vec!["{printer}"],
        ("batch", None) => vec!["{batch}"],
        // A filter nobody has an example for yet: it is asked for without a value, and refused.
        (_, None) => vec![""],
    };
    let mut all = vec![];
    for value in values {
        all.push(get(format!("{}?{}={value}", filter.path, filter.name)));
        let page = filter.path.replace("/api/v1", "").replace("/containers", "/samples");
        let said = of_page(&page, &filter.name, value);
        if let Some((name, value)) = said.filter(|_| pages.contains(&page)) {
            all.push(get(url(Lang::Es, &format!("{page}?{name}={value}"))));
        }
    }
    all
}

/// What a page calls a filter of the API; nothing where it has none.
fn of_page<'a>(page: &str, name: &'a str, value: &'a str) -> Option<(&'a str, &'a str)> {
    match (page, name, value) {
        (_, "limit" | "batch" | "open", _) | ("/results", "critical", "false") => None,
        // The list of children pages by a form; requests of one child stand on its own page.
        ("/patients", ..) | ("/studies", "patient", _) => None,
        ("/results", "critical", _) => Some(("critical", "yes")),
        _ => Some((name, value)),
    }
}

/// What may be typed into the search, by what the table calls it.
const TYPED: [(&str, &str); 11] = [
    ("common surname", COMMON),
    ("one letter", "h"),
    ("two common surnames", "hernandez garcia"),
    ("rare surname", RARE),
    ("nobody", "zutano"),
    ("code", "{code}"),
    ("CURP", "{curp}"),
    ("record number", "{record}"),
    ("folio", "{folio}"),
    ("number of a request", "{number}"),
    ("everybody", ""),
];

fn searches() -> Vec<Ask> {
    let page = url(Lang::Es, "/patients/search");
    let form = |name: &str, path: &str, fields| {
        let name = format!("{path}: {name}");
        Ask { name, how: How::Form, path: path.to_owned(), fields }
    };
    let mut all = vec![];
    for (name, text) in TYPED {
        all.push(form(name, &page, vec![("text", text)]));
    }
    for (name, text) in TYPED.into_iter().filter(|(_, text)| !text.is_empty()) {
        let path = "/api/v1/patients/search".to_owned();
        let (name, fields) = (format!("{path}: {name}"), vec![("text", text)]);
        all.push(Ask { name, how: How::Json, path, fields });
    }
    all.push(form("last page", &page, vec![("text", ""), ("after", "{last child}")]));
    all.push(form("folio", &url(Lang::Es, "/audit"), vec![("patient", "{folio}")]));
    all
}

impl Ask {
    /// The request for this child; nothing where it needs what the child has not.
    pub(super) fn of(&self, size: &Size, e: &Example, keys: &Keys) -> Option<Request> {
        let path = self.filled(&self.path, size, e, keys)?;
        let fields = self.fields.iter().map(|(k, v)| Some((*k, self.filled(v, size, e, keys)?)));
        let fields = fields.collect::<Option<BTreeMap<_, _>>>()?;
        let (method, kind, body) = match self.how {
            How::Get => (Method::GET, "", String::new()),
            How::Json => (Method::POST, JSON, serde_json::to_string(&fields).ok()?),
            How::Form => {
                let fields = fields.into_iter().chain([(MARK, keys.mark.clone())]);
                let fields: Vec<_> = fields.collect();
                (Method::POST, FORM, serde_html_form::to_string(&fields).ok()?)
            }
        };
        Some(Request { method, path, body, kind })
    }

    /// `pattern` with its holes filled; nothing where one of them can't be.
    fn filled(&self, pattern: &str, size: &Size, e: &Example, keys: &Keys) -> Option<String> {
        let mut out = pattern.to_owned();
        while let Some((before, rest)) = out.split_once('{') {
            let (hole, after) = rest.split_once('}')?;
            let value = self.value(hole, size, e, keys).filter(|v| !v.is_empty())?;
            out = format!("{before}{value}{after}");
        }
        Some(out)
    }

    /// What goes into a hole.
    fn value(&self, hole: &str, size: &Size, e: &Example, keys: &Keys) -> Option<String> {
        Some(match hole {
            "id" => self.key(e, keys)?,
            "code" if self.path.contains("{print}") => keys.print.1.clone(),
            "code" => e.code.clone(),
            "print" => keys.print.0.clone(),
            "event" => e.event.clone(),
            "version" => keys.version.clone(),
            "last child" => keys.last_child.clone(),
            "last" if self.path.starts_with("/api/v1/patients") => keys.last_child.clone(),
            "middle" if self.path.starts_with("/api/v1/patients") => e.patient.clone(),
            // The events of a container are numbered.
            "middle" | "last" if self.path.contains("/events") => "3".into(),
            "middle" => old_key(size, 50),
            "last" => old_key(size, 1),
            "day" => day_of(size.request_at(size.requests() / 2)).to_string(),
            "patient" => e.patient.clone(),
            "person" => keys.person.clone(),
            "centre" => keys.centre.clone(),
            "printer" => keys.printer.clone(),
            "batch" => keys.job.1.clone(),
            "folio" => e.folio.clone(),
            "number" => e.number.clone(),
            "record" => e.record.clone(),
            "curp" => e.curp.clone()?,
            _ => return None,
        })
    }

    /// What `{id}` is in this address, in either language.
    fn key(&self, e: &Example, keys: &Keys) -> Option<String> {
        let path = crate::web::paths::twin(&self.path);
        let path = if self.path.starts_with("/api/") { &self.path } else { &path };
        let of = |word: &str| path.contains(&format!("/{word}/"));
        Some(match () {
            () if of("patients") => e.patient.clone(),
            () if of("doubts") => keys.doubt.clone(),
            () if of("care") => keys.care.clone(),
            () if of("due-points") => e.due.clone(),
            () if of("admin") => keys.person.clone(),
            () if of("printers") => keys.printer.clone(),
            () if of("print-batches") => keys.job.1.clone(),
            () if of("print-jobs") => keys.job.0.clone(),
            () if of("calibration") => SHEET.into(),
            () if of("label-sheets") => keys.sheet.clone(),
            // A candidate, and none that waits for somebody.
            () if of("centres") => "MET".into(),
            () if of("protocols") => PROTOCOL.into(),
            () if path.ends_with("/edit") => "edta-50x25".into(),
            () if of("label-templates") => TEMPLATE.into(),
            () if of("studies") || of("results") => e.study.clone(),
            () => return None,
        })
    }
}

/// A key as old as the network was when this part of a hundred of its years had passed: where a
/// list goes on from.
fn old_key(size: &Size, percent: u64) -> String {
    let at = size.request_at(size.requests() * percent / 100);
    Dice::of(size.seed, About::Audit, percent).key(at).to_string()
}
