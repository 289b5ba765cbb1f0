//! Somebody who calls the directory.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::ambassador_service_client::AmbassadorServiceClient;
use arki_proto::directory::v1::attribute_service_client::AttributeServiceClient;
use arki_proto::directory::v1::consent_service_client::ConsentServiceClient;
use arki_proto::directory::v1::contact_service_client::ContactServiceClient;
use arki_proto::directory::v1::crm_service_client::CrmServiceClient;
use arki_proto::directory::v1::directory_service_client::DirectoryServiceClient;
use arki_proto::directory::v1::employment_service_client::EmploymentServiceClient;
use arki_proto::directory::v1::erasure_service_client::ErasureServiceClient;
use arki_proto::directory::v1::identity_service_client::IdentityServiceClient;
use arki_proto::directory::v1::organisation_service_client::OrganisationServiceClient;
use arki_proto::directory::v1::retention_service_client::RetentionServiceClient;
use arki_proto::directory::v1::serves_service_client::ServesServiceClient;
use arki_proto::directory::v1::suppression_service_client::SuppressionServiceClient;
use arki_proto::directory::v1::workforce_service_client::WorkforceServiceClient;
use arki_proto::google::r#type::Date;
use arki_rpc::client::with_caller;
use arki_rpc::{Caller, Failure, Peer};
use arki_test_support::said;

#[derive(Clone)]
pub(crate) struct User {
    peer: Peer,
    pub(crate) caller: Caller,
}

macro_rules! calls {
    ($client:ident; $($method:ident: $request:ident -> $response:ident;)*) => {
        impl User {
            $(pub(crate) async fn $method(&self, request: pb::$request) -> Result<pb::$response, Failure> {
                let mut client = $client::new(self.peer.clone());
                said(client.$method(with_caller(request, &self.caller)).await)
            })*
        }
    };
}

calls! {
    AmbassadorServiceClient;
    create_ambassador: CreateAmbassadorRequest -> CreateAmbassadorResponse;
    get_ambassador: GetAmbassadorRequest -> GetAmbassadorResponse;
    list_ambassadors: ListAmbassadorsRequest -> ListAmbassadorsResponse;
    update_ambassador: UpdateAmbassadorRequest -> UpdateAmbassadorResponse;
    delete_ambassador: DeleteAmbassadorRequest -> DeleteAmbassadorResponse;
    get_ambassador_target: GetAmbassadorTargetRequest -> GetAmbassadorTargetResponse;
    update_ambassador_target: UpdateAmbassadorTargetRequest -> UpdateAmbassadorTargetResponse;
    get_ambassador_coverage: GetAmbassadorCoverageRequest -> GetAmbassadorCoverageResponse;
}

calls! {
    WorkforceServiceClient;
    batch_upsert_workforce_figures: BatchUpsertWorkforceFiguresRequest -> BatchUpsertWorkforceFiguresResponse;
    get_workforce_figure: GetWorkforceFigureRequest -> GetWorkforceFigureResponse;
    list_workforce_figures: ListWorkforceFiguresRequest -> ListWorkforceFiguresResponse;
    delete_workforce_figure: DeleteWorkforceFigureRequest -> DeleteWorkforceFigureResponse;
}

calls! {
    ErasureServiceClient;
    create_erasure: CreateErasureRequest -> CreateErasureResponse;
    get_erasure: GetErasureRequest -> GetErasureResponse;
    list_erasures: ListErasuresRequest -> ListErasuresResponse;
    lift_erasure: LiftErasureRequest -> LiftErasureResponse;
}

calls! {
    RetentionServiceClient;
    get_retention_policy: GetRetentionPolicyRequest -> GetRetentionPolicyResponse;
    update_retention_policy: UpdateRetentionPolicyRequest -> UpdateRetentionPolicyResponse;
    create_purge: CreatePurgeRequest -> CreatePurgeResponse;
    get_purge: GetPurgeRequest -> GetPurgeResponse;
    list_purges: ListPurgesRequest -> ListPurgesResponse;
}

calls! {
    CrmServiceClient;
    batch_upsert_people: BatchUpsertPeopleRequest -> BatchUpsertPeopleResponse;
    batch_upsert_accounts: BatchUpsertAccountsRequest -> BatchUpsertAccountsResponse;
    batch_upsert_outcomes: BatchUpsertOutcomesRequest -> BatchUpsertOutcomesResponse;
    list_crm_records_to_reread: ListCrmRecordsToRereadRequest -> ListCrmRecordsToRereadResponse;
}

