//! People on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::time::{date, timestamp};
use arki_rpc::{Caller, Failure, Input};
use chrono::NaiveDate;

use super::attributes::told_segments;
use super::convert::{Mask, ReadFields, id, non_empty, optional_name, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::history::Period;
use crate::domain::person::{self, Change, Employment, Kind, Memberships, Place, Profile, check_attributes};
use crate::domain::{Person, etag};
use crate::service::Wanted;

const FIELD: &str = "person";

/// What an update may change; unit and role from today on.
const CHANGEABLE: [&str; 13] = [
    "kind",
    "display_name",
    "email",
    "language",
    "time_zone",
    "employment_state",
    "manager",
    "account",
    "unit",
    "role",
    "external_id",
    "source",
    "attributes",
];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreatePersonRequest>,
) -> Result<pb::CreatePersonResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let change = change(required(FIELD, call.body.person)?, &Mask::read(None, &CHANGEABLE)?)?;
    let Change {
        kind,
        display_name,
        email,
        language,
        time_zone,
        employment,
        manager,
        account,
        external_id,
        source,
        attributes,
        unit,
        role,
    } = change;
    let profile = Profile {
        kind: required("person.kind", kind)?,
        display_name: display_name.unwrap_or_default(),
        email: email.unwrap_or_default(),
        language: language.flatten(),
        time_zone: time_zone.flatten(),
        employment: employment.flatten(),
        manager: manager.flatten(),
        account: account.flatten(),
        external_id: external_id.flatten(),
        source: source.unwrap_or_default(),
        attributes: attributes.unwrap_or_default(),
    };
    let person = grpc
        .directory
        .create_person(&asked, profile, unit.flatten(), role.flatten())
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreatePersonResponse { person: Some(shown(grpc, &asked.caller, person).await?) })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetPersonRequest>,
) -> Result<pb::GetPersonResponse, Failure> {
    let person = id("name", &call.body.name)?;
    let person = grpc.directory.get_person(&call.caller, person).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetPersonResponse { person: Some(shown(grpc, &call.caller, person).await?) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListPeopleRequest>,
) -> Result<pb::ListPeopleResponse, Failure> {
    let paging = grpc.paging("people", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let pb::ListPeopleRequest {
        page_size: _,
        page_token: _,
        kind,
        unit,
        include_descendants,
        email,
        external_id,
        attributes,
    } = call.body;
    let mut input = Input::default();
    let wanted = Wanted {
        kind: asked_kind(kind),
        leads: is_leader(kind),
        unit: input.optional_id("unit", &unit),
        include_descendants,
        email: non_empty(email),
        external_id: non_empty(external_id),
        attributes: told_segments(&attributes),
    };
    input.done()?;
    let (page, day) = grpc
        .directory
        .list_people(&call.caller, wanted, &paging.page)
        .await
        .map_err(|error| failure(error, ""))?;
    Ok(pb::ListPeopleResponse {
        people: all_shown(grpc, &call.caller, page.items, day).await?,
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdatePersonRequest>,
) -> Result<pb::UpdatePersonResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let person = required(FIELD, call.body.person)?;
    let (id, etag) = (id("person.name", &person.name)?, person.etag.clone());
    let change = change(person, &mask)?;
    let person = grpc
        .directory
        .update_person(&asked, id, change, etag)
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdatePersonResponse { person: Some(shown(grpc, &asked.caller, person).await?) })
}

pub(super) async fn assign(
    grpc: &Grpc,
    mut call: Call<pb::AssignMembershipRequest>,
) -> Result<pb::AssignMembershipResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let person = id("name", &call.body.name)?;
    let pb::Membership { unit, role, valid_from, valid_to: _ } =
        required("membership", call.body.membership)?;
    let mut input = Input::default();
    let unit = input.id("membership.unit", &unit);
    let role = input.optional_id("membership.role", &role);
    let valid_from = input.optional_day("membership.valid_from", valid_from);
    input.done()?;
    let place = Place { unit: required("membership.unit", unit)?, role };
    let person = grpc
        .directory
        .assign_membership(&asked, person, place, valid_from)
        .await
        .map_err(|error| failure(error, "membership"))?;
    Ok(pb::AssignMembershipResponse { memberships: memberships(&person.memberships) })
}

pub(super) async fn list_memberships(
    grpc: &Grpc,
    call: Call<pb::ListMembershipsRequest>,
) -> Result<pb::ListMembershipsResponse, Failure> {
    let person = id("name", &call.body.name)?;
    let (person, _) =
        grpc.directory.get_person(&call.caller, person).await.map_err(|error| failure(error, ""))?;
    Ok(pb::ListMembershipsResponse { memberships: memberships(&person.memberships) })
}

/// What a person in a request changes.
fn change(person: pb::Person, mask: &Mask) -> Result<Change, Failure> {
    let pb::Person {
        name: _,
        kind,
        display_name,
        email,
        language,
        time_zone,
        employment_state,
        manager,
        account,
        unit,
        role,
        external_id,
        source,
        attributes,
        create_time: _,
        update_time: _,
        etag: _,
        leads: _,
    } = person;
    let mut input = Input::default();
    if mask.has("kind") && is_leader(kind) {
        let problem = "can't be stored: give PERSON_KIND_EMPLOYEE, and make the person leader of a unit";
        input.refuse("person.kind", problem);
    }
    if mask.has("attributes") {
        input.refuse_all(FIELD, check_attributes(&attributes));
    }
    let change = Change {
        kind: mask.pick("kind", || read_kind(kind)).flatten(),
        display_name: mask.pick("display_name", || display_name),
        email: mask.pick("email", || email),
        language: mask.pick("language", || non_empty(language)),
        time_zone: mask.pick("time_zone", || input.time_zone("person.time_zone", &time_zone)),
        employment: mask.pick("employment_state", || read_employment(employment_state)),
        manager: mask.pick("manager", || input.optional_id("person.manager", &manager)),
        account: mask.pick("account", || input.optional_id("person.account", &account)),
        external_id: mask.pick("external_id", || non_empty(external_id)),
        source: mask.pick("source", || non_empty(source).unwrap_or_else(|| person::MANUAL.to_owned())),
        attributes: mask.pick("attributes", || attributes),
        unit: mask.pick("unit", || input.optional_id("person.unit", &unit)),
        role: mask.pick("role", || input.optional_id("person.role", &role)),
    };
    input.done()?;
    Ok(change)
}

fn memberships(memberships: &Memberships) -> Vec<pb::Membership> {
    let membership = |Period { from, to, value: Place { unit, role } }: Period<Place>| pb::Membership {
        unit: unit.name(),
        role: optional_name(role),
        valid_from: Some(date(from)),
        valid_to: to.map(date),
    };
    memberships.periods().into_iter().map(membership).collect()
}

/// A person as of a day, with the units that the person leads on it.
pub(super) async fn shown(
    grpc: &Grpc,
    caller: &Caller,
    (person, day): (Person, NaiveDate),
) -> Result<pb::Person, Failure> {
    let mut people = all_shown(grpc, caller, vec![person], day).await?;
    required("person", people.pop())
}

/// People as of a day, with the units that they lead on it.
pub(super) async fn all_shown(
    grpc: &Grpc,
    caller: &Caller,
    people: Vec<Person>,
    day: NaiveDate,
) -> Result<Vec<pb::Person>, Failure> {
    let ids: Vec<_> = people
        .iter()
        .filter(|person| person.profile.kind == Kind::Employee)
        .map(|person| person.id)
        .collect();
    let led = grpc.directory.led_by(caller, &ids, day).await.map_err(|error| failure(error, ""))?;
    let show = |person: Person| {
        let leads = led.get(&person.id).into_iter().flatten().map(|unit| unit.name()).collect();
        render(person, leads, day)
    };
    Ok(people.into_iter().map(show).collect())
}

fn render(person: Person, leads: Vec<String>, day: NaiveDate) -> pb::Person {
    let Person { id, profile, memberships, revision, create_time, update_time } = person;
    let Profile {
        kind,
        display_name,
        email,
        language,
        time_zone,
        employment,
        manager,
        account,
        external_id,
        source,
        attributes,
    } = profile;
    let place = memberships.on(day);
    pb::Person {
        name: id.name(),
        kind: write_kind(kind).into(),
        display_name,
        email,
        language: language.unwrap_or_default(),
        time_zone: time_zone.map(|zone| zone.name().to_owned()).unwrap_or_default(),
        employment_state: write_employment(employment).into(),
        manager: optional_name(manager),
        account: optional_name(account),
        unit: optional_name(place.map(|place| place.unit)),
        role: optional_name(place.and_then(|place| place.role)),
        external_id: external_id.unwrap_or_default(),
        source,
        attributes,
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
        leads,
    }
}

/// Whether leaders are asked for, whom no kind is stored for.
pub(super) fn is_leader(kind: i32) -> bool {
    kind == i32::from(pb::PersonKind::Leader)
}

/// The kind that is asked for: that of leaders is employee.
pub(super) fn asked_kind(kind: i32) -> Option<Kind> {
    if is_leader(kind) { Some(Kind::Employee) } else { read_kind(kind) }
}

/// The kind of a number on the wire; none where it is not said. The bounds have refused numbers that mean nothing.
pub(super) fn read_kind(kind: i32) -> Option<Kind> {
    match pb::PersonKind::try_from(kind).unwrap_or_default() {
        pb::PersonKind::Unspecified | pb::PersonKind::Leader => None,
        pb::PersonKind::Employee => Some(Kind::Employee),
        pb::PersonKind::Customer => Some(Kind::Customer),
        pb::PersonKind::Prospect => Some(Kind::Prospect),
        pb::PersonKind::FormerCustomer => Some(Kind::FormerCustomer),
        pb::PersonKind::Candidate => Some(Kind::Candidate),
        pb::PersonKind::Leaver => Some(Kind::Leaver),
    }
}

pub(super) fn write_kind(kind: Kind) -> pb::PersonKind {
    match kind {
        Kind::Employee => pb::PersonKind::Employee,
        Kind::Customer => pb::PersonKind::Customer,
        Kind::Prospect => pb::PersonKind::Prospect,
        Kind::FormerCustomer => pb::PersonKind::FormerCustomer,
        Kind::Candidate => pb::PersonKind::Candidate,
        Kind::Leaver => pb::PersonKind::Leaver,
    }
}

pub(super) fn read_employment(state: i32) -> Option<Employment> {
    match pb::EmploymentState::try_from(state).unwrap_or_default() {
        pb::EmploymentState::Unspecified => None,
        pb::EmploymentState::Active => Some(Employment::Active),
        pb::EmploymentState::LongLeave => Some(Employment::LongLeave),
        pb::EmploymentState::Left => Some(Employment::Left),
        pb::EmploymentState::Returned => Some(Employment::Returned),
    }
}

pub(super) fn write_employment(state: Option<Employment>) -> pb::EmploymentState {
    match state {
        None => pb::EmploymentState::Unspecified,
        Some(Employment::Active) => pb::EmploymentState::Active,
        Some(Employment::LongLeave) => pb::EmploymentState::LongLeave,
        Some(Employment::Left) => pb::EmploymentState::Left,
        Some(Employment::Returned) => pb::EmploymentState::Returned,
    }
}
