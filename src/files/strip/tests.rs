//! What is stripped still is what it was, without whose it was; what cannot be read is told, whatever it is.

#![expect(clippy::as_conversions, reason = "sizes here are small")]

use std::io::{Cursor, Read, Write};

use lopdf::{Document, Object, Stream, dictionary};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::*;

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &(content.len() as u16 + 2).to_be_bytes(), content].concat()
}

/// A big-endian Exif block of two entries: the artist's place, then the orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let entries =
        [&b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x3b\0\x02\0\0\0\x07\0\0\0\x26"[..], b"\x01\x12\0\x03\0\0\0\x01\0"];
    [entries.concat(), vec![orientation, 0, 0, 0, 0, 0, 0], b"Jo Doe\0".to_vec()].concat()
}

fn jpeg(orientation: u8) -> Vec<u8> {
    [
        &b"\xff\xd8"[..],
        &segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
        &segment(0xe1, &exif(orientation)),
        &segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<dc:creator>Jo Doe</dc:creator>"),
        &segment(0xe2, b"ICC_PROFILE\0\x01\x01profile"),
        &segment(0xe2, b"MPF\0 Jo Doe"),
        &segment(0xed, b"Photoshop 3.0\08BIM Jo Doe"),
        &segment(0xee, b"Adobe\0\x64\0\0\0\0\x01"),
        &segment(0xfe, b"by Jo Doe"),
        &segment(0xdb, &[1; 65]),
        &segment(0xda, b"\x01\x01\0\0\x3f\0"),
        b"first\xff\0scan\xff\xd0more",
        &segment(0xfe, b"between scans: Jo Doe"),
        &segment(0xc4, b"\xff\xd9 within a table"),
        &segment(0xda, b"\x01\x01\0\0\x3f\0"),
        b"second\xff\xd9",
        b"\xff\xd8 another picture by Jo Doe \xff\xd9",
    ]
    .concat()
}

#[test]
fn a_jpeg_keeps_its_picture_colours_and_orientation() {
    let stripped = strip(Format::Jpeg, &jpeg(6)).unwrap();
    assert!(!holds(&stripped, "Jo Doe"));
    for kept in ["JFIF", "ICC_PROFILE\0\x01\x01profile", "Adobe", "first", "scan", "second", "within a table"] {
        assert!(holds(&stripped, kept), "{kept}");
    }
    assert!(stripped.ends_with(b"second\xff\xd9"));
    let upright = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    assert!(stripped.windows(upright.len()).any(|part| part == upright));
    assert_eq!(strip(Format::Jpeg, &stripped).unwrap(), stripped, "nothing more to take out");
    assert!(!holds(&strip(Format::Jpeg, &jpeg(1)).unwrap(), "Exif"), "the usual orientation needs no words");
}

fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let crc = crc32fast::hash(&[kind, content].concat());
    [&(content.len() as u32).to_be_bytes(), kind, content, &crc.to_be_bytes()].concat()
}

#[test]
fn a_png_keeps_what_is_no_words() {
    let picture = |words: &[Vec<u8>]| {
        let ihdr = chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0");
        let rest = [chunk(b"pHYs", &[0; 9]), chunk(b"IDAT", b"data"), chunk(b"IEND", b"")].concat();
        [b"\x89PNG\r\n\x1a\n".to_vec(), ihdr, words.concat(), rest].concat()
    };
    let words = [&b"tEXt"[..], b"zTXt", b"iTXt", b"eXIf", b"tIME", b"prVt"].map(|kind| chunk(kind, b"Author\0Jo Doe"));
    let with_words = [picture(&words), b"Jo Doe".to_vec()].concat();
    assert_eq!(strip(Format::Png, &with_words).unwrap(), picture(&[]));
}

fn pdf() -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let pages = document.new_object_id();
    let contents = document.add_object(Stream::new(dictionary! {}, b"BT (the report) Tj ET".to_vec()));
    let note = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Text", "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()],
        "T" => Object::string_literal("Jo Doe"), "Contents" => Object::string_literal("see page 2"),
    });
    let field = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()],
        "T" => Object::string_literal("field-7"),
    });
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => contents, "Annots" => vec![note.into(), field.into()],
    });
    let kids = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, Object::Dictionary(kids));
    let xmp = Stream::new(dictionary! { "Type" => "Metadata", "Subtype" => "XML" }, b"<dc:creator>Jo Doe".to_vec());
    let xmp = document.add_object(xmp);
    let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages, "Metadata" => xmp });
    let info = document.add_object(dictionary! { "Author" => Object::string_literal("Jo Doe") });
    document.trailer.set("Root", root);
    document.trailer.set("Info", info);
    let mut written = Vec::new();
    document.save_to(&mut written).unwrap();
    written
}

#[test]
fn a_pdf_keeps_its_pages() {
    let before = pdf();
    assert!(holds(&before, "Jo Doe"));
    let stripped = strip(Format::Pdf, &before).unwrap();
    assert!(!holds(&stripped, "Jo Doe") && !holds(&stripped, "/Info") && !holds(&stripped, "Metadata"));
    let read = Document::load_mem(&stripped).unwrap();
    assert_eq!(read.get_pages().len(), 1);
    assert!(holds(&stripped, "the report") && holds(&stripped, "see page 2") && holds(&stripped, "field-7"));
    assert_eq!(strip(Format::Pdf, b"%PDF-1.7\n% no document\n%%EOF"), None);
}

