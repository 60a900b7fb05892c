//! Printing, reprinting and getting the exact bytes again.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::kinds::{self, Choice};
use super::labelled::Labelled;
use super::namesakes;
use super::says::{initials, values};
use super::store::{self, Print, PrintId};
use crate::app::{self, App};
use crate::audit::{self, Action, Entry, Outcome};
use crate::codes::ContainerCode;
use crate::containers::{self, Container};
use crate::custody;
use crate::db::{Conn, DbError, Tx};
use crate::labels::{self, Dpi, Fields, Format, Layout, Template, Templates};
use crate::patients;
use crate::people::rights::Granted;
use crate::people::{Caller, Scope};
use crate::printing::error::PrintError;
use crate::web::FieldFault;

/// Opens a container for printing. A label shows a name: who may not see one finds no label.
///
/// # Errors
/// [`PrintError::NotFound`]; where there is a container out of reach, the attempt is audited.
pub async fn open(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    choice: Choice,
) -> Result<Labelled, PrintError> {
    let scope = caller.scope.clone();
    let templates = Arc::clone(&app.templates);
    let found = app.db.read(move |c| labelled(c, &templates, &scope, code, &choice)).await?;
    if let Some(labelled) = found {
        return Ok(labelled);
    }
    audit_out_of_scope(app, caller, vec![code]).await?;
    Err(PrintError::NotFound)
}

/// Tries at labels that are there and out of reach are audited (BR-27).
pub(in crate::printing) async fn audit_out_of_scope(
    app: &App,
    caller: &Caller,
    codes: Vec<ContainerCode>,
) -> Result<(), DbError> {
    let job = caller.clone();
    app.db
        .write(move |tx| {
            for code in &codes {
                let Some(c) = containers::store::any_with_code(tx, *code)? else { continue };
                let entry = Entry::new(&job, Action::PrintLabel, "container", Some(c.id.0));
                audit::record(tx, &entry.outcome(Outcome::OutOfScope))?;
            }
            Ok(())
        })
        .await
}

fn labelled(
    conn: &mut Conn,
    templates: &Templates,
    scope: &Scope,
    code: ContainerCode,
    choice: &Choice,
) -> Result<Option<Labelled>, PrintError> {
    let Some(container) = in_reach(conn, scope, code)? else { return Ok(None) };
    let kinds = kinds::of(conn, templates, &container.container_type)?;
    let template = choice.among(&kinds)?;
    Ok(Some(Labelled { kinds, ..of(conn, template, scope, container)? }))
}

fn in_reach(
    conn: &mut Conn,
    scope: &Scope,
    code: ContainerCode,
) -> Result<Option<Container>, DbError> {
    if !scope.sees_identity() {
        return Ok(None);
    }
    containers::store::find(conn, scope, code)
}

/// A container whose label is drawn by `template`.
pub(in crate::printing) fn drawn_by(
    conn: &mut Conn,
    template: Arc<Template>,
    scope: &Scope,
    code: ContainerCode,
) -> Result<Option<Labelled>, PrintError> {
    let Some(container) = in_reach(conn, scope, code)? else { return Ok(None) };
    of(conn, template, scope, container).map(Some)
}

fn of(
    conn: &mut Conn,
    template: Arc<Template>,
    scope: &Scope,
    container: Container,
) -> Result<Labelled, PrintError> {
    let patient = match container.patient_id {
        Some(id) => patients::merged::shown(conn, scope, id)?,
        None => None,
    };
    let record = match &patient {
        Some(p) => patients::store::record_number(conn, scope, p.id)?,
        None => None,
    };
    let collector = match container.collected_by {
        Some(id) => crate::people::store::name_of(conn, id)?,
        None => None,
    };
    let mark = match &patient {
        Some(p) => {
            let others = patients::store::born_with(conn, p, container.centre_id)?;
            namesakes::mark(&template, p, &others)
        }
        None => String::new(),
    };
    let prints = store::of(conn, scope, &container)?;
    let rolled = containers::blocks::is_of_roll(conn, container.centre_id, container.code)?;
    let copies = container.copies.max(i32::from(rolled));
    let initials = collector.map_or_else(String::new, |n| initials(&n));
    let root = match container.parent_id {
        Some(_) => containers::store::by_id(conn, scope, container.root_id)?,
        None => None,
    };
    let (made_from, kinds) = (root.map(|r| r.specimen), vec![]);
    Ok(Labelled {
        container,
        prints,
        copies,
        patient,
        record,
        initials,
        mark,
        made_from,
        kinds,
        template,
    })
}

