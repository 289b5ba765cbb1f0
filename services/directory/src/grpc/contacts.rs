//! Whether people may be contacted, on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::contact_service_server::ContactService;
use arki_proto::r#type::v1::ContactPurpose;
use arki_rpc::{Failure, Input, time::timestamp};
use chrono::TimeDelta;

use super::contact_words::{channel, given, purpose, write_purpose, write_refusal};
use super::convert::{Mask, id, required};
use super::methods::methods;
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::consent::{Channel, Purpose};
use crate::domain::contact::{Basis, Change, KindRules, Rules};
use crate::domain::etag;
use crate::service::{Preferences, Reserve};

methods! {
    ContactService;
    get_contact_rules: GetContactRulesRequest -> GetContactRulesResponse = get_rules;
    update_contact_rules: UpdateContactRulesRequest -> UpdateContactRulesResponse = update_rules;
    check_contact: CheckContactRequest -> CheckContactResponse = check;
    reserve_contacts: ReserveContactsRequest -> ReserveContactsResponse = reserve;
    release_contacts: ReleaseContactsRequest -> ReleaseContactsResponse = release;
    get_preferences: GetPreferencesRequest -> GetPreferencesResponse = get_preferences;
    change_preference: ChangePreferenceRequest -> ChangePreferenceResponse = change_preference;
    report_bounce: ReportBounceRequest -> ReportBounceResponse = report_bounce;
}

const FIELD: &str = "contact_rules";

async fn get_rules(
    grpc: &Grpc,
    call: Call<pb::GetContactRulesRequest>,
) -> Result<pb::GetContactRulesResponse, Failure> {
    let rules = grpc.directory.get_contact_rules(&call.caller).await;
    let rules = rules.map_err(|error| failure(error, ""))?;
    Ok(pb::GetContactRulesResponse { contact_rules: Some(render(rules)) })
}

async fn update_rules(
    grpc: &Grpc,
    mut call: Call<pb::UpdateContactRulesRequest>,
) -> Result<pb::UpdateContactRulesResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &["employees", "customers", "prospects"])?;
    let pb::ContactRules { employees, customers, prospects, update_time: _, etag } =
        required(FIELD, call.body.contact_rules)?;
    let now = grpc.directory.get_contact_rules(&asked.caller).await.map_err(|error| failure(error, FIELD))?;
    let change = Change {
        employees: employees.filter(|_| mask.has("employees")).map(|given| read(given, &now.employees)),
        customers: customers.filter(|_| mask.has("customers")).map(|given| read(given, &now.customers)),
        prospects: prospects.filter(|_| mask.has("prospects")).map(|given| read(given, &now.prospects)),
    };
    let rules = grpc.directory.update_contact_rules(&asked, change, etag).await;
    let rules = rules.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateContactRulesResponse { contact_rules: Some(render(rules)) })
}

async fn check(
    grpc: &Grpc,
    call: Call<pb::CheckContactRequest>,
) -> Result<pb::CheckContactResponse, Failure> {
    let purpose = purpose(call.body.purpose()).unwrap_or(Purpose::Survey);
    let channel = channel(call.body.channel()).unwrap_or(Channel::Email);
    let person = id("name", &call.body.name)?;
    let judged = grpc.directory.check_contact(&call.caller, person, purpose, channel).await;
    let refusal = judged.map_err(|error| failure(error, ""))?.err();
    Ok(pb::CheckContactResponse { allowed: refusal.is_none(), refusal: write_refusal(refusal).into() })
}

async fn reserve(
    grpc: &Grpc,
    call: Call<pb::ReserveContactsRequest>,
) -> Result<pb::ReserveContactsResponse, Failure> {
    let purpose = given("purpose", purpose(call.body.purpose()))?;
    let channel = given("channel", channel(call.body.channel()))?;
    let pb::ReserveContactsRequest {
        reservation,
        purpose: _,
        channel: _,
        contacts,
        lease_seconds,
        is_relational,
        is_critical,
        confirm,
        asks_leavers,
    } = call.body;
    let mut input = Input::default();
    let mut people = Vec::with_capacity(contacts.len());
    for (at, pb::WantedContact { person, time }) in contacts.into_iter().enumerate() {
        let time = input.optional_time(&format!("contacts[{at}].time"), time);
        people.extend(input.id(&format!("contacts[{at}].person"), &person).map(|person| (person, time)));
    }
    input.done()?;
    let order: Vec<_> = people.iter().map(|(person, _)| *person).collect();
    let lease = TimeDelta::seconds(lease_seconds.into());
    let reserve = Reserve {
        reservation,
        purpose,
        channel,
        people,
        lease,
        is_relational,
        is_critical,
        asks_leavers,
        confirm,
    };
    let answers = grpc.directory.reserve_contacts(call.caller.tenant, reserve).await;
    let answers = answers.map_err(|error| failure(error, ""))?;
    let answer = |person: arki_ids::PersonId| {
        let refusal = answers.get(&person).copied().flatten();
        pb::ContactAnswer { person: person.name(), refusal: write_refusal(refusal).into() }
    };
    Ok(pb::ReserveContactsResponse { answers: order.into_iter().map(answer).collect() })
}

