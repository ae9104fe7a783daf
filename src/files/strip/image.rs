//! Pictures. Both formats are lists of parts: those that make the picture are kept, all others are left out, known or not.

/// A JPEG (ITU-T T.81 annex B) without its comments and application data but the JFIF header, the colour profile and
/// Adobe's colour transform. Of an Exif block the orientation stays, without which a picture would lie on its side. What
/// follows the end of the picture goes, such as a second one with an Exif of its own.
pub(super) fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    let mut kept = b"\xff\xd8".to_vec();
    let mut turned = false;
    loop {
        let [0xff, marker, ..] = *rest else { return None };
        match marker {
            0xff => rest = rest.get(1..)?,
            0xd9 => {
                kept.extend_from_slice(b"\xff\xd9");
                return Some(kept);
            }
            0x01 | 0xd0..=0xd7 => rest = rest.get(2..)?,
            _ => {
                let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
                let (segment, after) = rest.split_at_checked(length.checked_add(2)?)?;
                let content = segment.get(4..)?;
                rest = after;
                match marker {
                    0xe1 if !turned && content.starts_with(b"Exif\0\0") => {
                        let orientation = content.get(6..).and_then(orientation);
                        turned = orientation.is_some();
                        kept.extend(orientation.map(upright).unwrap_or_default());
                    }
                    _ if !is_picture(marker, content) => {}
                    _ => kept.extend_from_slice(segment),
                }
                if marker == 0xda {
                    let (scan, after) = rest.split_at_checked(scan(rest))?;
                    kept.extend_from_slice(scan);
                    rest = after;
                }
            }
        }
    }
}

fn is_picture(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xe0 => content.starts_with(b"JFIF\0"),
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        0xe1..=0xef | 0xfe => false,
        _ => true,
    }
}

/// How many bytes of entropy-coded data come before the next marker that is no restart.
fn scan(bytes: &[u8]) -> usize {
    let ends =
        bytes.windows(2).position(|pair| matches!(pair, [0xff, next] if !matches!(next, 0 | 0xd0..=0xd7 | 0xff)));
    ends.unwrap_or(bytes.len())
}

/// The orientation of an Exif block (TIFF 6.0: the tag 274 of its first directory), where it is not the usual one.
fn orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let (low, high) = (short(4)?, short(6)?);
    let directory = if little { [high, low] } else { [low, high] };
    let directory = usize::from(directory[0]).checked_mul(65_536)?.checked_add(usize::from(directory[1]))?;
    let entries = usize::from(short(directory)?);
    let entry = (0..entries).filter_map(|number| directory.checked_add(2)?.checked_add(number.checked_mul(12)?));
    let found = entry.take_while(|at| short(*at).is_some()).find(|at| short(*at) == Some(274))?;
    let value = u8::try_from(short(found.checked_add(8)?)?).ok()?;
    (2..=8).contains(&value).then_some(value)
}

/// An Exif segment that says nothing but the orientation.
fn upright(orientation: u8) -> Vec<u8> {
    let mut segment = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    segment.push(orientation);
    segment.extend_from_slice(&[0; 6]);
    segment
}

/// Chunks of a PNG that make the picture, an animated one too; none of them holds words.
const PNG_CHUNKS: [&[u8]; 20] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];

/// A PNG (third edition) without text, time, Exif and private chunks, and without what follows its end.
pub(super) fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut kept = SIGNATURE.to_vec();
    loop {
        let length = usize::try_from(u32::from_be_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
        let (chunk, after) = rest.split_at_checked(length.checked_add(12)?)?;
        let kind = chunk.get(4..8)?;
        if PNG_CHUNKS.contains(&kind) {
            kept.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(kept);
        }
        rest = after;
    }
}
