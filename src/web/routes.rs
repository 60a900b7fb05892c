//! Page routes: each address registered in both languages, and listed, so that tests can walk
//! every one of them.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{get, post};
use http::Method;

use super::i18n::Lang;
use super::paths::url;

/// The pages of a capability.
pub struct Pages<S> {
    router: Router<S>,
    list: Vec<(Method, String)>,
}

impl<S: Clone + Send + Sync + 'static> Pages<S> {
    /// Pages without an address yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self { router: Router::new(), list: vec![] }
    }
    /// `handler` answers GET of `path` (English words, as for [`url`]) in both languages.
    #[must_use]
    pub fn get<H, T>(mut self, path: &str, handler: H) -> Self
    where
        H: Handler<T, S> + Clone,
        T: 'static,
    {
        for lang in Lang::ALL {
            self.router = self.router.route(&url(lang, path), get(handler.clone()));
        }
        self.list.push((Method::GET, path.to_owned()));
        self
    }
    /// `handler` answers POST of `path`.
    #[must_use]
    pub fn post<H, T>(mut self, path: &str, handler: H) -> Self
    where
        H: Handler<T, S> + Clone,
        T: 'static,
    {
        for lang in Lang::ALL {
            self.router = self.router.route(&url(lang, path), post(handler.clone()));
        }
        self.list.push((Method::POST, path.to_owned()));
        self
    }
    /// With another capability's pages.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.list.extend(other.list);
        self
    }
    /// The router, and every (method, English path).
    pub fn into_parts(self) -> (Router<S>, Vec<(Method, String)>) {
        (self.router, self.list)
    }
}