#[test]
fn a_pdf_forgets_its_earlier_revisions() {
    let mut changed = lopdf::IncrementalDocument::create_from(pdf(), Document::load_mem(&pdf()).unwrap());
    changed.new_document.add_object(Object::string_literal("added"));
    let mut written = Vec::new();
    changed.save_to(&mut written).unwrap();
    assert!(holds(&written, "Jo Doe"));
    assert!(!holds(&strip(Format::Pdf, &written).unwrap(), "Jo Doe"));
}

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.set_comment("by Jo Doe").unwrap();
    writer.finish().unwrap().into_inner()
}

fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut part = archive.by_index(index).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            (part.name().unwrap().into_owned(), text)
        })
        .collect()
}

#[test]
fn an_office_document_keeps_its_text() {
    let text = r#"<w:ins w:id="1" w:author="Jo Doe" w:date="2026"><w:t>said w:author="Jack"</w:t></w:ins>"#;
    let bytes = archive(&[
        ("[Content_Types].xml", "<Types/>"),
        ("docProps/core.xml", "<dc:creator>Jo Doe</dc:creator><cp:lastModifiedBy>Jo Doe</cp:lastModifiedBy>"),
        ("docProps/app.xml", "<Manager>Jo Doe</Manager><Company>Doe Inc.</Company>"),
        ("word/document.xml", text),
        ("word/comments.xml", r#"<w:comment w:author="Jo Doe" w:initials="JD"><w:t>why?</w:t></w:comment>"#),
        ("word/media/image1.png", "not looked into"),
    ]);
    let stripped = strip(Format::Zip, &bytes).unwrap();
    let kept = parts(&stripped);
    assert_eq!(kept.len(), 6);
    for (name, text) in &kept {
        assert!(!text.contains("Jo Doe") && !text.contains("Doe Inc.") && !text.contains("JD"), "{name}: {text}");
    }
    assert!(!holds(&stripped, "Jo Doe"), "nor beside the parts");
    assert!(kept[3].1.contains(r#"<w:t>said w:author="Jack"</w:t>"#) && kept[4].1.contains("why?"));
    assert!(kept[1].1.contains("coreProperties") && kept[5].1 == "not looked into");
}

#[test]
fn an_open_document_keeps_its_text_and_other_archives_are_left_alone() {
    let bytes = archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("meta.xml", "<meta:initial-creator>Jo Doe</meta:initial-creator>"),
        ("content.xml", "<office:annotation><dc:creator>Jo Doe</dc:creator>why?</office:annotation>"),
    ]);
    let kept = parts(&strip(Format::Zip, &bytes).unwrap());
    assert!(kept.iter().all(|(_, text)| !text.contains("Jo Doe")) && kept[2].1.contains("why?"));
    assert_eq!(strip(Format::Zip, &archive(&[("a.txt", "Jo Doe")])), None);
}

#[test]
fn recordings_keep_every_sample() {
    let riff = |kind: &[u8], content: &[u8]| {
        [kind, &(content.len() as u32).to_le_bytes(), content, &vec![0; content.len() % 2]].concat()
    };
    let wav = |chunks: &[Vec<u8>]| {
        let chunks = chunks.concat();
        [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WAVE", &chunks].concat()
    };
    let (format, sound) = (riff(b"fmt ", &[1; 16]), riff(b"data", b"odd"));
    let tagged = wav(&[format.clone(), riff(b"LIST", b"INFOIARTJo Doe"), riff(b"bext", b"Jo Doe"), sound.clone()]);
    assert_eq!(strip(Format::Wav, &tagged).unwrap(), wav(&[format, sound]));

    let frames = b"\xff\xfb\x90\0 frames";
    let id3v2 = [&b"ID3\x04\0\0\0\0\0\x08"[..], b"TPE1 Jo "].concat();
    let mut id3v1 = b"TAG title Jo Doe".to_vec();
    id3v1.resize(128, 0);
    let mut ape = b"Artist Jo Doe".to_vec();
    ape.extend_from_slice(b"APETAGEX\xd0\x07\0\0\x2d\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let tagged = [&id3v2[..], frames, &ape, &id3v1].concat();
    assert_eq!(strip(Format::Mp3, &tagged).unwrap(), frames);

    let block = |head: u8, content: &[u8]| [&[head, 0, 0, content.len() as u8][..], content].concat();
    let (info, comments) = (block(0, &[7; 34]), block(0x84, b"ARTIST=Jo Doe"));
    let flac = [&b"fLaC"[..], &info, &comments, b"\xff\xf8 frames"].concat();
    let expected = [&b"fLaC"[..], &block(0x80, &[7; 34]), b"\xff\xf8 frames"].concat();
    assert_eq!(strip(Format::Flac, &flac).unwrap(), expected);
}

const KNOWN: [Format; 7] =
    [Format::Jpeg, Format::Png, Format::Pdf, Format::Zip, Format::Wav, Format::Mp3, Format::Flac];

proptest! {
    #[test]
    fn nothing_that_is_sent_breaks_the_reader(
        format in prop::sample::select(&KNOWN[..]),
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        noise in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = match format {
            Format::Jpeg => jpeg(6),
            Format::Pdf => pdf(),
            Format::Zip => archive(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", "w:author=\"")]),
            _ => noise,
        };
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        strip(format, &bytes);
    }
}
