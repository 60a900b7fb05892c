//! What is the matter with a database that fails, in one word. Everything that must tell an outage
//! from a defect asks here: the answer to a caller, the writer that tries again, `/readyz` and the
//! metrics.

use diesel::result::{DatabaseErrorKind, Error as QueryError};

use super::DbError;

crate::words! {
    /// An outage: nothing is wrong with what was asked, and it passes.
    pub enum Trouble {
        /// Stopped, restarting, or not to be reached.
        Gone = "database-gone",
        /// Reached, but it gave no answer in time.
        Frozen = "database-frozen",
        /// It takes no further connections.
        TooManyConnections = "too-many-connections",
        /// It takes no writes: a standby, or set so.
        ReadOnly = "read-only",
        /// There is no room for what was to be written, or the disk fails.
        Full = "disk-full",
        /// Others are in the way: locks, a full queue, a server that stops.
        Busy = "busy",
    }
}

impl Trouble {
    /// Whether the same write may succeed within seconds. A full disk doesn't empty itself.
    pub fn is_passing(self) -> bool {
        self != Self::Full
    }

    /// Whether the connection that met it is of no more use.
    pub(super) fn ends_connection(self) -> bool {
        !matches!(self, Self::Full | Self::Busy)
    }

    /// What a statement failed by, if that was an outage.
    pub(super) fn of(e: &QueryError) -> Option<Self> {
        match e {
            // diesel keeps no SQLSTATE, but says that the connection is no more.
            QueryError::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _,
            )
            | QueryError::BrokenTransactionManager => Some(Self::Gone),
            QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                Some(Self::Busy)
            }
            QueryError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => {
                Some(Self::ReadOnly)
            }
            QueryError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
                Self::in_words(info.message())
            }
            _ => None,
        }
    }

    /// What no connection could be made by.
    pub(super) fn of_connecting(why: &str) -> Self {
        Self::in_words(why).unwrap_or(Self::Gone)
    }

    /// By the message: diesel gives nothing else of it. PostgreSQL speaks the language of its
    /// `lc_messages`, which only a superuser may change, so both of ours are known here.
    fn in_words(message: &str) -> Option<Self> {
        let message = message.to_lowercase();
        let said = |(_, words): &&(Self, &[&str])| words.iter().any(|w| message.contains(w));
        SAYINGS.iter().find(said).map(|(trouble, _)| *trouble)
    }
}

/// What the engines say, by what it means; the first that fits counts. Lower case.
const SAYINGS: &[(Trouble, &[&str])] = &[
    (
        Trouble::Full,
        &[
            "database or disk is full",
            "disk i/o error",
            "no space left on device",
            "no queda espacio en el dispositivo",
            "disk quota exceeded",
            "se ha excedido la cuota de disco",
        ],
    ),
    (
        Trouble::Busy,
        &[
            "database is locked",
            "database table is locked",
            "database schema is locked",
            "deadlock",
            "lock timeout",
            "espera de candados",
            "statement timeout",
        ],
    ),
    (
        Trouble::TooManyConnections,
        &[
            "too many clients",
            "too many connections",
            "remaining connection slots",
            "demasiados clientes",
            "demasiadas conexiones",
        ],
    ),
    (
        Trouble::ReadOnly,
        &["read-only transaction", "readonly database", "only servers", "sólo lectura"],
    ),
    (Trouble::Frozen, &["timeout expired", "tiempo de espera agotado"]),
    (
        Trouble::Gone,
        &[
            "unable to open database file",
            "server closed the connection",
            "no connection to the server",
            "terminating connection",
            "terminando la conexión",
            "could not receive data",
            "ssl connection has been closed",
            "starting up",
            "shutting down",
            "in recovery mode",
            "se está iniciando",
            "se está apagando",
            "en modo de recuperación",
        ],
    ),
];

impl DbError {
    /// The outage that this is, if it is one; otherwise it is a defect, or said by a rule.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Unavailable { trouble, .. } => Some(*trouble),
            Self::Query(e) => Trouble::of(e),
            Self::Connect(e) => Some(Trouble::of_connecting(&e.to_string())),
            Self::OutcomeUnknown => Some(Trouble::Gone),
            Self::Stopped => Some(Trouble::Busy),
            Self::UnknownScheme
            | Self::ReadOnly(_)
            | Self::Migration(_)
            | Self::Panicked
            | Self::Corrupt(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: DatabaseErrorKind, message: &str) -> Option<Trouble> {
        Trouble::of(&QueryError::DatabaseError(kind, Box::new(message.to_owned())))
    }

    #[test]
    fn an_outage_is_told_from_a_defect() {
        use DatabaseErrorKind::*;
        for (kind, message, expected) in [
            (ClosedConnection, "FATAL:  terminating connection", Some(Trouble::Gone)),
            (Unknown, "the database system is starting up", Some(Trouble::Gone)),
            (Unknown, "el sistema de base de datos se está apagando", Some(Trouble::Gone)),
            (Unknown, "database or disk is full", Some(Trouble::Full)),
            (Unknown, "disk I/O error", Some(Trouble::Full)),
            (
                Unknown,
                "could not extend file \"base/5/1\": No space left on device",
                Some(Trouble::Full),
            ),
            (
                Unknown,
                "no se pudo extender el archivo: No queda espacio en el dispositivo",
                Some(Trouble::Full),
            ),
            (Unknown, "database is locked", Some(Trouble::Busy)),
            (Unknown, "deadlock detected", Some(Trouble::Busy)),
            (Unknown, "canceling statement due to lock timeout", Some(Trouble::Busy)),
            (Unknown, "attempt to write a readonly database", Some(Trouble::ReadOnly)),
            (ReadOnlyTransaction, "cannot execute INSERT", Some(Trouble::ReadOnly)),
            (SerializationFailure, "could not serialize access", Some(Trouble::Busy)),
            (UniqueViolation, "duplicate key", None),
            (CheckViolation, "violates a rule", None),
            (Unknown, "column \"x\" does not exist", None),
        ] {
            assert_eq!(said(kind, message), expected, "{message}");
        }
        assert_eq!(
            Trouble::of_connecting("FATAL:  sorry, too many clients already"),
            Trouble::TooManyConnections
        );
        assert_eq!(Trouble::of_connecting("timeout expired"), Trouble::Frozen);
        assert_eq!(Trouble::of_connecting("Connection refused"), Trouble::Gone);
    }
}