calls! {
    ServesServiceClient;
    create_serves_edge: CreateServesEdgeRequest -> CreateServesEdgeResponse;
    get_serves_edge: GetServesEdgeRequest -> GetServesEdgeResponse;
    list_serves_edges: ListServesEdgesRequest -> ListServesEdgesResponse;
    update_serves_edge: UpdateServesEdgeRequest -> UpdateServesEdgeResponse;
    delete_serves_edge: DeleteServesEdgeRequest -> DeleteServesEdgeResponse;
    get_path_to_customer: GetPathToCustomerRequest -> GetPathToCustomerResponse;
    list_roles_without_path: ListRolesWithoutPathRequest -> ListRolesWithoutPathResponse;
}

calls! {
    ConsentServiceClient;
    record_consent: RecordConsentRequest -> RecordConsentResponse;
    batch_record_consents: BatchRecordConsentsRequest -> BatchRecordConsentsResponse;
    list_consents: ListConsentsRequest -> ListConsentsResponse;
}

calls! {
    SuppressionServiceClient;
    add_suppression: AddSuppressionRequest -> AddSuppressionResponse;
    list_suppressions: ListSuppressionsRequest -> ListSuppressionsResponse;
    remove_suppression: RemoveSuppressionRequest -> RemoveSuppressionResponse;
    check_suppression: CheckSuppressionRequest -> CheckSuppressionResponse;
}

calls! {
    ContactServiceClient;
    get_contact_rules: GetContactRulesRequest -> GetContactRulesResponse;
    update_contact_rules: UpdateContactRulesRequest -> UpdateContactRulesResponse;
    check_contact: CheckContactRequest -> CheckContactResponse;
    reserve_contacts: ReserveContactsRequest -> ReserveContactsResponse;
    release_contacts: ReleaseContactsRequest -> ReleaseContactsResponse;
    get_preferences: GetPreferencesRequest -> GetPreferencesResponse;
    change_preference: ChangePreferenceRequest -> ChangePreferenceResponse;
    report_bounce: ReportBounceRequest -> ReportBounceResponse;
}

calls! {
    AttributeServiceClient;
    create_attribute_definition: CreateAttributeDefinitionRequest -> CreateAttributeDefinitionResponse;
    get_attribute_definition: GetAttributeDefinitionRequest -> GetAttributeDefinitionResponse;
    list_attribute_definitions: ListAttributeDefinitionsRequest -> ListAttributeDefinitionsResponse;
    update_attribute_definition: UpdateAttributeDefinitionRequest -> UpdateAttributeDefinitionResponse;
    delete_attribute_definition: DeleteAttributeDefinitionRequest -> DeleteAttributeDefinitionResponse;
}

calls! {
    EmploymentServiceClient;
    change_employment: ChangeEmploymentRequest -> ChangeEmploymentResponse;
    list_employments: ListEmploymentsRequest -> ListEmploymentsResponse;
    list_reports: ListReportsRequest -> ListReportsResponse;
    get_manager_chain: GetManagerChainRequest -> GetManagerChainResponse;
}

calls! {
    IdentityServiceClient;
    add_external_id: AddExternalIdRequest -> AddExternalIdResponse;
    remove_external_id: RemoveExternalIdRequest -> RemoveExternalIdResponse;
    list_external_ids: ListExternalIdsRequest -> ListExternalIdsResponse;
    look_up_person: LookUpPersonRequest -> LookUpPersonResponse;
    merge_people: MergePeopleRequest -> MergePeopleResponse;
    list_duplicate_candidates: ListDuplicateCandidatesRequest -> ListDuplicateCandidatesResponse;
}

calls! {
    OrganisationServiceClient;
    merge_units: MergeUnitsRequest -> MergeUnitsResponse;
    preview_closure: PreviewClosureRequest -> PreviewClosureResponse;
    list_unit_counts: ListUnitCountsRequest -> ListUnitCountsResponse;
}

