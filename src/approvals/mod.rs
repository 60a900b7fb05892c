//! What two people say together: one proposes, another decides, and never the same. Protocols, versions of the
//! catalogue, candidates and label kinds are decided about with a password ([`Answer`]); corrections of an identity
//! or a request, and merges, by whoever has the papers too ([`Verdict`]). Here is what is alike in all of them: who may
//! do which part, what refuses it, the forms, and what the audit log keeps. The rows are each room's own.

mod agreement;
mod answer;
mod forms;
mod model;
mod row;

pub use agreement::{Approval, DecisionForm, Verdict, agreement};
pub use answer::{Answer, Given, Subject, may_look, reason, roles_of};
pub use forms::{ApproveForm, Asked, DeclineForm, WithdrawForm, decision};
pub use model::{Decided, Pair, Parties, ProposalRule, Turn};
