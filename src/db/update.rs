//! An `UPDATE` whose statement stays prepared. diesel prepares each of its own anew, because a
//! changeset may leave columns out; where every column is always written that is waste: a parse, a
//! plan and, on PostgreSQL, a trip for each row.

use diesel::backend::Backend;
use diesel::connection::Connection;
use diesel::query_builder::{
    AsChangeset, AstPass, IntoUpdateTarget, QueryFragment, QueryId, UpdateTarget,
};
use diesel::query_dsl::RunQueryDsl;
use diesel::query_source::QuerySource;
use diesel::{QueryResult, Table};

/// `UPDATE from SET set WHERE filter`; made by [`update_all_of`].
pub struct PreparedUpdate<From, Where, Set> {
    from: From,
    filter: Where,
    set: Set,
}

/// The update that writes every column of `set` in `target`, for statements that run often. A
/// changeset with an `Option` of an assignment is written without it when it is `None`: that is
/// another text, and so another statement; use `diesel::update` for those.
#[allow(clippy::type_complexity)]
pub fn update_all_of<T, S>(
    target: T,
    set: S,
) -> PreparedUpdate<<T::Table as QuerySource>::FromClause, T::WhereClause, S::Changeset>
where
    T: IntoUpdateTarget,
    T::Table: Table,
    S: AsChangeset<Target = T::Table>,
{
    let UpdateTarget { table, where_clause } = target.into_update_target();
    PreparedUpdate { from: table.from_clause(), filter: where_clause, set: set.as_changeset() }
}

impl<DB, From, Where, Set> QueryFragment<DB> for PreparedUpdate<From, Where, Set>
where
    DB: Backend,
    From: QueryFragment<DB>,
    Where: QueryFragment<DB>,
    Set: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.from.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.set.walk_ast(out.reborrow())?;
        self.filter.walk_ast(out.reborrow())
    }
}

/// Known by its text, like diesel's own.
impl<From, Where, Set> QueryId for PreparedUpdate<From, Where, Set> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<From, Where, Set, C: Connection> RunQueryDsl<C> for PreparedUpdate<From, Where, Set> {}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::prelude::*;
    use diesel::sqlite::Sqlite;

    diesel::table! {
        head (one) {
            one -> Integer,
            size -> BigInt,
            edge -> Binary,
        }
    }

    #[test]
    fn it_says_what_diesel_says_and_may_be_kept() {
        let set = || (head::size.eq(7_i64), head::edge.eq(vec![1_u8]));
        let ours = update_all_of(head::table.find(1), set());
        let theirs = diesel::update(head::table.find(1)).set(set());
        let text = |q: &dyn std::fmt::Display| q.to_string();
        assert_eq!(
            text(&diesel::debug_query::<Sqlite, _>(&ours)),
            text(&diesel::debug_query::<Sqlite, _>(&theirs))
        );
        assert!(QueryFragment::<Sqlite>::is_safe_to_cache_prepared(&ours, &Sqlite).unwrap());
        assert!(!QueryFragment::<Sqlite>::is_safe_to_cache_prepared(&theirs, &Sqlite).unwrap());
    }
}
