//! The films and what they show: pictures and reports of real bytes, the same every time.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Document, Object, Stream, dictionary};

use crate::kernel::{Error, Result};

/// A film and its finding.
pub type Film = (&'static str, &'static str);

/// The films of the qualification.
pub const SCHOOL: [Film; 4] =
    [("school-1.png", "clear"), ("school-2.png", "nodule"), ("school-3.png", "effusion"), ("school-4.png", "nodule")];
/// The films that are to be read, and the batch that each is in.
pub const WORK: [(&str, &str, &str); 12] = [
    ("film-01.png", "clear", "ward A"),
    ("film-02.png", "nodule", "ward A"),
    ("film-03.png", "effusion", "ward A"),
    ("film-04.png", "nodule", "ward A"),
    ("film-05.png", "clear", "ward A"),
    ("film-06.png", "effusion", "ward A"),
    ("film-07.png", "nodule", "ward B"),
    ("film-08.png", "clear", "ward B"),
    ("film-09.png", "effusion", "ward B"),
    ("film-10.png", "clear", "ward B"),
    ("film-11.png", "nodule", "ward B"),
    ("film-12.png", "effusion", "ward B"),
];
/// The film among them whose finding is known.
pub const GOLD: [Film; 1] = [("film-13.png", "effusion")];

/// What a film shows.
pub fn shows(film: &str) -> &'static str {
    let work = WORK.iter().map(|(name, finding, _)| (*name, *finding));
    let mut known = SCHOOL.into_iter().chain(GOLD).chain(work);
    known.find(|(name, _)| *name == film).map_or("clear", |(_, finding)| finding)
}

/// Width and height of a film.
const SIDE: i32 = 160;

/// The picture: a PNG (third edition) of eight grey bits.
pub fn picture(film: &str) -> Result<Vec<u8>> {
    let finding = shows(film);
    let mut noise =
        film.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    let mut rows = Vec::new();
    for y in 0..SIDE {
        // Each row begins with its filter: none.
        rows.push(0);
        for x in 0..SIDE {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = i32::try_from(noise >> 28).map_err(Error::internal)?;
            rows.push(u8::try_from((grey(x, y, finding) + grain).clamp(0, 255)).map_err(Error::internal)?);
        }
    }
    let side = u32::try_from(SIDE).map_err(Error::internal)?.to_be_bytes();
    let mut header = [side, side].concat();
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&rows).map_err(Error::internal)?;
    let pixels = packed.finish().map_err(Error::internal)?;
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", Vec::new())] {
        let chunk = [&kind[..], &content].concat();
        png.extend_from_slice(&u32::try_from(content.len()).map_err(Error::internal)?.to_be_bytes());
        png.extend_from_slice(&chunk);
        png.extend_from_slice(&crc32fast::hash(&chunk).to_be_bytes());
    }
    Ok(png)
}

/// Two dark lungs with ribs across them, the heart between, and the finding.
fn grey(x: i32, y: i32, finding: &str) -> i32 {
    let within = |(cx, cy), (rx, ry): (i32, i32)| {
        let (dx, dy): (i32, i32) = (x - cx, y - cy);
        dx * dx * ry * ry + dy * dy * rx * rx <= rx * rx * ry * ry
    };
    let lung = within((48, 84), (30, 58)) || within((112, 84), (30, 58));
    let rib = (y + (x - 80).abs() / 3) % 18 < 4;
    match (lung, finding) {
        (true, "nodule") if within((112, 58), (7, 7)) => 205,
        (true, "effusion") if x < 80 && y > 112 => 190,
        _ if within((88, 108), (24, 26)) => 175,
        (true, _) => 55 + 40 * i32::from(rib),
        _ => 140,
    }
}

/// A report as its author's program writes it: a PDF with their name in it.
pub fn report(author: &str, film: &str, finding: &str) -> Result<Vec<u8>> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let text = format!("BT /F1 12 Tf 72 720 Td (Chest, one view, {film}. Finding: {finding}.) Tj ET");
    let contents = document.add_object(Stream::new(dictionary! {}, text.into_bytes()));
    let font = document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => contents,
        "MediaBox" => vec![0.into(), 0.into(), 612.into(), 792.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    });
    let kids = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, Object::Dictionary(kids));
    let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    let info = document.add_object(dictionary! { "Author" => Object::string_literal(author) });
    document.trailer.set("Root", root);
    document.trailer.set("Info", info);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::media::Format;
    use crate::files::strip::strip;

    #[test]
    fn films_differ_and_are_the_same_every_time() {
        let films: Vec<&str> = WORK.iter().map(|(name, ..)| *name).collect();
        for (place, film) in films.iter().enumerate() {
            let made = picture(film).unwrap();
            assert_eq!(made, picture(film).unwrap());
            assert!(films.iter().skip(place + 1).all(|other| picture(other).unwrap() != made), "{film}");
        }
    }

    #[test]
    fn a_report_names_its_author_until_it_is_delivered() {
        let names = |bytes: &[u8]| bytes.windows(11).any(|part| part == b"Priya Raman");
        let report = report("Priya Raman", "film-01.png", "clear").unwrap();
        let format = Format::of(&report).unwrap();
        assert!(names(&report) && !names(&strip(format, &report).unwrap()));
    }
}
