//! What tax an expert declared: Form W-9 of US persons, Form W-8BEN of everybody else, and what follows for their pay.
#![deny(clippy::arithmetic_side_effects)]

use std::fmt;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::payout_method::{check_country, check_line};
use crate::kernel::form::Findings;
use crate::kernel::{Error, Result};
use crate::words;

/// Backup withholding, Internal Revenue Code § 3406(a)(1): 24% of what would be paid.
pub const BACKUP_WITHHOLDING: Decimal = Decimal::from_parts(24, 0, 0, false, 2);

words!(
    /// Which of the two numbers a US person gave.
    TinType { Ssn = "ssn", Ein = "ein" }
);

words!(
    /// Why the tax side stops a payout.
    TaxHold {
        FormMissing = "tax_form_missing",
        FormExpired = "tax_form_expired",
        PerformedInUs = "performed_in_us",
    }
);

/// The body of `PUT /v1/experts/me/tax-form`. Its `Debug` shows nothing of a person.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "form", rename_all = "snake_case", deny_unknown_fields)]
pub enum TaxFormBody {
    /// Form W-9: a US person.
    W9 {
        /// The name on the tax return.
        name: String,
        /// `123-45-6789` or `12-3456789`, hyphens optional; absent while it is applied for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tin: Option<String>,
        /// Which number `tin` is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tin_type: Option<TinType>,
        /// Postal address.
        address: String,
        /// Whether the number was certified under penalties of perjury (part II of the form).
        certified: bool,
        /// ISO 3166-1 alpha-2 country where the work is done.
        place_of_performance: String,
    },
    /// Form W-8BEN: an individual who is no US person.
    W8ben {
        /// The beneficial owner.
        name: String,
        /// ISO 3166-1 alpha-2 country of residence for tax.
        country: String,
        /// The tax number of that country.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        foreign_tin: Option<String>,
        /// Article of a treaty that is claimed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        treaty_article: Option<String>,
        /// Postal address.
        address: String,
        /// ISO 3166-1 alpha-2 country where the work is done.
        place_of_performance: String,
        /// The day it was signed.
        signed_on: NaiveDate,
    },
}

/// A tax form that was judged.
#[derive(Clone)]
pub struct TaxForm(TaxFormBody);

words!(
    /// Which form was filed.
    TaxFormKind { W9 = "w9", W8ben = "w8ben" }
);

/// What pay needs to know of a form: nothing that must be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxStanding {
    /// Form W-9.
    W9 {
        /// A number was given and certified.
        certified: bool,
    },
    /// Form W-8BEN.
    W8ben {
        /// The work is done in the United States.
        performed_in_us: bool,
        /// The last day on which the form counts.
        valid_until: NaiveDate,
    },
}

impl TaxFormBody {
    /// The form, or every finding about it. `today` is the caller's UTC day.
    pub fn parse(self, today: NaiveDate) -> Result<TaxForm> {
        let mut findings = Findings::default();
        if let Self::W8ben { signed_on, .. } = &self {
            findings.check(*signed_on <= today, "/signed_on", "signed_in_future", "a form is signed before it is sent");
            let valid = today <= valid_until(*signed_on);
            findings.check(
                valid,
                "/signed_on",
                "form_expired",
                "a W-8BEN counts to the end of the third year after it was signed",
            );
        }
        let form = self.judged(&mut findings);
        findings.done()?;
        Ok(TaxForm(form))
    }

    fn judged(self, findings: &mut Findings) -> Self {
        match self {
            Self::W9 { name, tin, tin_type, address, certified, place_of_performance } => Self::W9 {
                name: check_line(findings, "/name", &name, 140),
                tin: check_tin(findings, tin, tin_type, certified),
                tin_type,
                address: check_address(findings, address),
                certified,
                place_of_performance: check_country(findings, "/place_of_performance", place_of_performance),
            },
            Self::W8ben { name, country, foreign_tin, treaty_article, address, place_of_performance, signed_on } => {
                let us = "a person of the United States files Form W-9";
                findings.check(country != "US", "/country", "us_person", us);
                Self::W8ben {
                    name: check_line(findings, "/name", &name, 140),
                    country: check_country(findings, "/country", country),
                    foreign_tin: foreign_tin.map(|text| check_line(findings, "/foreign_tin", &text, 35)),
                    treaty_article: treaty_article.map(|text| check_line(findings, "/treaty_article", &text, 70)),
                    address: check_address(findings, address),
                    place_of_performance: check_country(findings, "/place_of_performance", place_of_performance),
                    signed_on,
                }
            }
        }
    }
}

impl TaxForm {
    /// The judged fields, for whoever prints an information return.
    pub fn body(&self) -> &TaxFormBody {
        &self.0
    }

    /// What pay needs to know of it.
    pub fn standing(&self) -> TaxStanding {
        match &self.0 {
            TaxFormBody::W9 { tin, certified, .. } => TaxStanding::W9 { certified: *certified && tin.is_some() },
            TaxFormBody::W8ben { place_of_performance, signed_on, .. } => TaxStanding::W8ben {
                performed_in_us: place_of_performance == "US",
                valid_until: valid_until(*signed_on),
            },
        }
    }

