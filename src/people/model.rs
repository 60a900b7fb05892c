//! Who people are and what their roles let them do (`domain.md` section 14). Pure.

use crate::codes::Licence;
use crate::db::{DbError, Instant};
use crate::sites::{SiteId, SiteKind};
use crate::web::{Arg, Fault, FieldFault, Lang};

crate::id_type! {
    /// A person with an account.
    UserId
}
crate::id_type! {
    /// A signed-in session; not its secret.
    SessionId
}

crate::words! {
    /// What a person may do. A person may hold several; never administration together with
    /// anything that reads clinical data.
    pub enum Role {
        /// Nurse or technician of a referring centre: registers, collects, sends.
        Collector = "collector",
        /// Oncologist of a referring centre: requests, reads results, acknowledges.
        Oncologist = "oncologist",
        /// Carries what is handed to them from one named person to another.
        Courier = "courier",
        /// Laboratory reception: receives, reconciles, accepts.
        Reception = "reception",
        /// Laboratory bench: aliquots, stains, stores.
        Bench = "bench",
        /// Laboratory analyst: enters counts.
        Analyst = "analyst",
        /// Laboratory validator: signs, never their own work.
        Validator = "validator",
        /// Head of the laboratory.
        LabHead = "lab-head",
        /// Coordinator of the network: follows tubes, transfers and critical results without names, declares
        /// a tube lost, decides about protocols, the catalogue, centres and labels.
        Coordinator = "coordinator",
        /// Quality: closes doubts, holds tubes, takes the laboratory's scans back, reads the audit trail.
        Quality = "quality",
        /// Auditor: reads the audit trail, and nothing else.
        Auditor = "auditor",
        /// Administrator: users, printers, centres, the design of labels; no clinical data.
        Admin = "admin",
    }
}

impl Role {
    /// The kind of site a holder must belong to; `None` for roles of the whole network.
    pub fn site_kind(self) -> Option<SiteKind> {
        match self {
            Self::Collector | Self::Oncologist => Some(SiteKind::Centre),
            Self::Reception | Self::Bench | Self::Analyst | Self::Validator | Self::LabHead => {
                Some(SiteKind::Laboratory)
            }
            Self::Courier | Self::Coordinator | Self::Quality | Self::Auditor | Self::Admin => None,
        }
    }
    /// Whether it can see anything of a patient, if only that something was done with a record. Only administration
    /// can't.
    pub fn is_clinical(self) -> bool {
        self != Self::Admin
    }
    /// Its name for people.
    pub fn label(self, lang: Lang) -> String {
        lang.t(&format!("role-{}", self.as_str()))
    }
}

/// A few roles, sorted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleSet(Vec<Role>);

impl RoleSet {
    /// Whether `role` is in it.
    pub fn has(&self, role: Role) -> bool {
        self.0.binary_search(&role).is_ok()
    }
    /// Each role once, sorted.
    pub fn iter(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }
}
impl FromIterator<Role> for RoleSet {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        let mut list: Vec<Role> = roles.into_iter().collect();
        list.sort();
        list.dedup();
        Self(list)
    }
}

/// Whether a person may hold `roles` at sites of these kinds: at least one role, nobody both
/// administers and reads clinical data, and a role of a kind of site needs such a site.
pub fn check_roles(roles: &RoleSet, kinds: &[SiteKind]) -> Result<(), FieldFault> {
    if roles.0.is_empty() {
        return Err(FieldFault::new("roles", "role-required"));
    }
    if roles.has(Role::Admin) && roles.iter().any(Role::is_clinical) {
        return Err(FieldFault::new("roles", "admin-reads-nothing-clinical"));
    }
    match roles.iter().find(|r| r.site_kind().is_some_and(|k| !kinds.contains(&k))) {
        Some(role) => Err(FieldFault::new("sites", "role-needs-site").with("role", role.as_str())),
        None => Ok(()),
    }
}

/// An account, without its password.
#[derive(Debug, Clone)]
pub struct Person {
    /// Names the account in addresses, events and signatures.
    pub id: UserId,
    /// What is typed to sign in; lower case.
    pub login: String,
    /// Printed name, as on signatures.
    pub name: String,
    /// What the person may do; some roles need a site of their kind.
    pub roles: RoleSet,
    /// Sites the person works at.
    pub sites: Vec<SiteId>,
    /// The language of the person's pages, which they choose themselves.
    pub lang: Lang,
    /// Set when an administrator chose the password.
    pub must_change_password: bool,
    /// Signing in is refused for good.
    pub disabled_at: Option<Instant>,
    /// When the account was made.
    pub created_at: Instant,
    /// Professional licence, shown beside the name on what the person signs.
    pub licence: Option<Licence>,
}

