//! Labels on sheets for an office printer: what a centre without a label printer sticks on its tubes.
//! They are recorded together, and their pages are drawn again as they were.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::rows::{self, Sheet, SheetId};
use crate::app::{self, App};
use crate::audit::{self, Action, Entry};
use crate::codes::{CodeKind, ContainerCode};
use crate::db::{Conn, DbError, Tx};
use crate::labels::{
    self, Cause, Dpi, Fields, Format, Layout, MOST_OFFSET_MM, Template, Templates,
};
use crate::people::Caller;
use crate::people::rights::Right;
use crate::printing::error::PrintError;
use crate::printing::issue::several::{all_or_each_fault, check_codes};
use crate::printing::issue::store::{Print, PrintId};
use crate::printing::issue::{sample, says, service};
use crate::printing::machines::reach;
use crate::sites::SiteId;
use crate::web::{FieldFault, made_by_client};
use crate::{containers, label_templates};

/// What office printers draw; a module of a code is a whole number of its dots.
const DPI: Dpi = Dpi::D600;

/// Labels to be put on sheets.
#[derive(Debug, Clone)]
pub struct NewSheet {
    /// Made by the client: sending it again makes nothing more.
    pub id: SheetId,
    /// The kind of sheet: a template's id.
    pub template: String,
    /// Which labels are put on them.
    pub what: OnSheet,
    /// Cells of the first sheet that are used up.
    pub used: i64,
    /// Everything is moved so far right, micrometres.
    pub offset_x_um: i64,
    /// Everything is moved so far down, micrometres.
    pub offset_y_um: i64,
    /// Why again; needed where any of them has a label already.
    pub reason: String,
}

/// What is put on sheets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnSheet {
    /// Labels of these, in this order.
    Tubes(Vec<ContainerCode>),
    /// Pre-printed ones: a run of new codes of a centre, nobody's yet.
    Roll {
        /// The centre that the codes are for.
        site: SiteId,
        /// How many labels there are.
        n: i64,
    },
}

impl OnSheet {
    fn is_roll(&self) -> bool {
        matches!(self, Self::Roll { .. })
    }
}

/// The kinds of sheet there are for tubes, or for pre-printed labels.
pub async fn kinds(app: &App, roll: bool) -> Result<Vec<Arc<Template>>, PrintError> {
    let templates = Arc::clone(&app.templates);
    app.db.read(move |c| kinds_in(c, &templates, roll)).await
}

