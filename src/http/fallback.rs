//! What the framework would answer by itself, said as problems: unknown addresses, wrong methods, and the page of every
//! problem type.

use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn};

use super::problem::{PLAIN, Problem, plain, status_of};
use crate::kernel::Code;

/// The addresses of the service, their methods and the parameters of their query strings, taken from the OpenAPI document.
#[derive(Debug, Clone, Default)]
pub struct Routes(Vec<Route>);

#[derive(Debug, Clone)]
struct Route {
    path: String,
    method: &'static str,
    parameters: Vec<String>,
}

impl Routes {
    /// Reads them off the document.
    pub fn of(api: &utoipa::openapi::OpenApi) -> Self {
        let routes = api.paths.paths.iter().flat_map(|(path, item)| {
            [
                ("GET", &item.get),
                ("HEAD", &item.head),
                ("PUT", &item.put),
                ("POST", &item.post),
                ("PATCH", &item.patch),
                ("DELETE", &item.delete),
            ]
            .into_iter()
            .filter_map(|(method, operation)| {
                let parameters = in_query(operation.as_ref()?);
                Some(Route { path: path.clone(), method, parameters })
            })
        });
        Self(routes.collect())
    }

    /// The parameters that a route takes in its query string; HEAD takes those of GET.
    pub(super) fn parameters(&self, path: &str, method: &str) -> &[String] {
        let method = if method == "HEAD" { "GET" } else { method };
        let route = self.0.iter().find(|route| route.path == path && route.method == method);
        route.map_or(&[], |route| &route.parameters)
    }

    /// The methods of the address that fits, fixed parts before named ones.
    fn methods(&self, path: &str) -> Vec<&'static str> {
        let mut methods: Vec<&'static str> =
            self.0.iter().filter(|route| fits(&route.path, path)).map(|route| route.method).collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }
}

fn in_query(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|one| match one {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    parameters.filter(|one| one.parameter_in == ParameterIn::Query).map(|one| one.name.clone()).collect()
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
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
