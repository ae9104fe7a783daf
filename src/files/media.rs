//! What a file is: told by its sender in `Content-Type`, and by its first bytes where a format is known by them.

/// Bytes from the beginning by which every known format is told.
pub const TELLING_BYTES: usize = 132;

/// A format that is known by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// ITU-T T.81.
    Jpeg,
    /// PNG (third edition).
    Png,
    /// GIF 87a and 89a.
    Gif,
    /// TIFF 6.0.
    Tiff,
    /// ISO 32000.
    Pdf,
    /// APPNOTE.TXT; office documents are such, too.
    Zip,
    /// RIFF with WAVE in it.
    Wav,
    /// MPEG-1 audio layer III, with or without an ID3 tag.
    Mp3,
    /// RFC 9639.
    Flac,
    /// RFC 3533.
    Ogg,
    /// ISO/IEC 14496-12.
    Mp4,
    /// EBML, of which Matroska and WebM are made.
    Webm,
    /// DICOM PS3.10.
    Dicom,
}

impl Format {
    /// The format that these first bytes tell, if they tell any.
    pub fn of(first: &[u8]) -> Option<Self> {
        let at = |place: usize, word: &[u8]| first.get(place..).is_some_and(|rest| rest.starts_with(word));
        let found = match first {
            _ if at(0, b"\xff\xd8\xff") => Self::Jpeg,
            _ if at(0, b"\x89PNG\r\n\x1a\n") => Self::Png,
            _ if at(0, b"GIF87a") || at(0, b"GIF89a") => Self::Gif,
            _ if at(0, b"II*\0") || at(0, b"MM\0*") => Self::Tiff,
            _ if at(0, b"%PDF-") => Self::Pdf,
            _ if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") => Self::Zip,
            _ if at(0, b"RIFF") && at(8, b"WAVE") => Self::Wav,
            _ if at(0, b"ID3") => Self::Mp3,
            [0xff, second, ..] if second & 0xe6 == 0xe2 => Self::Mp3,
            _ if at(0, b"fLaC") => Self::Flac,
            _ if at(0, b"OggS") => Self::Ogg,
            _ if at(4, b"ftyp") => Self::Mp4,
            _ if at(0, b"\x1a\x45\xdf\xa3") => Self::Webm,
            _ if at(128, b"DICM") => Self::Dicom,
            _ => return None,
        };
        Some(found)
    }

    /// The format that a media type promises, where its first bytes would tell.
    fn promised(media_type: &str) -> Option<Self> {
        let found = match media_type {
            "image/jpeg" => Self::Jpeg,
            "image/png" => Self::Png,
            "image/gif" => Self::Gif,
            "image/tiff" => Self::Tiff,
            "application/pdf" => Self::Pdf,
            "application/zip" => Self::Zip,
            "audio/wav" | "audio/x-wav" | "audio/vnd.wave" => Self::Wav,
            "audio/mpeg" => Self::Mp3,
            "audio/flac" => Self::Flac,
            "audio/ogg" | "video/ogg" => Self::Ogg,
            "audio/mp4" | "video/mp4" => Self::Mp4,
            "audio/webm" | "video/webm" => Self::Webm,
            "application/dicom" => Self::Dicom,
            office if office.starts_with("application/vnd.openxmlformats-officedocument.") => Self::Zip,
            open if open.starts_with("application/vnd.oasis.opendocument.") => Self::Zip,
            _ => return None,
        };
        Some(found)
    }
}

/// The media type of a `Content-Type` without its parameters; `application/octet-stream` where none was sent, `None` where
/// it is none (RFC 9110 §8.3.1).
pub fn media_type(header: &str) -> Option<String> {
    let text = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if text.is_empty() {
        return Some("application/octet-stream".to_owned());
    }
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let (kind, subtype) = text.split_once('/')?;
    (text.len() <= 127 && is_token(kind) && is_token(subtype)).then_some(text)
}

/// Whether bytes that begin so may be of this media type: a type that is known by its first bytes must begin with them.
pub fn fits(media_type: &str, first: &[u8]) -> bool {
    Format::promised(media_type).is_none_or(|promised| Format::of(first) == Some(promised))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_must_begin_so() {
        assert!(fits("image/png", b"\x89PNG\r\n\x1a\n\0\0"));
        assert!(!fits("image/png", b"\xff\xd8\xff\xe0"));
        assert!(!fits("application/pdf", b"MZ"));
        assert!(fits("text/csv", b"MZ") && fits("application/octet-stream", b"\x89PNG\r\n\x1a\n"));
        assert!(fits("audio/mpeg", b"\xff\xfb\x90\0") && fits("audio/mpeg", b"ID3\x04"));
        let dicom = [&[0u8; 128][..], b"DICM"].concat();
        assert!(dicom.len() == TELLING_BYTES && fits("application/dicom", &dicom));
    }

    #[test]
    fn media_types_are_tokens_without_parameters() {
        assert_eq!(media_type("Text/CSV; charset=utf-8").as_deref(), Some("text/csv"));
        assert_eq!(media_type("").as_deref(), Some("application/octet-stream"));
        for wrong in ["text", "/", "text/", "a b/c", "text/html\r\nx: y", &format!("a/{}", "b".repeat(126))] {
            assert_eq!(media_type(wrong), None, "{wrong}");
        }
    }
}
