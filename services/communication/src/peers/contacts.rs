//! Who may be contacted, as the directory decides.

use std::collections::BTreeMap;

use arki_ids::{PersonId, TenantId};
use arki_proto::directory::v1 as pb;
use arki_proto::r#type::v1::{ContactChannel, ContactPurpose};
use arki_rpc::client::with_caller;
use chrono::{DateTime, Utc};
use tonic::Code;

use super::directory::{Directory, Error, caller};
use crate::domain::{Preference, Purpose};

/// How long after its time a place is kept, in seconds: longer than a delivery waits for a server that can't be reached.
const LEASE_SECONDS: i32 = 4 * 24 * 3_600;

/// Where people choose, as the directory notes it.
const SOURCE: &str = "link of a message";

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sending {
    pub(crate) tenant: TenantId,
    /// The campaign and its occurrence.
    pub(crate) reservation: String,
    pub(crate) is_critical: bool,
}

impl Directory {
    /// Keeps a contact with each of these people, and tells why not of those who may not be contacted. `confirm` says
    /// that it is sent now. At most 5,000 at once.
    pub(crate) async fn reserve(
        &self,
        sending: &Sending,
        people: &[(PersonId, Option<DateTime<Utc>>)],
        confirm: bool,
    ) -> Result<BTreeMap<PersonId, &'static str>, Error> {
        if people.is_empty() {
            return Ok(BTreeMap::new());
        }
        let wanted = |(person, time): &(PersonId, Option<DateTime<Utc>>)| pb::WantedContact {
            person: person.name(),
            time: time.map(arki_rpc::time::timestamp),
        };
        let request = pb::ReserveContactsRequest {
            reservation: sending.reservation.clone(),
            purpose: ContactPurpose::Communication.into(),
            channel: ContactChannel::Email.into(),
            contacts: people.iter().map(wanted).collect(),
            lease_seconds: LEASE_SECONDS,
            is_relational: false,
            is_critical: sending.is_critical,
            confirm,
            asks_leavers: false,
        };
        let request = with_caller(request, &caller(sending.tenant));
        let answers = self.contacts.clone().reserve_contacts(request).await?.into_inner().answers;
        let mut refused = BTreeMap::new();
        for answer in answers {
            if let Some(why) = why(answer.refusal()) {
                let person = PersonId::from_name(&answer.person);
                refused.insert(person.map_err(|error| Error::Unusable(error.to_string()))?, why);
            }
        }
        Ok(refused)
    }

    /// Tells the directory that an address was refused for good.
    pub(crate) async fn report_bounce(&self, tenant: TenantId, address: String) -> Result<(), Error> {
        let request = pb::ReportBounceRequest { address, channel: ContactChannel::Email.into() };
        self.contacts.clone().report_bounce(with_caller(request, &caller(tenant))).await?;
        Ok(())
    }

    /// What a person gets; none where there is nobody, or nothing to choose.
    pub(crate) async fn preferences(
        &self,
        tenant: TenantId,
        person: PersonId,
    ) -> Result<Option<Vec<Preference>>, Error> {
        let request = pb::GetPreferencesRequest { person: person.name() };
        match self.contacts.clone().get_preferences(with_caller(request, &caller(tenant))).await {
            Ok(answered) => Ok(read(answered.into_inner().preferences)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// Notes what a person chose, and tells what the person gets now.
    pub(crate) async fn choose(
        &self,
        tenant: TenantId,
        person: PersonId,
        choice: Preference,
    ) -> Result<Option<Vec<Preference>>, Error> {
        let Preference { purpose, is_subscribed } = choice;
        let request = pb::ChangePreferenceRequest {
            person: person.name(),
            purpose: write(purpose).into(),
            is_subscribed,
            source: SOURCE.to_owned(),
        };
        match self.contacts.clone().change_preference(with_caller(request, &caller(tenant))).await {
            Ok(answered) => Ok(read(answered.into_inner().preferences)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }
}

/// Why a delivery is left out. Of somebody whom the directory no longer has by this name, it says more when it is asked
/// for the address.
fn why(refusal: pb::ContactRefusal) -> Option<&'static str> {
    match refusal {
        pb::ContactRefusal::Unspecified | pb::ContactRefusal::Unknown => None,
        pb::ContactRefusal::Left | pb::ContactRefusal::OnLeave => Some("the person is away or has left"),
        pb::ContactRefusal::Suppressed => Some("nothing is sent to the address any more"),
        pb::ContactRefusal::Withdrawn => Some("the person wants no such messages"),
        pb::ContactRefusal::NoConsent => Some("the person has not agreed to such messages"),
        pb::ContactRefusal::Quarantined | pb::ContactRefusal::OverBudget => {
            Some("the person was contacted as often as the rules allow")
        }
    }
}

fn read(preferences: Vec<pb::ContactPreference>) -> Option<Vec<Preference>> {
    let one = |preference: pb::ContactPreference| {
        let purpose = match preference.purpose() {
            ContactPurpose::Unspecified => return None,
            ContactPurpose::Survey => Purpose::Survey,
            ContactPurpose::Communication => Purpose::Communication,
            ContactPurpose::Story => Purpose::Story,
        };
        Some(Preference { purpose, is_subscribed: preference.is_subscribed })
    };
    let read: Vec<_> = preferences.into_iter().filter_map(one).collect();
    (!read.is_empty()).then_some(read)
}

fn write(purpose: Purpose) -> ContactPurpose {
    match purpose {
        Purpose::Survey => ContactPurpose::Survey,
        Purpose::Communication => ContactPurpose::Communication,
        Purpose::Story => ContactPurpose::Story,
    }
}
