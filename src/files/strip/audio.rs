//! Recordings: their tags go, every sample stays.

/// A WAV of the chunks that make the sound. `LIST` with who made it, `bext` with whose desk it came from, `id3 ` and the
/// like are left out, and so is what is not known.
pub(super) fn wav(bytes: &[u8]) -> Option<Vec<u8>> {
    const SOUND: [&[u8]; 6] = [b"fmt ", b"fact", b"data", b"cue ", b"smpl", b"inst"];
    let mut rest = bytes.get(12..)?;
    let mut kept = Vec::with_capacity(bytes.len());
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?)).ok()?;
        let kind = rest.get(..4)?;
        let end = length.checked_add(8)?;
        // A chunk of odd length is followed by a byte of padding, which a last one may lack.
        let padded = end.checked_add(length % 2)?.min(rest.len()).max(end);
        let (chunk, after) = rest.split_at_checked(padded)?;
        if SOUND.contains(&kind) {
            kept.extend_from_slice(chunk);
        }
        rest = after;
    }
    let length = u32::try_from(kept.len().checked_add(4)?).ok()?;
    Some([b"RIFF", &length.to_le_bytes()[..], b"WAVE", &kept].concat())
}

/// An MP3 without the tags around it: ID3v2 before, ID3v1 and APE behind.
pub(super) fn mp3(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut sound = bytes;
    while let [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = *sound {
        // Seven bits a byte (ID3v2.4 §3.1); a footer is as long as the header.
        let size = [a, b, c, d].iter().fold(0usize, |size, byte| (size << 7) | usize::from(byte & 0x7f));
        let footer = if flags & 0x10 == 0 { 10 } else { 20 };
        sound = sound.get(size.checked_add(footer)?..)?;
    }
    let mut shorter = true;
    while shorter {
        let before = sound.len();
        sound = behind(sound, 128, b"TAG").unwrap_or(sound);
        sound = behind(sound, 227, b"TAG+").unwrap_or(sound);
        sound = without_ape(sound).unwrap_or(sound);
        shorter = sound.len() < before;
    }
    matches!(sound, [0xff, second, ..] if second & 0xe0 == 0xe0).then(|| sound.to_vec())
}

/// What stands before a tag of this length that begins so.
fn behind<'s>(sound: &'s [u8], length: usize, word: &[u8]) -> Option<&'s [u8]> {
    let (before, tag) = sound.split_at_checked(sound.len().checked_sub(length)?)?;
    tag.starts_with(word).then_some(before)
}

/// An APE tag ends in a footer of 32 bytes that tells the length of what stands before it.
fn without_ape(sound: &[u8]) -> Option<&[u8]> {
    let (_, footer) = sound.split_at_checked(sound.len().checked_sub(32)?)?;
    let size = usize::try_from(u32::from_le_bytes(footer.get(12..16)?.try_into().ok()?)).ok()?;
    let header = if footer.get(23)? & 0x80 == 0 { 0 } else { 32 };
    let length = size.checked_add(header)?;
    if !footer.starts_with(b"APETAGEX") {
        return None;
    }
    sound.get(..sound.len().checked_sub(length)?)
}

/// A FLAC (RFC 9639) of its stream information and its seek table; comments, pictures, padding and application data go.
pub(super) fn flac(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(b"fLaC")?;
    let mut blocks: Vec<&[u8]> = Vec::new();
    loop {
        let [head, a, b, c, ..] = *rest else { return None };
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        let (block, after) = rest.split_at_checked(length.checked_add(4)?)?;
        rest = after;
        if matches!(head & 0x7f, 0 | 3) {
            blocks.push(block);
        }
        if head & 0x80 != 0 {
            break;
        }
    }
    let mut kept = b"fLaC".to_vec();
    let last = blocks.len().checked_sub(1)?;
    for (number, block) in blocks.iter().enumerate() {
        let (head, content) = block.split_first()?;
        kept.push(if number == last { head | 0x80 } else { head & 0x7f });
        kept.extend_from_slice(content);
    }
    kept.extend_from_slice(rest);
    Some(kept)
}
