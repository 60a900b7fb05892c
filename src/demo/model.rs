//! What the demonstration is, and why something is none.

use crate::people::{PeopleError, Role};

/// The password of every demonstration account.
pub const PASSWORD: &str = "jacarandas en flor";

/// Login, printed name, roles, sites.
pub const ACCOUNTS: &[(&str, &str, &[Role], &[&str])] = &[
    ("enfermera", "Enf. Lucía Romero Paz", &[Role::Collector], &["LRZ"]),
    ("oncologa", "Dra. Elena Vidal Ochoa", &[Role::Oncologist], &["LRZ"]),
    ("mensajero", "Jorge Lima Duarte", &[Role::Courier], &[]),
    ("recepcion", "Téc. Marco Ayala Ruiz", &[Role::Reception, Role::Bench], &["LAB"]),
    ("analista", "Q.F.B. Sofía Neri Cano", &[Role::Analyst, Role::Bench], &["LAB"]),
    ("validador", "Dr. Andrés Luna Mota", &[Role::Validator], &["LAB"]),
    ("jefa", "Dra. Irene Solís Vega", &[Role::LabHead], &["LAB"]),
    ("coordinadora", "Mtra. Paula Ríos Haro", &[Role::Coordinator], &[]),
    ("calidad", "Mtro. Raúl Peña Islas", &[Role::Quality], &[]),
    ("auditora", "Lic. Nora Gil Ibarra", &[Role::Auditor], &[]),
    ("admin", "Ing. Tomás Vera Lugo", &[Role::Admin], &[]),
    ("enfermero-tij", "Enf. Daniel Cota Meza", &[Role::Collector, Role::Oncologist], &["TIJ"]),
];

/// The professional licences of those who sign results, as invented as they are.
const LICENCES: &[(&str, &str)] = &[("validador", "4081527"), ("jefa", "3316094")];

/// The licence of one of [`ACCOUNTS`]; empty for none.
pub fn licence_of(login: &str) -> &'static str {
    LICENCES.iter().find(|(l, _)| *l == login).map_or("", |(_, licence)| licence)
}

crate::words! {
    /// How far the demonstration has come in filling a database.
    pub enum Mark {
        /// Written together with its first accounts.
        Begun = "begun",
        /// Everything is there.
        Whole = "whole",
    }
}

/// An account of the demonstration as it is now.
#[derive(Debug, Clone)]
pub struct Account {
    /// What is typed to sign in.
    pub login: String,
    /// Name as it is printed and shown.
    pub name: String,
    /// Roles as they are now.
    pub roles: Vec<Role>,
    /// Codes of its sites as they are now.
    pub sites: Vec<String>,
    /// Nobody has disabled it, and its password is still [`PASSWORD`].
    pub opens: bool,
}

/// Why a database is not filled or served as a demonstration. Nothing was changed in it.
#[derive(Debug, thiserror::Error)]
pub enum NotDemo {
    /// Somebody else's rows.
    #[error(
        "this is not a demonstration's database: it holds rows that `rastro demo` did not make ({}). \
         Nothing was changed. Give the demonstration a place of its own, such as \
         `rastro demo --data-dir demo-data`; on a real server leave RASTRO_DEMO out",
        .0.join(", ")
    )]
    Foreign(Vec<String>),
    /// The data directory has signed another database's log.
    #[error(
        "{0} belongs to another database's log: the demonstration would sign over it. Nothing was \
         changed. Give the demonstration a data directory of its own, such as \
         `rastro demo --data-dir demo-data`"
    )]
    OthersKey(String),
    /// Begun and never finished.
    #[error(
        "the demonstration in this database is not whole: another `rastro demo` is filling it just \
         now, or one was interrupted. Wait for that one; if none is running, {0} and run \
         `rastro demo` again"
    )]
    Half(&'static str),
    /// There is none.
    #[error(
        "setting `demo`: there is no demonstration in this database, and its sign-in page would show \
         accounts that don't exist. `rastro demo` makes one; on a real server leave RASTRO_DEMO out"
    )]
    None,
    /// Below the rules.
    #[error(transparent)]
    People(#[from] PeopleError),
}

impl From<crate::db::DbError> for NotDemo {
    fn from(e: crate::db::DbError) -> Self {
        Self::People(e.into())
    }
}
impl From<diesel::result::Error> for NotDemo {
    fn from(e: diesel::result::Error) -> Self {
        Self::People(e.into())
    }
}
