//! The processor's account of what it did: `booked_on,amount,currency,end_to_end_id,servicer_reference,description`,
//! amounts from the account's point of view (money out is negative). Whoever sends it may be hostile, so size, rows and
//! the length of a row are capped while reading, every error names its line, and one error refuses the whole file.
#![deny(clippy::arithmetic_side_effects)]

use std::io::{self, Read};

use chrono::NaiveDate;

use crate::kernel::error::FieldError;
use crate::kernel::{Code, Currency, Error, Money};
use crate::payouts::end_to_end_id::EndToEndId;
use crate::payouts::matching::StatementLine;

/// The columns, in their order.
const COLUMNS: [&str; 6] = ["booked_on", "amount", "currency", "end_to_end_id", "servicer_reference", "description"];
/// More findings than this help nobody.
const MAX_ERRORS: usize = 50;

/// How much is read at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of the file.
    pub file_bytes: u64,
    /// Of one row and what is read ahead of it.
    pub row_bytes: u64,
    /// Rows after the header.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 64 << 20, row_bytes: 64 << 10, rows: 250_000 }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// Its number in the file; the header is 1.
    pub line: u64,
    /// A stable word.
    pub code: &'static str,
    /// For a person. What stands in the file is repeated only where it is short and escaped.
    pub detail: String,
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// Larger than `Limits`.
    #[error("the file is too large")]
    TooLarge,
    /// Lines that cannot be read, at most 50 of them.
    #[error("lines that cannot be read: {0:?}")]
    Lines(Vec<LineError>),
    /// The source failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads line by line; memory is that of one row.
pub struct StatementReader<R: Read> {
    rows: csv::Reader<Capped<R>>,
    row: csv::ByteRecord,
    seen: u64,
    limits: Limits,
    ended: bool,
}

/// All lines, or why not one of them is taken.
pub fn read(source: impl Read, limits: Limits) -> Result<Vec<StatementLine>, StatementError> {
    let mut lines = Vec::new();
    let mut errors = Vec::new();
    for line in StatementReader::new(source, limits) {
        match line {
            Ok(line) if errors.is_empty() => lines.push(line),
            Ok(_) => {}
            Err(StatementError::Lines(found)) => errors.extend(found),
            Err(other) => return Err(other),
        }
        if errors.len() >= MAX_ERRORS {
            break;
        }
    }
    errors.truncate(MAX_ERRORS);
    if errors.is_empty() { Ok(lines) } else { Err(StatementError::Lines(errors)) }
}

impl<R: Read> StatementReader<R> {
    /// A reader that has read nothing yet.
    pub fn new(source: R, limits: Limits) -> Self {
        let (file_left, row_left) = (limits.file_bytes, limits.row_bytes);
        let capped = Capped { source, file_left, row_left, row_bytes: limits.row_bytes, last: b'\n' };
        // Flexible: the count of columns is ours to judge, with a line number, and the header is judged as a row, too.
        // Ended by LF alone (a CR before it is cut off below), because only then are the reader's line numbers exact.
        let mut rows = csv::ReaderBuilder::new();
        rows.has_headers(false).flexible(true).terminator(csv::Terminator::Any(b'\n'));
        Self { rows: rows.from_reader(capped), row: csv::ByteRecord::new(), seen: 0, limits, ended: false }
    }

    fn step(&mut self) -> Result<Option<StatementLine>, StatementError> {
        loop {
            self.rows.get_mut().next_row();
            let earliest = self.rows.position().line();
            if !self.rows.read_byte_record(&mut self.row).map_err(broken)? {
                let header = self.seen > 0;
                return if header { Ok(None) } else { Err(one(1, "header_missing", "the file is empty".to_owned())) };
            }
            // A quotation mark that nothing closes keeps even the last LF for itself.
            let line = first_line(&self.rows, &self.row).max(earliest);
            without_cr(&mut self.row);
            if self.row.len() == 1 && self.row.as_slice().is_empty() {
                continue;
            }
            if self.seen == 0 {
                check_header(&self.row).map_err(StatementError::Lines)?;
                self.seen = 1;
                continue;
            }
            if self.seen > self.limits.rows {
                return Err(StatementError::TooLarge);
            }
            self.seen = self.seen.saturating_add(1);
            return statement_line(line, &self.row).map(Some).map_err(StatementError::Lines);
        }
    }
}

