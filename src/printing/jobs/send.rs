//! Sending labels to a printer: recorded and queued in one transaction, all or nothing. Each is
//! drawn before anything is written, so nothing waits in a queue that can't be printed.

use uuid::Uuid;

use super::job::What;
use super::rows::BatchId;
use super::{lists, queue, shift};
use crate::app::App;
use crate::codes::{CodeKind, ContainerCode};
use crate::containers;
use crate::db::{DbError, Tx};
use crate::labels::{self, Cause, Cells, Format, Layout};
use crate::people::Caller;
use crate::people::rights::Right;
use crate::printing::error::PrintError;
use crate::printing::issue::kinds::Choice;
use crate::printing::issue::sample::{self, dpi_of, format_of, holds};
use crate::printing::issue::service::{self, Drawn, Wanted};
use crate::printing::issue::several::{all_or_each_fault, check_codes, open_site, roll_size};
use crate::printing::issue::store::PrintId;
use crate::printing::machines::devices::{self, Printer};
use crate::printing::machines::printer::PrinterId;
use crate::printing::machines::reach;
use crate::web::{FieldFault, made_by_client};

/// Labels to be sent together.
#[derive(Debug, Clone)]
pub struct Labels {
    /// Made by the client: sending it again sends nothing more.
    pub id: BatchId,
    /// The printer that they are to come out of.
    pub printer: PrinterId,
    /// Whose, in this order.
    pub codes: Vec<ContainerCode>,
    /// Why again; needed where any of them has a label already.
    pub reason: String,
    /// The kind of label for all of them; empty for the first of each that the stock holds.
    pub kind: String,
}

/// Sends the labels of `labels.codes`.
///
/// # Errors
/// [`PrintError::Fields`] with every label that can't be printed; of a single one, its own error.
pub async fn labels(app: &App, caller: &Caller, labels: Labels) -> Result<BatchId, PrintError> {
    check_codes(&labels.codes)?;
    let id = BatchId::from(made_by_client(labels.id.0)?);
    if is_there(app, caller, id).await? {
        return Ok(id);
    }
    let printer = usable(app, caller, labels.printer).await?;
    let wanted = Wanted {
        id: PrintId(Uuid::nil()),
        format: format_of(printer.language),
        dpi: dpi_of(&printer)?,
        reason: labels.reason.clone(),
        choice: Choice { stock: Some(sample::stock_of(&printer)?), ..Choice::of(&labels.kind) },
    };
    let drawn = all_drawn(app, caller, &printer, &labels, &wanted).await?;
    let (job_app, job) = (app.clone(), caller.clone());
    app.db
        .write_again(move |tx, _| {
            if lists::head_of(tx, id)?.is_some() {
                return Ok::<_, PrintError>(());
            }
            let printer = still(tx, &printer)?;
            for (place, (code, ready)) in labels.codes.iter().zip(&drawn).enumerate() {
                let wanted = Wanted { id: PrintId::new(), ..wanted.clone() };
                let print = service::print_one(tx, &job_app, &job, *code, &wanted, Some(ready))?;
                let mut row =
                    queue::new_row(What::Label, &printer, id, place, job.scope.user(), job.now);
                row.print_id = Some(print.id);
                row.container_id = Some(print.container_id);
                row.code = Some(*code);
                row.copy = print.number();
                row.template_id = Some(print.template_id);
                row.template_version = Some(print.template_version);
                queue::insert(tx, &row)?;
            }
            Ok(())
        })
        .await?;
    app.bell.ring();
    Ok(id)
}

/// Whether this person has sent this batch before. Another's is not theirs to send.
async fn is_there(app: &App, caller: &Caller, id: BatchId) -> Result<bool, PrintError> {
    let head = app.db.point(move |c| Ok::<_, PrintError>(lists::head_of(c, id)?)).await?;
    match head {
        None => Ok(false),
        Some(head) if head.queued_by == caller.scope.user() => Ok(true),
        Some(_) => Err(PrintError::field("id", "print-id-used")),
    }
}