    /// What may be shown of the tax number: its last four characters, and never more than half of it.
    pub fn last_four(&self) -> Option<String> {
        let number = match &self.0 {
            TaxFormBody::W9 { tin, .. } => tin.as_deref(),
            TaxFormBody::W8ben { foreign_tin, .. } => foreign_tin.as_deref(),
        };
        let number: Vec<char> = number?.chars().collect();
        let shown = number.len().div_euclid(2).min(4);
        Some(number.iter().skip(number.len().saturating_sub(shown)).collect())
    }

    /// The bytes to seal. They are the secret itself: nothing but the vault may see them.
    pub fn to_secret_json(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(&self.0).map(Zeroizing::new)
    }

    /// Reads what [`Self::to_secret_json`] wrote, judging all but its age.
    pub fn from_secret_json(bytes: &[u8]) -> Result<Self> {
        let mut findings = Findings::default();
        let body = serde_json::from_slice::<TaxFormBody>(bytes).map_err(Error::internal)?;
        let form = body.judged(&mut findings);
        findings.done()?;
        Ok(Self(form))
    }
}

impl fmt::Debug for TaxFormBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::W9 { .. } => "W9 { .. }",
            Self::W8ben { .. } => "W8ben { .. }",
        })
    }
}

impl fmt::Debug for TaxForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaxForm({:?})", self.0)
    }
}

/// The share of a payout of `day` that is withheld, or why it must wait.
///
/// | declared | then |
/// | --- | --- |
/// | nothing | held: neither status is known |
/// | W-9, number certified | 0 |
/// | W-9, not certified | 24% backup withholding |
/// | W-8BEN, work outside the United States | 0: pay for services is sourced where they are performed (§ 862(a)(3)) |
/// | W-8BEN, work in the United States | held: 30% or a treaty's rate on Form 8233, which a person has to decide |
pub fn withholding_rate(standing: Option<TaxStanding>, day: NaiveDate) -> Result<Decimal, TaxHold> {
    match standing {
        None => Err(TaxHold::FormMissing),
        Some(TaxStanding::W9 { certified: true }) => Ok(Decimal::ZERO),
        Some(TaxStanding::W9 { certified: false }) => Ok(BACKUP_WITHHOLDING),
        Some(TaxStanding::W8ben { performed_in_us: true, .. }) => Err(TaxHold::PerformedInUs),
        Some(TaxStanding::W8ben { valid_until, .. }) if valid_until < day => Err(TaxHold::FormExpired),
        Some(TaxStanding::W8ben { .. }) => Ok(Decimal::ZERO),
    }
}

/// A W-8BEN counts to the last day of the third calendar year after its signature (Treas. Reg. § 1.1441-1(e)(4)(ii)).
fn valid_until(signed_on: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(signed_on.year().saturating_add(3), 12, 31).unwrap_or(signed_on)
}

fn check_address(findings: &mut Findings, address: String) -> String {
    let length = address.trim().chars().count();
    let holds = (1..=500).contains(&length) && !address.chars().any(|letter| letter.is_control() && letter != '\n');
    findings.check(holds, "/address", "text_invalid", "write 1 to 500 characters");
    address.trim().to_owned()
}

/// The nine digits of the number.
fn check_tin(findings: &mut Findings, tin: Option<String>, kind: Option<TinType>, certified: bool) -> Option<String> {
    let Some(tin) = tin else {
        findings.check(!certified, "/tin", "tin_missing", "nobody certifies a number that is not there");
        findings.check(kind.is_none(), "/tin_type", "tin_missing", "name the kind of a number only with the number");
        return None;
    };
    let Some(kind) = kind else {
        findings.add("/tin_type", "required", "say whether the number is an ssn or an ein");
        return None;
    };
    let digits = match kind {
        TinType::Ssn => ssn_digits(&tin),
        TinType::Ein => ein_digits(&tin),
    };
    if digits.is_none() {
        findings.add(
            "/tin",
            "tin_invalid",
            "no such number was ever assigned: nine digits, as 123-45-6789 or 12-3456789",
        );
    }
    digits
}

/// Area, group and serial; 000, 666 and 900–999, group 00 and serial 0000 were never assigned (SSA, POMS RM 10201.035).
fn ssn_digits(text: &str) -> Option<String> {
    let digits = without_hyphens(text, &[3, 2, 4])?;
    let (area, rest) = (digits.get(..3)?, digits.get(3..)?);
    let (group, serial) = (rest.get(..2)?, rest.get(2..)?);
    let void = area == "000" || area == "666" || area.starts_with('9') || group == "00" || serial == "0000";
    (!void).then_some(digits)
}

/// Two digits of the campus that gave the number and seven more; the list of campuses is the IRS's.
fn ein_digits(text: &str) -> Option<String> {
    let digits = without_hyphens(text, &[2, 7])?;
    let campus: u8 = digits.get(..2)?.parse().ok()?;
    let void = matches!(campus, 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97);
    (!void).then_some(digits)
}

/// Nine digits, bare or hyphenated into exactly these groups.
fn without_hyphens(text: &str, groups: &[usize]) -> Option<String> {
    let hyphenated = text.split('-').map(str::len).eq(groups.iter().copied());
    let digits = text.replace('-', "");
    let bare = text.len() == 9 && digits.len() == 9;
    ((bare || hyphenated) && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests;
