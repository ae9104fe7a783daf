//! The rules of the books are the database's own: what the service's role cannot do, however it tries.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use crate::harness::TestDb;

const ACCOUNTS: &str = "INSERT INTO ledger_account (id, kind, currency, exponent) VALUES
    ('00000000-0000-0000-0000-0000000000a1', 'cash', 'USD', 2),
    ('00000000-0000-0000-0000-0000000000a2', 'revenue', 'USD', 2),
    ('00000000-0000-0000-0000-0000000000a3', 'cash', 'JPY', 0),
    ('00000000-0000-0000-0000-0000000000a4', 'revenue', 'JPY', 0)";

const ENTRY: &str = "INSERT INTO journal_entry (id, kind, source_type, source_id, effective_on, period) VALUES
    ('00000000-0000-0000-0000-0000000000e1', 'deposit', 'deposit', '00000000-0000-0000-0000-0000000000d1', '2026-03-01', '2026-03')";

fn line(debit: u8, credit: u8, amount: &str, currency: &str) -> String {
    format!(
        "INSERT INTO journal_line (id, entry_id, debit_id, credit_id, amount, currency, effective_on) VALUES
         (gen_random_uuid(), '00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000a{debit}',
          '00000000-0000-0000-0000-0000000000a{credit}', {amount}, '{currency}', '2026-03-01')"
    )
}

/// Runs the statements in one transaction as the service; `Err` is the constraint that refused.
fn run(conn: &mut PgConnection, statements: &[&str]) -> Result<(), String> {
    let done =
        conn.build_transaction().run(|conn| statements.iter().try_for_each(|statement| conn.batch_execute(statement)));
    done.map_err(|error: DieselError| match error {
        DieselError::DatabaseError(_, info) => {
            info.constraint_name().map_or_else(|| info.message().to_owned(), str::to_owned)
        }
        other => other.to_string(),
    })
}

#[test]
fn lines_are_held_to_their_entry_and_accounts() {
    let db = TestDb::new();
    let conn = &mut db.service();
    run(conn, &[ACCOUNTS]).unwrap();
    let refused = |conn: &mut PgConnection, line: String| run(conn, &[ENTRY, &line]).unwrap_err();
    assert_eq!(refused(conn, line(1, 2, "0", "USD")), "journal_line_amount");
    assert_eq!(refused(conn, line(1, 2, "-5", "USD")), "journal_line_amount");
    assert_eq!(refused(conn, line(1, 1, "5", "USD")), "journal_line_two_accounts");
    assert_eq!(refused(conn, line(1, 4, "5", "USD")), "journal_line_fits", "two currencies");
    assert_eq!(refused(conn, line(1, 2, "5", "JPY")), "journal_line_fits", "another currency");
    assert_eq!(refused(conn, line(1, 2, "0.001", "USD")), "journal_line_fits", "more decimals than USD has");
    assert_eq!(refused(conn, line(3, 4, "0.5", "JPY")), "journal_line_fits", "more decimals than JPY has");
    assert_eq!(refused(conn, line(1, 9, "5", "USD")), "journal_line_fits", "no such account");
    run(conn, &[ENTRY, &line(1, 2, "5.01", "USD")]).unwrap();
}

#[test]
fn history_is_added_to_by_its_own_transaction_alone() {
    let db = TestDb::new();
    let conn = &mut db.service();
    run(conn, &[ACCOUNTS, ENTRY, &line(1, 2, "5", "USD")]).unwrap();
    assert_eq!(run(conn, &[&line(1, 2, "5", "USD")]).unwrap_err(), "journal_line_fits", "a line added later");
    assert_eq!(run(conn, &[ENTRY]).unwrap_err(), "journal_entry_pkey");
    let again = ENTRY.replace("e1'", "e2'");
    assert_eq!(run(conn, &[&again]).unwrap_err(), "journal_entry_source_key", "the same source twice");
}

#[test]
fn nothing_posts_into_a_closed_period() {
    let db = TestDb::new();
    let conn = &mut db.service();
    run(conn, &[ACCOUNTS]).unwrap();
    let close =
        "INSERT INTO accounting_period (period, closed_at, closed_by) VALUES ('2026-03', now(), gen_random_uuid())";
    run(conn, &[close]).unwrap();
    assert_eq!(run(conn, &[ENTRY]).unwrap_err(), "journal_entry_period_open");
}

#[test]
fn even_the_owner_cannot_rewrite_the_journal() {
    let db = TestDb::new();
    run(&mut db.service(), &[ACCOUNTS, ENTRY, &line(1, 2, "5", "USD")]).unwrap();
    let owner = &mut db.owner();
    for statement in ["UPDATE journal_line SET amount = 6", "DELETE FROM journal_entry", "TRUNCATE journal_line"] {
        assert!(run(owner, &[statement]).unwrap_err().contains("append-only"), "{statement}");
    }
}
