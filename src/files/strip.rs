//! What tells of its author is taken out of a file that an expert delivers: who they are is not the lab's to know. The
//! picture, the sound, the pages stay as they are.

mod audio;
mod image;
mod office;
mod pdf;

use super::media::Format;

/// The largest file that is looked through; these formats are read whole. A larger one is kept as it is, and says so.
pub const MAX_STRIPPED_BYTES: usize = 32 * 1_048_576;

/// The file without its author; `None` where its format is not known, or it is not what it seems to be.
pub fn strip(format: Format, bytes: &[u8]) -> Option<Vec<u8>> {
    match format {
        Format::Jpeg => image::jpeg(bytes),
        Format::Png => image::png(bytes),
        Format::Pdf => pdf::pdf(bytes),
        Format::Zip => office::office(bytes),
        Format::Wav => audio::wav(bytes),
        Format::Mp3 => audio::mp3(bytes),
        Format::Flac => audio::flac(bytes),
        Format::Gif | Format::Tiff | Format::Ogg | Format::Mp4 | Format::Webm | Format::Dicom => None,
    }
}

/// Whether files of this format can be looked through.
pub fn is_known(format: Format) -> bool {
    match format {
        Format::Jpeg | Format::Png | Format::Pdf | Format::Zip | Format::Wav | Format::Mp3 | Format::Flac => true,
        Format::Gif | Format::Tiff | Format::Ogg | Format::Mp4 | Format::Webm | Format::Dicom => false,
    }
}

#[cfg(test)]
mod tests;
