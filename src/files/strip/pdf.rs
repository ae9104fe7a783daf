//! PDF (ISO 32000): written anew without the information dictionary, metadata streams and the names beside annotations.
//! Earlier revisions, which a PDF keeps when it is changed, are gone with it.

use lopdf::{Dictionary, Document, LoadOptions, Object};

/// What any one stream may inflate to while the document is read.
const MAX_INFLATED_BYTES: usize = 64 * 1_048_576;

/// The document without its author. `None` for one that does not read, is encrypted, or comes out with other pages.
pub(super) fn pdf(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut document = read(bytes)?;
    let pages = document.get_pages().len();
    if document.is_encrypted() || document.was_encrypted() || pages == 0 {
        return None;
    }
    document.trailer.remove(b"Info");
    document.trailer.remove(b"ID");
    document.traverse_objects(forget);
    document.prune_objects();
    let mut written = Vec::with_capacity(bytes.len());
    document.save_to(&mut written).ok()?;
    // What a reader would no longer find whole is kept as it was sent.
    (read(&written)?.get_pages().len() == pages).then_some(written)
}

fn read(bytes: &[u8]) -> Option<Document> {
    Document::load_mem_with_options(bytes, LoadOptions::with_max_decompressed_size(MAX_INFLATED_BYTES)).ok()
}

fn forget(object: &mut Object) {
    let dictionary: &mut Dictionary = match object {
        Object::Dictionary(dictionary) => dictionary,
        Object::Stream(stream) => &mut stream.dict,
        _ => return,
    };
    for name in [&b"Metadata"[..], b"PieceInfo", b"LastModified"] {
        dictionary.remove(name);
    }
    // `T` of a markup annotation is who made it; of a form's field it is the field's name.
    let named = |name: &[u8]| dictionary.get(name).and_then(Object::as_name).ok().map(<[u8]>::to_vec);
    let is_markup = dictionary.has(b"Rect") && named(b"Subtype").is_some_and(|kind| kind != b"Widget");
    if is_markup {
        dictionary.remove(b"T");
    }
}
