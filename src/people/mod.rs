//! Users, roles, sessions, credentials, scope, signatures.

mod denied;
mod extract;
mod model;
mod password;
mod scope;
pub mod service;
mod session;
pub mod store;

pub use denied::Denied;
pub use extract::{COOKIE, Caller, PLAIN_COOKIE, People, RequestId, token_in};
pub use model::{PeopleError, Person, Role, RoleSet, SessionId, UserId, check_roles, lock_seconds};
pub use password::{
    check_new as check_new_password, hash as hash_password, hash_now as hash_password_now,
};
pub use scope::Scope;
pub use session::{ABSOLUTE_SECONDS, Session, Sessions, Token};
