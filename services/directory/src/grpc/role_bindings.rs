//! Role bindings on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input, time::timestamp};
use sha2::{Digest, Sha256};

use super::convert::{Mask, id, optional_name, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::person::email_key;
use crate::domain::role_binding::{AccessRole, Breadth, Member, Terms, Vouched};
use crate::domain::{RoleBinding, etag};

const FIELD: &str = "role_binding";

/// What an update may change; the kind and the member go together.
const CHANGEABLE: [&str; 7] =
    ["role", "member_kind", "member", "identity_provider", "unit", "valid_from", "valid_to"];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateRoleBindingRequest>,
) -> Result<pb::CreateRoleBindingResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let terms = terms(required(FIELD, call.body.role_binding)?)?;
    let made = grpc.directory.create_role_binding(&asked, terms).await;
    let binding = made.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateRoleBindingResponse { role_binding: Some(render(binding)) })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetRoleBindingRequest>,
) -> Result<pb::GetRoleBindingResponse, Failure> {
    let found = grpc.directory.get_role_binding(&call.caller, id("name", &call.body.name)?).await;
    let binding = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetRoleBindingResponse { role_binding: Some(render(binding)) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListRoleBindingsRequest>,
) -> Result<pb::ListRoleBindingsResponse, Failure> {
    let paging = grpc.paging("roleBindings", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_role_bindings(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListRoleBindingsResponse {
        role_bindings: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateRoleBindingRequest>,
) -> Result<pb::UpdateRoleBindingResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let given = required(FIELD, call.body.role_binding)?;
    let (binding, etag) = (id("role_binding.name", &given.name)?, given.etag.clone());
    if mask.has("member") != mask.has("member_kind") {
        return Err(Failure::update_mask_invalid("member", "member and member_kind change together"));
    }
    // What the mask leaves out stays, and need not be said: it is filled with something that can be read.
    let stored = grpc.directory.get_role_binding(&asked.caller, binding).await;
    let stored = render(stored.map_err(|error| failure(error, ""))?);
    let new = terms(pb::RoleBinding {
        role: if mask.has("role") { given.role } else { stored.role },
        member_kind: if mask.has("member") { given.member_kind } else { stored.member_kind },
        member: if mask.has("member") { given.member } else { stored.member },
        ..given
    })?;
    let changes: Vec<&'static str> = CHANGEABLE.into_iter().filter(|field| mask.has(field)).collect();
    let change = move |mut old: Terms| {
        for field in &changes {
            match *field {
                "role" => old.role = new.role,
                "member" => old.member.clone_from(&new.member),
                "identity_provider" => old.identity_provider = new.identity_provider,
                "unit" => old.unit = new.unit,
                "valid_from" => old.valid_from = new.valid_from,
                "valid_to" => old.valid_to = new.valid_to,
                _ => {}
            }
        }
        old
    };
    let changed = grpc.directory.update_role_binding(&asked, binding, change, etag).await;
    let binding = changed.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateRoleBindingResponse { role_binding: Some(render(binding)) })
}

pub(super) async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteRoleBindingRequest>,
) -> Result<pb::DeleteRoleBindingResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let deleted = grpc.directory.delete_role_binding(&asked, id("name", &call.body.name)?).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteRoleBindingResponse {})
}

pub(super) async fn resolve(
    grpc: &Grpc,
    call: Call<pb::ResolveSubjectRequest>,
) -> Result<pb::ResolveSubjectResponse, Failure> {
    let pb::ResolveSubjectRequest { identity_provider, subject, email, groups } = call.body;
    let vouched = Vouched {
        provider: id("identity_provider", &identity_provider)?,
        subject,
        email: email_key(&email),
        groups: groups.into_iter().collect(),
        person: None,
        scim_groups: std::collections::BTreeSet::new(),
        leads: std::collections::BTreeSet::new(),
    };
    let resolved = grpc.directory.resolve_subject(call.caller.tenant, vouched).await;
    let (vouched, rights) = resolved.map_err(|error| failure(error, ""))?;
    let digest = || -> String {
        let digest = Sha256::digest(&vouched.subject);
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    };
    let subject = vouched.person.map_or_else(
        // The subject of a token may be an address, which must not stand in any log.
        || format!("{}/subjects/{}", vouched.provider.name(), digest()),
        |person| person.name(),
    );
    Ok(pb::ResolveSubjectResponse {
        subject,
        scopes: rights.scopes.into_iter().map(str::to_owned).collect(),
        whole_tenant: rights.breadth == Breadth::Tenant,
        impersonal: rights.breadth == Breadth::Impersonal,
        units: rights.units.into_iter().map(|unit| unit.name()).collect(),
        person: optional_name(vouched.person),
    })
}

