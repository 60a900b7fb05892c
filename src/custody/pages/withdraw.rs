//! A planned tube that will not be drawn, given up on its page or at the bedside: its label is void, the
//! sample could not be taken, or a tube was filled that is not this child's and is thrown away before a
//! witness.

use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::refused::Refused;
use super::told;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::{Container, Status};
use crate::custody::asked::command::{Action, Command};
use crate::custody::asked::scan::When;
use crate::custody::error::CustodyError;
use crate::custody::record::{named, service};
use crate::people::rights::{Place, Right, may as has_right};
use crate::people::{Caller, Person};
use crate::web::components::{self, Field, Form as Drawn, choices};
use crate::web::{FieldFault, Lang, Problem, url};

/// What may have become of it, as the form says it, and what that is recorded as.
const WHAT: [(&str, Action); 3] = [
    ("void", Action::Void),
    ("collection-failed", Action::CollectionFailed),
    (DISCARDED, Action::CollectionFailed),
];
/// A tube was filled, and is not this child's.
const DISCARDED: &str = "discarded";

/// Whether a page offers any of it.
pub(in crate::custody) fn may(caller: &Caller, c: &Container) -> bool {
    WHAT.iter().any(|(_, action)| offers(caller, c, *action))
}

/// Whether a page offers this: a label is void by who prints labels, a draw that came to nothing is told by who draws
/// (`domain.md` section 14).
fn offers(caller: &Caller, c: &Container, action: Action) -> bool {
    let place = Place::of(c.centre_id, c.laboratory_id);
    let has = action.right().and_then(|right| has_right(&caller.scope, right, place));
    c.status == Status::Planned && has.is_some()
}

/// Who may have stood beside it when a tube was thrown away: others who draw at its centre.
pub(in crate::custody) async fn witnesses(
    app: &App,
    caller: &Caller,
    c: &Container,
) -> Result<Vec<Person>, CustodyError> {
    if !may(caller, c) {
        return Ok(vec![]);
    }
    let (scope, centre) = (caller.scope.clone(), c.centre_id);
    app.db.read(move |conn| named::beside(conn, &scope, Right::WitnessDiscard, centre)).await
}

/// The form, closed until it is asked for: also by its address.
pub(in crate::custody) fn form(
    caller: &Caller,
    c: &Container,
    witnesses: &[Person],
    refused: Option<&Refused<'_>>,
) -> Markup {
    let lang = caller.lang;
    let form = Drawn { lang, faults: refused.map_or(&[], |r| &r.faults) };
    let offered = WHAT.iter().filter(|(_, action)| offers(caller, c, *action));
    let what = choices(offered.map(|(w, _)| (*w, lang.t(&format!("withdraw-{w}")))));
    let people = choices(witnesses.iter().map(|p| (p.id.to_string(), p.name.clone())));
    let [chosen, reason, witness] = refused.map_or([""; 3], |r| [r.what, r.reason, r.witness]);
    html! {
        details class="group" open[refused.is_some()] {
            summary { (lang.t("withdraw-title")) }
            form id="withdraw" class="form" method="post" action=(url(lang, &format!("/samples/{}/withdraw", c.code))) {
                p { (lang.t("withdraw-text")) }
                (components::hidden("id", &Uuid::now_v7().to_string()))
                (form.radios(&Field { name: "what", label: lang.t("withdraw-what"), value: chosen, ..Field::default() }, &what))
                (form.select(&Field { name: "witness", label: lang.t("station-witness"), hint: Some(lang.t("withdraw-witness-hint")), value: witness, ..Field::default() }, &people))
                (form.text(&Field { name: "reason", label: lang.t("field-reason"), value: reason, ..Field::default() }))
                (components::submit(&lang.t("withdraw-do")))
            }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::custody) struct WithdrawForm {
    id: Uuid,
    #[serde(default)]
    what: String,
    #[serde(default)]
    witness: String,
    #[serde(default)]
    reason: String,
}

/// The reason as it is kept: of a tube that was thrown away also before whom.
fn reason(lang: Lang, form: &WithdrawForm, witness: Option<&Person>) -> String {
    let reason = form.reason.trim();
    match witness {
        Some(p) if !reason.is_empty() => lang.tr(
            "withdraw-discarded-reason",
            &[("witness", p.name.clone().into()), ("reason", reason.into())],
        ),
        _ => reason.to_owned(),
    }
}

/// Gives the tube up as the form says.
///
/// # Errors
/// The inner one: what was refused of it.
pub(super) async fn tell(
    app: &App,
    caller: &Caller,
    code: ContainerCode,
    form: &WithdrawForm,
) -> Result<Result<(), told::Refused>, Problem> {
    let c = service::open(app, caller, code).await?;
    let what = WHAT.into_iter().find(|(w, _)| *w == form.what).map(|(_, action)| action);
    let people = witnesses(app, caller, &c).await?;
    let discarded = form.what == DISCARDED;
    let witness = people.iter().find(|p| discarded && p.id.to_string() == form.witness);
    // Either needs a reason: what is missing is told at once.
    let reason = reason(caller.lang, form, witness);
    let command = match what {
        Some(Action::CollectionFailed) => Command::CollectionFailed { reason },
        _ => Command::Void { reason },
    };
    let mut faults = command.faults();
    if what.is_none() {
        faults.insert(0, FieldFault::new("what", "required"));
    }
    if discarded && witness.is_none() {
        faults.push(FieldFault::new("witness", "required"));
    }
    let said = if faults.is_empty() { Ok(command) } else { Err(faults) };
    let told = told::Told { id: form.id, code, at: When::Now(caller.now) };
    Ok(told::tell(app, caller, told, said).await?)
}

/// What was refused of it, as typed.
pub(super) fn refused(form: &WithdrawForm, why: told::Refused) -> Refused<'_> {
    let told::Refused { said, faults } = why;
    let (reason, what, witness) = (&*form.reason, &*form.what, &*form.witness);
    Refused { said, faults, reason, what, witness, ..Refused::default() }
}
