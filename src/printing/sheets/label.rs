//! A recorded label's exact bytes again: of one on a sheet in its place there, of any other as it was printed.

use std::sync::Arc;

use super::record::cells_of;
use super::rows;
use crate::app::{App, Waiting};
use crate::codes::ContainerCode;
use crate::db::Conn;
use crate::label_templates;
use crate::labels::{self, Format, Templates};
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::issue::again::{self, redrawn};
use crate::printing::issue::kinds::Choice;
use crate::printing::issue::service::open;
use crate::printing::issue::store::{Print, PrintId};

/// The bytes of a recorded label, the same as when it was printed.
pub async fn bytes(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    id: PrintId,
) -> Result<(Format, Vec<u8>), PrintError> {
    let labelled = open(app, caller, code, Choice::usual()).await?;
    let print = labelled.prints.into_iter().find(|p| p.id == id).ok_or(PrintError::NotFound)?;
    let templates = Arc::clone(&app.templates);
    let waiting = Waiting::begin();
    let patience = waiting.patience();
    let draw = move |c: &mut Conn| {
        if let Some(bytes) = alone(c, &templates, &print)? {
            return Ok((print.format, bytes));
        }
        redrawn(c, &templates, &print).map(|(format, _, bytes)| (format, bytes))
    };
    app.db.read(move |c| patience.while_it_lasts(|| draw(c))).await
}

/// A recorded label of a sheet alone, in its own place; nothing where it is on none.
fn alone(
    conn: &mut Conn,
    templates: &Templates,
    print: &Print,
) -> Result<Option<Vec<u8>>, PrintError> {
    let Some((sheet, place)) = rows::of_print(conn, print.id)? else { return Ok(None) };
    let layout = again::laid_out(conn, templates, print)?;
    let (id, version) = (&print.template_id, print.template_version);
    let template = label_templates::store::version(conn, templates, id, version)?
        .ok_or(PrintError::NotExact)?;
    if !again::is_as_recorded(&layout, print) {
        return Err(PrintError::NotExact);
    }
    Ok(Some(labels::document(&[layout], sheet.cells(place, cells_of(&template)))?))
}
