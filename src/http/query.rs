//! The query string: typed, each finding naming its parameter as `?name`, and no parameter that the route does not know. A
//! filter with a slip in its name would otherwise answer with everything.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::{Problem, Routes, finding};
use crate::kernel::{Error, FieldError};

/// A query string that fits its type.
#[derive(Debug)]
pub struct Query<T>(T);

impl<T> Query<T> {
    /// What it said.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let judged = all_known(request).and_then(|()| parse(request.query_string()));
        ready(judged.map(Self).map_err(|finding| Error::Invalid(vec![finding]).into()))
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, FieldError> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let found = finding::of(error.path(), &error.inner().to_string());
        FieldError { pointer: parameter(found.pointer.trim_start_matches('/')), ..found }
    })
}

fn all_known(request: &HttpRequest) -> Result<(), FieldError> {
    let Some((routes, pattern)) = request.app_data::<web::Data<Routes>>().zip(request.match_pattern()) else {
        return Ok(());
    };
    let known = routes.parameters(&pattern, request.method().as_str());
    match form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| !known.iter().any(|one| one == name))
    {
        None => Ok(()),
        Some((name, _)) => Err(FieldError {
            pointer: parameter(&name),
            code: "unknown_field".to_owned(),
            detail: match known {
                [] => "this route takes no parameters".to_owned(),
                known => format!("one of {}", known.join(", ")),
            },
        }),
    }
}

fn parameter(name: &str) -> String {
    format!("?{name}")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::kernel::ProjectId;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        One,
    }

    #[derive(Debug, Deserialize)]
    struct Asked {
        word: Option<Word>,
        count: Option<u8>,
        project_id: ProjectId,
    }

    #[test]
    fn every_finding_names_its_parameter() {
        let id = ProjectId(uuid::Uuid::from_u128(7));
        let wrong = |query: &str| parse::<Asked>(query).map(|_| ()).map_err(|found| (found.pointer, found.code));
        assert_eq!(wrong(""), Err(("?project_id".to_owned(), "required".to_owned())));
        assert_eq!(wrong(&format!("project_id={id}&word=two")), Err(("?word".to_owned(), "unknown_word".to_owned())));
        assert_eq!(wrong(&format!("project_id={id}&count=x")), Err(("?count".to_owned(), "invalid".to_owned())));
        assert_eq!(wrong("project_id=prj_1").map_err(|(pointer, _)| pointer), Err("?project_id".to_owned()));
        let asked = parse::<Asked>(&format!("project_id={id}&word=one&count=3")).unwrap();
        assert!(matches!(asked, Asked { word: Some(Word::One), count: Some(3), project_id } if project_id == id));
    }
}
