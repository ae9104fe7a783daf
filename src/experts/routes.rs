//! HTTP of experts: `/v1/experts`, `/v1/credentials`.

mod credentials;
mod papers;
mod profiles;

use utoipa_actix_web::service_config::ServiceConfig;

pub use credentials::{CredentialView, EvidenceView, Refusal, Verification};
pub use papers::{PayoutMethodView, TaxFormView};
pub use profiles::{ExpertFilter, ExpertPatch, ExpertView, NewExpert};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(profiles::sign_up)
        .service(profiles::list_experts)
        .service(papers::put_payout_method)
        .service(papers::get_payout_method)
        .service(papers::put_tax_form)
        .service(papers::get_tax_form)
        .service(profiles::get_expert)
        .service(profiles::update_expert)
        .service(credentials::state_credential)
        .service(credentials::list_credentials)
        .service(credentials::list_all_credentials)
        .service(credentials::get_credential)
        .service(credentials::put_evidence)
        .service(credentials::get_evidence)
        .service(credentials::verify)
        .service(credentials::reject)
        .service(credentials::revoke);
}
