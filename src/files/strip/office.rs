//! Office documents: Office Open XML (ECMA-376) and OpenDocument (ISO/IEC 26300), which are ZIP archives. Their properties
//! are replaced by empty ones, the names beside comments and tracked changes by none; other parts are copied as they are.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Parts of an archive; more are an attack.
const MAX_PARTS: usize = 20_000;
/// What a part may inflate to where it is read.
const MAX_PART_BYTES: u64 = 64 * 1_048_576;

const CORE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>"#;
const APP: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>"#;
const CUSTOM: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>"#;
const META: &str = r#"<?xml version="1.0" encoding="UTF-8"?><office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3"><office:meta/></office:document-meta>"#;

/// Attributes of Office Open XML that hold a person's name or initials.
const NAMES: [&str; 8] = [
    "w:author=\"",
    "w:initials=\"",
    "w15:author=\"",
    "w15:userId=\"",
    "userName=\"",
    "displayName=\"",
    "userId=\"",
    "lastUser=\"",
];
/// Elements that hold one: of a spreadsheet's and a presentation's comments, and of OpenDocument.
const ELEMENTS: [(&str, &str); 5] = [
    ("<author>", "</author>"),
    ("<dc:creator>", "</dc:creator>"),
    ("<meta:creator-initials>", "</meta:creator-initials>"),
    ("<loext:sender-initials>", "</loext:sender-initials>"),
    ("<text:sender-initials>", "</text:sender-initials>"),
];

/// The document without its author. `None` where the archive does not read, or is no such document.
pub(super) fn office(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let open = archive.index_for_name("meta.xml").is_some() && archive.index_for_name("mimetype").is_some();
    let office = archive.index_for_name("[Content_Types].xml").is_some();
    if !(open || office) || archive.len() > MAX_PARTS {
        return None;
    }
    let mut written = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len())));
    for index in 0..archive.len() {
        let name = archive.by_index_raw(index).ok()?.name().ok()?.into_owned();
        let replaced = match name.to_ascii_lowercase().as_str() {
            "docprops/core.xml" => Some(CORE.to_owned()),
            "docprops/app.xml" => Some(APP.to_owned()),
            "docprops/custom.xml" => Some(CUSTOM.to_owned()),
            "meta.xml" if open => Some(META.to_owned()),
            part if names_people(part) => Some(nameless(part, &read(&mut archive, index)?)),
            _ => None,
        };
        match replaced {
            Some(text) => {
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Deflated)
                    .last_modified_time(DateTime::default());
                written.start_file(&name, options).ok()?;
                written.write_all(text.as_bytes()).ok()?;
            }
            None => {
                let part = archive.by_index_raw(index).ok()?;
                written.raw_copy_file_touch(part, DateTime::default(), Some(0o644)).ok()?;
            }
        }
    }
    Some(written.finish().ok()?.into_inner())
}

/// Parts in which comments and changes stand with who made them.
fn names_people(part: &str) -> bool {
    let folder = ["word/", "xl/comments", "xl/threadedcomments/", "xl/persons/", "ppt/commentauthors", "ppt/authors"];
    let open = ["content.xml", "styles.xml"];
    part.ends_with(".xml") && (folder.iter().any(|folder| part.starts_with(folder)) || open.contains(&part))
        || part == "xl/workbook.xml"
}

fn read(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize) -> Option<String> {
    let part = archive.by_index(index).ok()?;
    let mut text = String::new();
    let read = part.take(MAX_PART_BYTES.saturating_add(1)).read_to_string(&mut text).ok()?;
    (u64::try_from(read).ok()? <= MAX_PART_BYTES).then_some(text)
}

/// The part without names of people.
fn nameless(part: &str, text: &str) -> String {
    let slides: &[&str] = if part.starts_with("ppt/") { &[" name=\"", " initials=\""] } else { &[] };
    let attributes = NAMES.iter().chain(slides).map(|begin| (*begin, "\""));
    let mut text = text.to_owned();
    for (begin, end) in attributes.chain(ELEMENTS) {
        if text.contains(begin) {
            text = emptied(&text, begin, end);
        }
    }
    text
}

/// The text with nothing left between each such beginning and its end. An attribute stands within a tag; words of the
/// document that only look like one stay.
fn emptied(text: &str, begin: &str, end: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(begin) {
        kept.push_str(before);
        let within = begin.starts_with('<') || kept.rfind('<') > kept.rfind('>');
        kept.push_str(begin);
        rest = after;
        if within {
            rest = after.split_once(end).map_or("", |(_, after)| after);
            kept.push_str(end);
        }
    }
    kept.push_str(rest);
    kept
}
