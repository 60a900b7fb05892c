//! Printing, reprinting and getting the exact bytes again.

use sha2::{Digest, Sha256};

use super::store::{self, Print};
use crate::app::App;
use crate::audit::{self, Action, Entry};
use crate::codes::{CodeKind, ContainerCode};
use crate::containers::{self, Container};
use crate::custody::service::CustodyError;
use crate::db::{DbError, Tx};
use crate::labels::{self, Dpi, Fields, Format, LabelError, Layout, Template, Templates};
use crate::patients::{self, Patient};
use crate::people::{Caller, Role};
use crate::web::{Arg, Fault, FieldFault, Lang, time};

crate::id_type! {
    /// A label that was issued.
    PrintId
}

/// What can go wrong with printing.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// No such container or print in reach.
    #[error("no such container or print in reach")]
    NotFound,
    /// Refused fields.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// The label can't be made.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// The same values gave other bytes than were printed: the program's drawing has changed.
    #[error("the label can't be drawn again exactly")]
    NotExact,
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}
impl From<diesel::result::Error> for PrintError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}
impl From<CustodyError> for PrintError {
    fn from(e: CustodyError) -> Self {
        match e {
            CustodyError::Fields(f) => Self::Fields(f),
            CustodyError::Db(e) => Self::Db(e),
            CustodyError::NotFound | CustodyError::AnotherPerson | CustodyError::Refused(_) => {
                Self::NotFound
            }
        }
    }
}
impl Fault for PrintError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::Fields(_) => "refused-fields",
            Self::Label(e) => e.code(),
            Self::NotExact => "label-not-exact",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Fields(_) => 422,
            Self::Label(e) => e.status(),
            Self::NotExact => 409,
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::Label(e) => e.args(),
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            _ => vec![],
        }
    }
}

/// The template of tube labels.
const TUBE: &str = "edta-50x25";

/// A container in reach with what its label says.
pub struct Labelled {
    /// The container.
    pub container: Container,
    /// Its labels so far.
    pub prints: Vec<Print>,
    patient: Option<Patient>,
    record: Option<String>,
    initials: String,
}

/// Opens a container for printing.
pub async fn open(app: &App, caller: &Caller, code: ContainerCode) -> Result<Labelled, PrintError> {
    let scope = caller.scope.clone();
    app.db
        .read(move |c| {
            let found = containers::store::find(c, &scope, code)?;
            let Some(container) = found else { return Ok(None) };
            let patient = match container.patient_id {
                Some(id) => patients::store::find(c, &scope, id)?,
                None => None,
            };
            let record = match &patient {
                Some(p) => patients::store::record_number(c, &scope, p.id)?,
                None => None,
            };
            let collector = match container.collected_by {
                Some(id) => crate::people::store::name_of(c, id)?,
                None => None,
            };
            let prints = store::of(c, &scope, &container)?;
            let initials = collector.map_or_else(String::new, |n| initials(&n));
            Ok::<_, PrintError>(Some(Labelled { container, prints, patient, record, initials }))
        })
        .await?
        .ok_or(PrintError::NotFound)
}

fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter(|w| !w.ends_with('.'))
        .filter_map(|w| w.chars().next())
        .take(4)
        .collect()
}

/// Whether the caller may print this container's label: its centre, or the bench for what it made.
pub fn may_print(caller: &Caller, c: &Container) -> bool {
    let scope = &caller.scope;
    let centre = scope.has_any(&[Role::Collector, Role::Oncologist])
        && scope.centres().contains(&c.centre_id);
    let laboratory = scope.has_any(&[Role::Reception, Role::Bench, Role::Analyst])
        && scope.laboratories().contains(&c.laboratory_id)
        && (c.kind == CodeKind::Derived || scope.has(Role::Reception));
    centre || laboratory
}

/// `05-mar-2019`, as labels write days.
fn label_day(lang: Lang, day: crate::db::Day) -> String {
    let text = time::day(lang, day);
    let mut parts = text.split(' ');
    let (d, m, y) = (parts.next(), parts.next(), parts.next());
    format!("{:0>2}-{}-{}", d.unwrap_or_default(), m.unwrap_or_default(), y.unwrap_or_default())
}

