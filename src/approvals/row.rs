//! The row of a decision: each room has a table of its own, all with the same columns.

/// `decision_row! { reference_decisions, ProposalId }` declares `Decision`, a row of that table about such a proposal.
#[macro_export]
macro_rules! decision_row {
    ($table:ident, $id:ty) => {
        /// What was decided about a proposal.
        #[derive(Debug, Clone, diesel::Queryable, diesel::Selectable, diesel::Insertable)]
        #[diesel(table_name = $table)]
        #[allow(missing_docs)]
        pub struct Decision {
            pub proposal_id: $id,
            pub decision: $crate::approvals::Decided,
            pub decided_by: $crate::people::UserId,
            pub decided_at: $crate::db::Instant,
            /// Why it is declined.
            pub reason: Option<String>,
        }

        impl Decision {
            /// The answer that somebody has given.
            pub fn of(
                proposal_id: $id,
                given: &$crate::approvals::Given,
                caller: &$crate::people::Caller,
            ) -> Self {
                Self {
                    proposal_id,
                    decision: given.decided,
                    decided_by: caller.scope.user(),
                    decided_at: caller.now,
                    reason: given.reason.clone(),
                }
            }
        }
    };
}
