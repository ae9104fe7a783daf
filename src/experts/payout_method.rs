//! Where an expert's pay goes: an account in the United States (ACH) or in the SEPA area, judged before it is sealed.
#![deny(clippy::arithmetic_side_effects)]

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use iban::IbanLike;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::kernel::Result;
use crate::kernel::form::Findings;
use crate::words;

words!(
    /// The rails that a payout goes by.
    Rail { Ach = "ach", Sepa = "sepa" }
);

words!(
    /// The two kinds of account that ACH knows apart.
    AccountType { Checking = "checking", Savings = "savings" }
);

/// Changed details wait this long, so that whoever took over an account meets the owner's mailbox first.
pub const HOLD_AFTER_CHANGE: TimeDelta = TimeDelta::hours(72);

/// Countries whose accounts SEPA credit transfers reach (EPC409-09), as their IBANs begin.
const SEPA: &str = "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL \
                    NO PL PT RO RS SE SI SK SM VA";

/// The body of `PUT /v1/experts/me/payout-method`. Its `Debug` shows no figure, so that no log can.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum PayoutMethodBody {
    /// An account at a bank of the United States.
    Ach {
        /// Nine digits, the last of them a check digit.
        routing_number: String,
        /// 4 to 17 digits.
        account_number: String,
        /// Checking or savings.
        account_type: AccountType,
    },
    /// An account in the SEPA area.
    Sepa {
        /// In its electronic form, or in groups of four.
        iban: String,
        /// ISO 9362, 8 or 11 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bic: Option<String>,
        /// Whose account it is, at most 70 characters.
        name: String,
        /// Town of the holder's address: payment messages take no address without one.
        town: String,
        /// ISO 3166-1 alpha-2 country of the holder's address.
        country: String,
    },
}

/// A payout method that was judged: the IBAN in its electronic form, names trimmed.
#[derive(Clone)]
pub struct PayoutMethod(PayoutMethodBody);

impl PayoutMethodBody {
    /// The method, or every finding about it.
    pub fn parse(self) -> Result<PayoutMethod> {
        let mut findings = Findings::default();
        let judged = match self {
            Self::Ach { routing_number, account_number, account_type } => {
                check_ach(&mut findings, &routing_number, &account_number);
                Self::Ach { routing_number, account_number, account_type }
            }
            Self::Sepa { iban, bic, name, town, country } => Self::Sepa {
                iban: check_iban(&mut findings, &iban),
                bic: check_bic(&mut findings, bic),
                name: check_line(&mut findings, "/name", &name, 70),
                town: check_line(&mut findings, "/town", &town, 35),
                country: check_country(&mut findings, "/country", country),
            },
        };
        findings.done()?;
        Ok(PayoutMethod(judged))
    }
}

impl PayoutMethod {
    /// The judged fields, for whoever writes a payment file.
    pub fn body(&self) -> &PayoutMethodBody {
        &self.0
    }

    /// The rails it goes by.
    pub fn rail(&self) -> Rail {
        match self.0 {
            PayoutMethodBody::Ach { .. } => Rail::Ach,
            PayoutMethodBody::Sepa { .. } => Rail::Sepa,
        }
    }

    /// What may be shown: the last four of the account, and never more than half of it.
    pub fn last_four(&self) -> &str {
        let account = match &self.0 {
            PayoutMethodBody::Ach { account_number, .. } => account_number,
            PayoutMethodBody::Sepa { iban, .. } => iban,
        };
        let shown = account.len().div_euclid(2).min(4);
        account.get(account.len().saturating_sub(shown)..).unwrap_or_default()
    }

    /// The bytes to seal. They are the secret itself: nothing but the vault may see them.
    pub fn to_secret_json(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(&self.0).map(Zeroizing::new)
    }

    /// Reads what [`Self::to_secret_json`] wrote, judging it again.
    pub fn from_secret_json(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice::<PayoutMethodBody>(bytes).map_err(crate::kernel::Error::internal)?.parse()
    }
}

impl fmt::Debug for PayoutMethodBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ach { .. } => "Ach { .. }",
            Self::Sepa { .. } => "Sepa { .. }",
        })
    }
}

