//! Whose printers and jobs a person sees, and who may print where. Administrators manage the
//! printers of every site and print no label (`domain.md` section 14).

use crate::people::Caller;
use crate::people::rights::{Place, Right, holds, may};
use crate::printing::error::PrintError;
use crate::sites::SiteId;

/// The sites whose printers the caller sees; every one where it is `None`.
///
/// # Errors
/// [`PrintError::NotFound`] for who belongs to no site.
pub fn sites(caller: &Caller) -> Result<Option<Vec<SiteId>>, PrintError> {
    if holds(&caller.scope, Right::ManagePrinters) {
        return Ok(None);
    }
    let own = [caller.scope.centres(), caller.scope.laboratories()].concat();
    if own.is_empty() { Err(PrintError::NotFound) } else { Ok(Some(own)) }
}

/// Whether the caller sees the printers of `site`.
pub fn sees(caller: &Caller, site: SiteId) -> bool {
    sites(caller).is_ok_and(|sites| sites.is_none_or(|own| own.contains(&site)))
}

/// Whether the caller has a right at a site's printers: to send labels there, a test label or a roll.
pub fn may_at(caller: &Caller, right: Right, site: SiteId) -> bool {
    may(&caller.scope, right, Place::at(site)).is_some()
}

/// Whether the caller prints labels at `site`.
pub fn prints_at(caller: &Caller, site: SiteId) -> bool {
    may_at(caller, Right::UsePrinter, site)
}

/// Whether the caller describes, changes and closes printers and agents.
pub fn manages(caller: &Caller) -> bool {
    holds(&caller.scope, Right::ManagePrinters)
}

/// Whether the caller has rolls printed anywhere: whether a page offers them.
pub fn has_rolls(caller: &Caller) -> bool {
    holds(&caller.scope, Right::PrintRoll)
}
