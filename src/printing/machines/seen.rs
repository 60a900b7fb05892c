//! The printers that somebody sees and may print on, and how each is shown.

use maud::Markup;

use super::devices::{self, Printer};
use super::printer::{PrinterId, Status};
use super::reach;
use crate::app::App;
use crate::db::Page;
use crate::people::Caller;
use crate::printing::error::PrintError;
use crate::web::Lang;
use crate::web::components::{self, Tone};

/// The printers that the caller sees, by site and name.
pub async fn printers(app: &App, caller: &Caller) -> Result<Page<Printer>, PrintError> {
    let sites = reach::sites(caller)?;
    let now = caller.now;
    let found = app.db.read(move |c| {
        let (printers, unreadable) = devices::printers_of(c, sites.as_deref())?;
        Ok::<_, PrintError>((devices::as_heard(c, printers, now)?, unreadable))
    });
    let (mut items, unreadable) = found.await?;
    items.sort_by(|a, b| {
        let key = |p: &Printer| (app.sites.code(p.site_id).to_owned(), p.name.to_lowercase());
        key(a).cmp(&key(b))
    });
    Ok(Page { items, unreadable, next: None })
}

/// One printer within reach.
pub async fn printer(app: &App, caller: &Caller, id: PrinterId) -> Result<Printer, PrintError> {
    let now = caller.now;
    let found = app.db.point(move |c| {
        let found = devices::printer(c, id)?.into_iter().collect();
        Ok::<_, PrintError>(devices::as_heard(c, found, now)?.pop())
    });
    found.await?.filter(|p| reach::sees(caller, p.site_id)).ok_or(PrintError::NotFound)
}

/// Whether the caller's people print at the printer's site at all: for links.
pub fn usable(caller: &Caller, printers: Vec<Printer>) -> Vec<Printer> {
    let usable = |p: &Printer| p.disabled_at.is_none() && reach::prints_at(caller, p.site_id);
    printers.into_iter().filter(usable).collect()
}

/// What was heard of a printer, as a chip.
pub fn status_chip(lang: Lang, p: &Printer) -> Markup {
    if p.disabled_at.is_some() {
        return components::chip(Tone::Neutral, &lang.t("printer-off"));
    }
    let tone = match p.status {
        Status::Ready => Tone::Ok,
        Status::Unknown => Tone::Neutral,
        Status::Silent => Tone::Stop,
        Status::Faulty | Status::Unreachable => Tone::Stop,
        Status::OutOfPaper | Status::HeadOpen | Status::Paused => Tone::Warn,
    };
    components::chip(tone, &lang.t(&format!("printer-status-{}", p.status)))
}
