//! Evidence of a credential: a scan, told by its first bytes and not by what the sender calls it.

use crate::words;

/// The largest evidence taken: 20 MiB.
pub const MAX_EVIDENCE_BYTES: usize = 20 * 1_024 * 1_024;

words!(
    /// What a scan may be.
    EvidenceKind { Pdf = "pdf", Png = "png", Jpeg = "jpeg" }
);

/// Why bytes are no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFault {
    /// Above [`MAX_EVIDENCE_BYTES`].
    #[error("evidence may have 20 MiB")]
    TooLarge,
    /// None of the three kinds.
    #[error("evidence is a PDF, a PNG or a JPEG")]
    UnknownKind,
}

impl EvidenceKind {
    /// The kind of these bytes: ISO 32000-1 7.5.2, PNG (third edition) 5.2, ITU-T T.81 B.1.1.3.
    pub fn of(bytes: &[u8]) -> Result<Self, EvidenceFault> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return Err(EvidenceFault::TooLarge);
        }
        if bytes.starts_with(b"%PDF-") {
            Ok(Self::Pdf)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(Self::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Ok(Self::Jpeg)
        } else {
            Err(EvidenceFault::UnknownKind)
        }
    }

    /// The media type it is served as.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_kind() {
        assert_eq!(EvidenceKind::of(b"%PDF-1.7\n"), Ok(EvidenceKind::Pdf));
        assert_eq!(EvidenceKind::of(b"\x89PNG\r\n\x1a\n\0\0"), Ok(EvidenceKind::Png));
        assert_eq!(EvidenceKind::of(b"\xff\xd8\xff\xe0"), Ok(EvidenceKind::Jpeg));
        for bytes in [&b""[..], b"%PDF", b" %PDF-1.7", b"GIF89a", b"<svg>", b"\x89PNG\n", b"PK\x03\x04"] {
            assert_eq!(EvidenceKind::of(bytes), Err(EvidenceFault::UnknownKind));
        }
    }

    #[test]
    fn twenty_mebibytes_are_the_most() {
        let mut bytes = b"%PDF-1.7".to_vec();
        bytes.resize(MAX_EVIDENCE_BYTES, b' ');
        assert_eq!(EvidenceKind::of(&bytes), Ok(EvidenceKind::Pdf));
        bytes.push(b' ');
        assert_eq!(EvidenceKind::of(&bytes), Err(EvidenceFault::TooLarge));
    }
}
