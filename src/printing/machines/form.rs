//! What forms about printers have in common: lengths as people type them, and buttons alone.

use serde::Deserialize;

use crate::web::FieldFault;
use crate::web::number::{self, NotANumber};

/// Millimetres with up to three decimals, in micrometres. Nothing typed is 0. `wrong` is what the
/// field says of anything else but a decimal comma, which is named.
pub fn micrometres(
    field: &str,
    text: &str,
    wrong: impl FnOnce() -> FieldFault,
) -> Result<i64, FieldFault> {
    if text.trim().is_empty() {
        return Ok(0);
    }
    match number::decimal(text, 3) {
        Ok(um) => Ok(um),
        Err(e @ NotANumber::DecimalComma(_)) => Err(e.fault(field)),
        Err(_) => Err(wrong()),
    }
}

/// Micrometres as they are typed.
pub fn millimetres(um: i32) -> String {
    let (sign, n) = (if um < 0 { "-" } else { "" }, um.unsigned_abs());
    let text = format!("{sign}{}.{:03}", n / 1000, n % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A form of a button alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_are_typed_and_shown_the_same() {
        let read = |text: &str| {
            micrometres("x", text, || FieldFault::new("x", "printer-offset")).map_err(|f| f.code)
        };
        for (typed, um) in [("0", 0), ("", 0), ("0.4", 400), ("-1.25", -1250), ("20", 20_000)] {
            assert_eq!(read(typed), Ok(um), "{typed}");
            let shown = millimetres(i32::try_from(um).unwrap());
            assert_eq!(read(&shown), Ok(um), "{shown}");
        }
        for wrong in ["-", "1.2345", "1e3", "x", ".5", "1.-5"] {
            assert_eq!(read(wrong), Err("printer-offset"), "{wrong}");
        }
        assert_eq!(read("3,5"), Err("decimal-comma"));
    }
}
