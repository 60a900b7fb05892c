//! The page shell: head, bar, navigation, the twin in the other language, footer.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::drawn::DrawnFor;
use super::i18n::Lang;
use super::paths::{twin, url};
use super::{assets, components};

/// An entry of the main navigation.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// Address in English words, without the language; see [`crate::web::url`].
    pub path: &'static str,
    /// Key of its text in `locales/`.
    pub label: &'static str,
}

/// Who is signed in, for the bar.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Key of the account, for scripts: they say for whom they send.
    pub person: uuid::Uuid,
    /// The session that the page's forms are drawn in.
    pub session: uuid::Uuid,
    /// The person's name, as the bar shows it.
    pub name: String,
    /// Where they may go.
    pub nav: Vec<NavItem>,
}

/// A page under construction.
pub struct Page {
    lang: Lang,
    path: String,
    title: String,
    width: &'static str,
    body_class: &'static str,
    styles: Vec<&'static str>,
    scripts: Vec<&'static str>,
    signed: Option<Signed>,
    banner: Option<Markup>,
    notices: Vec<Markup>,
    shell: bool,
    error: bool,
    status: StatusCode,
    twin: String,
}

impl Page {
    /// A page at `path` (as requested) with this title.
    pub fn new(lang: Lang, path: &str, title: impl Into<String>) -> Self {
        Self {
            lang,
            path: path.to_owned(),
            title: title.into(),
            width: "",
            body_class: "",
            styles: vec!["base"],
            scripts: vec![],
            signed: None,
            banner: None,
            notices: vec![],
            shell: true,
            error: false,
            status: StatusCode::OK,
            twin: twin(path),
        }
    }
    /// Whose twin in the other language is at `address`, where its path alone does not say all.
    #[must_use]
    pub fn twin(mut self, address: String) -> Self {
        self.twin = address;
        self
    }
    /// For somebody signed in.
    #[must_use]
    pub fn signed(mut self, signed: Signed) -> Self {
        self.signed = Some(signed);
        self
    }
    /// With a style sheet of `web/css`.
    #[must_use]
    pub fn style(mut self, name: &'static str) -> Self {
        self.styles.push(name);
        self
    }
    /// With a script of `web/js`.
    #[must_use]
    pub fn script(mut self, name: &'static str) -> Self {
        self.scripts.push(name);
        self
    }
    /// `narrow` for forms, `wide` for the course.
    #[must_use]
    pub fn width(mut self, width: &'static str) -> Self {
        self.width = width;
        self
    }
    /// With a patient's banner below the bar.
    #[must_use]
    pub fn banner(mut self, banner: Markup) -> Self {
        self.banner = Some(banner);
        self
    }
    /// With a message that stands above every page of this person; several stand one below another.
    #[must_use]
    pub fn notice(mut self, message: Option<Markup>) -> Self {
        self.notices.extend(message);
        self
    }
    /// A form that was refused: the title says so, the answer is 422.
    #[must_use]
    pub fn refused(mut self, refused: bool) -> Self {
        self.error = refused;
        if refused {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self
    }
    /// With this status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
    /// The body is the whole screen: the station.
    #[must_use]
    pub fn bare(mut self, class: &'static str) -> Self {
        self.shell = false;
        self.body_class = class;
        self
    }

    /// The finished page around `content`.
    pub fn render(self, content: &Markup) -> Response {
        let lang = self.lang;
        let title = match self.error {
            true => lang.tr("page-error-title", &[("title", self.title.clone().into())]),
            false => self.title.clone(),
        };
        let page = html! {
            (DOCTYPE)
            html lang=(lang.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="color-scheme" content="light";
                    meta name="theme-color" content="#123B5D";
                    title { (title) " · " (lang.t("app-name")) }
                    link rel="icon" href=(assets::url("img/mark.svg")) type="image/svg+xml";
                    link rel="alternate" hreflang=(lang.other().tag()) href=(self.twin);
                    @for name in &self.styles {
                        link rel="stylesheet" href=(assets::url(&format!("css/{name}.css")));
                    }
                    @for name in &self.scripts {
                        script type="module" src=(assets::url(&format!("js/{name}.js"))) {}
                    }
                }
                body class=[Some(self.body_class).filter(|c| !c.is_empty())] data-person=[self.signed.as_ref().map(|s| s.person)] {
                    (PreEscaped(include_str!("sprite.svg")))
                    @if self.shell {
                        a class="skip" href="#main" { (lang.t("skip")) }
                        (self.bar())
                        @if let Some(banner) = &self.banner { (banner) }
                        main id="main" class=(format!("page {}", self.width)) tabindex="-1" {
                            @for notice in &self.notices { (notice) }
                            (content)
                        }
                        footer class=(format!("foot {}", self.width)) {
                            a href=(url(lang, "/help")) { (lang.t("nav-help")) }
                            span { (lang.t("foot-professional")) }
                        }
                    } @else {
                        @if !self.notices.is_empty() {
                            aside class="notices" aria-label=(lang.t("page-notices")) { @for notice in &self.notices { (notice) } }
                        }
                        (content)
                    }
                }
            }
        };
        let mut response = (self.status, page).into_response();
        if let Some(signed) = &self.signed {
            response
                .extensions_mut()
                .insert(DrawnFor { session: signed.session, person: signed.person });
        }
        response
    }

    fn bar(&self) -> Markup {
        let lang = self.lang;
        html! {
            header class="bar" {
                a class="brand" href=(url(lang, "/")) { (components::icon("mark")) (lang.t("app-name")) }
                @if let Some(signed) = &self.signed {
                    nav aria-label=(lang.t("nav-main")) {
                        @for item in &signed.nav {
                            @let to = url(lang, item.path);
                            a href=(to) aria-current=[(self.path == to).then_some("page")] { (lang.t(item.label)) }
                        }
                    }
                }
                div class="who" {
                    @if let Some(signed) = &self.signed {
                        a class="name" href=(url(lang, "/account")) { (signed.name) }
                        form method="post" action=(url(lang, "/sign-out")) {
                            button class="plain" type="submit" { (lang.t("nav-sign-out")) }
                        }
                    }
                    a class="lang" href=(self.twin) hreflang=(lang.other().tag()) lang=(lang.other().tag()) {
                        (lang.other().t("lang-name"))
                    }
                }
            }
        }
    }
}
