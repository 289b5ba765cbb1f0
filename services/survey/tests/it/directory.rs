//! A directory with a few people, behind the real contract.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arki_ids::{PersonId, TenantId, UnitId};
use arki_proto::directory::v1 as pb;
use arki_rpc::{Caller, Failure, Peer};
use tonic::body::Body;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) kind: pb::PersonKind,
    pub(crate) unit: Option<UnitId>,
    pub(crate) language: &'static str,
}

#[derive(Clone, Default)]
pub(crate) struct Organisation {
    pub(crate) minimum_group: i32,
    /// Each with the one above, and its key in the HR system.
    pub(crate) units: Vec<(UnitId, Option<UnitId>, &'static str)>,
    pub(crate) people: Vec<Person>,
}

#[derive(Default)]
pub(crate) struct FakeDirectory {
    organisations: Mutex<HashMap<TenantId, Organisation>>,
    pub(crate) is_away: AtomicBool,
    /// How often units were listed from the beginning.
    pub(crate) unit_lists: AtomicUsize,
    /// Members in one page at most; 0 is what the caller asks for.
    pub(crate) page: AtomicUsize,
}

impl FakeDirectory {
    pub(crate) fn set(&self, tenant: TenantId, organisation: Organisation) {
        self.organisations.lock().unwrap().insert(tenant, organisation);
    }

    pub(crate) fn peer(self: Arc<Self>) -> Peer {
        Peer::new(tower::service_fn(move |request: http::Request<Body>| {
            let directory = self.clone();
            async move { Ok(directory.answer(request).await) }
        }))
    }

    async fn answer(&self, request: http::Request<Body>) -> http::Response<Body> {
        let path = request.uri().path().to_owned();
        if self.is_away.load(Ordering::SeqCst) {
            return Status::from(Failure::away("the directory is away")).into_http();
        }
        match path.rsplit('/').next().unwrap() {
            "GetTenant" => unary(request, |caller, _: pb::GetTenantRequest| Ok(self.tenant(&caller))).await,
            "ResolveAudience" => unary(request, |caller, asked| self.members(&caller, asked)).await,
            "GetTree" => unary(request, |caller, _: pb::GetTreeRequest| Ok(self.tree(&caller))).await,
            "ListUnits" => unary(request, |caller, _: pb::ListUnitsRequest| Ok(self.units(&caller))).await,
            other => Status::unimplemented(other).into_http(),
        }
    }

    fn of(&self, caller: &Caller) -> Organisation {
        assert_eq!(caller.subject, "services/survey");
        self.organisations.lock().unwrap().get(&caller.tenant).cloned().unwrap_or_default()
    }

    fn tenant(&self, caller: &Caller) -> pb::GetTenantResponse {
        let tenant = pb::Tenant {
            name: caller.tenant.name(),
            default_language: "fi".to_owned(),
            time_zone: "Europe/Helsinki".to_owned(),
            minimum_group_employees: self.of(caller).minimum_group,
            ..Default::default()
        };
        pb::GetTenantResponse { tenant: Some(tenant) }
    }

    fn members(
        &self,
        caller: &Caller,
        asked: pb::ResolveAudienceRequest,
    ) -> Result<pb::ResolveAudienceResponse, Failure> {
        let organisation = self.of(caller);
        let audience = asked.audience.unwrap();
        for unit in &audience.units {
            if !organisation.units.iter().any(|(id, _, _)| id.name() == *unit) {
                let refused = Failure::not_found(pb::ErrorReason::UnitNotFound, "no such unit");
                return Err(refused.with("name", unit));
            }
        }
        let below = |unit: Option<UnitId>| {
            let mut at = unit;
            while let Some(unit) = at {
                if audience.units.contains(&unit.name()) {
                    return true;
                }
                at =
                    organisation.units.iter().find(|(id, _, _)| *id == unit).and_then(|(_, above, _)| *above);
            }
            audience.units.is_empty()
        };
        let mut people: Vec<_> = organisation
            .people
            .iter()
            .filter(|person| person.kind == audience.kind() && below(person.unit))
            .collect();
        people.sort_by_key(|person| person.id);
        let start: usize = asked.page_token.parse().unwrap_or_default();
        let size = match self.page.load(Ordering::SeqCst) {
            0 => usize::try_from(asked.page_size).unwrap(),
            most => most,
        };
        let member = |person: &&Person| pb::AudienceMember {
            person: person.id.name(),
            unit: person.unit.map(|unit| unit.name()).unwrap_or_default(),
            language: person.language.to_owned(),
            ..Default::default()
        };
        Ok(pb::ResolveAudienceResponse {
            members: people.iter().skip(start).take(size).map(member).collect(),
            next_page_token: if start + size < people.len() {
                (start + size).to_string()
            } else {
                String::new()
            },
        })
    }

    fn tree(&self, caller: &Caller) -> pb::GetTreeResponse {
        let unit = |(id, above, _): &(UnitId, Option<UnitId>, &str)| pb::TreeUnit {
            name: id.name(),
            parent: above.map(|above| above.name()).unwrap_or_default(),
            ..Default::default()
        };
        pb::GetTreeResponse { as_of: None, units: self.of(caller).units.iter().map(unit).collect() }
    }

    fn units(&self, caller: &Caller) -> pb::ListUnitsResponse {
        self.unit_lists.fetch_add(1, Ordering::SeqCst);
        let unit = |(id, _, key): &(UnitId, Option<UnitId>, &str)| pb::Unit {
            name: id.name(),
            external_id: (*key).to_owned(),
            ..Default::default()
        };
        let units = self.of(caller).units.iter().map(unit).collect();
        pb::ListUnitsResponse { units, next_page_token: String::new() }
    }
}

async fn unary<Q, A>(
    request: http::Request<Body>,
    answer: impl Fn(Caller, Q) -> Result<A, Failure>,
) -> http::Response<Body>
where
    Q: prost::Message + Default + Send + 'static,
    A: prost::Message + Send + Sync + 'static,
{
    let handler = tower::service_fn(|request: Request<Q>| {
        let answered = Caller::of(&request).and_then(|caller| answer(caller, request.into_inner()));
        std::future::ready(answered.map(Response::new).map_err(Status::from))
    });
    tonic::server::Grpc::new(ProstCodec::<A, Q>::default()).unary(handler, request).await
}
