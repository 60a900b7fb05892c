//! Asks whoever prints a PDF not to make it fit: `/ViewerPreferences << /PrintScaling /None >>` (ISO
//! 32000-1, 12.2). krilla 0.8 cannot set it, and lopdf would bring 21 crates, decryption among
//! them, for a line: it is put into the catalog where that is the last object, as krilla writes it.

use crate::labels::error::Cause;

const CATALOG: &[u8] = b"<</Type/Catalog";
const PREFERENCE: &[u8] = b"/ViewerPreferences<</PrintScaling/None>>";
const TABLE_AT: &[u8] = b"startxref\n";
const END: &[u8] = b"endobj";

/// `pdf` with the wish in it. Nothing but the table of objects stands behind what is put in, so its
/// own place is the only number that changes.
///
/// # Errors
/// [`Cause::Drawing`] for a document that is not written like this.
pub fn ask(mut pdf: Vec<u8>) -> Result<Vec<u8>, Cause> {
    let found = places(&pdf);
    let (catalog, table, number) = found.ok_or_else(|| {
        Cause::Drawing("the PDF has no catalog as its last object to ask for its size".to_owned())
    })?;
    let moved = (table + PREFERENCE.len()).to_string();
    pdf.splice(number, moved.into_bytes());
    pdf.splice(catalog..catalog, PREFERENCE.iter().copied());
    Ok(pdf)
}

/// Where the wish goes, where the table begins, and where that is written.
fn places(pdf: &[u8]) -> Option<(usize, usize, std::ops::Range<usize>)> {
    let from = last(pdf, TABLE_AT)? + TABLE_AT.len();
    let digits = pdf[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let number = from..from + digits;
    let table: usize = str::from_utf8(&pdf[number.clone()]).ok()?.parse().ok()?;
    let before = pdf.get(..table).filter(|_| pdf[table..].starts_with(b"xref"))?;
    let catalog = last(before, CATALOG)?;
    // One object from there to the table, and it has no preferences of its own.
    let object = &before[catalog..];
    let alone = object.windows(END.len()).filter(|w| *w == END).count() == 1;
    let free = last(object, b"/ViewerPreferences").is_none();
    (alone && free).then_some((catalog + CATALOG.len(), table, number))
}

fn last(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).rposition(|w| w == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\nxref\n0 2\n\
        trailer\n<</Root 1 0 R>>\nstartxref\n55\n%%EOF";

    #[test]
    fn the_wish_is_in_the_catalog_and_the_table_is_found() {
        assert_eq!(&SMALL[55..59], "xref");
        let told = String::from_utf8(ask(SMALL.into()).unwrap()).unwrap();
        let wish = "<</Type/Catalog/ViewerPreferences<</PrintScaling/None>>/Pages 2 0 R>>";
        assert!(told.contains(wish), "{told}");
        let at: usize = told.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(told[at..].starts_with("xref"), "{told}");
    }

    #[test]
    fn a_document_of_another_form_is_refused() {
        let wrong = |from: &str, to: &str| {
            assert!(SMALL.contains(from), "{from}");
            ask(SMALL.replace(from, to).into()).unwrap_err();
        };
        wrong("startxref\n55", "startxref\n54");
        wrong("startxref\n55", "startxref\n999");
        wrong("startxref\n55", "startxref\nx");
        wrong("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Catalog/ViewerPreferences 3 0 R>>");
        wrong("endobj", "endobj 3 0 obj endobj");
        ask(vec![]).unwrap_err();
    }
}
