//! What hostile files get: a line number, and nothing of them taken.

use super::*;
use proptest::prelude::*;

const HEADER: &str = "booked_on,amount,currency,end_to_end_id,servicer_reference,description\r\n";
const GOOD: &str = "2026-03-09,-100.00,USD,EXP-0001,S1,\"paid, in full\"\r\n";

fn codes(file: impl AsRef<[u8]>) -> Vec<(u64, &'static str)> {
    match read(file.as_ref(), Limits::default()) {
        Err(StatementError::Lines(errors)) => errors.into_iter().map(|one| (one.line, one.code)).collect(),
        other => panic!("{other:?}"),
    }
}

fn after_good(row: &str) -> Vec<(u64, &'static str)> {
    codes(format!("{HEADER}{GOOD}{row}"))
}

#[test]
fn a_file_is_read() {
    let file = format!("\u{feff}{HEADER}{GOOD}\n2026-03-10,75,USD,,S2,return R03\n2026-03-10,1,JPY,NOTPROVIDED,S3,");
    let lines = read(file.as_bytes(), Limits::default()).unwrap();
    let shown: Vec<String> = lines
        .iter()
        .map(|one| format!("{} {} {} {:?} {}", one.line, one.booked_on, one.amount, one.end_to_end_id, one.description))
        .collect();
    assert_eq!(
        shown,
        [
            "2 2026-03-09 -100.00 USD Some(EXP-0001) paid, in full",
            "4 2026-03-10 75.00 USD None return R03",
            "5 2026-03-10 1 JPY None "
        ]
    );
    assert!(read(HEADER.as_bytes(), Limits::default()).unwrap().is_empty());
}

#[test]
fn a_wrong_header_is_told_and_nothing_read() {
    assert_eq!(codes(""), [(1, "header_missing")]);
    assert_eq!(codes(GOOD)[0], (1, "column_unknown"));
    assert_eq!(codes(HEADER.replace("description", "note")), [(1, "column_unknown"), (1, "column_missing")]);
    assert_eq!(codes(HEADER.replace("description", "amount")), [(1, "column_duplicated"), (1, "column_missing")]);
    assert_eq!(codes(HEADER.replace("\r\n", ",extra\r\n")), [(1, "column_unknown")]);
    assert_eq!(codes(HEADER.replace("booked_on,amount", "amount,booked_on")), [(1, "column_order")]);
    assert_eq!(codes(HEADER.replace("booked_on", "Booked_On"))[0], (1, "column_unknown"));
}

#[test]
fn each_wrong_line_is_told_with_its_number() {
    for (row, code) in [
        ("2026-03-09,-1.00,USD,,S2", "column_count"),
        ("2026-03-09,-1.00,USD,,S2,x,y", "column_count"),
        (HEADER, "header_repeated"),
        ("2026-3-9,-1.00,USD,,S2,", "date_invalid"),
        ("2026-02-30,-1.00,USD,,S2,", "date_invalid"),
        ("+2026-3-09,-1.00,USD,,S2,", "date_invalid"),
        ("2026-03-09,1e3,USD,,S2,", "amount_invalid"),
        ("2026-03-09,\"1,000.00\",USD,,S2,", "amount_invalid"),
        ("2026-03-09,1.001,USD,,S2,", "amount_invalid"),
        ("2026-03-09,+1.00,USD,,S2,", "amount_invalid"),
        ("2026-03-09,99999999999999999,USD,,S2,", "amount_invalid"),
        ("2026-03-09,1.0,JPY,,S2,", "amount_invalid"),
        ("2026-03-09,-0.00,USD,,S2,", "amount_zero"),
        ("2026-03-09,-1.00,usd,,S2,", "currency_unknown"),
        ("2026-03-09,-1.00,XAU,,S2,", "currency_unknown"),
        ("2026-03-09,-1.00,USD,a b,S2,", "end_to_end_id_invalid"),
        ("2026-03-09,-1.00,USD,,  ,", "servicer_reference_invalid"),
        ("2026-03-09,-1.00,USD,,S2,a\0b", "control_character"),
        ("2026-03-09,-1.00,USD,,S2,\"a\r\nb\"", "control_character"),
    ] {
        assert_eq!(after_good(row), [(3, code)], "{row}");
    }
    assert_eq!(
        after_good("x,y,USD,,,")[..3],
        [(3, "date_invalid"), (3, "amount_invalid"), (3, "servicer_reference_invalid")]
    );
}

#[test]
fn bad_encoding_is_told_and_later_lines_still_are() {
    let mut file = format!("{HEADER}{GOOD}").into_bytes();
    file.extend_from_slice(b"2026-03-09,-1.00,USD,,S2,caf\xe9\n2026-03-09,x,USD,,S3,\n");
    assert_eq!(codes(file), [(3, "not_utf8"), (4, "amount_invalid")]);
}

#[test]
fn a_stray_quotation_mark_swallows_no_line_unseen() {
    let row = "2026-03-09,-1.00,USD,,S2,\"open\n2026-03-09,-2.00,USD,,S3,x\n";
    assert_eq!(after_good(row), [(3, "control_character")]);
}

#[test]
fn sizes_are_capped() {
    let rows = |count: usize| format!("{HEADER}{}", GOOD.repeat(count));
    let limits = Limits { file_bytes: 20_000, row_bytes: 10_000, rows: 10 };
    assert_eq!(read(rows(10).as_bytes(), limits).unwrap().len(), 10);
    assert!(matches!(read(rows(11).as_bytes(), limits), Err(StatementError::TooLarge)));
    let endless = HEADER.as_bytes().chain(io::repeat(b'x'));
    assert!(matches!(read(endless, Limits::default()), Err(StatementError::TooLarge)));
    let quoted = HEADER.as_bytes().chain(&b"\""[..]).chain(io::repeat(b'\n'));
    assert!(matches!(read(quoted, Limits::default()), Err(StatementError::TooLarge)));
    let blank = HEADER.as_bytes().chain(io::repeat(b'\n'));
    assert!(matches!(read(blank, Limits::default()), Err(StatementError::TooLarge)));
    assert_eq!(codes(format!("{HEADER}{}", "x\n".repeat(1000))).len(), 50);
}

#[test]
fn the_edge_is_told_by_line() {
    let Error::Invalid(found) = Error::from(read("x".as_bytes(), Limits::default()).unwrap_err()) else { panic!() };
    assert_eq!((found[0].pointer.as_str(), found[0].code.as_str()), ("/1", "column_unknown"));
    assert!(matches!(Error::from(StatementError::TooLarge), Error::Refused(Code::PayloadTooLarge)));
}

proptest! {
    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(bytes.as_slice(), Limits::default());
        let after_header = [HEADER.as_bytes(), &bytes].concat();
        let _ = read(after_header.as_slice(), Limits::default());
    }
}