/// What can go wrong with people and sessions. No [`super::Denied`], which carries it: who is refused here is nobody yet.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Wrong login or password; the same for an unknown login.
    #[error("sign-in refused")]
    WrongCredentials,
    /// Too many wrong passwords.
    #[error("account locked for {minutes} more minutes")]
    Locked {
        /// Whole minutes until the next try, at least 1.
        minutes: i64,
    },
    /// Too many wrong passwords from one address.
    #[error("too many sign-ins from one address")]
    TooManyHere,
    /// More passwords wait to be looked at than can be.
    #[error("too many sign-ins at once")]
    Busy,
    /// No session, or it ended.
    #[error("no session")]
    SignedOut,
    /// The session was ended by wrong passwords, given to sign something.
    #[error("session ended by wrong passwords")]
    SessionEnded,
    /// The roles don't allow it.
    #[error("not allowed")]
    NotAllowed,
    /// The password given again to sign something was wrong.
    #[error("re-authentication failed")]
    WrongPassword,
    /// No such account.
    #[error("no such account")]
    UnknownPerson,
    /// What was typed breaks these rules; each names its field.
    #[error("{} fields refused", .0.len())]
    Fields(Vec<FieldFault>),
    /// Below the rules.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for PeopleError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}

impl Fault for PeopleError {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong-credentials",
            Self::Locked { .. } => "account-locked",
            Self::TooManyHere => "too-many-sign-ins",
            Self::Busy => "busy",
            Self::SignedOut => "signed-out",
            Self::SessionEnded => "session-ended",
            Self::NotAllowed => "not-allowed",
            Self::WrongPassword => "wrong-password",
            Self::UnknownPerson => "unknown-person",
            Self::Fields(_) => "refused-fields",
            Self::Db(e) => e.code(),
        }
    }
    fn status(&self) -> u16 {
        match self {
            Self::WrongCredentials | Self::SignedOut | Self::SessionEnded => 401,
            Self::NotAllowed | Self::WrongPassword => 403,
            Self::UnknownPerson => 404,
            Self::Locked { .. } | Self::TooManyHere => 429,
            Self::Busy => 503,
            Self::Fields(_) => 422,
            Self::Db(e) => e.status(),
        }
    }
    fn args(&self) -> Vec<(&'static str, Arg)> {
        match self {
            Self::Locked { minutes } => vec![("minutes", (*minutes).into())],
            _ => vec![],
        }
    }
    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Fields(f) => f.clone(),
            Self::WrongPassword => vec![FieldFault::new("password", "wrong-password")],
            _ => vec![],
        }
    }
}

/// Seconds a login stays locked after its `failures`-th wrong password in a row: nothing for the
/// first four, then 30 s doubling up to 15 min. Never for good: an attacker must not be able to
/// shut a ward out.
pub fn lock_seconds(failures: i32) -> i64 {
    match failures {
        ..=4 => 0,
        n => (30_i64 << (n - 5).min(5)).min(900),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_holds_admin_and_clinical_read() {
        let both: RoleSet = [Role::Admin, Role::Auditor].into_iter().collect();
        assert_eq!(check_roles(&both, &[]).unwrap_err().code, "admin-reads-nothing-clinical");
        let admin: RoleSet = [Role::Admin].into_iter().collect();
        assert!(check_roles(&admin, &[]).is_ok());
        assert!(check_roles(&RoleSet::default(), &[]).is_err());
    }

    #[test]
    fn a_role_needs_its_kind_of_site() {
        let nurse: RoleSet = [Role::Collector].into_iter().collect();
        assert!(check_roles(&nurse, &[SiteKind::Centre]).is_ok());
        assert_eq!(
            check_roles(&nurse, &[SiteKind::Laboratory]).unwrap_err().code,
            "role-needs-site"
        );
    }

    #[test]
    fn back_off_grows_and_ends() {
        let waits: Vec<i64> = (3..=12).map(lock_seconds).collect();
        assert_eq!(waits, [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
    }
}
