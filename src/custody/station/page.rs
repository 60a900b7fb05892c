//! The scan station: one big panel, read at arm's length in gloves. The page is drawn here; its
//! script sends each scan to `POST /api/v1/scans` and shows the answer.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use super::card::Card;
use super::dialogs::dialogs;
use super::keys::{StationKey, keys_of};
use crate::app::{App, page};
use crate::catalogue::{CONDITIONS, RejectionReason, SpecimenKind};
use crate::custody::asked::command::Action;
use crate::custody::record::named;
use crate::people::rights::{Right, holds};
use crate::people::{Caller, Person, Scope, UserId};
use crate::web::components::{icon, json_block};
use crate::web::{Lang, Problem, paths, url};

/// The steps that a person's rights offer, in the order of the work: who has the right begins with its steps.
const BEGINS: [(Right, &[Action]); 3] = [
    (
        Right::ReceiveSample,
        &[
            Action::Receive,
            Action::Accept,
            Action::AcceptHandover,
            Action::Arrive,
            Action::Hold,
            Action::Reject,
        ],
    ),
    (
        Right::WorkAtBench,
        &[
            Action::StartStep,
            Action::Store,
            Action::Retrieve,
            Action::Deplete,
            Action::Hold,
            Action::Dispose,
        ],
    ),
    (Right::Collect, &[Action::Offer, Action::CancelOffer, Action::AcceptHandover]),
];

/// What follows for everybody who has the right to it.
const FOLLOWS: [Action; 8] = [
    Action::AcceptHandover,
    Action::Offer,
    Action::CancelOffer,
    Action::RefuseHandover,
    Action::CollectionFailed,
    // Who has nothing of the work before this begins by looking: what stops or ends a tube is chosen.
    Action::Confirm,
    Action::DeclareLost,
    Action::Hold,
];

/// The steps of this person.
pub(in crate::custody) fn steps(scope: &Scope) -> Vec<Action> {
    let begins = BEGINS.iter().filter(|(right, _)| holds(scope, *right));
    let all = begins.flat_map(|(_, steps)| *steps).chain(&FOLLOWS).copied();
    let mut list = vec![];
    for action in all.filter(|a| a.right().is_some_and(|right| holds(scope, right))) {
        if !list.contains(&action) {
            list.push(action);
        }
    }
    list
}

/// What a step asks besides the tube: the fields, by name. Only `deviation` may stay empty: the age
/// of the sample decides whether a reason is needed (BR-11), and the answer says so.
fn needs(action: Action) -> &'static str {
    match action {
        Action::Offer => "to",
        Action::Hold => "reason",
        Action::Reject => "reason notified",
        Action::Accept => "deviation",
        Action::Receive => "condition",
        Action::Store | Action::StartStep => "location",
        Action::Dispose => "witness",
        Action::DeclareLost => "investigation",
        Action::RefuseHandover | Action::CollectionFailed => "note",
        _ => "",
    }
}

pub(in crate::custody) async fn show(
    State(app): State<App>,
    caller: Caller,
) -> Result<Response, Problem> {
    let lang = caller.lang;
    let me = caller.scope.user();
    let scope = caller.scope.clone();
    let named::Others { takers, witnesses } =
        app.db.read(move |c| named::others(c, &scope)).await?;
    let steps = steps(&caller.scope);
    let home = caller.scope.home();
    let site = home.map_or_else(String::new, |h| app.sites.name(h).to_owned());
    let content = html! {
        a class="skip" href="#panel" { (lang.t("skip")) }
        (bar(lang, &caller, &site))
        main class="grid" {
            h1 class="vh" { (lang.t("station-title")) }
            (panel(&app, lang, me))
            aside class="side" {
                p id="clock" class="flash warn" role="status" hidden {}
                (controls(&app, lang, &caller, &steps, (&takers, &witnesses)))
                section class="card grow" aria-labelledby="rt" {
                    h2 id="rt" { (lang.t("station-recent")) }
                    ol id="recent" class="recent" {}
                    p class="small" { (lang.t("station-count")) " " b id="count" { "0" } }
                }
            }
        }
        (keys(lang, &keys_of(&steps)))
        (dialogs(lang, &keys_of(&steps)))
        (json_block("texts", lang.for_scripts()))
    };
    Ok(page(&caller, lang.t("station-title"))
        .style("station")
        .style("form")
        .script("station")
        .bare("station")
        .render(&content))
}

