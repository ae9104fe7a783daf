//! The OpenAPI 3.1 document: what the handlers say, completed by what holds for every route.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem, Ref, Required, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::problem::ProblemBody;

/// Routes that anybody may call.
pub const PUBLIC: &[(&str, &str)] = &[
    ("POST", "/v1/experts"),
    ("POST", "/v1/labs"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/refresh"),
    ("POST", "/v1/invitations/accept"),
    ("GET", "/v1/openapi.json"),
];

/// Routes to which an `Idempotency-Key` means nothing: signing in and out.
const NEVER_IDEMPOTENT: &[&str] = &["/v1/auth/"];

/// Completes the document that the routes collected.
pub fn complete(mut api: OpenApi) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Collegium")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("The backend of an expert data-labeling marketplace. Money is exact, content is walled."))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .contact(Some(ContactBuilder::new().name(Some("Collegium")).build()))
        .build();
    let components = api.components.get_or_insert_with(Components::new);
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An access token from /v1/auth/login, or an API key"))
                .build(),
        ),
    );
    let mut schemas = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    <ProblemBody as ToSchema>::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            complete_operation(method, path, operation);
        }
    }
    api
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("HEAD", item.head.as_mut()),
        ("PUT", item.put.as_mut()),
        ("POST", item.post.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("DELETE", item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.map(|operation| (method, operation)))
}

fn complete_operation(method: &'static str, path: &str, operation: &mut Operation) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refused = ResponseBuilder::new()
        .description("Any refusal, as a problem (RFC 9457)")
        .content("application/problem+json", problem)
        .build();
    operation.responses.responses.insert("default".to_owned(), refused.into());
    if !PUBLIC.contains(&(method, path)) {
        operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    }
    let text = || ObjectBuilder::new().schema_type(Type::String).build();
    let mut parameters = operation.parameters.take().unwrap_or_default();
    if method == "POST" && !NEVER_IDEMPOTENT.iter().any(|prefix| path.starts_with(prefix)) {
        parameters.push(
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(
                    "At most 255 characters; the same key and body have one effect. Required where money moves.",
                ))
                .schema(Some(text()))
                .build()
                .into(),
        );
    }
    if matches!(method, "PATCH" | "PUT") {
        parameters.push(
            ParameterBuilder::new()
                .name("If-Match")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(
                    "The ETag of what you saw; required on PATCH, and on PUT over something that exists.",
                ))
                .schema(Some(text()))
                .build()
                .into(),
        );
    }
    operation.parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
}
