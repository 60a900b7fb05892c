//! What every page and every answer shares: the page shell and its components, assets, both
//! languages, refusals. Knows no capability.

pub mod assets;
pub mod components;
pub mod drawn;
pub mod extract;
pub mod fault;
pub mod form;
pub mod i18n;
pub mod invisible;
mod line;
pub mod multipart;
pub mod number;
pub mod page;
pub mod paths;
pub mod problem;
mod query;
pub mod routes;
pub mod time;

pub use extract::{Body, Form, Items, Key, ListBody, Peer, Query};
pub use fault::{Fault, FieldFault};
pub use form::{client_id, flag, made_by_client};
pub use i18n::{Arg, Lang};
pub use line::{Line, Reason, line};
pub use multipart::Upload;
pub use page::{NavItem, Page as HtmlPage, Signed};
pub use paths::url;
pub use problem::Problem;
pub use routes::Pages;