calls! {
    DirectoryServiceClient;
    create_tenant: CreateTenantRequest -> CreateTenantResponse;
    get_tenant: GetTenantRequest -> GetTenantResponse;
    list_tenants: ListTenantsRequest -> ListTenantsResponse;
    update_tenant: UpdateTenantRequest -> UpdateTenantResponse;
    create_unit: CreateUnitRequest -> CreateUnitResponse;
    get_unit: GetUnitRequest -> GetUnitResponse;
    list_units: ListUnitsRequest -> ListUnitsResponse;
    update_unit: UpdateUnitRequest -> UpdateUnitResponse;
    move_unit: MoveUnitRequest -> MoveUnitResponse;
    close_unit: CloseUnitRequest -> CloseUnitResponse;
    list_unit_versions: ListUnitVersionsRequest -> ListUnitVersionsResponse;
    get_tree: GetTreeRequest -> GetTreeResponse;
    create_role: CreateRoleRequest -> CreateRoleResponse;
    get_role: GetRoleRequest -> GetRoleResponse;
    list_roles: ListRolesRequest -> ListRolesResponse;
    update_role: UpdateRoleRequest -> UpdateRoleResponse;
    create_person: CreatePersonRequest -> CreatePersonResponse;
    get_person: GetPersonRequest -> GetPersonResponse;
    list_people: ListPeopleRequest -> ListPeopleResponse;
    update_person: UpdatePersonRequest -> UpdatePersonResponse;
    assign_membership: AssignMembershipRequest -> AssignMembershipResponse;
    list_memberships: ListMembershipsRequest -> ListMembershipsResponse;
    resolve_audience: ResolveAudienceRequest -> ResolveAudienceResponse;
    create_account: CreateAccountRequest -> CreateAccountResponse;
    get_account: GetAccountRequest -> GetAccountResponse;
    list_accounts: ListAccountsRequest -> ListAccountsResponse;
    update_account: UpdateAccountRequest -> UpdateAccountResponse;
    create_outcome: CreateOutcomeRequest -> CreateOutcomeResponse;
    get_outcome: GetOutcomeRequest -> GetOutcomeResponse;
    list_outcomes: ListOutcomesRequest -> ListOutcomesResponse;
    update_outcome: UpdateOutcomeRequest -> UpdateOutcomeResponse;
    import_hr_file: ImportHrFileRequest -> ImportHrFileResponse;
    import_crm_file: ImportCrmFileRequest -> ImportCrmFileResponse;
    create_api_key: CreateApiKeyRequest -> CreateApiKeyResponse;
    list_api_keys: ListApiKeysRequest -> ListApiKeysResponse;
    revoke_api_key: RevokeApiKeyRequest -> RevokeApiKeyResponse;
    authenticate_api_key: AuthenticateApiKeyRequest -> AuthenticateApiKeyResponse;
    replay_events: ReplayEventsRequest -> ReplayEventsResponse;
    list_dead_letters: ListDeadLettersRequest -> ListDeadLettersResponse;
    replay_dead_letter: ReplayDeadLetterRequest -> ReplayDeadLetterResponse;
}

impl User {
    pub(crate) fn new(peer: Peer, caller: Caller) -> Self {
        Self { peer, caller }
    }

    /// Makes a unit that begins with the year 2026.
    pub(crate) async fn unit(&self, display_name: &str, parent: &str) -> pb::Unit {
        let unit = pb::Unit {
            display_name: display_name.to_owned(),
            parent: parent.to_owned(),
            valid_from: Some(date(2026, 1, 1)),
            ..Default::default()
        };
        let request = pb::CreateUnitRequest { unit: Some(unit), request_id: String::new() };
        self.create_unit(request).await.unwrap().unit.unwrap()
    }

    pub(crate) async fn role(&self, display_name: &str) -> pb::Role {
        let role = pb::Role { display_name: display_name.to_owned(), ..Default::default() };
        let request = pb::CreateRoleRequest { role: Some(role), request_id: String::new() };
        self.create_role(request).await.unwrap().role.unwrap()
    }

    pub(crate) async fn person(&self, person: pb::Person) -> Result<pb::Person, Failure> {
        let request = pb::CreatePersonRequest { person: Some(person), request_id: String::new() };
        Ok(self.create_person(request).await?.person.unwrap())
    }

    /// Makes an employee who belongs to a unit from today on.
    pub(crate) async fn employee(&self, display_name: &str, unit: &str) -> pb::Person {
        self.person(pb::Person { unit: unit.to_owned(), ..employee(display_name) }).await.unwrap()
    }

    pub(crate) async fn account(&self, display_name: &str, unit: &str) -> pb::Account {
        let account = pb::Account {
            display_name: display_name.to_owned(),
            unit: unit.to_owned(),
            ..Default::default()
        };
        let request = pb::CreateAccountRequest { account: Some(account), request_id: String::new() };
        self.create_account(request).await.unwrap().account.unwrap()
    }

    pub(crate) async fn outcome(&self, outcome: pb::Outcome) -> Result<pb::Outcome, Failure> {
        let request = pb::CreateOutcomeRequest { outcome: Some(outcome), request_id: String::new() };
        Ok(self.create_outcome(request).await?.outcome.unwrap())
    }
}

pub(crate) fn employee(display_name: &str) -> pb::Person {
    pb::Person {
        kind: pb::PersonKind::Employee.into(),
        display_name: display_name.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn date(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}
