//! What several pages say of a tube: its state, its age, what is in it.

use maud::Markup;

use crate::app::App;
use crate::catalogue::Freshness;
use crate::containers::{Container, Status};
use crate::custody::record::age::freshness;
use crate::custody::record::view::view_with;
use crate::custody::refusal::status_text;
use crate::people::Caller;
use crate::web::components::{self, Tone};
use crate::web::{Lang, time};

/// A container's status as a chip.
pub fn status_chip(lang: Lang, status: Status) -> Markup {
    let tone = match status {
        Status::Accepted | Status::Received | Status::Stored | Status::InProcess => Tone::Ok,
        Status::Quarantined => Tone::Warn,
        Status::Rejected | Status::Lost => Tone::Stop,
        Status::Void | Status::NotCollected | Status::Depleted | Status::Disposed => Tone::Neutral,
        _ => Tone::Info,
    };
    components::chip(tone, &status_text(status, lang))
}

/// Whether somebody still has to decide about the sample's age: from the bedside until it is
/// accepted or at its end. Afterwards nothing is asked because of it.
pub(crate) fn age_matters(c: &Container) -> bool {
    c.status < Status::Accepted && !c.status.is_terminal()
}

/// A sample's age: with what it asks for while that is open, else in plain words.
pub(crate) fn age_of(app: &App, caller: &Caller, c: &Container) -> Markup {
    let (age_s, colour) = freshness(&app.catalogue, c, caller.now);
    match age_s {
        Some(s) if !age_matters(c) => components::text(time::age(caller.lang, s)),
        _ => freshness_chip(caller.lang, colour, age_s),
    }
}

/// An age's colour as a chip with its words.
fn freshness_chip(lang: Lang, colour: Freshness, age_s: Option<i64>) -> Markup {
    let tone = match colour {
        Freshness::Green => Tone::Ok,
        Freshness::Yellow | Freshness::Orange => Tone::Warn,
        Freshness::Red => Tone::Stop,
        Freshness::Unknown => Tone::Neutral,
    };
    let text = match age_s {
        Some(s) => lang.tr(&format!("age-{colour}"), &[("age", time::age(lang, s).into())]),
        None => lang.t("age-none"),
    };
    components::chip(tone, &text)
}

pub(crate) fn specimen_text(app: &App, lang: Lang, c: &Container) -> String {
    let v = view_with(app, lang, c.created_at, c, None);
    format!("{} · {}", v.specimen_text, v.cap_text)
}
