//! Labels for a request's expected tubes, on its page: one for each, and one for an extra tube
//! where somebody says why it is filled.

use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::words::status_chip;
use crate::app::App;
use crate::codes::ContainerCode;
use crate::containers::{Container, MadeFor};
use crate::custody::error::CustodyError;
use crate::custody::record::issue;
use crate::custody::record::issue::NewContainer;
use crate::custody::rules::bedside::may_collect;
use crate::people::Caller;
use crate::studies::service::Opened;
use crate::studies::{ExpectedTube, StudyId};
use crate::web::components::{self, Field, Form as Drawn};
use crate::web::{FieldFault, Lang, url};

/// What was typed and refused, and for which tube.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    tube: i32,
    code: String,
    extra_reason: String,
    /// The label that the tube has already.
    there: Option<ContainerCode>,
    /// Why somebody would cancel the request, where that was refused.
    pub(crate) cancels: Option<String>,
}

impl Typed {
    /// A reason to cancel the request, refused.
    pub(crate) fn of_cancelling(reason: String) -> Self {
        Self { cancels: Some(reason), ..Self::default() }
    }
}

/// What the forms are drawn from.
struct Sheet<'a> {
    app: &'a App,
    lang: Lang,
    study: StudyId,
    typed: &'a Typed,
    faults: &'a [FieldFault],
}

/// The section with a form for each expected tube of the request, or the label that it has.
pub(crate) fn section(
    app: &App,
    lang: Lang,
    opened: &Opened,
    (made, made_for): (&[Container], &MadeFor),
    typed: &Typed,
    faults: &[FieldFault],
) -> Markup {
    let sheet = Sheet { app, lang, study: opened.study.id, typed, faults };
    // The oldest, as the refusal names it; the list has the newest first.
    let there = |tube: &ExpectedTube| made.iter().rfind(|c| made_for.stands_for(c, tube));
    html! {
        section class="card" id="issue" {
            h2 { (lang.t("containers-issue")) }
            @if opened.expected.len() > 1 {
                div class="flash warn" role="alert" data-scan-which hidden {
                    (components::icon("warn"))
                    p { (lang.t("containers-scan-which")) " " span class="mono" data-code {} }
                }
            }
            @for tube in &opened.expected {
                @match there(tube) {
                    Some(c) => (sheet.labelled(tube, c)),
                    None => (sheet.unlabelled(tube)),
                }
            }
        }
    }
}

impl Sheet<'_> {
    fn name(&self, tube: &ExpectedTube) -> String {
        let specimen = self.app.catalogue.specimen(&tube.specimen);
        let cap = self.app.catalogue.container(&tube.container_type);
        format!(
            "{} · {}",
            specimen.map_or(&*tube.specimen, |s| s.label(self.lang)),
            cap.map_or("", |k| k.cap_label(self.lang))
        )
    }

    /// Whether the form of this tube was refused.
    fn is_refused(&self, tube: &ExpectedTube) -> bool {
        self.typed.tube == tube.n
    }

    fn form(&self, tube: &ExpectedTube, class: &str, fields: &Markup, button: &str) -> Markup {
        let to = url(self.lang, &format!("/studies/{}/containers", self.study));
        html! {
            form class=(class) method="post" action=(to) {
                (components::hidden("id", &Uuid::now_v7().to_string()))
                (components::hidden("tube", &tube.n.to_string()))
                (fields)
                button class="btn strong" type="submit" { (self.lang.t(button)) }
            }
        }
    }

    /// A field of this tube's form, with what was typed into it. Of a page's several of a name the
    /// refused one has the plain id, which the summary of errors leads to.
    fn text(&self, tube: &ExpectedTube, field: Field<'_>) -> Markup {
        let refused = self.is_refused(tube);
        let value = match field.name {
            _ if !refused => "",
            "code" => &*self.typed.code,
            _ => &*self.typed.extra_reason,
        };
        let faults = if refused { self.faults } else { &[] };
        let of = if refused { String::new() } else { tube.n.to_string() };
        Drawn { lang: self.lang, faults }.text(&Field { of: &of, value, ..field })
    }

    fn code(&self, tube: &ExpectedTube, label: String, scan: &str) -> Markup {
        let hint = Some(self.lang.t("containers-issue-hint"));
        self.text(
            tube,
            Field { name: "code", label, hint, inputmode: "numeric", scan, ..Field::default() },
        )
    }

    fn unlabelled(&self, tube: &ExpectedTube) -> Markup {
        let code = self.code(tube, self.name(tube), "send");
        self.form(tube, "search", &code, "containers-issue-one")
    }

    /// The label that there is, and the way to one for an extra tube: closed until it is asked for.
    fn labelled(&self, tube: &ExpectedTube, c: &Container) -> Markup {
        let lang = self.lang;
        let to = |what: &str| url(lang, &format!("/samples/{}{what}", c.code));
        let reason = Field {
            name: "extra_reason",
            label: lang.t("containers-extra-why"),
            hint: Some(lang.t("containers-extra-why-hint")),
            ..Field::default()
        };
        let fields = html! {
            (self.text(tube, reason))
            (self.code(tube, lang.t("containers-extra-code"), "fill"))
        };
        html! {
            div class="stack" {
                p {
                    (self.name(tube)) " · " (lang.t("containers-has-label")) " "
                    a href=(to("")) { (components::code(&c.code.grouped())) } " " (status_chip(lang, c.status))
                    " " a class="btn small" href=(to("/label")) { (lang.t("containers-label")) }
                }
                details open[self.is_refused(tube)] {
                    summary { (lang.t("containers-extra-title")) }
                    (self.form(tube, "form", &fields, "containers-extra-do"))
                }
            }
        }
    }
}

/// What a refused request leads on to: the label that there is, or one for an extra tube.
pub(crate) fn ways_on(lang: Lang, typed: &Typed) -> Markup {
    let Some(code) = typed.there else { return Markup::default() };
    html! {
        div class="actions" {
            a class="btn strong" href=(url(lang, &format!("/samples/{code}/label"))) { (lang.t("containers-use-label")) }
            a class="btn" href="#issue" { (lang.t("containers-extra-title")) }
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueForm {
    id: Uuid,
    #[serde(deserialize_with = "crate::web::form::number")]
    tube: i64,
    #[serde(default)]
    code: String,
    #[serde(default)]
    extra_reason: String,
}

/// Makes a label for a tube; the address of the page that goes on with it.
///
/// # Errors
/// What was typed, with why not.
pub(crate) async fn register(
    app: &App,
    caller: &Caller,
    study: StudyId,
    form: IssueForm,
) -> Result<String, (Typed, CustodyError)> {
    let IssueForm { id, tube, code, extra_reason } = form;
    let tube = i32::try_from(tube).unwrap_or(0);
    let new = NewContainer { id, tube, code: code.clone(), extra_reason: extra_reason.clone() };
    let e = match issue::register(app, caller, study, new).await {
        Ok(c) => {
            let labelled = !code.trim().is_empty() && may_collect(&caller.scope, &c);
            let next = if labelled { "/collect" } else { "/label" };
            return Ok(url(caller.lang, &format!("/samples/{}{next}", c.code)));
        }
        Err(e) => e,
    };
    let there = match &e {
        CustodyError::TubeTaken(code) => Some(*code),
        _ => None,
    };
    Err((Typed { tube, code, extra_reason, there, cancels: None }, e))
}