/// Whether the caller may print this container's label (`domain.md` section 14): who may issue its
/// code, of a tube as drawn; at the laboratory reception once more, the bench for what it made.
pub fn may_print(caller: &Caller, l: &Labelled) -> Option<Granted> {
    custody::issue::may_print(&caller.scope, &l.container, l.copies)
}

/// The label's picture for looking at only: no scanner reads it.
pub async fn preview(app: &App, caller: &Caller, l: &Labelled) -> Result<String, PrintError> {
    let (template, fields) = (Arc::clone(&l.template), values(app, l, l.copies + 1));
    let over = caller.lang.t("label-preview");
    let made = move || labels::preview(&labels::layout(&template, &fields, Dpi::D300)?, &over);
    Ok(app::drawn(made).await?)
}

/// How a label is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Made by the client: sending it again gives the same label.
    pub id: PrintId,
    /// What it is drawn as: a printer's language, or a file.
    pub format: Format,
    /// For which printer.
    pub dpi: Dpi,
    /// Why again; required from the second copy on.
    pub reason: String,
    /// Which of the kinds that fit its container.
    pub choice: Choice,
}

/// Records a label and gives its key; the bytes come by it. A second one needs a reason and
/// carries its copy's number.
pub async fn print(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    wanted: Wanted,
) -> Result<PrintId, PrintError> {
    let id = wanted.id;
    if id.0.get_version_num() != 7 {
        return Err(PrintError::Fields(vec![FieldFault::new("id", "uuid-v7")]));
    }
    open(app, caller, code, wanted.choice.clone()).await?;
    let (job_app, job) = (app.clone(), caller.clone());
    app.db
        .write(move |tx| {
            print_one(tx, &job_app, &job, code, &wanted, None)?;
            Ok::<_, PrintError>(())
        })
        .await?;
    Ok(id)
}

/// A label as it would be drawn: what it says and the hash of its bytes.
#[derive(Debug, Clone)]
pub(in crate::printing) struct Drawn {
    fields: Fields,
    template: (String, i32),
    sha256: Vec<u8>,
    layout_sha256: Vec<u8>,
}

/// All of it in one transaction: of two labels printed at once the second one is a reprint.
/// `ready`: the label drawn beforehand, taken if it still says the same.
pub(in crate::printing) fn print_one(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    wanted: &Wanted,
    ready: Option<&Drawn>,
) -> Result<Print, PrintError> {
    containers::store::lock(tx, code)?;
    let l = labelled(tx, &app.templates, &caller.scope, code, &wanted.choice)?;
    let l = l.ok_or(PrintError::NotFound)?;
    if let Some(there) = l.prints.iter().find(|p| p.id == wanted.id) {
        return Ok(there.clone());
    }
    let (number, reason) = may_be_printed(caller, &l, &wanted.reason)?;
    let print = drawn(app, caller, &l, wanted, number, reason, ready)?;
    record(tx, caller, l.container, &print)?;
    Ok(print)
}

