//! The page shell of a signed-in person: where their roles let them go.

use maud::{Markup, html};

use crate::db::Stand;
use crate::people::{Caller, Role};
use crate::web::{HtmlPage, NavItem, Signed, components};

/// Where each role's work is.
fn nav(caller: &Caller) -> Vec<NavItem> {
    let scope = &caller.scope;
    let clinical = scope.sees_identity();
    let handles = scope.roles().iter().any(|r| r != Role::Admin && r != Role::Auditor);
    let mut items = vec![];
    let mut add = |shown: bool, path: &'static str, label: &'static str| {
        if shown {
            items.push(NavItem { path, label });
        }
    };
    add(clinical, "/patients", "nav-patients");
    add(clinical, "/studies", "nav-studies");
    add(handles, "/samples", "nav-samples");
    add(handles, "/station", "nav-station");
    add(scope.reads_results() || scope.has(Role::Coordinator), "/results", "nav-results");
    add(scope.has(Role::Quality), "/doubts", "nav-doubts");
    let cares =
        [Role::Collector, Role::Oncologist, Role::Reception, Role::Coordinator, Role::Quality];
    add(scope.has_any(&cares), "/care", "nav-care");
    let decides = scope.has_any(&[Role::Validator, Role::LabHead, Role::Coordinator]);
    add(decides, "/protocols", "nav-protocols");
    // The head of the laboratory gets there from the protocols: another word here breaks the line.
    add(scope.has_any(&[Role::Admin, Role::Coordinator]), "/centres", "nav-centres");
    let designs = scope.has_any(&[Role::Admin, Role::LabHead, Role::Coordinator]);
    let inspects = scope.has_any(&[Role::Auditor, Role::Quality, Role::LabHead]);
    add(inspects, "/audit", "nav-audit");
    let prints = [Role::Collector, Role::Reception, Role::Bench, Role::Analyst];
    add(scope.has_any(&prints), "/print-jobs", "nav-printing");
    add(scope.has(Role::Admin), "/admin/users", "nav-users");
    add(scope.has(Role::Admin), "/printers", "nav-printing");
    add(designs, "/label-templates", "nav-label-templates");
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
