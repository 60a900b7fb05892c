//! Users, roles, sessions, credentials, scope, signatures.

mod model;

pub use model::{Role, UserId};