fn kinds_in(
    conn: &mut Conn,
    templates: &Templates,
    roll: bool,
) -> Result<Vec<Arc<Template>>, PrintError> {
    let filled: &[&str] = if roll { &sample::FIELDS } else { &says::FIELDS };
    let mut ids: Vec<&str> = templates.all().iter().map(|t| t.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut kinds = vec![];
    for id in ids {
        let came = templates.latest(id).and_then(|t| t.sheet());
        if came.is_none_or(|s| s.cells() < 2) {
            continue;
        }
        let found = label_templates::store::current(conn, templates, id)?;
        kinds.extend(found.filter(|t| t.field_names().iter().all(|f| filled.contains(f))));
    }
    // Letter is the paper of Mexico's offices.
    kinds.sort_by_key(|t| t.sheet().is_none_or(|s| s.paper != "Letter"));
    Ok(kinds)
}

/// Labels on one sheet of a kind.
pub(super) fn cells_of(template: &Template) -> usize {
    template.sheet().map_or(1, |s| s.cells())
}

/// Puts labels on sheets: all of them or none.
///
/// # Errors
/// [`PrintError::Fields`] with everything that is wrong; of a single label, its own error.
pub async fn make(app: &App, caller: &Caller, new: NewSheet) -> Result<SheetId, PrintError> {
    let id = SheetId::from(made_by_client(new.id.0)?);
    let there = app.db.point(move |c| Ok::<_, PrintError>(rows::by_id(c, id)?)).await?;
    match there {
        Some(sheet) if sheet.made_by == caller.scope.user() => return Ok(id),
        Some(_) => return Err(PrintError::field("id", "print-id-used")),
        None => {}
    }
    let kinds = kinds(app, new.what.is_roll()).await?;
    let template = kinds.into_iter().find(|t| t.id == new.template);
    let template = template.ok_or_else(|| PrintError::field("template", "label-sheet-kind"))?;
    let sheet = checked(caller, &template, &new)?;
    match &new.what {
        OnSheet::Roll { n, .. } => roll(app, caller, &template, sheet, *n).await?,
        OnSheet::Tubes(codes) => {
            check_codes(codes)?;
            tubes(app, caller, &template, sheet, codes, &new.reason).await?;
        }
    }
    Ok(id)
}

/// The row, as far as it is known before anything is drawn.
fn checked(caller: &Caller, template: &Template, new: &NewSheet) -> Result<Sheet, PrintError> {
    let cells = i64::try_from(cells_of(template)).unwrap_or(1);
    let mut faults = vec![];
    let mut within = |field: &str, rule, n: i64, low: i64, high: i64| {
        let found = i32::try_from(n).ok().filter(|_| (low..=high).contains(&n));
        if found.is_none() {
            faults.push(FieldFault::new(field, rule).with("high", high));
        }
        found.unwrap_or(0)
    };
    let used = within("used", "label-sheet-used", new.used, 0, cells - 1);
    // MOST_OFFSET_MM is 10: far inside an i64.
    #[allow(clippy::cast_possible_truncation)]
    let most = (MOST_OFFSET_MM * 1000.0) as i64;
    let offset_x_um = within("offset_x_um", "label-sheet-offset", new.offset_x_um, -most, most);
    let offset_y_um = within("offset_y_um", "label-sheet-offset", new.offset_y_um, -most, most);
    if !faults.is_empty() {
        return Err(PrintError::Fields(faults));
    }
    Ok(Sheet {
        id: new.id,
        site_id: own_site(caller, &new.what)?,
        template_id: template.id.clone(),
        template_version: template.version,
        used,
        offset_x_um,
        offset_y_um,
        labels: 0,
        first_code: None,
        layout_sha256: vec![],
        made_at: caller.now,
        made_by: caller.scope.user(),
    })
}

/// Where the caller prints: the roll's centre, else the first of theirs.
fn own_site(caller: &Caller, what: &OnSheet) -> Result<SiteId, PrintError> {
    let scope = &caller.scope;
    match what {
        OnSheet::Roll { site, .. } => {
            let own = reach::may_at(caller, Right::PrintRoll, *site);
            if own { Ok(*site) } else { Err(PrintError::field("site", "print-site")) }
        }
        OnSheet::Tubes(_) => {
            let own = scope.centres().iter().chain(scope.laboratories());
            own.copied().find(|s| reach::prints_at(caller, *s)).ok_or(PrintError::NotAllowed)
        }
    }
}

/// The pages. An offset that pushes a label off the paper is told at the offset.
fn drawn_pages(
    layouts: &[Layout],
    sheet: &Sheet,
    template: &Template,
) -> Result<Vec<u8>, PrintError> {
    labels::document(layouts, sheet.cells(0, cells_of(template))).map_err(|e| match e.cause {
        Cause::OffPage => {
            let offsets = [("offset_x_um", sheet.offset_x_um), ("offset_y_um", sheet.offset_y_um)];
            let moved = offsets.into_iter().filter(|(_, um)| *um != 0);
            let fault = |(field, _)| FieldFault::new(field, "label-sheet-off-page");
            PrintError::Fields(moved.map(fault).collect())
        }
        _ => e.into(),
    })
}

/// The hash of all layouts, in order.
pub(super) fn hash_of<'a>(layouts: impl IntoIterator<Item = &'a Layout>) -> Vec<u8> {
    let mut hash = Sha256::new();
    for layout in layouts {
        hash.update(layout.sha256());
    }
    hash.finalize().to_vec()
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// What is drawn again when what labels say changes while they are drawn.
const TRIES: usize = 3;

async fn tubes(
    app: &App,
    caller: &Caller,
    template: &Arc<Template>,
    sheet: Sheet,
    codes: &[ContainerCode],
    reason: &str,
) -> Result<(), PrintError> {
    for _ in 0..TRIES {
        match once(app, caller, template, sheet.clone(), codes, reason).await {
            Err(PrintError::Changed) => {}
            other => return other,
        }
    }
    Err(PrintError::Changed)
}

async fn once(
    app: &App,
    caller: &Caller,
    template: &Arc<Template>,
    mut sheet: Sheet,
    codes: &[ContainerCode],
    reason: &str,
) -> Result<(), PrintError> {
    let (job_app, job, by) = (app.clone(), caller.clone(), Arc::clone(template));
    let why = reason.to_owned();
    let drawn = all_or_each_fault(app, caller, codes.to_vec(), move |c, code| {
        let l = service::drawn_by(c, Arc::clone(&by), &job.scope, code)?;
        let l = l.ok_or(PrintError::NotFound)?;
        let (number, _) = service::may_be_printed(&job, &l, &why)?;
        let fields = says::values(&job_app, &l, number);
        let layout = labels::layout(&by, &fields, DPI)?;
        Ok((fields, layout))
    });
    let (fields, layouts): (Vec<Fields>, Vec<Layout>) = drawn.await?.into_iter().unzip();
    sheet.labels = count(layouts.len());
    sheet.layout_sha256 = hash_of(&layouts);
    let hashes: Vec<Vec<u8>> = layouts.iter().map(|l| l.sha256().to_vec()).collect();
    let (on, by) = (sheet.clone(), Arc::clone(template));
    let sha256 = app::drawn(move || {
        drawn_pages(&layouts, &on, &by).map(|bytes| Sha256::digest(bytes).to_vec())
    });
    let sha256 = sha256.await?;
    let (job_app, job, by) = (app.clone(), caller.clone(), Arc::clone(template));
    let (codes, why) = (codes.to_vec(), reason.to_owned());
    app.db
        .write_again(move |tx, _| {
            if rows::by_id(tx, sheet.id)?.is_some() {
                return Ok(());
            }
            rows::insert(tx, &sheet)?;
            for (place, code) in codes.iter().enumerate() {
                containers::store::lock(tx, *code)?;
                let l = service::drawn_by(tx, Arc::clone(&by), &job.scope, *code)?;
                let l = l.ok_or(PrintError::NotFound)?;
                let (number, reason) = service::may_be_printed(&job, &l, &why)?;
                if says::values(&job_app, &l, number) != fields[place] {
                    return Err(PrintError::Changed);
                }
                let print = Print {
                    id: PrintId::new(),
                    container_id: l.container.id,
                    copy: l.next_copy(),
                    recorded_at: job.now,
                    actor_id: job.scope.user(),
                    reason,
                    template_id: by.id.clone(),
                    template_version: by.version,
                    fields: service::as_json(&fields[place])?,
                    format: Format::Pdf,
                    dpi: i32::try_from(DPI.number()).unwrap_or(0),
                    // It is the pages' one file that was printed.
                    sha256: sha256.clone(),
                    layout_sha256: Some(hashes[place].clone()),
                    number: Some(number),
                };
                service::record(tx, &job, l.container, &print)?;
                rows::place(tx, sheet.id, count(place), print.id)?;
            }
            Ok(())
        })
        .await
}

/// The labels of a run of codes.
pub(super) fn run_of(
    template: &Template,
    first: ContainerCode,
    n: i32,
    centre: &str,
) -> Result<Vec<(ContainerCode, Layout)>, PrintError> {
    let n = usize::try_from(n).unwrap_or(0);
    let label = |serial: u32| {
        let code = ContainerCode::new(first.kind(), first.allocator(), serial);
        let code = code.ok_or_else(|| DbError::Corrupt("a run past its allocator".into()))?;
        Ok((code, sample::roll(template, code, centre, DPI)?))
    };
    (first.serial()..).take(n).map(label).collect()
}

async fn roll(
    app: &App,
    caller: &Caller,
    template: &Arc<Template>,
    mut sheet: Sheet,
    n: i64,
) -> Result<(), PrintError> {
    sheet.labels = crate::printing::issue::several::roll_size(n)?;
    let centre = app.sites.code(sheet.site_id).to_owned();
    // Tried with codes of the same length: what can't be drawn takes no codes.
    let sure = ContainerCode::new(CodeKind::Primary, 0, 1)
        .ok_or_else(|| DbError::Corrupt("no code to try".into()))?;
    let (on, by, at) = (sheet.clone(), Arc::clone(template), centre.clone());
    let tried = app::drawn(move || {
        let tried = run_of(&by, sure, on.labels, &at)?;
        let tried: Vec<Layout> = tried.into_iter().map(|(_, layout)| layout).collect();
        drawn_pages(&tried, &on, &by).map(drop)
    });
    tried.await?;
    let (job, by) = (caller.clone(), Arc::clone(template));
    app.db
        .write_again(move |tx, _| {
            if rows::by_id(tx, sheet.id)?.is_some() {
                return Ok::<_, PrintError>(());
            }
            let user = job.scope.user();
            crate::printing::issue::several::open_site(tx, sheet.site_id)?;
            let run =
                containers::blocks::issue_roll(tx, sheet.site_id, sheet.labels, user, job.now)?;
            let Some((first, _)) = run else { return Err(PrintError::field("n", "no-codes-left")) };
            let layouts = run_of(&by, first, sheet.labels, &centre)?;
            let layout_sha256 = hash_of(layouts.iter().map(|(_, layout)| layout));
            let row = Sheet { first_code: Some(first), layout_sha256, ..sheet.clone() };
            rows::insert(tx, &row)?;
            told(tx, &job, &row, "sheet-roll")
        })
        .await
}

/// Writes down that somebody made or opened a sheet.
pub(in crate::printing) fn told(
    tx: &mut Tx<'_>,
    caller: &Caller,
    sheet: &Sheet,
    what: &'static str,
) -> Result<(), PrintError> {
    let entry = Entry::new(caller, Action::PrintLabel, "label-sheet", Some(sheet.id.0));
    Ok(audit::record(tx, &entry.detail(what).site(sheet.site_id))?)
}
