//! Whose printers and jobs a person sees, and who may print where. Administrators manage the
//! printers of every site and print no label (`domain.md` section 14).

use crate::people::{Caller, Role};
use crate::printing::error::PrintError;
use crate::sites::SiteId;

/// The sites whose printers the caller sees; every one where it is `None`.
///
/// # Errors
/// [`PrintError::NotFound`] for who belongs to no site.
pub fn sites(caller: &Caller) -> Result<Option<Vec<SiteId>>, PrintError> {
    if caller.scope.has(Role::Admin) {
        return Ok(None);
    }
    let own = [caller.scope.centres(), caller.scope.laboratories()].concat();
    if own.is_empty() { Err(PrintError::NotFound) } else { Ok(Some(own)) }
}

/// Whether the caller sees the printers of `site`.
pub fn sees(caller: &Caller, site: SiteId) -> bool {
    sites(caller).is_ok_and(|sites| sites.is_none_or(|own| own.contains(&site)))
}

/// Whether the caller prints labels at `site`: nurses at their centres, reception and bench at
/// their laboratory.
pub fn prints_at(caller: &Caller, site: SiteId) -> bool {
    let scope = &caller.scope;
    let centre = scope.has(Role::Collector) && scope.centres().contains(&site);
    let bench = [Role::Reception, Role::Bench, Role::Analyst];
    centre || (scope.has_any(&bench) && scope.laboratories().contains(&site))
}