/// The values of a label. Never a diagnosis, never a CURP (BR-38).
fn values(app: &App, l: &Labelled, copy: i32) -> Fields {
    // Labels speak the network's language, whoever prints them.
    let lang = Lang::Es;
    let c = &l.container;
    let (name, birth) = match &l.patient {
        Some(p) => {
            (p.name(), lang.tr("label-birth", &[("day", label_day(lang, p.birth_date).into())]))
        }
        None => return Fields::default(),
    };
    let identifier = match &l.record {
        Some(r) => lang.tr("label-record", &[("record", r.as_str().into())]),
        None => l.patient.as_ref().map_or_else(String::new, |p| p.folio.to_string()),
    };
    let mut material = format!("{} · {}", c.specimen, c.container_type);
    if let Some(pull) = c.pull {
        material.push_str(&format!(" · J{pull}"));
    }
    let drawn = c.collected_at.map_or_else(String::new, |at| {
        let local = app.sites.local(Some(c.centre_id), at);
        let day = label_day(lang, crate::db::Day(local.date()));
        format!("{day} {:02}:{:02} {}", local.hour(), local.minute(), l.initials)
    });
    Fields::default()
        .with("surname1", &name.surname1.to_uppercase())
        .with("surname2", &name.surname2.unwrap_or_default().to_uppercase())
        .with("given", &name.given.to_uppercase())
        .with("identifier", &identifier)
        .with("birth", &birth)
        .with("code", c.code.as_str())
        .with("code_text", &c.code.grouped())
        .with("centre", app.sites.code(c.centre_id))
        .with("copy", &if copy > 1 { format!("R{copy}") } else { String::new() })
        .with("material", &material)
        .with("drawn", &drawn)
        .with("by_hand", &lang.t("label-by-hand"))
}

fn template() -> Result<&'static Template, PrintError> {
    let templates = Templates::embedded()?;
    templates.latest(TUBE).ok_or_else(|| DbError::Corrupt(format!("no template {TUBE}")).into())
}

fn draw(fields: &Fields, dpi: Dpi) -> Result<Layout, PrintError> {
    Ok(labels::layout(template()?, fields, dpi)?)
}

/// The label's picture for looking at only: no scanner reads it.
pub fn preview(app: &App, caller: &Caller, l: &Labelled) -> Result<String, PrintError> {
    let next = l.prints.last().map_or(1, |p| p.copy + 1);
    let layout = draw(&values(app, l, next), Dpi::D300)?;
    Ok(labels::preview(&layout, &caller.lang.t("label-preview"))?)
}

/// How a label is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// As what.
    pub format: Format,
    /// For which printer.
    pub dpi: Dpi,
    /// Why again; required from the second copy on.
    pub reason: String,
}

/// Records a label and gives its key; the bytes come by it. A second one needs a reason and
/// carries its copy's number.
pub async fn print(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    wanted: Wanted,
) -> Result<PrintId, PrintError> {
    let labelled = open(app, caller, code).await?;
    if !may_print(caller, &labelled.container) {
        return Err(PrintError::NotAllowed);
    }
    let reason = wanted.reason.trim().to_owned();
    let wrong = reason.chars().count() > 200 || reason.chars().any(char::is_control);
    if wrong || (!labelled.prints.is_empty() && reason.chars().count() < 3) {
        return Err(PrintError::Fields(vec![FieldFault::new("reason", "reprint-reason")]));
    }
    let (job_app, job, id) = (app.clone(), caller.clone(), PrintId::new());
    app.db.write(move |tx| print_one(tx, &job_app, &job, &labelled, &wanted, &reason, id)).await?;
    Ok(id)
}

fn print_one(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    l: &Labelled,
    wanted: &Wanted,
    reason: &str,
    id: PrintId,
) -> Result<(), PrintError> {
    let copy = containers::store::count_copy(tx, l.container.id)?;
    let fields = values(app, l, copy);
    let bytes = wanted.format.render(&draw(&fields, wanted.dpi)?)?;
    let template = template()?;
    let print = Print {
        id,
        container_id: l.container.id,
        copy,
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        reason: Some(reason.to_owned()).filter(|r| !r.is_empty()),
        template_id: template.id.clone(),
        template_version: template.version,
        fields: serde_json::to_string(&fields).map_err(|e| DbError::Corrupt(e.to_string()))?,
        format: wanted.format,
        dpi: i32::try_from(wanted.dpi.number()).unwrap_or(0),
        sha256: Sha256::digest(&bytes).to_vec(),
    };
    store::insert(tx, &print)?;
    let detail = if copy > 1 { "reprint" } else { "print" };
    let entry = Entry::new(caller, Action::PrintLabel, "container", Some(l.container.id.0));
    let entry = entry.detail(detail).site(l.container.centre_id);
    audit::record(tx, &entry)?;
    Ok(())
}

/// The bytes of a recorded label, the same as when it was printed.
pub async fn bytes(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    id: PrintId,
) -> Result<(Format, Vec<u8>), PrintError> {
    let labelled = open(app, caller, code).await?;
    let print = labelled.prints.iter().find(|p| p.id == id).ok_or(PrintError::NotFound)?;
    let fields: Fields = serde_json::from_str(&print.fields)
        .map_err(|e| DbError::Corrupt(format!("label {id}: {e}")))?;
    let dpi = Dpi::from_number(i64::from(print.dpi)).unwrap_or(Dpi::D203);
    let template = Templates::embedded()?
        .find(&print.template_id, print.template_version)
        .ok_or(PrintError::NotExact)?;
    let drawn = print.format.render(&labels::layout(template, &fields, dpi)?)?;
    if Sha256::digest(&drawn)[..] != print.sha256[..] {
        return Err(PrintError::NotExact);
    }
    Ok((print.format, drawn))
}
