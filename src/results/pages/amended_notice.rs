//! That an answer which somebody had read was amended.

use maud::{Markup, html};

use crate::app::App;
use crate::results::versions::amended::Amended;
use crate::studies::pages::what;
use crate::web::{Lang, components, time, url};

/// What was amended after this person had read it (BR-23): each leads to the version that holds.
pub fn amended_notice(app: &App, lang: Lang, amended: &[Amended]) -> Markup {
    if amended.is_empty() {
        return Markup::default();
    }
    components::warning(&html! {
        p { b { (lang.t("studies-amended")) } }
        ul { @for a in amended { li {
            a href=(url(lang, &format!("/results/{}", a.study.id))) { span class="mono" { (a.study.number) } " · " (what(lang, &a.study)) }
            " · " (time::time(lang, a.released_at, app.sites.zone(Some(a.study.laboratory_id))))
            @if let Some(why) = &a.reason { " · " (why) }
        } } }
    })
}
