//! The four standings, the numbers that were never assigned, and a Debug that tells nothing.

use super::*;

const W9: &str = r#"{"form":"w9","name":"Ada Muster","tin":"123-45-6789","tin_type":"ssn","address":"1 Main St, Austin TX","certified":true,"place_of_performance":"US"}"#;
const W8BEN: &str = r#"{"form":"w8ben","name":"Ada Muster","country":"DE","foreign_tin":"12 345","treaty_article":"14","address":"Weg 1, Köln","place_of_performance":"DE","signed_on":"2026-02-01"}"#;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn read(json: &str) -> Result<TaxForm> {
    serde_json::from_str::<TaxFormBody>(json).unwrap().parse(day("2026-03-01"))
}

fn rate(json: &str) -> Result<Decimal, TaxHold> {
    withholding_rate(Some(read(json).unwrap().standing()), day("2026-03-01"))
}

fn findings(json: &str) -> Vec<(String, String)> {
    match read(json) {
        Err(Error::Invalid(found)) => found.into_iter().map(|one| (one.pointer, one.code)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_four_standings() {
    assert_eq!(withholding_rate(None, day("2026-03-01")), Err(TaxHold::FormMissing));
    assert_eq!(rate(W9), Ok(Decimal::ZERO));
    assert_eq!(rate(&W9.replace("true", "false")), Ok(Decimal::new(24, 2)));
    assert_eq!(rate(W8BEN), Ok(Decimal::ZERO));
    assert_eq!(rate(&W8BEN.replace("e\":\"DE", "e\":\"US")), Err(TaxHold::PerformedInUs));
}

#[test]
fn a_number_applied_for_is_withheld_on() {
    let none = W9.replace(r#""tin":"123-45-6789","tin_type":"ssn","#, "");
    assert_eq!(rate(&none.replace("true", "false")), Ok(Decimal::new(24, 2)));
    assert_eq!(findings(&none), [("/tin".to_owned(), "tin_missing".to_owned())]);
    let untyped = W9.replace(r#""tin_type":"ssn","#, "");
    assert_eq!(findings(&untyped), [("/tin_type".to_owned(), "required".to_owned())]);
}

#[test]
fn a_w8ben_ends_with_the_third_year_after_it_was_signed() {
    let standing = Some(read(W8BEN).unwrap().standing());
    assert_eq!(withholding_rate(standing, day("2029-12-31")), Ok(Decimal::ZERO));
    assert_eq!(withholding_rate(standing, day("2030-01-01")), Err(TaxHold::FormExpired));
    assert_eq!(findings(&W8BEN.replace("2026-02-01", "2026-03-02"))[0].1, "signed_in_future");
    assert_eq!(findings(&W8BEN.replace("2026-02-01", "2022-12-31"))[0].1, "form_expired");
    assert!(read(&W8BEN.replace("2026-02-01", "2023-01-01")).is_ok());
}

#[test]
fn numbers_that_were_never_assigned_are_refused() {
    for ssn in ["000-12-3456", "666-12-3456", "900-12-3456", "999-99-9999", "123-00-4567", "123-45-0000"] {
        assert_eq!(ssn_digits(ssn), None, "{ssn}");
    }
    for ssn in ["123-456789", "12-345-6789", "1234567890", "12345678", "123 45 6789", "１23456789", ""] {
        assert_eq!(ssn_digits(ssn), None, "{ssn}");
    }
    assert_eq!(ssn_digits("123-45-6789").as_deref(), Some("123456789"));
    assert_eq!(ssn_digits("899999999").as_deref(), Some("899999999"));
    for ein in ["00-1234567", "07-1234567", "49-1234567", "97-1234567", "1-23456789", "123-456789"] {
        assert_eq!(ein_digits(ein), None, "{ein}");
    }
    for ein in ["12-3456789", "123456789", "99-0000001"] {
        assert!(ein_digits(ein).is_some(), "{ein}");
    }
}

#[test]
fn each_finding_names_its_field() {
    let bad = W9.replace("123-45-6789", "666-45-6789").replace("Ada Muster", "").replace("\"US\"", "\"ZZ\"");
    let pointers: Vec<String> = findings(&bad).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/name", "/tin", "/place_of_performance"]);
    assert_eq!(findings(&W8BEN.replace("y\":\"DE", "y\":\"US"))[0], ("/country".to_owned(), "us_person".to_owned()));
}

#[test]
fn unknown_members_are_refused() {
    assert!(serde_json::from_str::<TaxFormBody>(&W9.replace("\"name\"", "\"nick\":1,\"name\"")).is_err());
    assert!(serde_json::from_str::<TaxFormBody>(&W9.replace("\"w9\"", "\"w7\"")).is_err());
    assert!(serde_json::from_str::<TaxFormBody>(&W9.replace("true", "\"yes\"")).is_err());
}

#[test]
fn debug_shows_nothing_and_the_sealed_form_comes_back() {
    for json in [W9, W8BEN] {
        let form = read(json).unwrap();
        let shown = format!("{form:?} {:?}", form.body());
        assert!(!shown.contains("Ada") && !shown.contains("123") && !shown.contains("2026"), "{shown}");
        let back = TaxForm::from_secret_json(&form.to_secret_json().unwrap()).unwrap();
        assert_eq!(back.standing(), form.standing());
    }
}

#[test]
fn no_more_than_half_of_a_number_is_shown() {
    assert_eq!(read(W9).unwrap().last_four().as_deref(), Some("6789"));
    assert_eq!(read(W8BEN).unwrap().last_four().as_deref(), Some("345"));
    assert_eq!(read(&W8BEN.replace("12 345", "é")).unwrap().last_four().as_deref(), Some(""));
}
