//! Audiences on the wire.

use arki_database::page::{DEFAULT_SIZE, PageRequest};
use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input};

use super::attributes::segments;
use super::convert::{optional_name, required};
use super::people::{asked_kind, is_leader};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::audience::{Audience, MOST_MEMBERS, Member};

pub(super) async fn resolve(
    grpc: &Grpc,
    mut call: Call<pb::ResolveAudienceRequest>,
) -> Result<pb::ResolveAudienceResponse, Failure> {
    let size = call.body.page_size;
    let mut paging = grpc.paging("audience", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    // Pages here may be longer than those of other lists: an audience is read to its end, by another service.
    let size = u64::try_from(size).ok().filter(|size| *size > 0).unwrap_or(DEFAULT_SIZE).min(MOST_MEMBERS);
    paging.page = PageRequest { size, ..paging.page };
    let pb::Audience { kind, units, roles, attributes } = required("audience", call.body.audience)?;
    let mut input = Input::default();
    let of_index = |field: &str, index: usize| format!("audience.{field}[{index}]");
    let units: Vec<_> = units
        .iter()
        .enumerate()
        .filter_map(|(index, name)| input.id(&of_index("units", index), name))
        .collect();
    let roles: Vec<_> = roles
        .iter()
        .enumerate()
        .filter_map(|(index, name)| input.id(&of_index("roles", index), name))
        .collect();
    let as_of = input.optional_day("as_of", call.body.as_of);
    input.done()?;
    let audience = Audience {
        kind: required("audience.kind", asked_kind(kind))?,
        leads: is_leader(kind),
        units,
        roles,
        attributes: segments(attributes),
    };
    let page = grpc
        .directory
        .resolve_audience(&call.caller, &audience, as_of, &paging.page)
        .await
        .map_err(|error| failure(error, "audience"))?;
    Ok(pb::ResolveAudienceResponse {
        members: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

fn render(member: Member) -> pb::AudienceMember {
    let Member { person, unit, role, language, time_zone, email, display_name, external_id } = member;
    pb::AudienceMember {
        person: person.name(),
        unit: optional_name(unit),
        role: optional_name(role),
        language: language.unwrap_or_default(),
        time_zone: time_zone.unwrap_or_default(),
        email,
        display_name,
        external_id: external_id.unwrap_or_default(),
    }
}
