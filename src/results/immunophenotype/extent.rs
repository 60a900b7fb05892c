//! How many cells: a percentage, or a bound of one, as reports write it. No float reads it. Pure.

use crate::catalogue::ppm_of_percent;
use crate::web::FieldFault;
use crate::web::number::{self, NotANumber};

/// What stands before a bound, as written and as kept.
const BOUNDS: &[(&str, &str)] = &[
    (">=", "≥"),
    ("=>", "≥"),
    ("≥", "≥"),
    ("<=", "≤"),
    ("=<", "≤"),
    ("≤", "≤"),
    (">", ">"),
    ("<", "<"),
];

/// The word for a percentage that nobody determined.
pub const UNKNOWN: &str = "ND";

/// A decimal percentage from 0 to 100 as written, with at most four decimals.
pub fn percentage(field: &str, text: &str) -> Result<String, FieldFault> {
    match number::written(text, 4) {
        Ok(plain) if ppm_of_percent(&plain).is_some() => Ok(plain),
        Err(e @ NotANumber::DecimalComma(_)) => Err(e.fault(field)),
        _ => Err(FieldFault::new(field, "percentage")),
    }
}

/// A percentage or a bound of one: `45.2`, `≥ 30 %` (kept as `≥30`).
pub fn extent(field: &str, text: &str) -> Result<String, FieldFault> {
    let text = text.trim().trim_end_matches('%').trim_end();
    let bound = BOUNDS.iter().find_map(|(w, kept)| Some((*kept, text.strip_prefix(*w)?)));
    let (kept, rest) = bound.unwrap_or(("", text));
    let read = percentage(field, rest).map_err(|f| match f.code {
        "percentage" => FieldFault::new(field, "percentage-or-bound"),
        _ => f,
    })?;
    Ok(format!("{kept}{read}"))
}

/// Between which values, parts per million, what is kept lies; everywhere where it is not known.
pub fn bounds(kept: &str) -> (u64, u64) {
    let value = |text: &str| ppm_of_percent(text);
    let all = 1_000_000;
    let known = match kept.chars().next() {
        Some('≥' | '>') => value(kept.trim_start_matches(['≥', '>'])).map(|low| (low, all)),
        Some('≤' | '<') => value(kept.trim_start_matches(['≤', '<'])).map(|high| (0, high)),
        _ => value(kept).map(|v| (v, v)),
    };
    known.unwrap_or((0, all))
}

/// As people read it: `≥ 30 %`.
pub fn shown(kept: &str) -> String {
    let digits = kept.trim_start_matches(['≥', '>', '≤', '<']);
    let bound = &kept[..kept.len() - digits.len()];
    let space = if bound.is_empty() { "" } else { "\u{202f}" };
    format!("{bound}{space}{digits}\u{202f}%")
}