fn terms(binding: pb::RoleBinding) -> Result<Terms, Failure> {
    let (role, kind) = (role(binding.role()), binding.member_kind());
    let pb::RoleBinding {
        name: _,
        role: _,
        member_kind: _,
        member,
        identity_provider,
        unit,
        valid_from,
        valid_to,
        create_time: _,
        update_time: _,
        etag: _,
    } = binding;
    let missing = |field: &str| Failure::invalid_field(format!("role_binding.{field}"), "must be given");
    let member = match kind {
        pb::MemberKind::Unspecified => return Err(missing("member_kind")),
        pb::MemberKind::Person => Member::Person(id("role_binding.member", &member)?),
        pb::MemberKind::Subject => Member::Subject(member),
        pb::MemberKind::Email => Member::Email(member),
        pb::MemberKind::Group => Member::Group(member),
        pb::MemberKind::ScimGroup => Member::ScimGroup(id("role_binding.member", &member)?),
    };
    let mut input = Input::default();
    let terms = Terms {
        role: role.ok_or_else(|| missing("role"))?,
        member,
        identity_provider: input.optional_id("role_binding.identity_provider", &identity_provider),
        unit: input.optional_id("role_binding.unit", &unit),
        valid_from: input.optional_time("role_binding.valid_from", valid_from),
        valid_to: input.optional_time("role_binding.valid_to", valid_to),
    };
    input.done()?;
    Ok(terms)
}

fn role(role: pb::AccessRole) -> Option<AccessRole> {
    match role {
        pb::AccessRole::Unspecified => None,
        pb::AccessRole::TenantAdmin => Some(AccessRole::TenantAdmin),
        pb::AccessRole::Integrator => Some(AccessRole::Integrator),
        pb::AccessRole::Analyst => Some(AccessRole::Analyst),
        pb::AccessRole::Leader => Some(AccessRole::Leader),
        pb::AccessRole::Employee => Some(AccessRole::Employee),
        pb::AccessRole::Respondent => Some(AccessRole::Respondent),
    }
}

fn render(binding: RoleBinding) -> pb::RoleBinding {
    let RoleBinding { id, terms, revision, create_time, update_time } = binding;
    let Terms { role, member, identity_provider, unit, valid_from, valid_to } = terms;
    let role = match role {
        AccessRole::TenantAdmin => pb::AccessRole::TenantAdmin,
        AccessRole::Integrator => pb::AccessRole::Integrator,
        AccessRole::Analyst => pb::AccessRole::Analyst,
        AccessRole::Leader => pb::AccessRole::Leader,
        AccessRole::Employee => pb::AccessRole::Employee,
        AccessRole::Respondent => pb::AccessRole::Respondent,
    };
    let (kind, member) = match member {
        Member::Person(person) => (pb::MemberKind::Person, person.name()),
        Member::Subject(subject) => (pb::MemberKind::Subject, subject),
        Member::Email(email) => (pb::MemberKind::Email, email),
        Member::Group(group) => (pb::MemberKind::Group, group),
        Member::ScimGroup(group) => (pb::MemberKind::ScimGroup, group.name()),
    };
    pb::RoleBinding {
        name: id.name(),
        role: role.into(),
        member_kind: kind.into(),
        member,
        identity_provider: optional_name(identity_provider),
        unit: optional_name(unit),
        valid_from: valid_from.map(timestamp),
        valid_to: valid_to.map(timestamp),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}
