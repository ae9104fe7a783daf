//! Newline-delimited JSON on its way in: split into lines as it arrives, inflated where it was sent as gzip, in memory
//! that does not grow with the body.

use std::future::{Ready, ready};
use std::io::Write;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use flate2::write::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::Problem;
use super::body::{Streamed, header};
use super::problem::plain;
use crate::kernel::Code;

/// Lines of one chunk: what is done once for each chunk costs as much as two hundred lines.
const CHUNK_LINES: usize = 4_000;
/// A chunk of long lines ends earlier.
const CHUNK_BYTES: usize = 2 * 1_048_576;
/// How much larger than what was received a body may inflate, once it is not small any more.
const MAX_RATIO: u64 = 200;
const SMALL: u64 = 16 * 1_048_576;
/// Compressed bytes that are inflated in one step.
const STEP: usize = 4_096;

/// A line of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1; empty lines are counted and left out.
    pub number: u64,
    /// Its bytes without the line break; `None` where it is longer than allowed.
    pub text: Option<Bytes>,
}

/// A body of `application/x-ndjson` or `application/jsonl`, plain or gzip, whose lines hold at most `MAX` bytes.
pub struct Lines<const MAX: usize> {
    body: Streamed,
    inflater: Option<Inflater>,
    splitter: Splitter,
    ended: bool,
}

/// What was received of a body so far, after inflating.
#[derive(Debug, Clone)]
pub struct Received {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256, in hexadecimal.
    pub sha256: String,
    /// Lines that were whole, empty ones counted.
    pub lines: u64,
}

impl<const MAX: usize> FromRequest for Lines<MAX> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        ready(inflater_for(request).map(|inflater| Self {
            body: Streamed::of(payload),
            inflater,
            splitter: Splitter::new(MAX),
            ended: false,
        }))
    }
}

fn inflater_for(request: &HttpRequest) -> Result<Option<Inflater>, Problem> {
    let unsupported = |detail: &str| Problem::from(Code::UnsupportedMediaType).detail(detail);
    let media = header(request, CONTENT_TYPE.as_str()).split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if !["application/x-ndjson", "application/jsonl"].contains(&media.as_str()) {
        return Err(unsupported("send application/x-ndjson or application/jsonl"));
    }
    match header(request, CONTENT_ENCODING.as_str()).trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(None),
        "gzip" | "x-gzip" => Ok(Some(Inflater::new())),
        _ => Err(unsupported("send the lines plain or as gzip")),
    }
}

impl<const MAX: usize> Lines<MAX> {
    /// The next lines, received whole: a thousand, or fewer where they are long or the last; `None` at the end.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<Line>>, Problem> {
        let (mut lines, mut bytes) = (Vec::new(), 0usize);
        loop {
            while let Some(line) = self.splitter.next_line(self.ended) {
                bytes = bytes.saturating_add(line.text.as_ref().map_or(0, Bytes::len));
                lines.push(line);
                if lines.len() >= CHUNK_LINES || bytes >= CHUNK_BYTES {
                    return Ok(Some(lines));
                }
            }
            if self.ended {
                return Ok(Some(lines).filter(|lines| !lines.is_empty()));
            }
            self.receive().await?;
        }
    }

    /// What was received so far.
    pub fn received(&self) -> Received {
        let Splitter { hash, bytes, number, .. } = &self.splitter;
        let sha256 = hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Received { bytes: *bytes, sha256, lines: *number }
    }

    /// Takes in a little more of the body.
    async fn receive(&mut self) -> Result<(), Problem> {
        if let Some(inflater) = &mut self.inflater
            && inflater.step(&mut self.splitter)?
        {
            return Ok(());
        }
        match (self.body.next().await?, &mut self.inflater) {
            (Some(piece), None) => self.splitter.push(&piece),
            (Some(piece), Some(inflater)) => inflater.waiting = piece,
            (None, None) => self.ended = true,
            (None, Some(inflater)) => {
                inflater.finish(&mut self.splitter)?;
                self.ended = true;
            }
        }
        Ok(())
    }
}

/// Inflates in small steps: whatever a few bytes inflate to, no more than a step of it is ever held.
struct Inflater {
    gzip: MultiGzDecoder<Vec<u8>>,
    waiting: Bytes,
    received: u64,
    inflated: u64,
}

impl Inflater {
    fn new() -> Self {
        Self { gzip: MultiGzDecoder::new(Vec::new()), waiting: Bytes::new(), received: 0, inflated: 0 }
    }

    /// Inflates a little of what waits; `false` when nothing does.
    fn step(&mut self, splitter: &mut Splitter) -> Result<bool, Problem> {
        if self.waiting.is_empty() {
            return Ok(false);
        }
        let next = self.waiting.get(..STEP.min(self.waiting.len())).unwrap_or_default();
        let taken = self.gzip.write(next).map_err(|_| broken())?;
        if taken == 0 {
            return Err(broken());
        }
        drop(self.waiting.split_to(taken));
        self.received = self.received.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
        self.hand_over(splitter)?;
        Ok(true)
    }

    fn finish(&mut self, splitter: &mut Splitter) -> Result<(), Problem> {
        if self.received > 0 {
            self.gzip.try_finish().map_err(|_| broken())?;
        }
        self.hand_over(splitter)
    }