fn bar(lang: Lang, caller: &Caller, site: &str) -> Markup {
    html! {
        header class="bar" {
            a class="brand" href=(url(lang, "/samples")) { (icon("mark")) (lang.t("app-name")) }
            span class="where" { b { (caller.scope.name()) } @if !site.is_empty() { span class="site" { " · " (site) } } }
            button id="b-place" class="place" type="button" aria-haspopup="dialog" {
                (lang.t("station-place")) ": " b id="place-now" translate="no" { (lang.t("js-place-none")) }
            }
            span id="step-name" class="step" {}
            span id="net" class="net" role="status" data-state="on" { (icon("net")) span id="net-text" { (lang.t("js-net-on")) } }
            form id="sign-out" class="out" method="post" action=(url(lang, "/sign-out")) data-to=(url(lang, "/sign-in")) {
                button class="plain" type="submit" { (lang.t("nav-sign-out")) }
            }
            a class="lang" href=(paths::twin(&caller.path)) hreflang=(lang.other().tag()) lang=(lang.other().tag()) { (lang.other().t("lang-name")) }
        }
    }
}

fn panel(app: &App, lang: Lang, me: UserId) -> Markup {
    html! {
        section id="panel" class="panel" data-kind="idle" data-person=(me) data-server-now=(app.now()) data-server-behind=(app.clock_watch.behind_seconds(app.now())) tabindex="-1" aria-labelledby="word" {
            svg id="glyph" aria-hidden="true" focusable="false" { use href="#g-scan" {} }
            div class="say" {
                p id="look" class="look" {}
                p id="word" class="word" { (lang.t("js-idle")) }
                p id="code" class="code mono" translate="no" {}
                ul id="facts" class="facts" {}
                span id="test-label" data-card=[Card::TestLabel.code()] hidden {}
                p id="next" class="next" { (lang.t("js-idle-next")) }
                p id="beside" class="beside" {}
                button id="ack" class="btn big" type="button" data-card=[Card::Acknowledge.code()] hidden { (lang.t("station-ack")) kbd { "Esc" } }
            }
            p id="live" class="vh" role="status" {}
        }
    }
}

fn controls(
    app: &App,
    lang: Lang,
    caller: &Caller,
    steps: &[Action],
    (takers, witnesses): (&[Person], &[Person]),
) -> Markup {
    html! {
        section class="card step-card" aria-labelledby="st" {
            h2 id="st" { (lang.t("station-step")) }
            div class="field" {
                label class="vh" for="step" { (lang.t("station-step")) }
                select id="step" { @for s in steps {
                    option value=(s) data-needs=(needs(*s)) data-card=[Card::Step(*s).code()] { (lang.t(&format!("action-{s}"))) }
                } }
            }
            div class="field" data-for="to" hidden {
                label for="to" { (lang.t("station-to")) }
                select id="to" { option value="" { (lang.t("choose")) }
                    @for p in takers { option value=(p.id) { (p.name) } } }
            }
            div class="field" data-for="reason" hidden {
                label for="reason" { (lang.t("field-reason")) }
                (reasons(app, lang, caller))
            }
            (condition(app, lang))
            div class="field" data-for="location" hidden {
                label for="location" { (lang.t("station-location")) }
                input id="location" autocomplete="off" maxlength="120";
            }
            div class="field" data-for="witness" hidden {
                label for="witness" { (lang.t("station-witness")) }
                select id="witness" { option value="" { (lang.t("choose")) }
                    @for p in witnesses { option value=(p.id) { (p.name) } } }
            }
            div class="field" data-for="investigation" hidden {
                label for="investigation" { (lang.t("station-investigation")) }
                input id="investigation" autocomplete="off" maxlength="120";
            }
            div class="field" data-for="note" hidden {
                label for="note" { (lang.t("field-reason")) }
                input id="note" autocomplete="off" maxlength="400";
            }
            div class="field" data-for="deviation" hidden {
                label for="deviation" { (lang.t("station-deviation")) }
                p id="deviation-hint" class="hint" { (lang.t("station-deviation-hint")) }
                input id="deviation" autocomplete="off" maxlength="400" aria-describedby="deviation-hint";
            }
            div class="field" data-for="notified" hidden {
                label for="notified" { (lang.t("station-notified")) }
                p id="notified-hint" class="hint" data-text=(lang.t("station-notified-hint")) hidden {}
                input id="notified" autocomplete="off" maxlength="120" aria-describedby="notified-hint";
            }
        }
    }
}

