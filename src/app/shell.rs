//! The page shell of a signed-in person: where their roles let them go.

use maud::{Markup, html};

use crate::db::Stand;
use crate::people::Caller;
use crate::people::rights::{Right, holds};
use crate::web::{HtmlPage, NavItem, Signed, components};

/// Where each role's work is.
fn nav(caller: &Caller) -> Vec<NavItem> {
    let has = |right| holds(&caller.scope, right);
    let mut items = vec![];
    let mut add = |shown: bool, path: &'static str, label: &'static str| {
        if shown {
            items.push(NavItem { path, label });
        }
    };
    add(has(Right::SeeIdentity), "/patients", "nav-patients");
    add(has(Right::SeeIdentity), "/studies", "nav-studies");
    add(has(Right::SeeSample), "/samples", "nav-samples");
    add(has(Right::SeeSample), "/station", "nav-station");
    add(has(Right::ReadResult) || has(Right::FollowCriticals), "/results", "nav-results");
    add(has(Right::CloseDoubt), "/doubts", "nav-doubts");
    add(has(Right::FollowCare), "/care", "nav-care");
    // Who signs looks what is in use, and tells the head what should be.
    let about_protocols = [Right::ProposeProtocol, Right::ApproveProtocol, Right::SignResult];
    let protocols = about_protocols.into_iter().any(has);
    add(protocols, "/protocols", "nav-protocols");
    // Who sees children and protocols gets there from these: another word here breaks the line.
    let from_protocols = protocols && has(Right::SeeIdentity);
    add(has(Right::SeeReference) && !from_protocols, "/centres", "nav-centres");
    add(has(Right::ReadAudit), "/audit", "nav-audit");
    add(has(Right::UsePrinter), "/print-jobs", "nav-printing");
    add(has(Right::ManageUsers), "/admin/users", "nav-users");
    add(has(Right::ManagePrinters), "/printers", "nav-printing");
    add(has(Right::SeeReference), "/label-templates", "nav-label-templates");
    items
}

/// A page for `caller`, at the address they asked for.
pub fn page(caller: &Caller, title: impl Into<String>) -> HtmlPage {
    let signed = Signed {
        person: caller.scope.user().0,
        session: caller.session.0,
        name: caller.scope.name().to_owned(),
        nav: nav(caller),
    };
    HtmlPage::new(caller.lang, &caller.path, title)
        .signed(signed)
        .notice(only_read(caller))
        .notice(retired(caller))
}

/// Tells whoever looks that what is shown may be old or wrong and nothing can be saved: a page that is
/// opened looks as always otherwise.
fn only_read(caller: &Caller) -> Option<Markup> {
    let key = match caller.stand {
        Stand::RolledBack => "stand-rolled-back",
        Stand::Damaged => "stand-damaged",
        // Both write as ever: what is wrong with a key is for who operates the server.
        Stand::Sound | Stand::ForeignKey => return None,
    };
    Some(components::warning(&html! { p { (caller.lang.t(key)) } }))
}

/// Tells the people of a centre that the network's list no longer names it.
fn retired(caller: &Caller) -> Option<Markup> {
    let codes = caller.scope.retired();
    if codes.is_empty() {
        return None;
    }
    let args = [("code", codes.join(", ").into())];
    let text = caller.lang.tr("site-retired-notice", &args);
    Some(components::warning(&html! { p { (text) } }))
}
