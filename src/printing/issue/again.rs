//! Recorded labels drawn again, exactly as they were printed.

use sha2::{Digest, Sha256};

use super::store::Print;
use crate::db::{Conn, DbError};
use crate::label_templates;
use crate::labels::{self, Dpi, Fields, Format, Layout, Templates};
use crate::printing::error::PrintError;

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