impl<R: Read> Iterator for StatementReader<R> {
    type Item = Result<StatementLine, StatementError>;

    /// The next line. After a wrong line the next is read, so that all errors can be told; after any other error and
    /// after a wrong header nothing comes.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step();
        self.ended = self.seen == 0 || !matches!(step, Ok(Some(_)) | Err(StatementError::Lines(_)));
        step.transpose()
    }
}

/// The reader has taken the row's last LF and stands on the next line; LFs within cells came before.
fn first_line<R: Read>(rows: &csv::Reader<R>, row: &csv::ByteRecord) -> u64 {
    let within = row.as_slice().iter().filter(|byte| **byte == b'\n').count();
    let taken = u64::try_from(within).unwrap_or(u64::MAX).saturating_add(1);
    rows.position().line().saturating_sub(taken)
}

fn without_cr(row: &mut csv::ByteRecord) {
    if row.as_slice().last() == Some(&b'\r') {
        let last = row.len().saturating_sub(1);
        let cells = row.iter().enumerate();
        let cut = |(place, cell): (usize, &[u8])| {
            let cell = if place == last { cell.strip_suffix(b"\r").unwrap_or(cell) } else { cell };
            cell.to_vec()
        };
        *row = cells.map(cut).collect();
    }
}

fn check_header(row: &csv::ByteRecord) -> Result<(), Vec<LineError>> {
    let names: Vec<String> = row.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let mut found = Vec::new();
    for (place, name) in names.iter().enumerate().take(MAX_ERRORS) {
        let shown: String = name.chars().take(40).collect();
        if names.iter().take(place).any(|earlier| earlier == name) {
            found.push(error(1, "column_duplicated", format!("{shown:?} stands twice")));
        } else if !COLUMNS.contains(&name.as_str()) {
            found.push(error(1, "column_unknown", format!("{shown:?} is none of {}", COLUMNS.join(", "))));
        }
    }
    for column in COLUMNS.iter().filter(|column| !names.iter().any(|name| name == *column)) {
        found.push(error(1, "column_missing", format!("{column} is missing")));
    }
    if found.is_empty() && names != COLUMNS {
        found.push(error(1, "column_order", format!("the columns are {}", COLUMNS.join(","))));
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn statement_line(line: u64, row: &csv::ByteRecord) -> Result<StatementLine, Vec<LineError>> {
    let fail = |code, detail: &str| vec![error(line, code, detail.to_owned())];
    if row.len() != COLUMNS.len() {
        return Err(fail("column_count", &format!("{} cells, not {}", row.len(), COLUMNS.len())));
    }
    if row.iter().eq(COLUMNS.iter().map(|column| column.as_bytes())) {
        return Err(fail("header_repeated", "the header stands here again: two files in one?"));
    }
    let row = csv::StringRecord::from_byte_record(row.clone()).ok();
    let row = row.ok_or_else(|| fail("not_utf8", "the line is not UTF-8"))?;
    // A line break in a cell is how one stray quotation mark swallows the lines that follow it.
    if row.iter().any(|cell| cell.chars().any(char::is_control)) {
        return Err(fail("control_character", "a cell holds a line break or another control character"));
    }
    let mut cells = row.iter();
    let mut cell = || cells.next().unwrap_or_default();
    let (booked_on, amount, currency, id, reference, description) = (cell(), cell(), cell(), cell(), cell(), cell());
    let mut found = Vec::new();
    let mut note = |code, detail: String| found.push(error(line, code, detail));
    let booked_on = day(booked_on).or_else(|| {
        note("date_invalid", "booked_on is written YYYY-MM-DD".to_owned());
        None
    });
    let amount = money(amount, currency).map_err(|(code, detail)| note(code, detail)).ok();
    let id = end_to_end_id(id).map_err(|detail| note("end_to_end_id_invalid", detail)).ok();
    if reference.trim().is_empty() || reference.chars().count() > 64 {
        note("servicer_reference_invalid", "1 to 64 characters that name this booking and no other".to_owned());
    }
    if description.chars().count() > 500 {
        note("description_too_long", "a description has at most 500 characters".to_owned());
    }
    match (found.is_empty(), booked_on, amount, id) {
        (true, Some(booked_on), Some(amount), Some(end_to_end_id)) => Ok(StatementLine {
            line,
            booked_on,
            amount,
            end_to_end_id,
            servicer_reference: reference.trim().to_owned(),
            description: description.to_owned(),
        }),
        _ => Err(found),
    }
}

/// Exactly `YYYY-MM-DD`: the calendar's own parser would take `2026-3-1`, too.
fn day(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if shaped { text.parse().ok() } else { None }
}

fn money(amount: &str, currency: &str) -> Result<Money, (&'static str, String)> {
    let currency: Currency =
        currency.parse().map_err(|_| ("currency_unknown", "three letters of an ISO 4217 currency".to_owned()))?;
    let money = Money::parse(amount, currency).map_err(|error| ("amount_invalid", error.to_string()))?;
    if money.is_zero() { Err(("amount_zero", "a booking moves money".to_owned())) } else { Ok(money) }
}

/// Empty and ISO 20022's `NOTPROVIDED` both say that there is none.
fn end_to_end_id(text: &str) -> Result<Option<EndToEndId>, String> {
    if text.is_empty() || text == "NOTPROVIDED" {
        return Ok(None);
    }
    EndToEndId::parse(text).map(Some).map_err(|error| error.to_string())
}

fn error(line: u64, code: &'static str, detail: String) -> LineError {
    LineError { line, code, detail }
}

fn one(line: u64, code: &'static str, detail: String) -> StatementError {
    StatementError::Lines(vec![error(line, code, detail)])
}

fn broken(error: csv::Error) -> StatementError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<OverLimit>()) => {
            StatementError::TooLarge
        }
        csv::ErrorKind::Io(error) => StatementError::Io(error),
        other => StatementError::Io(io::Error::other(format!("{other:?}"))),
    }
}

