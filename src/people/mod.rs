//! Users, roles, sessions, credentials, scope, signatures.

mod credential;
mod denied;
pub mod devices;
mod extract;
mod model;
mod password;
pub mod rights;
mod scope;
pub mod service;
mod session;
pub mod store;
pub mod tries;
mod weak;

pub use credential::{COOKIE, CookieNames, Credential, PLAIN_COOKIE, cookie};
pub use denied::Denied;
pub use extract::{Caller, People, RequestId};
pub use model::{PeopleError, Person, Role, RoleSet, SessionId, UserId, check_roles, lock_seconds};
pub use password::{
    CHECKS as PASSWORD_CHECKS, Lane, Passwords, check_new as check_new_password,
    hash_now as hash_password_now, normal as normal_password,
};
pub use scope::Scope;
pub use session::{ABSOLUTE_SECONDS, Session, Sessions, Token};
