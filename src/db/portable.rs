//! Lets a statement that both engines understand, but diesel's derived `MultiBackend` does not,
//! run on [`Conn`](super::Conn): `ON CONFLICT`, aggregate `FILTER`, `FOR UPDATE`.

use diesel::QueryResult;
use diesel::connection::Connection;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::sqlite::Sqlite;

use super::conn::MultiBackend;

/// Wrap a whole statement, `Portable(stmt).execute(conn)`, or one expression of a `select`.
/// `MultiConnection` declares that its backend has no `ON CONFLICT`; both real engines do.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct Portable<T>(pub T);

impl<T> QueryFragment<MultiBackend> for Portable<T>
where
    T: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, out)
    }
}

impl<T: Query> Query for Portable<T> {
    type SqlType = T::SqlType;
}
impl<T, C: Connection> RunQueryDsl<C> for Portable<T> {}
impl<T: Expression> Expression for Portable<T> {
    type SqlType = T::SqlType;
}
impl<T: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Portable<T> {}
impl<T: SelectableExpression<QS>, QS> SelectableExpression<QS> for Portable<T> {}
impl<T: ValidGrouping<G>, G> ValidGrouping<G> for Portable<T> {
    type IsAggregate = T::IsAggregate;
}