/// A source that stops being read when it gives more than a file, or one row, may have.
struct Capped<R> {
    source: R,
    file_left: u64,
    row_left: u64,
    row_bytes: u64,
    /// The last byte given: a file that does not end with LF is given one, so that every row has its own.
    last: u8,
}

#[derive(Debug, thiserror::Error)]
#[error("over the limit")]
struct OverLimit;

impl<R> Capped<R> {
    fn next_row(&mut self) {
        self.row_left = self.row_bytes;
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        if let (0, Some(first)) = (read, buffer.first_mut()) {
            let ended = std::mem::replace(&mut self.last, b'\n') == b'\n';
            *first = b'\n';
            return Ok(usize::from(!ended));
        }
        self.last = buffer.get(..read).and_then(<[u8]>::last).copied().unwrap_or(self.last);
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        let left = self.file_left.checked_sub(bytes).zip(self.row_left.checked_sub(bytes));
        (self.file_left, self.row_left) = left.ok_or_else(|| io::Error::other(OverLimit))?;
        Ok(read)
    }
}

impl From<StatementError> for Error {
    /// A wrong line is 422 with the pointer `/<line>`; too large a file is 413.
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::TooLarge => Code::PayloadTooLarge.into(),
            StatementError::Io(error) => Self::internal(error),
            StatementError::Lines(lines) => Self::Invalid(
                lines
                    .into_iter()
                    .map(|LineError { line, code, detail }| FieldError {
                        pointer: format!("/{line}"),
                        code: code.to_owned(),
                        detail: format!("line {line}: {detail}"),
                    })
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