impl fmt::Debug for PayoutMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PayoutMethod({:?})", self.0)
    }
}

/// Until when payouts to details set at `set_at` wait; `None` if they need not.
///
/// A first method is no change, unless the password or TOTP was reset in the 72 hours before it: then it may be the
/// work of whoever did the reset.
pub fn held_until(
    replaces_another: bool,
    set_at: DateTime<Utc>,
    credential_reset_at: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let after_reset = credential_reset_at
        .is_some_and(|reset| reset <= set_at && set_at.signed_duration_since(reset) < HOLD_AFTER_CHANGE);
    if replaces_another || after_reset { set_at.checked_add_signed(HOLD_AFTER_CHANGE) } else { None }
}

/// The check digit of an ABA routing number: weights 3, 7, 1 over nine digits give a multiple of ten.
///
/// The first two digits say the Federal Reserve district: 01–12, thrifts 21–32, electronic 61–72. The government's 00 and
/// the travellers' cheques' 80 hold nobody's account.
pub fn is_routing_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    if text.len() != 9 || digits.len() != 9 {
        return false;
    }
    let sum = digits.iter().zip([3u32, 7, 1].iter().cycle()).fold(0u32, |sum, (digit, weight)| {
        let product = digit.saturating_mul(*weight);
        sum.saturating_add(product)
    });
    let district: u32 = text.get(..2).and_then(|two| two.parse().ok()).unwrap_or_default();
    sum.is_multiple_of(10) && matches!(district, 1..=12 | 21..=32 | 61..=72)
}

fn check_ach(findings: &mut Findings, routing_number: &str, account_number: &str) {
    findings.check(
        is_routing_number(routing_number),
        "/routing_number",
        "routing_number_invalid",
        "an ABA routing number has nine digits, begins with a Federal Reserve district and ends with its check digit",
    );
    let digits = account_number.bytes().all(|byte| byte.is_ascii_digit());
    findings.check(
        digits && (4..=17).contains(&account_number.len()),
        "/account_number",
        "account_number_invalid",
        "write 4 to 17 digits without spaces or hyphens",
    );
}

fn check_iban(findings: &mut Findings, text: &str) -> String {
    // The parser's message could quote what it read; ours never does.
    let Ok(iban) = text.parse::<iban::Iban>() else {
        findings.add("/iban", "iban_invalid", "the IBAN's country, length, form or check digits are wrong");
        return String::new();
    };
    let reached = SEPA.split_whitespace().any(|country| country == iban.country_code());
    findings.check(reached, "/iban", "iban_not_sepa", "SEPA credit transfers do not reach this country");
    iban.electronic_str().to_owned()
}

/// ISO 9362: four of the party, two of the country, two of the location, perhaps three of the branch.
fn check_bic(findings: &mut Findings, bic: Option<String>) -> Option<String> {
    let bic = bic?;
    let upper = bic.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let holds = upper && matches!(bic.len(), 8 | 11) && bic.get(4..6).is_some_and(is_country);
    findings.check(
        holds,
        "/bic",
        "bic_invalid",
        "a BIC has 8 or 11 capital letters and digits, the fifth and sixth a country",
    );
    Some(bic)
}

/// One line of text without control characters, trimmed, 1 to `most` characters.
pub(super) fn check_line(findings: &mut Findings, pointer: &str, text: &str, most: usize) -> String {
    let line = text.trim();
    let length = line.chars().count();
    findings.check(
        (1..=most).contains(&length) && !line.chars().any(char::is_control),
        pointer,
        "text_invalid",
        &format!("write 1 to {most} characters on one line"),
    );
    line.to_owned()
}

/// An assigned ISO 3166-1 alpha-2 code in capitals.
pub(super) fn check_country(findings: &mut Findings, pointer: &str, code: String) -> String {
    findings.check(
        is_country(&code),
        pointer,
        "country_unknown",
        "write the two capital letters of an ISO 3166-1 country",
    );
    code
}

fn is_country(code: &str) -> bool {
    code.len() == 2
        && code.bytes().all(|byte| byte.is_ascii_uppercase())
        && code.parse::<iso_currency::Country>().is_ok_and(|country| country.to_string() == code)
}

#[cfg(test)]
mod tests;
