//! Signing in and out, one's own account, and the administration of users.

pub mod api;
pub mod pages;
pub mod service;

pub use api::routes as api_routes;