async fn release(
    grpc: &Grpc,
    call: Call<pb::ReleaseContactsRequest>,
) -> Result<pb::ReleaseContactsResponse, Failure> {
    let released = grpc.directory.release_contacts(call.caller.tenant, call.body.reservation).await;
    released.map_err(|error| failure(error, ""))?;
    Ok(pb::ReleaseContactsResponse {})
}

async fn get_preferences(
    grpc: &Grpc,
    call: Call<pb::GetPreferencesRequest>,
) -> Result<pb::GetPreferencesResponse, Failure> {
    let person = id("person", &call.body.person)?;
    let preferences = grpc.directory.get_preferences(call.caller.tenant, person).await;
    let preferences = preferences.map_err(|error| failure(error, ""))?;
    Ok(pb::GetPreferencesResponse { preferences: render_preferences(preferences) })
}

async fn change_preference(
    grpc: &Grpc,
    call: Call<pb::ChangePreferenceRequest>,
) -> Result<pb::ChangePreferenceResponse, Failure> {
    let purpose = given("purpose", purpose(call.body.purpose()))?;
    let pb::ChangePreferenceRequest { person, purpose: _, is_subscribed, source } = call.body;
    let (tenant, person) = (call.caller.tenant, id("person", &person)?);
    let changed = grpc.directory.change_preference(tenant, person, purpose, is_subscribed, source).await;
    let preferences = changed.map_err(|error| failure(error, ""))?;
    Ok(pb::ChangePreferenceResponse { preferences: render_preferences(preferences) })
}

async fn report_bounce(
    grpc: &Grpc,
    call: Call<pb::ReportBounceRequest>,
) -> Result<pb::ReportBounceResponse, Failure> {
    let channel = given("channel", channel(call.body.channel()))?;
    let reported = grpc.directory.report_bounce(call.caller.tenant, call.body.address, channel).await;
    reported.map_err(|error| failure(error, ""))?;
    Ok(pb::ReportBounceResponse {})
}

/// The rules for people of one kind. A basis that is not said stays as it is.
fn read(given: pb::KindContactRules, now: &KindRules) -> KindRules {
    let basis = |given: pb::ContactBasis, now: Basis| match given {
        pb::ContactBasis::Unspecified => now,
        pb::ContactBasis::LegitimateInterest => Basis::LegitimateInterest,
        pb::ContactBasis::Consent => Basis::Consent,
    };
    let (survey, communication, story) =
        (given.survey_basis(), given.communication_basis(), given.story_basis());
    let pb::KindContactRules {
        max_contacts,
        window_days,
        quarantine_days,
        relational_quarantine_days,
        survey_basis: _,
        communication_basis: _,
        story_basis: _,
    } = given;
    let number = |given: i32| u32::try_from(given).unwrap_or_default();
    KindRules {
        max_contacts: number(max_contacts),
        window_days: if window_days == 0 { KindRules::WINDOW_DAYS } else { number(window_days) },
        quarantine_days: number(quarantine_days),
        relational_quarantine_days: number(relational_quarantine_days),
        survey: basis(survey, now.survey),
        communication: basis(communication, now.communication),
        story: basis(story, now.story),
    }
}

fn render(rules: Rules) -> pb::ContactRules {
    let Rules { employees, customers, prospects, revision, update_time } = rules;
    pb::ContactRules {
        employees: Some(render_kind(employees)),
        customers: Some(render_kind(customers)),
        prospects: Some(render_kind(prospects)),
        update_time: update_time.map(timestamp),
        etag: etag(revision),
    }
}

fn render_kind(rules: KindRules) -> pb::KindContactRules {
    let KindRules {
        max_contacts,
        window_days,
        quarantine_days,
        relational_quarantine_days,
        survey,
        communication,
        story,
    } = rules;
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let basis = |basis: Basis| match basis {
        Basis::LegitimateInterest => pb::ContactBasis::LegitimateInterest,
        Basis::Consent => pb::ContactBasis::Consent,
    };
    pb::KindContactRules {
        max_contacts: number(max_contacts),
        window_days: number(window_days),
        quarantine_days: number(quarantine_days),
        relational_quarantine_days: number(relational_quarantine_days),
        survey_basis: basis(survey).into(),
        communication_basis: basis(communication).into(),
        story_basis: basis(story).into(),
    }
}

fn render_preferences(preferences: Preferences) -> Vec<pb::ContactPreference> {
    let one = |(purpose, is_subscribed)| {
        let purpose: ContactPurpose = write_purpose(purpose);
        pb::ContactPreference { purpose: purpose.into(), is_subscribed }
    };
    preferences.into_iter().map(one).collect()
}
