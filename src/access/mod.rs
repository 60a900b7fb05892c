//! Signing in and out, one's own account, and the administration of users.

mod account_page;
pub mod api;
mod browser;
pub mod kept;
mod licence_page;
pub mod pages;
mod roles_page;
pub mod service;
mod sign_in;
mod sign_in_page;
mod users_page;

pub use api::routes as api_routes;
