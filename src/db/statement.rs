//! Statements of our own: SQL in a file beside `store.rs`, prepared once per connection.
//!
//! diesel never caches `sql_query`, which costs two thirds of a hot statement's rate; a `QueryFragment` with a static
//! `QueryId` is cached. Parameters are written `{name}` in the file and may be repeated.

/// Declares a statement from a `.sql` file, or from several that follow one another.
///
/// ```ignore
/// statement! {
///     /// Takes the best open slot.
///     pub struct Claim from "claim.sql" { expert: Uuid as sql::Uuid } -> (sql::Uuid, sql::Text)
/// }
/// ```
#[macro_export]
macro_rules! statement {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident from $($file:literal)+ { $($field:ident : $type:ty as $sql:ty),* $(,)? } -> $row:ty
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $(#[doc = concat!("`{", stringify!($field), "}` of the file.")] pub $field: $type),*
        }

        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                let parts: &[(&'static str, &'static str)] = &[$(($file, include_str!($file))),+];
                for (file, text) in parts {
                    let mut rest: &'static str = text;
                    while let Some((text, after)) = rest.split_once('{') {
                        out.push_sql(text);
                        let (name, after) = after.split_once('}').unwrap_or((after, ""));
                        let known: &[&str] = &[$(stringify!($field)),*];
                        if !known.contains(&name) {
                            let unknown = format!("{file} has no parameter {name}");
                            return Err(diesel::result::Error::QueryBuilderError(unknown.into()));
                        }
                        $(if name == stringify!($field) {
                            out.push_bind_param::<$sql, _>(&self.$field)?;
                        })*
                        rest = after;
                    }
                    out.push_sql(rest);
                }
                Ok(())
            }
        }

        impl diesel::query_builder::QueryId for $name {
            type QueryId = $name;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl diesel::query_builder::Query for $name {
            type SqlType = $row;
        }

        impl<C> diesel::RunQueryDsl<C> for $name {}

        impl<C> diesel::RunQueryDsl<C> for &$name {}
    };
}
