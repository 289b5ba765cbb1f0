//! The rows. Only the storage sees them, and only through `in_tenant`.

pub(super) mod account;
pub(super) mod ambassador;
pub(super) mod ambassador_target;
pub(super) mod api_key;
pub(super) mod attribute_definition;
pub(super) mod audit_entry;
pub(super) mod audit_head;
pub(super) mod audit_segment;
pub(super) mod employment;
pub(super) mod identity_provider;
pub(super) mod membership;
pub(super) mod outcome;
pub(super) mod person;
pub(super) mod person_attribute;
pub(super) mod person_identity;
pub(super) mod person_redirect;
pub(super) mod role;
pub(super) mod role_binding;
pub(super) mod serves_edge;
pub(super) mod tenant;
pub(super) mod unit;
pub(super) mod unit_version;
pub(super) mod webhook_attempt;
pub(super) mod webhook_delivery;
pub(super) mod webhook_endpoint;
pub(super) mod webhook_lane;
