//! Why a use case was refused, in facts.

use arki_ids::{
    AccountId, AmbassadorId, ApiKeyId, ErasureId, IdentityProviderId, ImportId, IntakeDeliveryId,
    IntakeEndpointId, OutcomeId, PersonId, PurgeId, RoleBindingId, RoleId, ServesEdgeId, SuppressionId,
    TenantId, UnitId, WebhookDeliveryId, WebhookEndpointId, WorkforceFigureId,
};
use chrono::NaiveDate;

use crate::domain::contact::BasisRefused;
use crate::domain::history::Conflict;
use crate::domain::import::run::{LARGEST, MOST, State};
use crate::domain::intake::Malformed;
use crate::domain::merge::Refusal;
use crate::domain::person::{ChangeError, ExternalId, Illegal, MOST_EXTERNAL_IDS};
use crate::domain::serves::MOST_EDGES;
use crate::domain::tenant::FloorLowered;
use crate::domain::{Refused, etag};

/// Why a use case was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no {}", .0.name())]
    IdentityProviderNotFound(IdentityProviderId),
    #[error("there is no {}", .0.name())]
    RoleBindingNotFound(RoleBindingId),
    #[error("nothing is bound to the caller, have an administrator bind a role")]
    NoRole,
    #[error("this lies outside of what the caller may see")]
    OutOfReach,
    #[error("the caller lacks scope {0}, use a key that has it")]
    ScopeMissing(&'static str),
    #[error("there is no {}, or it is not the caller's", .0.name())]
    TenantNotFound(TenantId),
    #[error(transparent)]
    FloorLowered(#[from] FloorLowered),
    #[error("there is no {}", .0.name())]
    UnitNotFound(UnitId),
    #[error("{} would end up under itself, choose another unit above or another day", .0.name())]
    UnitCycle(UnitId),
    #[error("{units} units and {employees} employees belong to the unit then, move them first")]
    UnitNotEmpty { units: u64, employees: u64 },
    #[error("{day} lies outside of the time in which this can hold, choose a day inside of it")]
    Validity { day: NaiveDate },
    #[error("there is no {}", .0.name())]
    RoleNotFound(RoleId),
    #[error("there is no {}", .0.name())]
    PersonNotFound(PersonId),
    #[error("{} would end up managing themselves, choose another manager", .0.name())]
    ManagerCycle(PersonId),
    #[error("there is no {}", .0.name())]
    AccountNotFound(AccountId),
    #[error("there is no {}", .0.name())]
    OutcomeNotFound(OutcomeId),
    #[error("external_id {0:?} is taken by another resource, choose another or change that one")]
    ExternalIdTaken(String),
    #[error(
        "nobody has external_id {:?} of source {:?}, or another person has it", .0.external_id, .0.source
    )]
    ExternalIdNotFound(ExternalId),
    #[error("{:?} of {:?} is the primary one, change external_id and source of the person", .0.external_id, .0.source)]
    PrimaryExternalId(ExternalId),
    #[error("the person has {MOST_EXTERNAL_IDS} external ids, remove one first")]
    TooManyExternalIds,
    #[error("no attribute {0:?} is defined, create an attribute definition for it")]
    AttributeNotFound(String),
    #[error("attribute {0:?} is defined already, update that definition")]
    AttributeExists(String),
    #[error("people have values of attribute {0:?}, retire it instead")]
    AttributeInUse(String),
    #[error(
        "another person has this value of an attribute that is a key, choose another value or merge the two"
    )]
    AttributeValueTaken,
    #[error(transparent)]
    Employment(#[from] Illegal),
    #[error("there is no {}", .0.name())]
    ServesEdgeNotFound(ServesEdgeId),
    #[error("there is an edge from the one to the other already, update its words")]
    ServesEdgeExists,
    #[error("the tenant has {MOST_EDGES} edges, delete those that are no more")]
    TooManyServesEdges,
    #[error("there is no {}", .0.name())]
    AmbassadorNotFound(AmbassadorId),
    #[error("the person is an ambassador of the unit then already, update that one")]
    AmbassadorExists,
    #[error("there is no {}", .0.name())]
    WorkforceFigureNotFound(WorkforceFigureId),
    #[error("there is no {}", .0.name())]
    SuppressionNotFound(SuppressionId),
    #[error(transparent)]
    BasisRefused(#[from] BasisRefused),
    #[error("there is no {}", .0.name())]
    ApiKeyNotFound(ApiKeyId),
    #[error("{} makes this call, revoke it with another key", .0.name())]
    ApiKeyInUse(ApiKeyId),
    #[error("the key is unknown, expired or revoked")]
    ApiKeyUnknown,
    #[error("there is no scope {0:?}, see the guide on keys for those that there are")]
    ScopeUnknown(String),
    #[error("the caller doesn't hold scope {0:?} and can't give it")]
    ScopeNotHeld(String),
    #[error("{brake}; look at the changes with dry_run, then confirm plan {plan} or correct the file")]
    ImportBraked { brake: String, plan: String, employees: u64, leavers: u64, changed_ids: u64 },
    #[error(
        "plan {confirmed:?} no longer holds, look at the changes with dry_run and confirm the plan it names"
    )]
    ImportPlanChanged { confirmed: String },
    #[error("there is no {}", .0.name())]
    ImportNotFound(ImportId),
    #[error("{} is {}, which this can't be done with", .import.name(), .state.word())]
    ImportState { import: ImportId, state: State },
    #[error("{} has {received} bytes of its file, send the piece that begins there", .import.name())]
    ImportOffset { import: ImportId, received: u64 },
    #[error("the file of {} is larger than {LARGEST} bytes, send it in parts, as delta files", .0.name())]
    ImportTooLarge(ImportId),
    #[error("{MOST} imports have not ended, confirm or cancel one first")]
    TooManyImports,
    /// Another process has it, or it was cancelled.
    #[error("an import is worked on by somebody else")]
    ImportLost,
    #[error("no key is configured to seal secrets with, set directory.sealing_key_files")]
    SealingKeyMissing,
    /// What was sealed can't be opened, which is the operator's matter.
    #[error("a secret can't be opened: {0}")]
    Sealed(crate::sealing::Error),
    #[error("there is no {}, or it is older than the log is kept", .0.name())]
    WebhookDeliveryNotFound(WebhookDeliveryId),
    #[error("{} is disabled, enable it first", .0.name())]
    WebhookEndpointDisabled(WebhookEndpointId),
    #[error("there is no {}", .0.name())]
    WebhookEndpointNotFound(WebhookEndpointId),
    #[error("there is no {}", .0.name())]
    ErasureNotFound(ErasureId),
    #[error("there is no {}", .0.name())]
    PurgeNotFound(PurgeId),
    #[error("somebody with this key or address was erased by {}, lift that erasure to use it again", .0.name())]
    PersonErased(ErasureId),
    #[error("there is no {}", .0.name())]
    IntakeEndpointNotFound(IntakeEndpointId),
    #[error("there is no {}, or it is older than the log is kept", .0.name())]
    IntakeDeliveryNotFound(IntakeDeliveryId),
    #[error("nothing is taken here: the address or the proof is not good, or the request is too old")]
    IntakeRefused,
    #[error(transparent)]
    IntakeMalformed(#[from] Malformed),
    #[error("there is no dead letter {0:?}")]
    DeadLetterNotFound(String),
    #[error("the resource changed since it was read")]
    EtagMismatch {
        /// What it is now.
        etag: String,
    },
    #[error("request_id {0:?} was used before with another body")]
    RequestIdReused(String),
    /// Values that the rules refuse, by their paths inside the resource.
    #[error("{} values are refused", .0.len())]
    Refused(Vec<Refused>),
    #[error(transparent)]
    Database(#[from] arki_database::Error),
    /// A task of ours ended before it answered.
    #[error("work was lost")]
    Lost(#[source] tokio::task::JoinError),
}

impl Error {
    /// The error of a write that may have met a key that is taken; `external_id` is the one that was to be written.
    #[must_use]
    pub(super) fn or_taken(self, external_id: Option<&str>) -> Self {
        match (self, external_id) {
            (Self::Database(arki_database::Error::Conflict { constraint }), _)
                if constraint.ends_with("_key_value_key") =>
            {
                Self::AttributeValueTaken
            }
            (Self::Database(arki_database::Error::Conflict { constraint }), Some(external_id))
                if constraint.ends_with("_external_id_key") =>
            {
                Self::ExternalIdTaken(external_id.to_owned())
            }
            (error, _) => error,
        }
    }
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Self {
        let Conflict { day, first: _ } = conflict;
        Self::Validity { day }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Validity(conflict) => conflict.into(),
            Refusal::Cycle(unit) => Self::UnitCycle(unit),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Refused(vec![refused])
    }
}

impl From<ChangeError> for Error {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Conflict(conflict) => conflict.into(),
            ChangeError::Refused(refused) => refused.into(),
            ChangeError::Illegal(illegal) => illegal.into(),
        }
    }
}

/// Refuses a write that was meant for another revision. An empty etag means whatever is stored.
pub(super) fn check_etag(expected: &str, revision: i64) -> Result<(), Error> {
    let etag = etag(revision);
    if expected.is_empty() || expected == etag { Ok(()) } else { Err(Error::EtagMismatch { etag }) }
}

impl From<crate::sealing::Error> for Error {
    fn from(error: crate::sealing::Error) -> Self {
        match error {
            crate::sealing::Error::NoKey => Self::SealingKeyMissing,
            error => Self::Sealed(error),
        }
    }
}
