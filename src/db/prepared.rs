//! Updates and inserts whose text is always the same, prepared once per connection.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

/// A statement that is prepared once per connection: see [`prepared`].
#[derive(Debug, Clone, Copy)]
pub struct Prepared<Q>(Q);

/// Has a statement prepared once per connection, by its text. diesel does so for queries by itself and never for updates and
/// inserts, whose text may depend on what they hold; parsing and planning one costs more than running it. For hot statements
/// whose columns are always the same.
pub const fn prepared<Q>(statement: Q) -> Prepared<Q> {
    Prepared(statement)
}

impl<Q, B: Backend> QueryFragment<B> for Prepared<Q>
where
    Q: QueryFragment<B>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, B>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &B) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}
