//! The one table from what went wrong to what the caller hears.

use arki_proto::directory::v1::ErrorReason;
use arki_proto::r#type::v1::ErrorReason as HouseReason;
use arki_rpc::{Failure, Violation};

use crate::domain::Refused;
use crate::domain::contact::BasisRefused;
use crate::domain::import::run::{LARGEST, MOST};
use crate::domain::intake::Malformed;
use crate::domain::person::{Employment, ExternalId, Illegal, MOST_EXTERNAL_IDS};
use crate::domain::serves::MOST_EDGES;
use crate::domain::tenant::FloorLowered;
use crate::service::Error;

/// What the caller hears of an error. `resource` is the field of the request that holds the resource, to which the
/// paths of refused values belong; empty where they belong to the request itself.
pub(super) fn failure(error: Error, resource: &str) -> Failure {
    let message = error.to_string();
    let path = |field: &str| match resource {
        "" => field.to_owned(),
        resource => format!("{resource}.{field}"),
    };
    match error {
        Error::IdentityProviderNotFound(provider) => {
            Failure::not_found(ErrorReason::IdentityProviderNotFound, message).with("name", provider.name())
        }
        Error::RoleBindingNotFound(binding) => {
            Failure::not_found(ErrorReason::RoleBindingNotFound, message).with("name", binding.name())
        }
        Error::NoRole => Failure::permission_denied(ErrorReason::NoRole, message),
        Error::OutOfReach => Failure::out_of_reach(),
        Error::ScopeMissing(scope) => Failure::scope_missing(scope),
        Error::TenantNotFound(tenant) => {
            Failure::not_found(ErrorReason::TenantNotFound, message).with("name", tenant.name())
        }
        Error::FloorLowered(FloorLowered { field, floor }) => {
            let description = format!("must be {floor} or more");
            Failure::failed_precondition(ErrorReason::PrivacyFloorLowered, message)
                .with("floor", floor)
                .violations(vec![Violation { field: path(field), description }])
        }
        Error::UnitNotFound(unit) => {
            Failure::not_found(ErrorReason::UnitNotFound, message).with("name", unit.name())
        }
        Error::UnitCycle(unit) => {
            Failure::failed_precondition(ErrorReason::UnitCycle, message).with("name", unit.name())
        }
        Error::UnitNotEmpty { units, employees } => {
            Failure::failed_precondition(ErrorReason::UnitNotEmpty, message)
                .with("units", units)
                .with("employees", employees)
        }
        Error::Validity { day } => {
            Failure::failed_precondition(ErrorReason::ValidityConflict, message).with("valid_from", day)
        }
        Error::RoleNotFound(role) => {
            Failure::not_found(ErrorReason::RoleNotFound, message).with("name", role.name())
        }
        Error::PersonNotFound(person) => {
            Failure::not_found(ErrorReason::PersonNotFound, message).with("name", person.name())
        }
        Error::ManagerCycle(person) => {
            Failure::failed_precondition(ErrorReason::ManagerCycle, message).with("name", person.name())
        }
        Error::AccountNotFound(account) => {
            Failure::not_found(ErrorReason::AccountNotFound, message).with("name", account.name())
        }
        Error::OutcomeNotFound(outcome) => {
            Failure::not_found(ErrorReason::OutcomeNotFound, message).with("name", outcome.name())
        }
        Error::ExternalIdTaken(external_id) => {
            Failure::already_exists(ErrorReason::ExternalIdTaken, message).with("external_id", external_id)
        }
        Error::ExternalIdNotFound(ExternalId { source, external_id }) => {
            Failure::not_found(ErrorReason::ExternalIdNotFound, message)
                .with("source", source)
                .with("external_id", external_id)
        }
        Error::PrimaryExternalId(ExternalId { source, external_id }) => {
            Failure::failed_precondition(ErrorReason::PrimaryExternalId, message)
                .with("source", source)
                .with("external_id", external_id)
        }
        Error::TooManyExternalIds => Failure::failed_precondition(ErrorReason::TooManyExternalIds, message)
            .with("most", MOST_EXTERNAL_IDS),
        Error::AttributeNotFound(key) => {
            Failure::not_found(ErrorReason::AttributeNotFound, message).with("key", key)
        }
        Error::AttributeExists(key) => {
            Failure::already_exists(ErrorReason::AttributeExists, message).with("key", key)
        }
        Error::AttributeInUse(key) => {
            Failure::failed_precondition(ErrorReason::AttributeInUse, message).with("key", key)
        }
        Error::AttributeValueTaken => Failure::already_exists(ErrorReason::AttributeValueTaken, message),
        Error::Employment(Illegal { from, to }) => {
            Failure::failed_precondition(ErrorReason::EmploymentTransition, message)
                .with("from", from.map_or("none", Employment::word))
                .with("to", to.word())
        }
        Error::ServesEdgeNotFound(edge) => {
            Failure::not_found(ErrorReason::ServesEdgeNotFound, message).with("name", edge.name())
        }
        Error::ServesEdgeExists => Failure::already_exists(ErrorReason::ServesEdgeExists, message),
        Error::TooManyServesEdges => {
            Failure::failed_precondition(ErrorReason::TooManyServesEdges, message).with("most", MOST_EDGES)
        }
        Error::AmbassadorNotFound(ambassador) => {
            Failure::not_found(ErrorReason::AmbassadorNotFound, message).with("name", ambassador.name())
        }
        Error::AmbassadorExists => Failure::already_exists(ErrorReason::AmbassadorExists, message),
        Error::WorkforceFigureNotFound(figure) => {
            Failure::not_found(ErrorReason::WorkforceFigureNotFound, message).with("name", figure.name())
        }
        Error::SuppressionNotFound(entry) => {
            Failure::not_found(ErrorReason::SuppressionNotFound, message).with("name", entry.name())
        }
        Error::BasisRefused(BasisRefused { field, why }) => {
            Failure::failed_precondition(ErrorReason::ContactBasisRefused, message)
                .with("field", field)
                .violations(vec![Violation { field: path(field), description: why.to_owned() }])
        }
        Error::ApiKeyNotFound(key) => {
            Failure::not_found(ErrorReason::ApiKeyNotFound, message).with("name", key.name())
        }
        Error::ApiKeyInUse(key) => {
            Failure::failed_precondition(ErrorReason::ApiKeyInUse, message).with("name", key.name())
        }
        Error::ApiKeyUnknown => Failure::unauthenticated(ErrorReason::ApiKeyUnknown, message),
        Error::ScopeUnknown(scope) => {
            Failure::invalid_argument(ErrorReason::ScopeUnknown, message).with("scope", scope)
        }
        Error::ScopeNotHeld(scope) => {
            Failure::permission_denied(ErrorReason::ScopeNotHeld, message).with("scope", scope)
        }
        Error::ImportBraked { brake: _, plan, employees, leavers, changed_ids } => {
            Failure::failed_precondition(ErrorReason::ImportBraked, message)
                .with("plan", plan)
                .with("employees", employees)
                .with("leavers", leavers)
                .with("changed_ids", changed_ids)
        }
        Error::ImportPlanChanged { confirmed } => {
            Failure::failed_precondition(ErrorReason::ImportPlanChanged, message).with("plan", confirmed)
        }
        Error::ImportNotFound(import) => {
            Failure::not_found(ErrorReason::ImportNotFound, message).with("name", import.name())
        }
        Error::ImportState { import, state } => {
            Failure::failed_precondition(ErrorReason::ImportStateWrong, message)
                .with("name", import.name())
                .with("state", state.word())
        }
        Error::ImportOffset { import, received } => {
            Failure::failed_precondition(ErrorReason::ImportOffset, message)
                .with("name", import.name())
                .with("received_bytes", received)
        }
        Error::ImportTooLarge(import) => Failure::failed_precondition(ErrorReason::ImportTooLarge, message)
            .with("name", import.name())
            .with("most", LARGEST),
        Error::TooManyImports => {
            Failure::failed_precondition(ErrorReason::TooManyImports, message).with("most", MOST)
        }
        Error::ImportLost => Failure::internal(Error::ImportLost),
        Error::SealingKeyMissing => Failure::failed_precondition(ErrorReason::SealingKeyMissing, message),
        Error::Sealed(error) => Failure::internal(error),
        Error::WebhookDeliveryNotFound(delivery) => {
            Failure::not_found(ErrorReason::WebhookDeliveryNotFound, message).with("name", delivery.name())
        }
        Error::WebhookEndpointDisabled(endpoint) => {
            Failure::failed_precondition(ErrorReason::WebhookEndpointDisabled, message)
                .with("name", endpoint.name())
        }
        Error::WebhookEndpointNotFound(endpoint) => {
            Failure::not_found(ErrorReason::WebhookEndpointNotFound, message).with("name", endpoint.name())
        }
        Error::IntakeEndpointNotFound(endpoint) => {
            Failure::not_found(ErrorReason::IntakeEndpointNotFound, message).with("name", endpoint.name())
        }
        Error::IntakeDeliveryNotFound(delivery) => {
            Failure::not_found(ErrorReason::IntakeDeliveryNotFound, message).with("name", delivery.name())
        }
        Error::IntakeRefused => Failure::unauthenticated(ErrorReason::IntakeRefused, message),
        Error::IntakeMalformed(Malformed(problem)) => {
            Failure::invalid_argument(ErrorReason::IntakeMalformed, message).with("problem", problem)
        }
        Error::DeadLetterNotFound(letter) => {
            Failure::not_found(HouseReason::DeadLetterNotFound, message).with("dead_letter", letter)
        }
        Error::ErasureNotFound(erasure) => {
            Failure::not_found(ErrorReason::ErasureNotFound, message).with("name", erasure.name())
        }
        Error::PurgeNotFound(purge) => {
            Failure::not_found(ErrorReason::PurgeNotFound, message).with("name", purge.name())
        }
        Error::PersonErased(erasure) => {
            Failure::failed_precondition(ErrorReason::PersonErased, message).with("name", erasure.name())
        }
        Error::EtagMismatch { etag } => Failure::etag_mismatch(&etag),
        Error::RequestIdReused(request_id) => Failure::request_id_reused(&request_id),
        Error::Refused(refused) => {
            let violation =
                |Refused { field, problem }| Violation { field: path(&field), description: problem };
            Failure::invalid(refused.into_iter().map(violation).collect())
        }
        Error::Database(error) => database(error),
        Error::Lost(error) => Failure::internal(error),
    }
}

fn database(error: arki_database::Error) -> Failure {
    use arki_database::Error;
    match error {
        // One that keeps losing may win later; to the caller that is no different from a database that is away.
        Error::Unavailable | Error::Serialization => Failure::away(error),
        Error::Overloaded => Failure::overloaded(arki_rpc::failure::RETRY_AFTER),
        // Those that a caller can cause have been told apart before.
        Error::Conflict { .. }
        | Error::ForeignKey
        | Error::RequestIdReused
        | Error::Corrupt(_)
        | Error::Other(_) => Failure::internal(error),
    }
}
