//! What may happen to a container next, and what it is after. Pure: `domain.md` section 5 is its table.

pub mod bedside;
pub mod collection_time;
pub mod correct;
pub mod decide;
mod handover;
mod laboratory;
mod late_label;
pub mod state;
