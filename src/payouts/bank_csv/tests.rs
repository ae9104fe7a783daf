//! The outgoing file, byte for byte.

use super::*;
use crate::kernel::Currency;

fn method(json: &str) -> PayoutMethod {
    serde_json::from_str::<PayoutMethodBody>(json).unwrap().parse().unwrap()
}

fn ach() -> PayoutMethod {
    method(r#"{"method":"ach","routing_number":"021000021","account_number":"0012345","account_type":"checking"}"#)
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

#[test]
fn the_bytes_are_the_same_in_any_order() {
    let sepa = method(
        r#"{"method":"sepa","iban":"DE89370400440532013000","name":"Muster, \"Ada\"","town":"Köln","country":"DE"}"#,
    );
    let (ach, [a, b]) = (ach(), ["P-A", "P-B"].map(|id| EndToEndId::parse(id).unwrap()));
    let one = Payment { end_to_end_id: &a, amount: usd("55.00"), name: "=HYPERLINK(1)", method: &ach };
    let two = Payment {
        end_to_end_id: &b,
        amount: Money::parse("1234.5", "EUR".parse().unwrap()).unwrap(),
        name: "",
        method: &sepa,
    };
    let file = String::from_utf8(write(&[one, two]).unwrap()).unwrap();
    assert_eq!(
        file,
        "end_to_end_id,amount,currency,method,name,routing_number,account_number,account_type,iban,bic,town,country\r\n\
         P-A,55.00,USD,ach,'=HYPERLINK(1),021000021,0012345,checking,,,,US\r\n\
         P-B,1234.50,EUR,sepa,\"Muster, \"\"Ada\"\"\",,,,DE89370400440532013000,,Köln,DE\r\n"
    );
    assert_eq!(write(&[two, one]).unwrap(), file.as_bytes());
}

#[test]
fn formulas_are_neutralised() {
    for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
        assert_eq!(neutralised(cell), format!("'{cell}"));
    }
    for cell in ["", "Ada", " =1", "1-1"] {
        assert_eq!(neutralised(cell), cell);
    }
}

#[test]
fn a_payment_of_nothing_or_twice_is_no_file() {
    let (ach, id) = (ach(), EndToEndId::parse("P1").unwrap());
    let payment = |amount| Payment { end_to_end_id: &id, amount: usd(amount), name: "Ada", method: &ach };
    assert!(matches!(write(&[payment("0.00")]), Err(FileError::NotPositive(_))));
    assert!(matches!(write(&[payment("-5.00")]), Err(FileError::NotPositive(_))));
    assert!(matches!(write(&[payment("5.00"), payment("6.00")]), Err(FileError::Twice(_))));
}
