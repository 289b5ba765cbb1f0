//! The organisation: an HR file and a CRM file become units, roles, employees, customers and outcomes.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use arki_proto::directory::v1 as pb;
use prost_types::FieldMask;

use super::summary;
use crate::{import, progress::Progress, remote::Server};

const HR: &str = include_str!("../../demo/hr.csv");
const HR_MAPPING: &str = include_str!("../../demo/hr.mapping.toml");
const CRM: &str = include_str!("../../demo/crm.csv");
const CRM_MAPPING: &str = include_str!("../../demo/crm.mapping.toml");

/// What later steps need to know of the organisation.
pub(super) struct Organisation {
    pub(super) summary: summary::Organisation,
    /// Codes of units by name.
    pub(super) codes: BTreeMap<String, String>,
    /// External ids of people by name.
    pub(super) people: BTreeMap<String, Person>,
}

/// A person as the steps know them.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) external_id: String,
    pub(super) unit: String,
    pub(super) is_employee: bool,
}

impl Organisation {
    /// The name of the person with this key in the HR file.
    pub(super) fn employee(&self, external_id: &str) -> Result<String> {
        self.people
            .iter()
            .find(|(_, person)| person.is_employee && person.external_id == external_id)
            .map(|(name, _)| name.clone())
            .with_context(|| format!("the directory has no employee {external_id}"))
    }
}

/// Loads both files and reads back what the directory made of them.
pub(super) async fn load(server: &Server, progress: &Progress) -> Result<Organisation> {
    let mut directory = server.directory();
    let tenants = directory.list_tenants(pb::ListTenantsRequest::default()).await?.into_inner().tenants;
    let mut tenant = tenants.into_iter().next().context("the directory has no tenant")?;
    tenant.display_name = "Kaarna (demonstration)".to_owned();
    tenant.default_language = "fi".to_owned();
    tenant.time_zone = "Europe/Helsinki".to_owned();
    let paths = ["display_name", "default_language", "time_zone"].map(str::to_owned).to_vec();
    directory
        .update_tenant(pb::UpdateTenantRequest {
            tenant: Some(tenant),
            update_mask: Some(FieldMask { paths }),
            request_id: String::new(),
        })
        .await
        .context("naming the tenant")?;

    let file = import::HrFile { content: HR, mapping: Some(HR_MAPPING), ..Default::default() };
    let hr = import::hr(&mut directory, file).await.context("the HR file")?;
    refuse_errors("the HR file", &hr)?;
    progress.done(&format!("HR file taken: {}", import::counted(&hr)));
    let crm = import::crm(&mut directory, CRM, CRM_MAPPING, false).await.context("the CRM file")?;
    refuse_errors("the CRM file", &crm)?;
    progress.done(&format!("CRM file taken: {}", import::counted(&crm)));

    let units = every_unit(server).await?;
    let people = every_person(server).await?;
    let count = |report: &pb::ImportReport, kind: &str| {
        report.counts.iter().find(|c| c.kind == kind).map_or(0, |c| c.created + c.updated + c.unchanged)
    };
    Ok(Organisation {
        summary: summary::Organisation {
            units: units.len(),
            employees: people.values().filter(|person| person.is_employee).count(),
            customers: people.values().filter(|person| !person.is_employee).count(),
            outcomes: count(&crm, "outcomes"),
        },
        codes: units.into_iter().map(|(code, name)| (name, code)).collect(),
        people,
    })
}

fn refuse_errors(file: &str, report: &pb::ImportReport) -> Result<()> {
    match report.errors.first() {
        None => Ok(()),
        Some(first) => bail!("{file}, line {}, {}: {}", first.line, first.column, first.problem),
    }
}

async fn every_unit(server: &Server) -> Result<BTreeMap<String, String>> {
    let mut directory = server.directory();
    let mut units = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListUnitsRequest { page_size: 1000, page_token, as_of: None };
        let page = directory.list_units(request).await.context("listing the units")?.into_inner();
        units.extend(page.units.into_iter().map(|unit| (unit.external_id, unit.name)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(units);
        }
    }
}

async fn every_person(server: &Server) -> Result<BTreeMap<String, Person>> {
    let mut directory = server.directory();
    let mut people = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListPeopleRequest { page_size: 1000, page_token, ..Default::default() };
        let page = directory.list_people(request).await.context("listing the people")?.into_inner();
        for person in page.people {
            let is_employee = person.kind() == pb::PersonKind::Employee;
            let known = Person { external_id: person.external_id, unit: person.unit, is_employee };
            people.insert(person.name, known);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(people);
        }
    }
}
