//! Languages (ISO 639-1, two letters) and how well somebody knows one: the six levels of the Common European
//! Framework of Reference, and `native` above them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::text::Unfit;
use crate::{checked_text, words};

const LANGUAGES: &str = "\
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el \
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it \
    iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt \
    my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl \
    sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo \
    za zh zu";

/// Every code, in alphabetical order.
pub fn list_languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.split(' ')
}

/// Whether ISO 639-1 has this code.
pub fn is_language(code: &str) -> bool {
    code.len() == 2 && list_languages().any(|known| known == code)
}

checked_text!(
    /// A language.
    LanguageCode,
    "ISO 639-1 code of a language",
    "^[a-z]{2}$"
);

impl FromStr for LanguageCode {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = Unfit { code: "unknown_language", detail: "write the two small letters of an ISO 639-1 language" };
        is_language(text).then(|| Self(text.to_owned())).ok_or(unfit)
    }
}

words!(
    /// How well a language is known; the words are declared, and so ordered, from least to most.
    LanguageLevel { A1 = "A1", A2 = "A2", B1 = "B1", B2 = "B2", C1 = "C1", C2 = "C2", Native = "native" }
);

/// A language that somebody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpokenLanguage {
    /// Which.
    pub code: LanguageCode,
    /// How well.
    pub level: LanguageLevel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert_eq!(list_languages().count(), 183);
        assert!(list_languages().is_sorted() && list_languages().all(|code| code.len() == 2));
        for code in ["EN", "eng", "", "xx", "sh", "iw", "e "] {
            assert!(code.parse::<LanguageCode>().is_err(), "{code}");
        }
    }

    #[test]
    fn levels_are_ordered() {
        assert!(LanguageLevel::ALL.is_sorted() && LanguageLevel::Native > LanguageLevel::C2);
    }
}
