//! How long after the draw a tube's label may be made. Pure.

use super::state::Context;
use crate::custody::refusal::Refusal;
use crate::db::Instant;

/// A label may be made this long after the draw, seconds: it is printed at the bedside once the
/// child has been identified and the tube is full (`domain.md` 1.3).
const LABEL_AFTER_DRAW_SECONDS: i64 = 3600;
/// With a reason, this long: a paper label of an outage, written down later.
pub(in crate::custody) const PAPER_LABEL_SECONDS: i64 = 30 * 86_400;

/// Whether a tube drawn at `at` had to go without our label for a while, which needs a reason.
///
/// # Errors
/// When it can't have been drawn then.
pub(in crate::custody) fn label_came_late(
    at: Instant,
    reason: Option<&str>,
    ctx: &Context,
) -> Result<bool, Refusal> {
    if ctx.born.is_some_and(|born| at < born) {
        return Err(Refusal::BeforeBirth);
    }
    match ctx.label_made.seconds_since(at) {
        ..=LABEL_AFTER_DRAW_SECONDS => Ok(false),
        before if before > PAPER_LABEL_SECONDS => Err(Refusal::ImpossibleTime),
        _ if reason.is_none_or(|r| r.trim().is_empty()) => Err(Refusal::LabelAfterDraw),
        _ => Ok(true),
    }
}
