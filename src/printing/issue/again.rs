//! Recorded labels drawn again, exactly as they were printed.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::kinds::Choice;
use super::service::{PrintId, open};
use super::store::Print;
use crate::app::{App, Waiting};
use crate::codes::ContainerCode;
use crate::db::{Conn, DbError};
use crate::label_templates;
use crate::labels::{self, Dpi, Fields, Format, Layout, Templates};
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::printing::sheets::opened;

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
        if let Some(bytes) = opened::alone(c, &templates, &print)? {
            return Ok((print.format, bytes));
        }
        redrawn(c, &templates, &print).map(|(format, _, bytes)| (format, bytes))
    };
    app.db.read(move |c| patience.while_it_lasts(|| draw(c))).await
}

/// A recorded label and its bytes, drawn from its values and held against its hashes: of a file
/// that a library packs the layout's, of others the bytes' own.
pub fn redrawn(
    conn: &mut Conn,
    templates: &Templates,
    print: &Print,
) -> Result<(Format, Layout, Vec<u8>), PrintError> {
    let layout = laid_out(conn, templates, print)?;
    let drawn = print.format.render(&layout)?;
    let is_it = |bytes: &[u8]| Sha256::digest(bytes)[..] == print.sha256[..];
    if is_it(&drawn) || (print.format.is_packed() && is_as_recorded(&layout, print)) {
        return Ok((print.format, layout, drawn));
    }
    let as_it_was = print.format.earlier(&layout).into_iter().find(|bytes| is_it(bytes));
    as_it_was.map(|bytes| (print.format, layout, bytes)).ok_or(PrintError::NotExact)
}

/// Whether a recorded label is still laid out as it was.
pub fn is_as_recorded(layout: &Layout, print: &Print) -> bool {
    print.layout_sha256.as_deref() == Some(&layout.sha256()[..])
}

/// A recorded label, laid out from its values by the version of its template: of two of one number by
/// the one that it was printed by, which its hash tells.
pub fn laid_out(
    conn: &mut Conn,
    templates: &Templates,
    print: &Print,
) -> Result<Layout, PrintError> {
    let fields: Fields = serde_json::from_str(&print.fields)
        .map_err(|e| DbError::Corrupt(format!("label {}: {e}", print.id)))?;
    let dpi = Dpi::from_number(i64::from(print.dpi)).unwrap_or(Dpi::D203);
    let (id, version) = (&print.template_id, print.template_version);
    let mut drawn = Err(PrintError::NotExact);
    for template in label_templates::store::versions_of(conn, templates, id, version)? {
        let layout = labels::layout(&template, &fields, dpi).map_err(PrintError::from);
        if layout.as_ref().is_ok_and(|l| is_as_recorded(l, print)) {
            return layout;
        }
        drawn = drawn.or(layout);
    }
    drawn
}
