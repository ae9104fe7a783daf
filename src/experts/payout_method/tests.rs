//! Published account numbers pass, everything near them does not, and nothing of them is ever printed.

use super::*;
use crate::kernel::Error;

fn read(json: &str) -> Result<PayoutMethod> {
    serde_json::from_str::<PayoutMethodBody>(json).unwrap().parse()
}

fn findings(json: &str) -> Vec<(String, String)> {
    match read(json) {
        Err(Error::Invalid(found)) => found.into_iter().map(|one| (one.pointer, one.code)).collect(),
        other => panic!("{other:?}"),
    }
}

const ACH: &str =
    r#"{"method":"ach","routing_number":"021000021","account_number":"000123456789","account_type":"checking"}"#;
const SEPA_BODY: &str = r#"{"method":"sepa","iban":"DE89 3704 0044 0532 0130 00","bic":"COBADEFFXXX","name":" Ada Muster ","town":"Köln","country":"DE"}"#;

#[test]
fn published_routing_numbers_hold() {
    for number in
        ["021000021", "011401533", "091000019", "122105155", "026009593", "121000248", "322271627", "111000025"]
    {
        assert!(is_routing_number(number), "{number}");
    }
    for number in
        ["021000022", "000000000", "02100002", "0210000210", "12100002x", "０21000021", "800000006", "000000013", ""]
    {
        assert!(!is_routing_number(number), "{number}");
    }
}

#[test]
fn every_single_digit_error_in_a_routing_number_is_seen() {
    for place in 0..9 {
        for digit in b'0'..=b'9' {
            let mut wrong = *b"021000021";
            let right = std::mem::replace(&mut wrong[place], digit);
            assert_eq!(is_routing_number(std::str::from_utf8(&wrong).unwrap()), digit == right);
        }
    }
}

#[test]
fn accounts_are_kept_in_their_electronic_form() {
    let ach = read(ACH).unwrap();
    assert_eq!((ach.rail(), ach.last_four()), (Rail::Ach, "6789"));
    let sepa = read(SEPA_BODY).unwrap();
    assert_eq!((sepa.rail(), sepa.last_four()), (Rail::Sepa, "3000"));
    let PayoutMethodBody::Sepa { iban, name, .. } = sepa.body() else { panic!() };
    assert_eq!((iban.as_str(), name.as_str()), ("DE89370400440532013000", "Ada Muster"));
}

#[test]
fn short_account_numbers_are_never_shown_whole() {
    let short = read(&ACH.replace("000123456789", "1234")).unwrap();
    assert_eq!(short.last_four(), "34");
}

#[test]
fn each_finding_names_its_field() {
    let bad = r#"{"method":"ach","routing_number":"021000020","account_number":"12-34","account_type":"savings"}"#;
    assert_eq!(
        findings(bad),
        [("/routing_number", "routing_number_invalid"), ("/account_number", "account_number_invalid")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    let bad = r#"{"method":"sepa","iban":"DE89370400440532013001","bic":"COBAZZFF","name":"  ","town":"a\nb","country":"de"}"#;
    let pointers: Vec<String> = findings(bad).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/iban", "/bic", "/name", "/town", "/country"]);
    let far = SEPA_BODY.replace("DE89 3704 0044 0532 0130 00", "BR1800360305000010009795493C1");
    assert_eq!(findings(&far), [("/iban".to_owned(), "iban_not_sepa".to_owned())]);
}

#[test]
fn the_published_ibans_hold() {
    for iban in ["GB29NWBK60161331926819", "FR1420041010050500013M02606", "NL91ABNA0417164300", "CH9300762011623852957"]
    {
        assert!(read(&SEPA_BODY.replace("DE89 3704 0044 0532 0130 00", iban)).is_ok(), "{iban}");
    }
}

#[test]
fn unknown_members_and_methods_are_refused() {
    for json in [
        ACH.replace("\"account_type\"", "\"swift\":\"x\",\"account_type\""),
        ACH.replace("checking", "current"),
        ACH.replace("\"ach\"", "\"cheque\""),
        SEPA_BODY.replace("\"town\"", "\"street\":\"x\",\"town\""),
        "{}".to_owned(),
    ] {
        assert!(serde_json::from_str::<PayoutMethodBody>(&json).is_err(), "{json}");
    }
}

#[test]
fn debug_shows_no_figure_and_the_sealed_form_comes_back() {
    for json in [ACH, SEPA_BODY] {
        let method = read(json).unwrap();
        let shown = format!("{method:?} {:?}", method.body());
        assert!(!shown.contains(|letter: char| letter.is_ascii_digit()) && !shown.contains("Ada"), "{shown}");
        let back = PayoutMethod::from_secret_json(&method.to_secret_json().unwrap()).unwrap();
        assert_eq!(back.to_secret_json().unwrap(), method.to_secret_json().unwrap());
    }
}

#[test]
fn a_change_waits_72_hours_and_a_first_method_only_after_a_reset() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let set = at("2026-03-04T12:00:00Z");
    let until = Some(at("2026-03-07T12:00:00Z"));
    assert_eq!(held_until(true, set, None), until);
    assert_eq!(held_until(false, set, None), None);
    assert_eq!(held_until(false, set, Some(at("2026-03-01T12:00:01Z"))), until);
    assert_eq!(held_until(false, set, Some(at("2026-03-01T12:00:00Z"))), None);
    assert_eq!(held_until(false, set, Some(at("2026-03-05T12:00:00Z"))), None, "a later reset set no details");
}
