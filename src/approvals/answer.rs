//! An answer to a proposal that waits: by whom, proved by what, and what the audit log keeps of it.

use uuid::Uuid;

use super::model::{Decided, Parties, ProposalRule};
use crate::access::service::{self as access, Proved};
use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::db::{Conn, Tx};
use crate::people::rights::{Right, holds};
use crate::people::{Caller, Denied, PeopleError, RoleSet, UserId, store as people};
use crate::web::{Fault, FieldFault, Line};

/// What is decided about a proposal.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It holds from now on; with the approver's password.
    Approve(String),
    /// It is not wanted; why, 10 to 400 characters.
    Decline(String),
    /// Who proposed it takes it back.
    Withdraw,
}

impl Answer {
    /// As a program sends it.
    pub fn of(decided: Decided, password: String, reason: String) -> Self {
        match decided {
            Decided::Approved => Self::Approve(password),
            Decided::Declined => Self::Decline(reason),
            Decided::Withdrawn => Self::Withdraw,
        }
    }

    /// What becomes of the proposal by it.
    pub fn decided(&self) -> Decided {
        match self {
            Self::Approve(_) => Decided::Approved,
            Self::Decline(_) => Decided::Declined,
            Self::Withdraw => Decided::Withdrawn,
        }
    }

    /// The reason that was typed, to be shown again where it is refused.
    pub fn typed(&self) -> &str {
        match self {
            Self::Decline(reason) => reason,
            Self::Approve(_) | Self::Withdraw => "",
        }
    }

    /// Proved by the password, or with its reason.
    ///
    /// # Errors
    /// What [`access::reauthenticate`] refuses; the field `reason`.
    pub async fn given<R>(self, app: &App, caller: &Caller) -> Result<Given, Denied<R>> {
        let decided = self.decided();
        let (proved, why) = match self {
            Self::Approve(password) => {
                (Some(access::reauthenticate(app, caller, &password).await?), None)
            }
            Self::Decline(why) => (None, Some(reason(&why)?)),
            Self::Withdraw => (None, None),
        };
        Ok(Given { decided, reason: why, proved })
    }
}

/// An answer that may be written down.
#[derive(Debug, Clone)]
pub struct Given {
    /// What becomes of the proposal.
    pub decided: Decided,
    /// Why it is declined.
    pub reason: Option<String>,
    proved: Option<Proved>,
}

impl Given {
    /// In the transaction of the decision: whether what proved it still holds, and whether this is a person to say
    /// so about what `proposer` has proposed.
    ///
    /// # Errors
    /// [`ProposalRule`]; signed out since.
    pub fn holds<R: From<ProposalRule>>(
        &self,
        tx: &mut Tx<'_>,
        parties: &Parties,
        (proposer, caller): (UserId, &Caller),
    ) -> Result<(), Denied<R>> {
        self.proved.map_or(Ok(()), |p| p.holds(tx))?;
        let rule = |rule: ProposalRule| Denied::Rule(rule.into());
        self.decided.may_be_said(proposer, caller.scope.user()).map_err(rule)?;
        if self.decided == Decided::Approved && !completes(tx, parties, proposer, caller)? {
            return Err(rule(ProposalRule::NotThePair));
        }
        Ok(())
    }
}

/// Whether this person and who proposed it are the two whom it needs, by the roles that both have now.
fn completes(
    conn: &mut Conn,
    parties: &Parties,
    proposer: UserId,
    caller: &Caller,
) -> Result<bool, PeopleError> {
    Ok(parties.pair.is(&roles_of(conn, proposer)?, caller.scope.roles()))
}

/// The roles that somebody has now; none of an account there is not.
///
/// # Errors
/// [`PeopleError`] of the database.
pub fn roles_of(conn: &mut Conn, person: UserId) -> Result<RoleSet, PeopleError> {
    Ok(people::find(conn, person)?.map(|p| p.roles).unwrap_or_default())
}

/// Why something is proposed or declined: 10 to 400 characters.
///
/// # Errors
/// The field `reason`.
pub fn reason(typed: &str) -> Result<String, FieldFault> {
    Line::<10, 400>::read("reason", typed).map(String::from)
}

/// Whether this person may look at what the network decides about.
///
/// # Errors
/// [`Denied::NotFound`].
pub fn may_look<R>(caller: &Caller) -> Result<(), Denied<R>> {
    if holds(&caller.scope, Right::SeeReference) { Ok(()) } else { Err(Denied::NotFound) }
}

/// What is proposed and decided about, as the audit log names it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Under which the log keeps it.
    pub action: Action,
    /// Kind of the thing.
    pub kind: &'static str,
    /// Its own name, without personal data.
    pub name: String,
}

impl Subject {
    /// That this was done: `detail` says what, and names the thing, which has no key of its own.
    pub fn entry(&self, caller: &Caller, deed: &str, proposal: Option<Uuid>) -> Entry {
        Entry::new(caller, self.action, self.kind, proposal).detail(self.detail(deed))
    }

    /// What was done, and to what.
    pub fn detail(&self, deed: &str) -> String {
        format!("{deed} {}", self.name)
    }

    /// A try that may not be is written down, then refused.
    ///
    /// # Errors
    /// `why`, always.
    pub async fn refuse<T, R>(
        &self,
        app: &App,
        caller: &Caller,
        deed: &str,
        why: Denied<R>,
    ) -> Result<T, Denied<R>> {
        let entry = self.entry(caller, deed, None).outcome(Outcome::Refused);
        audit::write_down(&app.db, entry).await?;
        Err(why)
    }

    /// What came of a decision: of a try by somebody whose it was not to decide, once it is written down.
    ///
    /// # Errors
    /// As `done`.
    pub async fn told<T, R: Fault + 'static>(
        &self,
        app: &App,
        caller: &Caller,
        deed: &str,
        done: Result<T, Denied<R>>,
    ) -> Result<T, Denied<R>> {
        match done {
            Err(Denied::Rule(rule)) if rule.status() == 403 => {
                self.refuse(app, caller, deed, Denied::Rule(rule)).await
            }
            other => other,
        }
    }
}
