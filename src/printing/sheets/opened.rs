//! Sheets of labels that were made: who may see them, their pages as they were, and the page that tells
//! how far a printer of sheets is off.

use std::sync::Arc;

use super::record::{cells_of, hash_of, run_of, told};
use super::rows::{self, Sheet, SheetId};
use crate::app::{App, Waiting};
use crate::codes::ContainerCode;
use crate::containers::Container;
use crate::db::Conn;
use crate::label_templates;
use crate::labels::{self, Cells, Layout, Template, Templates};
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::issue::store::Print;
use crate::printing::issue::{again, service};
use crate::printing::machines::reach;
use crate::sites::SiteId;
use crate::web::Lang;

/// A sheet and what is on it.
pub struct Shown {
    /// The sheet as it was recorded.
    pub sheet: Sheet,
    /// The version of the template that it was drawn by.
    pub template: Arc<Template>,
    /// The codes of its labels, in order.
    pub codes: Vec<ContainerCode>,
    /// The recorded labels with their containers, by place; none of pre-printed ones.
    pub labels: Vec<(Print, Container)>,
}

/// A sheet within reach.
///
/// # Errors
/// [`PrintError::NotFound`]; of labels out of reach the attempt is audited.
pub async fn open(app: &App, caller: &Caller, id: SheetId) -> Result<Shown, PrintError> {
    let (job, templates) = (caller.clone(), Arc::clone(&app.templates));
    let found = app.db.read(move |c| shown(c, &templates, &job, id)).await?;
    if let Some(shown) = found {
        return Ok(shown);
    }
    let codes = app.db.read(move |c| Ok::<_, PrintError>(rows::codes(c, id)?)).await?;
    service::audit_out_of_scope(app, caller, codes).await?;
    Err(PrintError::NotFound)
}

fn shown(
    conn: &mut Conn,
    templates: &Templates,
    caller: &Caller,
    id: SheetId,
) -> Result<Option<Shown>, PrintError> {
    let Some(sheet) = rows::by_id(conn, id)? else { return Ok(None) };
    let (kind, version) = (&sheet.template_id, sheet.template_version);
    let template = label_templates::store::version(conn, templates, kind, version)?
        .ok_or(PrintError::NotExact)?;
    if let Some(first) = sheet.first_code {
        if !reach::prints_at(caller, sheet.site_id) {
            return Ok(None);
        }
        let code = |serial| ContainerCode::new(first.kind(), first.allocator(), serial);
        let n = usize::try_from(sheet.labels).unwrap_or(0);
        let codes = (first.serial()..).take(n).filter_map(code).collect();
        return Ok(Some(Shown { sheet, template, codes, labels: vec![] }));
    }
    let Some(labels) = rows::labels(conn, &caller.scope, id)? else { return Ok(None) };
    let codes = labels.iter().map(|(_, c)| c.code).collect();
    Ok(Some(Shown { sheet, template, codes, labels }))
}

/// A sheet's pages as PDF, as they were; who opens them is written down.
///
/// # Errors
/// [`PrintError::NotFound`], [`PrintError::NotExact`].
pub async fn pages(app: &App, caller: &Caller, id: SheetId) -> Result<Vec<u8>, PrintError> {
    let shown = open(app, caller, id).await?;
    let centre = app.sites.code(shown.sheet.site_id).to_owned();
    let templates = Arc::clone(&app.templates);
    let waiting = Waiting::begin();
    let patience = waiting.patience();
    let draw = move |c: &mut Conn| {
        let layouts = match shown.sheet.first_code {
            Some(first) => run_of(&shown.template, first, shown.sheet.labels, &centre)?
                .into_iter()
                .map(|(_, layout)| layout)
                .collect(),
            None => shown
                .labels
                .iter()
                .map(|(print, _)| again::laid_out(c, &templates, print))
                .collect::<Result<Vec<Layout>, PrintError>>()?,
        };
        if hash_of(&layouts) != shown.sheet.layout_sha256 {
            return Err(PrintError::NotExact);
        }
        let cells = shown.sheet.cells(0, cells_of(&shown.template));
        Ok((shown.sheet, labels::document(&layouts, cells)?))
    };
    let (sheet, bytes) = app.db.read(move |c| patience.while_it_lasts(|| draw(c))).await?;
    let job = caller.clone();
    app.db.write(move |tx| told(tx, &job, &sheet, "sheet-open")).await?;
    Ok(bytes)
}

/// The last sheet of each of `kinds` that was made where the caller prints: where the next one
/// begins, and how far that printer is off.
pub(in crate::printing) async fn last(
    app: &App,
    caller: &Caller,
    kinds: &[Arc<Template>],
) -> Result<Vec<Option<Sheet>>, PrintError> {
    let own = [caller.scope.centres(), caller.scope.laboratories()].concat();
    let sites: Vec<SiteId> = own.into_iter().filter(|s| reach::prints_at(caller, *s)).collect();
    let ids: Vec<String> = kinds.iter().map(|t| t.id.clone()).collect();
    app.db
        .read(move |c| {
            let of = |id: &String| Ok(rows::last(c, &sites, id)?);
            ids.iter().map(of).collect::<Result<Vec<Option<Sheet>>, PrintError>>()
        })
        .await
}

/// The lines of the calibration page, in each language.
const SAYS: [&str; 6] = ["title", "print", "ruler", "read", "enter", "again"];

/// The page that tells how far an office printer is off, for sheets of a kind; in both languages.
///
/// # Errors
/// For a template that is on no sheet, and an offset out of range.
pub fn calibration(template: &Template, cells: Cells) -> Result<Vec<u8>, labels::LabelError> {
    let mut says = vec![];
    for lang in [Lang::Es, Lang::En] {
        let line = |key: &&str| {
            let sheet = [("sheet", template.id.as_str().into())];
            lang.tr(&format!("label-calibrate-{key}"), &sheet)
        };
        if !says.is_empty() {
            says.push(String::new());
        }
        says.extend(SAYS.iter().map(line));
    }
    labels::calibration(template, &says, cells)
}