/// The printer, if the caller may print at its site and it is in use.
async fn usable(app: &App, caller: &Caller, id: PrinterId) -> Result<Printer, PrintError> {
    let found = app.db.point(move |c| Ok::<_, PrintError>(devices::printer(c, id)?)).await?;
    let printer = found
        .filter(|p| reach::sees(caller, p.site_id))
        .ok_or_else(|| PrintError::field("printer", "print-printer"))?;
    if printer.disabled_at.is_some() {
        return Err(PrintError::field("printer", "print-printer-off"));
    }
    Ok(printer)
}

/// The printer as it is in this transaction, kept as it is until the commit: what was drawn for it
/// must still be what it takes.
fn still(tx: &mut Tx<'_>, drawn_for: &Printer) -> Result<Printer, PrintError> {
    let now = devices::locked_printer(tx, drawn_for.id)?.ok_or(PrintError::NotFound)?;
    let same = |p: &Printer| (p.language, p.dpi, p.media.clone(), p.offset_x_um, p.offset_y_um);
    if now.disabled_at.is_some() {
        return Err(PrintError::field("printer", "print-printer-off"));
    }
    if same(&now) != same(drawn_for) {
        return Err(PrintError::PrinterChanged);
    }
    Ok(now)
}

/// Every label drawn for the printer, without a write.
async fn all_drawn(
    app: &App,
    caller: &Caller,
    printer: &Printer,
    labels: &Labels,
    wanted: &Wanted,
) -> Result<Vec<Drawn>, PrintError> {
    let (job_app, job, printer) = (app.clone(), caller.clone(), printer.clone());
    let wanted = wanted.clone();
    all_or_each_fault(app, caller, labels.codes.clone(), move |c, code| {
        let (drawn, layout, bytes) = service::try_one(c, &job_app, &job, code, &wanted)?;
        fits(&printer, &layout, wanted.format, bytes)?;
        Ok(drawn)
    })
    .await
}