/// The reasons that may be given here, by where they are found: at the door those of reception, and those of the
/// analysis to who finds them out: who works at the bench, signs what was entered, heads the laboratory, or is quality.
/// Each says whom its rejection is told to.
fn reasons(app: &App, lang: Lang, caller: &Caller) -> Markup {
    let of_analysis = [Right::WorkAtBench, Right::SignResult, Right::CloseDoubt];
    let at_bench = of_analysis.into_iter().any(|right| holds(&caller.scope, right));
    let at_box = |r: &RejectionReason| !r.is_of_reception() && !r.is_of_analysis();
    let of = |is: &dyn Fn(&RejectionReason) -> bool| {
        app.catalogue.reasons.iter().filter(|r| is(r)).collect::<Vec<_>>()
    };
    let groups = [
        ("reasons-of-reception", of(&RejectionReason::is_of_reception)),
        ("reasons-of-box", of(&at_box)),
        ("reasons-of-analysis", of(&|r| at_bench && r.is_of_analysis())),
    ];
    html! {
        select id="reason" { option value="" { (lang.t("choose")) }
            @for (name, list) in groups { @if !list.is_empty() {
                optgroup label=(lang.t(name)) { @for r in list {
                    option value=(r.code) data-told=(r.told_text(lang)) { (r.code) " " (r.label(lang)) }
                } }
            } } }
    }
}

/// What reception sees of a tube: said of the next one alone, as the conditions of HL7 v2-0493.
fn condition(app: &App, lang: Lang) -> Markup {
    let seen = CONDITIONS.iter().filter_map(|code| {
        let row = app.catalogue.finding(code, SpecimenKind::Marrow, "mrd")?;
        (row.action.limits() && *code != NOT_RECEIVED).then(|| (*code, row.sentence()))
    });
    html! {
        div class="field" data-for="condition" hidden {
            label for="condition" { (lang.t("station-condition")) }
            p id="condition-hint" class="hint" { (lang.t("station-condition-hint")) }
            select id="condition" aria-describedby="condition-hint" { option value="" { (lang.t("station-condition-none")) }
                @for (code, sentence) in seen { option value=(code) { (sentence.of(lang)) } } }
        }
    }
}

/// The condition of what never came: nobody reads its label.
const NOT_RECEIVED: &str = "SNR";

fn keys(lang: Lang, keys: &[StationKey]) -> Markup {
    // Help stands last, where hands look for it.
    let (help, others): (Vec<_>, Vec<_>) = keys.iter().partition(|k| k.key == "F1");
    html! {
        footer class="keys" { @for k in others.into_iter().chain(help) {
            button id=(k.id) class=(if k.key == "F1" { "btn help-key" } else { "btn" }) type="button"
                aria-haspopup=[(k.key == "F1").then_some("dialog")] data-key=(k.key)
                data-card=[k.card.and_then(Card::code)] { (lang.t(k.label)) kbd { (k.key) } }
        } }
    }
}
