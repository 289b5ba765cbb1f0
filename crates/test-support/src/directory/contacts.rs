//! Whether people may be contacted: whoever the test says nothing of may be.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::task::{Context, Poll};

use arki_ids::{PersonId, TenantId};
use arki_proto::directory::v1 as pb;
use arki_proto::r#type::v1::ContactPurpose;
use arki_rpc::Failure;
use futures::future::BoxFuture;
use tonic::body::Body;

use super::{FakeDirectory, State};

/// What the directory knows of contacts.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// Why people are refused, by name.
    pub refused: BTreeMap<String, pb::ContactRefusal>,
    /// Who has a place, by what contacts them; true once it is confirmed.
    pub places: BTreeMap<(String, String), bool>,
    /// What was asked for.
    pub asked: Vec<pb::ReserveContactsRequest>,
    /// What people said no to.
    pub withdrawn: BTreeSet<(String, ContactPurpose)>,
    /// Addresses that bounced.
    pub bounced: Vec<String>,
}

impl Contacts {
    /// From now on a person may not be contacted.
    pub fn refuse(&mut self, person: PersonId, refusal: pb::ContactRefusal) {
        self.refused.insert(person.name(), refusal);
    }
}

/// The same directory under the name of its other service.
#[derive(Clone, Debug)]
pub(super) struct Service(pub(super) FakeDirectory);

impl tonic::server::NamedService for Service {
    const NAME: &'static str = "arki.directory.v1.ContactService";
}

impl tower::Service<http::Request<Body>> for Service {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

pub(super) fn reserve(
    state: &mut State,
    tenant: TenantId,
    asked: pb::ReserveContactsRequest,
) -> Result<pb::ReserveContactsResponse, Failure> {
    let contacts = &mut state.of(tenant).contacts;
    let mut answers = Vec::new();
    for pb::WantedContact { person, time: _ } in &asked.contacts {
        let place = (asked.reservation.clone(), person.clone());
        let refusal = contacts.refused.get(person).copied().unwrap_or_default();
        if refusal == pb::ContactRefusal::Unspecified {
            *contacts.places.entry(place).or_default() |= asked.confirm;
        } else {
            contacts.places.remove(&place);
        }
        answers.push(pb::ContactAnswer { person: person.clone(), refusal: refusal.into() });
    }
    contacts.asked.push(asked);
    Ok(pb::ReserveContactsResponse { answers })
}

pub(super) fn release(
    state: &mut State,
    tenant: TenantId,
    asked: pb::ReleaseContactsRequest,
) -> Result<pb::ReleaseContactsResponse, Failure> {
    let places = &mut state.of(tenant).contacts.places;
    places.retain(|(reservation, _), confirmed| *confirmed || *reservation != asked.reservation);
    Ok(pb::ReleaseContactsResponse {})
}

pub(super) fn preferences(
    state: &mut State,
    tenant: TenantId,
    asked: pb::GetPreferencesRequest,
) -> Result<pb::GetPreferencesResponse, Failure> {
    Ok(pb::GetPreferencesResponse { preferences: chosen(state, tenant, &asked.person)? })
}

pub(super) fn change_preference(
    state: &mut State,
    tenant: TenantId,
    asked: pb::ChangePreferenceRequest,
) -> Result<pb::ChangePreferenceResponse, Failure> {
    let withdrawn = (asked.person.clone(), asked.purpose());
    let contacts = &mut state.of(tenant).contacts;
    if asked.is_subscribed {
        contacts.withdrawn.remove(&withdrawn);
    } else {
        contacts.withdrawn.insert(withdrawn);
    }
    Ok(pb::ChangePreferenceResponse { preferences: chosen(state, tenant, &asked.person)? })
}

pub(super) fn bounce(
    state: &mut State,
    tenant: TenantId,
    asked: pb::ReportBounceRequest,
) -> Result<pb::ReportBounceResponse, Failure> {
    state.of(tenant).contacts.bounced.push(asked.address);
    Ok(pb::ReportBounceResponse {})
}

fn chosen(state: &mut State, tenant: TenantId, name: &str) -> Result<Vec<pb::ContactPreference>, Failure> {
    let organisation = state.of(tenant);
    let missing = || Failure::not_found(pb::ErrorReason::PersonNotFound, "there is no such person");
    let person = organisation.people.iter().find(|person| person.name == name).ok_or_else(missing)?;
    if matches!(person.kind(), pb::PersonKind::Employee | pb::PersonKind::Leaver) {
        return Ok(Vec::new());
    }
    let purposes = [ContactPurpose::Survey, ContactPurpose::Communication, ContactPurpose::Story];
    let one = |purpose: ContactPurpose| {
        let is_subscribed = !organisation.contacts.withdrawn.contains(&(name.to_owned(), purpose));
        pb::ContactPreference { purpose: purpose.into(), is_subscribed }
    };
    Ok(purposes.into_iter().map(one).collect())
}