    fn hand_over(&mut self, splitter: &mut Splitter) -> Result<(), Problem> {
        let out = self.gzip.get_mut();
        splitter.push(out);
        self.inflated = self.inflated.saturating_add(u64::try_from(out.len()).unwrap_or(u64::MAX));
        out.clear();
        if self.inflated > SMALL && self.inflated > self.received.saturating_mul(MAX_RATIO) {
            return Err(
                Problem::from(Code::PayloadTooLarge).detail("the body inflates to more than 200 times its size")
            );
        }
        Ok(())
    }
}

fn broken() -> Problem {
    plain("bad_request").detail("the body is not gzip, or broke off")
}

/// Splits bytes into lines and digests them; holds one line and a piece at most.
struct Splitter {
    buffer: BytesMut,
    hash: Sha256,
    bytes: u64,
    /// How far the buffer was searched for a line break.
    searched: usize,
    number: u64,
    max: usize,
    /// The current line is too long; its rest is thrown away.
    overlong: bool,
}

impl Splitter {
    fn new(max: usize) -> Self {
        let (buffer, hash) = (BytesMut::new(), Sha256::new());
        Self { buffer, hash, bytes: 0, searched: 0, number: 0, max, overlong: false }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.buffer.extend_from_slice(bytes);
    }

    /// The next line that is whole; at the end of the body what is left is one, too.
    fn next_line(&mut self, ended: bool) -> Option<Line> {
        loop {
            let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
            let Some(found) = unsearched.iter().position(|byte| *byte == b'\n') else {
                self.searched = self.buffer.len();
                if self.buffer.len() > self.max.saturating_add(1) {
                    self.overlong = true;
                }
                if self.overlong {
                    self.buffer.clear();
                    self.searched = 0;
                }
                if !ended || (self.buffer.is_empty() && !self.overlong) {
                    return None;
                }
                let rest = self.buffer.split().freeze();
                self.searched = 0;
                match self.line(rest) {
                    Some(line) => return Some(line),
                    None => return None,
                }
            };
            let end = self.searched.saturating_add(found);
            let mut text = self.buffer.split_to(end.saturating_add(1)).freeze();
            text.truncate(end);
            self.searched = 0;
            if let Some(line) = self.line(text) {
                return Some(line);
            }
        }
    }

    fn line(&mut self, mut text: Bytes) -> Option<Line> {
        self.number = self.number.saturating_add(1);
        if text.ends_with(b"\r") {
            text.truncate(text.len().saturating_sub(1));
        }
        if std::mem::take(&mut self.overlong) || text.len() > self.max {
            return Some(Line { number: self.number, text: None });
        }
        let empty = text.iter().all(u8::is_ascii_whitespace);
        (!empty).then_some(Line { number: self.number, text: Some(text) })
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]], max: usize) -> Vec<(u64, Option<String>)> {
        let mut splitter = Splitter::new(max);
        let mut lines = Vec::new();
        let mut take = |splitter: &mut Splitter, ended| {
            while let Some(line) = splitter.next_line(ended) {
                lines.push((line.number, line.text.map(|text| String::from_utf8(text.to_vec()).unwrap())));
            }
        };
        for piece in pieces {
            splitter.push(piece);
            take(&mut splitter, false);
        }
        take(&mut splitter, true);
        lines
    }

    #[test]
    fn lines_end_with_either_break_or_with_the_body() {
        let whole = split(&[b"ab\r\n\n  \ncd\nef"], 9);
        let line = |number, text: &str| (number, Some(text.to_owned()));
        assert_eq!(whole, [line(1, "ab"), line(4, "cd"), line(5, "ef")]);
    }

    #[test]
    fn what_was_received_is_digested_whole() {
        let mut splitter = Splitter::new(9);
        for piece in [&b"ab\r\n"[..], b"\n", b"cdefghijklmnop\nq"] {
            splitter.push(piece);
            while splitter.next_line(false).is_some() {}
        }
        assert_eq!((splitter.bytes, splitter.number), (21, 3));
        assert_eq!(splitter.hash.finalize(), Sha256::digest(b"ab\r\n\ncdefghijklmnop\nq"));
    }

    #[test]
    fn a_line_too_long_is_named_and_its_rest_skipped() {
        let lines = split(&[b"a\nbbbb", b"bbbb", b"bbbb\nc\ndddddd"], 5);
        assert_eq!(lines, [(1, Some("a".into())), (2, None), (3, Some("c".into())), (4, None)]);
    }

    fn inflated(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
        let (mut inflater, mut splitter) = (Inflater::new(), Splitter::new(usize::MAX));
        inflater.waiting = Bytes::copy_from_slice(bytes);
        while inflater.step(&mut splitter)? {}
        inflater.finish(&mut splitter)?;
        Ok(splitter.buffer.to_vec())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_inflated_whole_or_refused() {
        let text = b"{\"a\":1}\n".repeat(5_000);
        let mut twice = gzip(&text);
        twice.extend(gzip(b"end"));
        assert_eq!(inflated(&twice).unwrap(), [&text[..], b"end"].concat());
        let packed = gzip(&text);
        assert!(inflated(&packed[..packed.len() - 9]).is_err(), "broken off");
        assert!(inflated(b"not gzip at all").is_err());
        let bomb = inflated(&gzip(&vec![b' '; 64 << 20])).unwrap_err();
        assert_eq!(bomb.to_string(), "413 payload_too_large");
    }

    proptest! {
        #[test]
        fn where_pieces_end_does_not_matter(text in "[ab\r\n]{0,60}", size in 1usize..9) {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            prop_assert_eq!(split(&pieces, 4), split(&[text.as_bytes()], 4));
        }
    }
}
