//! What the scan station asks and explains in dialogs: a code typed by hand, the place of this
//! device, whether to leave readings unsent, the help behind F1.

use maud::{Markup, html};

use super::keys::StationKey;
use crate::web::components::icon;
use crate::web::{Lang, url};

/// Characters of a place, as [`crate::custody::Scan`] takes them.
const PLACE_CHARS: usize = 64;

/// All of them, closed.
pub(in crate::custody) fn dialogs(lang: Lang, keys: &[StationKey]) -> Markup {
    html! { (manual(lang)) (place(lang)) (leave(lang)) (help(lang, keys)) }
}

fn manual(lang: Lang) -> Markup {
    html! {
        dialog id="manual" aria-labelledby="mt" {
            form method="dialog" novalidate {
                h2 id="mt" { (lang.t("station-manual-title")) }
                label for="manual-code" { (lang.t("station-manual-label")) }
                p id="manual-hint" class="hint" { (lang.t("station-manual-hint")) }
                p id="manual-err" class="err" hidden {}
                input id="manual-code" class="mono" autocomplete="off" inputmode="numeric" aria-describedby="manual-hint manual-err";
                div class="actions" {
                    button class="btn strong" value="ok" { (lang.t("station-manual-ok")) }
                    button class="btn" type="button" data-close { (lang.t("cancel")) }
                }
            }
        }
    }
}

fn place(lang: Lang) -> Markup {
    html! {
        dialog id="place" aria-labelledby="pt" {
            form method="dialog" novalidate {
                h2 id="pt" { (lang.t("station-place-title")) }
                label for="place-name" { (lang.t("station-place")) }
                p id="place-hint" class="hint" { (lang.t("station-place-hint")) }
                input id="place-name" autocomplete="off" maxlength=(PLACE_CHARS) aria-describedby="place-hint";
                div class="actions" {
                    button class="btn strong" value="ok" { (lang.t("save")) }
                    button class="btn" type="button" data-close { (lang.t("cancel")) }
                }
            }
        }
    }
}

/// Asked only while readings wait; its script says how many.
fn leave(lang: Lang) -> Markup {
    html! {
        dialog id="leave" aria-labelledby="lt" aria-describedby="leave-text" {
            form method="dialog" {
                h2 id="lt" { (lang.t("nav-sign-out")) }
                p id="leave-text" {}
                div class="actions" {
                    button class="btn strong" type="button" data-close { (lang.t("station-stay")) }
                    button class="btn stop" value="ok" { (lang.t("station-leave")) }
                }
            }
        }
    }
}

/// What each outcome looks and sounds like: as the panel shows it.
const SIGNS: [(&str, &str); 5] =
    [("ok", "check"), ("warn", "warn"), ("info", "info"), ("not", "not"), ("stop", "stop")];

fn help(lang: Lang, keys: &[StationKey]) -> Markup {
    let row = |key: &str| lang.t(&format!("station-help-{}", key.to_lowercase()));
    html! {
        dialog id="help" aria-labelledby="ht" {
            div class="help-head" {
                h2 id="ht" { (lang.t("station-help-title")) }
                button class="btn" type="button" data-close autofocus { (lang.t("station-help-close")) kbd { "Esc" } }
            }
            div class="help" {
                section {
                    h3 { (lang.t("station-help-signs")) }
                    ul { @for (kind, glyph) in SIGNS { li {
                        span class="sign" data-kind=(kind) { (icon(glyph)) }
                        span { b { (lang.t(&format!("js-look-{kind}"))) } " · " (row(kind)) br; (row(&format!("{kind}-more"))) }
                    } } }
                }
                section class="of-keys" {
                    h3 { (lang.t("station-help-keys")) }
                    dl { @for key in keys.iter().map(|k| k.key).chain(["Esc"]) { div { dt { kbd { (key) } } dd { (row(key)) } } } }
                    p { a href=(url(lang, "/reader")) { (lang.t("reader-title")) } }
                }
                section {
                    h3 { (lang.t("station-help-offline")) }
                    ol { @for n in 1..=4 { li { (lang.t(&format!("station-help-offline-{n}"))) } } }
                }
            }
        }
    }
}
