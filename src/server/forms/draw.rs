//! Pages on their way out: each form is marked, and one that was left is as it was left.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use http_body_util::BodyExt;
use maud::{Markup, html};

use super::refused::discard;
use super::{Again, Answered};
use crate::access::kept::{self, Found, KeptId};
use crate::app::App;
use crate::people::UserId;
use crate::web::components::{self, icon};
use crate::web::drawn::{DrawnFor, Left, marked, noticed, refilled};
use crate::web::{Lang, paths, url};

/// Marks the forms of a page.
pub(in crate::server) async fn draw(
    State(app): State<App>,
    mut req: Request,
    next: Next,
) -> Response {
    let asked = Asked::of(&mut req);
    let answered = Answered::default();
    req.extensions_mut().insert(answered.clone());
    let response = next.run(req).await;
    let Some(drawn) = response.extensions().get::<DrawnFor>().copied() else {
        return asked.led_on(response);
    };
    let (parts, body) = response.into_parts();
    // A page is one piece of text in memory: collecting it can't fail.
    let bytes = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
    let page = String::from_utf8_lossy(&bytes);
    let html = asked.finish(&app, &page, drawn, answered.take()).await;
    Response::from_parts(parts, Body::from(html))
}

/// What was asked for.
struct Asked {
    lang: Lang,
    /// The page's own address, if it can be opened.
    page: String,
    kept: Option<KeptId>,
    headers: HeaderMap,
}

impl Asked {
    /// Takes the kept form's key out of the address: no page knows of it.
    fn of(req: &mut Request) -> Self {
        let lang = paths::lang_of(req.uri().path());
        let opens = req.method() == Method::GET && is_page(req.uri().path());
        if !opens {
            let page = url(lang, "/");
            return Self { lang, page, kept: None, headers: HeaderMap::new() };
        }
        let (kept, rest) = without_key(req.uri().query().unwrap_or_default());
        let page = match rest.as_str() {
            "" => req.uri().path().to_owned(),
            query => format!("{}?{query}", req.uri().path()),
        };
        if kept.is_some()
            && let Ok(uri) = page.parse::<Uri>()
        {
            *req.uri_mut() = uri;
        }
        Self { lang, page, kept, headers: req.headers().clone() }
    }

    /// An answer that leads to another page leads there with what was kept.
    fn led_on(&self, mut response: Response) -> Response {
        let to = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
        if let (Some(id), Some(to)) = (self.kept, to)
            && is_page(to.split('?').next().unwrap_or_default())
            && let Ok(to) = HeaderValue::from_str(&kept::again(to, id))
        {
            response.headers_mut().insert(header::LOCATION, to);
        }
        response
    }

    async fn finish(&self, app: &App, html: &str, drawn: DrawnFor, sent: Option<Again>) -> String {
        if let Some(again) = sent {
            let kept = again.kept.map(|id| (again.action.as_str(), id));
            return marked(html, drawn.session, &again.page, kept);
        }
        let Some(id) = self.kept else { return marked(html, drawn.session, &self.page, None) };
        match kept::open(app, &self.headers, UserId(drawn.person), id).await {
            Ok(Found::Typed(typed)) => {
                let (html, left) = refilled(html, &typed);
                let html = noticed(&html, &as_left(self.lang, id, &left).into_string());
                marked(&html, drawn.session, &self.page, Some((&typed.action, id.0)))
            }
            Ok(Found::Another) => marked(html, drawn.session, &self.page, None),
            Ok(Found::Gone) => marked(&self.gone(html), drawn.session, &self.page, None),
            Err(e) => {
                tracing::error!(kept = %id, error = %e, "a kept form could not be read");
                marked(&self.gone(html), drawn.session, &self.page, None)
            }
        }
    }

    fn gone(&self, html: &str) -> String {
        let said = html! { p { (self.lang.t("kept-gone")) } };
        noticed(html, &components::warning(&said).into_string())
    }
}

fn is_page(path: &str) -> bool {
    Lang::ALL.iter().any(|l| {
        let own = format!("/{}", l.prefix());
        path.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The key in a query, and the query without it.
fn without_key(query: &str) -> (Option<KeptId>, String) {
    let prefix = format!("{}=", kept::QUERY);
    let id = query.split('&').find_map(|p| p.strip_prefix(&prefix)?.parse().ok());
    match id {
        None => (None, query.to_owned()),
        id => {
            let rest: Vec<&str> = query.split('&').filter(|p| !p.starts_with(&prefix)).collect();
            (id, rest.join("&"))
        }
    }
}

/// Above a form that is as it was left: that it is not saved, and what has no field here any more.
fn as_left(lang: Lang, id: KeptId, left: &Left) -> Markup {
    html! {
        div class="flash warn" role="status" id="as-left" { (icon("warn")) div {
            p { (lang.t("kept-as-left")) }
            @if !left.is_empty() {
                p { (lang.t("kept-left")) }
                ul { @for (name, value) in left { li { span class="mono" { (name) } ": " (value) } } }
            }
            (discard(lang, &id.to_string()))
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_is_taken_out_of_an_address() {
        let id = KeptId::new();
        assert_eq!(without_key(&format!("a=1&kept={id}&b=")), (Some(id), "a=1&b=".to_owned()));
        assert_eq!(without_key(&format!("kept={id}")), (Some(id), String::new()));
        assert_eq!(without_key("kept=x&a=1"), (None, "kept=x&a=1".to_owned()));
    }
}
