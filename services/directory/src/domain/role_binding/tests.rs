use chrono::TimeDelta;

use super::super::scope;
use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn vouched() -> Vouched {
    Vouched {
        provider: IdentityProviderId::generate(),
        subject: "ann".to_owned(),
        email: Some("ann@example.com".to_owned()),
        groups: ["cx".to_owned()].into(),
        person: Some(PersonId::generate()),
        scim_groups: [ScimGroupId::generate()].into(),
        leads: BTreeSet::new(),
    }
}

fn terms(role: AccessRole, member: Member) -> Terms {
    Terms { role, member, identity_provider: None, unit: None, valid_from: None, valid_to: None }
}

fn binding(terms: Terms) -> RoleBinding {
    RoleBinding::create(RoleBindingId::generate(), terms.checked().unwrap(), now())
}

#[test]
fn every_role_has_known_scopes_and_none_reaches_beyond_its_tenant() {
    for role in AccessRole::ALL {
        let scopes: Vec<_> = role.scopes().iter().map(ToString::to_string).collect();
        assert_eq!(scope::find_unknown(&scopes), None, "{role:?}");
        assert!(!scopes.iter().any(|scope| scope == scope::OPERATE), "{role:?}");
    }
    assert!(!AccessRole::Integrator.scopes().iter().any(|scope| scope.starts_with("survey")));
}

#[test]
fn a_member_is_known_by_each_of_its_marks_and_by_no_other() {
    let ann = vouched();
    let provider = Some(ann.provider);
    for (member, identity_provider, holds) in [
        (Member::Person(ann.person.unwrap()), None, true),
        (Member::Person(PersonId::generate()), None, false),
        (Member::Subject("ann".to_owned()), provider, true),
        (Member::Subject("ann".to_owned()), Some(IdentityProviderId::generate()), false),
        (Member::Email("Ann@Example.com".to_owned()), None, true),
        (Member::Email("ben@example.com".to_owned()), None, false),
        (Member::Group("cx".to_owned()), provider, true),
        (Member::Group("hr".to_owned()), provider, false),
        (Member::ScimGroup(*ann.scim_groups.first().unwrap()), None, true),
        (Member::ScimGroup(ScimGroupId::generate()), None, false),
    ] {
        let one = binding(Terms { identity_provider, ..terms(AccessRole::Analyst, member.clone()) });
        assert_eq!(rights(&[one], &ann, now()).is_some(), holds, "{member:?}");
    }
    assert_eq!(rights(&[], &ann, now()), None);
}

#[test]
fn a_binding_holds_from_its_beginning_and_not_at_its_end() {
    let ann = vouched();
    let email = Member::Email("ann@example.com".to_owned());
    let one = |from: i64, to: i64| {
        binding(Terms {
            valid_from: Some(now() + TimeDelta::seconds(from)),
            valid_to: Some(now() + TimeDelta::seconds(to)),
            ..terms(AccessRole::Analyst, email.clone())
        })
    };
    for (from, to, holds) in [(0, 1, true), (-1, 0, false), (1, 2, false), (-5, 5, true)] {
        assert_eq!(rights(&[one(from, to)], &ann, now()).is_some(), holds, "{from} {to}");
    }
}

#[test]
fn whoever_leads_a_unit_is_its_leader_without_a_binding() {
    let (own, bound) = (UnitId::generate(), UnitId::generate());
    let ann = Vouched { leads: [own].into(), ..vouched() };
    let held = rights(&[], &ann, now()).unwrap();
    assert_eq!((held.breadth, &held.units), (Breadth::Rows, &[own].into()));
    let email = Member::Email("ann@example.com".to_owned());
    let further = binding(Terms { unit: Some(bound), ..terms(AccessRole::Leader, email) });
    assert_eq!(rights(&[further], &ann, now()).unwrap().units, [own, bound].into());
}

#[test]
fn the_scopes_of_a_narrow_role_are_not_had_with_the_rows_of_a_wide_one() {
    let ann = Vouched { leads: [UnitId::generate()].into(), ..vouched() };
    let email = || Member::Email("ann@example.com".to_owned());
    let integrator = binding(terms(AccessRole::Integrator, email()));
    let held = rights(std::slice::from_ref(&integrator), &ann, now()).unwrap();
    assert_eq!(held.breadth, Breadth::Tenant);
    assert!(!held.scopes.contains("scorecard.read"), "{held:?}");
    let analyst = binding(terms(AccessRole::Analyst, email()));
    let held = rights(&[analyst], &ann, now()).unwrap();
    assert_eq!((held.breadth, held.units.len()), (Breadth::Impersonal, 0));
    assert!(!held.scopes.contains("goal.write"));
}

#[test]
fn terms_that_cannot_be_meant_are_refused() {
    let fields = |terms: Terms| -> Vec<String> {
        terms.checked().unwrap_err().into_iter().map(|refused| refused.field).collect()
    };
    assert_eq!(fields(terms(AccessRole::Analyst, Member::Group("cx".to_owned()))), ["identity_provider"]);
    let email = || Member::Email("ann@example.com".to_owned());
    let unit = Some(UnitId::generate());
    assert_eq!(fields(Terms { unit, ..terms(AccessRole::Analyst, email()) }), ["unit"]);
    let backwards =
        Terms { valid_from: Some(now()), valid_to: Some(now()), ..terms(AccessRole::Analyst, email()) };
    assert_eq!(fields(backwards), ["valid_to"]);
}
