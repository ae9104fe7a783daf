//! What the framework would answer by itself, said as problems: unknown addresses, wrong methods, and the page of every
//! problem type.

use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use super::problem::{PLAIN, Problem, plain, status_of};
use crate::kernel::Code;

/// The addresses of the service and their methods, taken from the OpenAPI document.
#[derive(Debug, Clone, Default)]
pub struct Routes(Vec<(String, Vec<String>)>);

impl Routes {
    /// Reads them off the document.
    pub fn of(api: &utoipa::openapi::OpenApi) -> Self {
        let methods = |item: &utoipa::openapi::PathItem| -> Vec<String> {
            [
                ("GET", &item.get),
                ("HEAD", &item.head),
                ("PUT", &item.put),
                ("POST", &item.post),
                ("PATCH", &item.patch),
                ("DELETE", &item.delete),
            ]
            .into_iter()
            .filter(|(_, operation)| operation.is_some())
            .map(|(method, _)| method.to_owned())
            .collect()
        };
        Self(api.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect())
    }

    /// The methods of the address that fits, fixed parts before named ones.
    fn methods(&self, path: &str) -> Vec<String> {
        let fits = |pattern: &str| {
            let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
            loop {
                match (wanted.next(), given.next()) {
                    (None, None) => return true,
                    (Some(wanted), Some(given)) if wanted == given => {}
                    (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
                    _ => return false,
                }
            }
        };
        let mut methods: Vec<String> =
            self.0.iter().filter(|(pattern, _)| fits(pattern)).flat_map(|(_, methods)| methods.clone()).collect();
        methods.sort();
        methods.dedup();
        methods
    }
}

/// 404, or 405 where the address exists under another method.
pub async fn fallback(request: HttpRequest, routes: web::Data<Routes>) -> HttpResponse {
    let methods = routes.methods(request.path());
    if methods.is_empty() {
        return HttpResponse::from_error(plain("not_found"));
    }
    let mut response = HttpResponse::from_error(plain("method_not_allowed"));
    if let Ok(value) = methods.join(", ").parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// `GET /problems/{code}`: what a problem type means.
pub async fn problem_page(code: web::Path<String>) -> HttpResponse {
    let refusal = Code::ALL.iter().find(|known| known.as_str() == code.as_str());
    let refusal = refusal.map(|known| (known.as_str(), known.title(), status_of(known.kind())));
    let Some((word, title, status)) =
        refusal.or_else(|| PLAIN.iter().find(|(word, ..)| *word == code.as_str()).copied())
    else {
        return plain("not_found").error_response();
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{word}</title>\
         <body><main><h1>{word}</h1><p>{title}</p><p>Status {status}. Every error of this service is an \
         <code>application/problem+json</code> object (RFC 9457); <code>code</code> is stable.</p></main></body></html>"
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

/// The problem of a path that does not parse: a malformed id is an unknown one.
pub fn unknown_path() -> Problem {
    plain("not_found")
}

/// The problem of a query string that does not parse.
pub fn wrong_query(detail: String) -> Problem {
    crate::kernel::Error::field("?", "invalid", detail).into()
}