/// Whether a drawn label can come out of the printer as it is set up.
fn fits(
    printer: &Printer,
    layout: &Layout,
    format: Format,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, PrintError> {
    if !holds(printer, layout)? {
        let size = format!("{}x{}", layout.width_mm, layout.height_mm);
        let fault = FieldFault::new("printer", "print-stock").with("label", size);
        return Err(PrintError::Fields(vec![fault.with("stock", printer.media.clone())]));
    }
    moved(printer, layout, format, bytes)
}

/// A label's bytes for this printer: moved by what it is off.
pub fn moved(
    printer: &Printer,
    layout: &Layout,
    format: Format,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, PrintError> {
    let by = (printer.offset_x_um, printer.offset_y_um);
    let off = || PrintError::field("printer", "print-off-label");
    match format {
        _ if by == (0, 0) => Ok(bytes),
        Format::Pdf => {
            let mm = |um: i32| f64::from(um) / 1000.0;
            let cells = Cells { skip: 0, offset_x_mm: mm(by.0), offset_y_mm: mm(by.1) };
            labels::document(std::slice::from_ref(layout), cells).map_err(|e| match e.cause {
                Cause::OffPage => off(),
                _ => e.into(),
            })
        }
        _ => {
            let zpl = String::from_utf8(bytes).map_err(|e| DbError::Corrupt(e.to_string()))?;
            let zpl = shift::zpl(&zpl, by, printer.dpi).map_err(|_| off())?;
            Ok(zpl.into_bytes())
        }
    }
}

/// A roll of labels to be printed beforehand.
#[derive(Debug, Clone)]
pub struct Roll {
    /// Made by the client.
    pub id: BatchId,
    /// The printer that they are to come out of.
    pub printer: PrinterId,
    /// How many, 1 to 1,000.
    pub n: i64,
}

/// Hands the printer's centre a run of codes and sends a label for each. They are nobody's until
/// one is read at a bedside.
pub async fn roll(app: &App, caller: &Caller, roll: Roll) -> Result<BatchId, PrintError> {
    let id = BatchId::from(made_by_client(roll.id.0)?);
    let n = roll_size(roll.n)?;
    if is_there(app, caller, id).await? {
        return Ok(id);
    }
    let printer = usable(app, caller, roll.printer).await?;
    if !reach::may_at(caller, Right::PrintRoll, printer.site_id) {
        return Err(PrintError::NotAllowed);
    }
    let template = sample::current(app, sample::ROLL).await?;
    let version = template.version;
    let sure = ContainerCode::new(CodeKind::Primary, 0, 1)
        .ok_or_else(|| DbError::Corrupt("no code to try".into()))?;
    let layout = sample::roll(&template, sure, app.sites.code(printer.site_id), dpi_of(&printer)?)?;
    let format = format_of(printer.language);
    fits(&printer, &layout, format, format.render(&layout)?)?;
    let job = caller.clone();
    app.db
        .write_again(move |tx, _| {
            if lists::head_of(tx, id)?.is_some() {
                return Ok::<_, PrintError>(());
            }
            let printer = still(tx, &printer)?;
            let (user, now) = (job.scope.user(), job.now);
            open_site(tx, printer.site_id)?;
            let run = containers::blocks::issue_roll(tx, printer.site_id, n, user, now)?;
            let Some((first, _)) = run else { return Err(PrintError::field("n", "no-codes-left")) };
            for (place, serial) in
                (first.serial()..).take(usize::try_from(n).unwrap_or(0)).enumerate()
            {
                let code = ContainerCode::new(first.kind(), first.allocator(), serial);
                let mut row = queue::new_row(What::Label, &printer, id, place, user, now);
                row.code = code;
                row.template_id = Some(sample::ROLL.to_owned());
                row.template_version = Some(version);
                queue::insert(tx, &row)?;
            }
            Ok(())
        })
        .await?;
    app.bell.ring();
    Ok(id)
}

/// Sends the printer's test label or its rulers.
pub async fn test(
    app: &App,
    caller: &Caller,
    id: BatchId,
    printer: PrinterId,
    what: What,
) -> Result<BatchId, PrintError> {
    let id = BatchId::from(made_by_client(id.0)?);
    if what == What::Label {
        return Err(PrintError::field("what", "word-of-the-list"));
    }
    let found = app.db.point(move |c| Ok::<_, PrintError>(devices::printer(c, printer)?)).await?;
    let printer = found.filter(|p| reach::sees(caller, p.site_id)).ok_or(PrintError::NotFound)?;
    if !reach::may_at(caller, Right::TestPrinter, printer.site_id) {
        return Err(PrintError::NotAllowed);
    }
    if printer.disabled_at.is_some() {
        return Err(PrintError::field("printer", "print-printer-off"));
    }
    if is_there(app, caller, id).await? {
        return Ok(id);
    }
    let made = test_label(&printer, app.sites.code(printer.site_id), what)?;
    let format = format_of(printer.language);
    moved(&printer, &made, format, format.render(&made)?)?;
    let (user, now) = (caller.scope.user(), caller.now);
    app.db
        .write_again(move |tx, _| {
            if lists::head_of(tx, id)?.is_some() {
                return Ok::<_, PrintError>(());
            }
            let printer = still(tx, &printer)?;
            Ok(queue::insert(tx, &queue::new_row(what, &printer, id, 0, user, now))?)
        })
        .await?;
    app.bell.ring();
    Ok(id)
}

/// A test label, before it is moved.
pub fn test_label(printer: &Printer, site: &str, what: What) -> Result<Layout, PrintError> {
    match what {
        What::Calibration => sample::calibration(printer),
        What::Test | What::Label => sample::test(printer, site),
    }
}
