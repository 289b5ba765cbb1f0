//! Purposes, channels and reasons on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::r#type::v1 as shared;
use arki_rpc::Failure;

use crate::domain::consent::{Channel, Purpose};
use crate::domain::contact::Refusal;

/// A purpose; none where it is not said.
pub(super) fn purpose(purpose: shared::ContactPurpose) -> Option<Purpose> {
    match purpose {
        shared::ContactPurpose::Unspecified => None,
        shared::ContactPurpose::Survey => Some(Purpose::Survey),
        shared::ContactPurpose::Communication => Some(Purpose::Communication),
        shared::ContactPurpose::Story => Some(Purpose::Story),
    }
}

/// A channel; none where it is not said.
pub(super) fn channel(channel: shared::ContactChannel) -> Option<Channel> {
    match channel {
        shared::ContactChannel::Unspecified => None,
        shared::ContactChannel::Email => Some(Channel::Email),
        shared::ContactChannel::Sms => Some(Channel::Sms),
    }
}

pub(super) fn write_purpose(purpose: Purpose) -> shared::ContactPurpose {
    match purpose {
        Purpose::Survey => shared::ContactPurpose::Survey,
        Purpose::Communication => shared::ContactPurpose::Communication,
        Purpose::Story => shared::ContactPurpose::Story,
    }
}

pub(super) fn write_channel(channel: Channel) -> shared::ContactChannel {
    match channel {
        Channel::Email => shared::ContactChannel::Email,
        Channel::Sms => shared::ContactChannel::Sms,
    }
}

pub(super) fn write_refusal(refusal: Option<Refusal>) -> pb::ContactRefusal {
    match refusal {
        None => pb::ContactRefusal::Unspecified,
        Some(Refusal::Unknown) => pb::ContactRefusal::Unknown,
        Some(Refusal::Left) => pb::ContactRefusal::Left,
        Some(Refusal::OnLeave) => pb::ContactRefusal::OnLeave,
        Some(Refusal::Suppressed) => pb::ContactRefusal::Suppressed,
        Some(Refusal::Withdrawn) => pb::ContactRefusal::Withdrawn,
        Some(Refusal::NoConsent) => pb::ContactRefusal::NoConsent,
        Some(Refusal::Quarantined) => pb::ContactRefusal::Quarantined,
        Some(Refusal::OverBudget) => pb::ContactRefusal::OverBudget,
    }
}

/// A value that the bounds have made sure of.
pub(super) fn given<T>(field: &str, value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::invalid_field(field, "must be given"))
}