/// Writes a label down: the row, how many there are, who printed it, and of a reprint the event.
pub(in crate::printing) fn record(
    tx: &mut Tx<'_>,
    caller: &Caller,
    container: Container,
    print: &Print,
) -> Result<(), PrintError> {
    let number = print.number();
    containers::store::set_copies(tx, container.id, number)?;
    store::insert(tx, print)?;
    let detail = if number > 1 { "reprint" } else { "print" };
    let entry = Entry::new(caller, Action::PrintLabel, "container", Some(container.id.0));
    let mut entry = entry.detail(detail).site(container.centre_id);
    entry.patient = container.patient_id.map(|p| p.0);
    audit::record(tx, &entry)?;
    if let (true, Some(reason)) = (number > 1, &print.reason) {
        let by = custody::issue::may_print(&caller.scope, &container, number - 1);
        let by = by.ok_or(PrintError::NotAllowed)?;
        let copy = (number, print.id.0);
        custody::issue::reprinted(tx, (caller, by), container, copy, reason)?;
    }
    Ok(())
}

/// Which label of its container one would be, and why it is printed.
pub(in crate::printing) fn may_be_printed(
    caller: &Caller,
    l: &Labelled,
    reason: &str,
) -> Result<(i32, Option<String>), PrintError> {
    if may_print(caller, l).is_none() {
        return Err(PrintError::NotAllowed);
    }
    if l.container.status.is_terminal() {
        return Err(PrintError::Ended);
    }
    let number = l.copies + 1;
    Ok((number, checked_reason(reason, number)?))
}

/// Draws a container's next label without recording it; nothing is written. Also gives its layout.
pub(in crate::printing) fn try_one(
    conn: &mut Conn,
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    wanted: &Wanted,
) -> Result<(Drawn, Layout, Vec<u8>), PrintError> {
    let l = labelled(conn, &app.templates, &caller.scope, code, &wanted.choice)?;
    let l = l.ok_or(PrintError::NotFound)?;
    let (number, _) = may_be_printed(caller, &l, &wanted.reason)?;
    let fields = values(app, &l, number);
    let layout = labels::layout(&l.template, &fields, wanted.dpi)?;
    let bytes = wanted.format.render(&layout)?;
    let sha256 = Sha256::digest(&bytes).to_vec();
    let layout_sha256 = layout.sha256().to_vec();
    Ok((Drawn { fields, template: l.template.name(), sha256, layout_sha256 }, layout, bytes))
}

/// Why a label is printed; required from the second copy on.
fn checked_reason(given: &str, number: i32) -> Result<Option<String>, PrintError> {
    let reason = given.trim();
    let n = reason.chars().count();
    if n > 200 || reason.chars().any(char::is_control) || (number > 1 && n < 3) {
        return Err(PrintError::Fields(vec![FieldFault::new("reason", "reprint-reason")]));
    }
    Ok(Some(reason.to_owned()).filter(|r| !r.is_empty()))
}

fn drawn(
    app: &App,
    caller: &Caller,
    l: &Labelled,
    wanted: &Wanted,
    number: i32,
    reason: Option<String>,
    ready: Option<&Drawn>,
) -> Result<Print, PrintError> {
    let fields = values(app, l, number);
    let (sha256, layout_sha256) = match ready {
        Some(ready) if ready.fields == fields && ready.template == l.template.name() => {
            (ready.sha256.clone(), ready.layout_sha256.clone())
        }
        _ => {
            let layout = labels::layout(&l.template, &fields, wanted.dpi)?;
            let bytes = wanted.format.render(&layout)?;
            (Sha256::digest(bytes).to_vec(), layout.sha256().to_vec())
        }
    };
    let (template_id, template_version) = l.template.name();
    Ok(Print {
        id: wanted.id,
        container_id: l.container.id,
        copy: l.next_copy(),
        recorded_at: caller.now,
        actor_id: caller.scope.user(),
        reason,
        template_id,
        template_version,
        fields: as_json(&fields)?,
        format: wanted.format,
        dpi: i32::try_from(wanted.dpi.number()).unwrap_or(0),
        sha256,
        layout_sha256: Some(layout_sha256),
        number: Some(number),
    })
}

/// Values as they are kept with a label.
pub(in crate::printing) fn as_json(fields: &Fields) -> Result<String, DbError> {
    serde_json::to_string(fields).map_err(|e| DbError::Corrupt(e.to_string()))
}
