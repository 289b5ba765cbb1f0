//! Names for things: typed, prefixed, sortable identifiers.
//!
//! An [`Id`] is a 128-bit value with a kind. It is shown as the prefix of its kind, an underscore and 26
//! characters of lower-case Crockford base32, for example `gol_01jd0c5x8e7t8v4k2m9qy3w6za`. The text sorts as
//! the value does, so an index over the text of generated ids is filled at its end.
//!
//! This crate knows nothing of databases, of the wire or of time beyond what a UUID holds. Start with [`Id`];
//! [`kinds`] lists every kind there is.

mod base32;
mod id;
pub mod kinds;

pub use id::{Id, Kind, ParseIdError};
pub use kinds::{
    AccountId, AmbassadorId, ApiKeyId, CampaignId, CommitmentId, DeadLetterId, DeliveryId, ErasureId,
    EventId, GoalId, IdentityProviderId, ImportId, IntakeDeliveryId, IntakeEndpointId, InvitationId,
    MembershipId, MessageId, MetricId, OutcomeId, PersonId, PurgeId, QuestionnaireId, ReadingId, RequestId,
    ResponseId, RoleBindingId, RoleCardId, RoleId, ScimGroupId, ServesEdgeId, SuppressionId, TargetProfileId,
    TenantId, UnitId, VersionId, VisionId, WaveId, WebhookDeliveryId, WebhookEndpointId, WorkforceFigureId,
};
