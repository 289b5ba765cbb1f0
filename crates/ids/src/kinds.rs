//! Every kind of thing that has an id, with its prefix and its collection.

use crate::{Id, Kind};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $id:ident, $prefix:literal, $collection:literal;)*) => {
        $(
            $(#[$doc])*
            pub enum $kind {}

            impl Kind for $kind {
                const PREFIX: &'static str = $prefix;
                const COLLECTION: &'static str = $collection;
            }

            $(#[$doc])*
            pub type $id = Id<$kind>;
        )*

        /// Prefix and collection of every kind.
        pub const ALL: &[(&str, &str)] = &[$(($prefix, $collection)),*];
    };
}

kinds! {
    /// An organisation that uses Arki, sealed off from every other.
    Tenant, TenantId, "ten", "tenants";
    /// A unit of the organisation's tree.
    Unit, UnitId, "unt", "units";
    /// A role that people hold.
    Role, RoleId, "rol", "roles";
    /// An employee, a customer or a prospect.
    Person, PersonId, "per", "people";
    /// A group of people in an identity provider's words.
    ScimGroup, ScimGroupId, "grp", "scimGroups";
    /// That a person belongs to a unit for a time.
    Membership, MembershipId, "mem", "memberships";
    /// A customer organisation.
    Account, AccountId, "acc", "accounts";
    /// What an account decided: bought, renewed, left.
    Outcome, OutcomeId, "out", "outcomes";
    /// That a role or a unit serves another, or customers.
    ServesEdge, ServesEdgeId, "srv", "servesEdges";
    /// That an employee speaks for the change in a unit.
    Ambassador, AmbassadorId, "amb", "ambassadors";
    /// A number of HR or recruiting of a unit and a month.
    WorkforceFigure, WorkforceFigureId, "wff", "workforceFigures";
    /// That nothing is sent to an address.
    Suppression, SuppressionId, "sup", "suppressions";
    /// A key by which a program calls the API.
    ApiKey, ApiKeyId, "key", "apiKeys";
    /// A provider of OpenID Connect whose tokens are accepted.
    IdentityProvider, IdentityProviderId, "idp", "identityProviders";
    /// That somebody has a role.
    RoleBinding, RoleBindingId, "rbn", "roleBindings";
    /// One run of a file through an importer.
    Import, ImportId, "imp", "imports";
    /// A set of questions.
    Questionnaire, QuestionnaireId, "qst", "questionnaires";
    /// A published state of a questionnaire or of a metric, never changed again.
    Version, VersionId, "ver", "versions";
    /// A questionnaire sent to an audience between two dates.
    Wave, WaveId, "wav", "waves";
    /// One invited person of a wave.
    Invitation, InvitationId, "inv", "invitations";
    /// One answered questionnaire.
    Response, ResponseId, "rsp", "responses";
    /// Something that is measured.
    Metric, MetricId, "met", "metrics";
    /// The bands in which a metric's values are read.
    TargetProfile, TargetProfileId, "tpr", "targetProfiles";
    /// A value of a metric for a unit and a time.
    Reading, ReadingId, "rdg", "readings";
    /// What the organisation wants to be, for customers and for staff.
    Vision, VisionId, "vis", "visions";
    /// A goal of a unit or a role.
    Goal, GoalId, "gol", "goals";
    /// That somebody took a goal as their own.
    Commitment, CommitmentId, "com", "commitments";
    /// What a goal means in the everyday work of a role.
    RoleCard, RoleCardId, "rcd", "roleCards";
    /// A text to be understood by its audience.
    Message, MessageId, "msg", "messages";
    /// A message with an audience and a schedule.
    Campaign, CampaignId, "cmp", "campaigns";
    /// One message to one recipient at one occurrence.
    Delivery, DeliveryId, "dlv", "deliveries";
    /// Something that happened in one service and that others may want to know.
    Event, EventId, "evt", "events";
    /// An event that a consumer could not take in.
    DeadLetter, DeadLetterId, "ddl", "deadLetters";
    /// An address outside of Arki that hears of events.
    WebhookEndpoint, WebhookEndpointId, "whk", "webhookEndpoints";
    /// One event for one endpoint.
    WebhookDelivery, WebhookDeliveryId, "whd", "webhookDeliveries";
    /// That a person is forgotten by all services.
    Erasure, ErasureId, "ers", "erasures";
    /// That what was kept long enough goes from all services.
    Purge, PurgeId, "pur", "purges";
    /// An address of ours to which a system of others tells what happened there.
    IntakeEndpoint, IntakeEndpointId, "ink", "intakeEndpoints";
    /// One thing that was told there.
    IntakeDelivery, IntakeDeliveryId, "ind", "intakeDeliveries";
    /// A request as it walks through the processes.
    Request, RequestId, "req", "requests";
}
