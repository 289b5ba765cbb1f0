//! The directory on the wire: reads requests, calls the service, renders answers. The only place besides the wiring
//! that knows tonic and prost.

mod access;
mod accounts;
mod ambassadors;
mod api_keys;
mod attributes;
mod audience;
mod audit;
mod consents;
mod contact_words;
mod contacts;
mod convert;
mod crm;
mod employments;
mod erasures;
mod events;
mod exports;
mod identities;
mod identity_providers;
mod import;
mod imports;
mod intake;
mod methods;
mod organisation;
mod outcomes;
mod people;
mod retention;
mod role_bindings;
mod roles;
mod scim;
mod serves;
mod status;
mod suppressions;
mod tenants;
mod units;
mod webhooks;
mod workforce;

use arki_database::page::{Cursor, PageRequest, Tokens};
use arki_proto::Bounds;
use arki_proto::directory::v1::directory_service_server::{DirectoryService, DirectoryServiceServer};
use arki_rpc::{Caller, Failure, admit, fingerprint};
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Request;

use self::methods::methods;
use crate::service::{Asked, Directory, Origin};

pub(crate) use access::AccessGrpc;
pub(crate) use audit::AuditGrpc;

pub(crate) use scim::ScimGrpc;

/// The largest request that is taken, in bytes: a file of 32 MiB with its mapping.
const LARGEST: usize = 40 * 1024 * 1024;

/// The metadata in which the edge says which request it is.
const REQUEST_ID: &str = "x-request-id";

/// The gRPC face of the service.
#[derive(Clone)]
pub(crate) struct Grpc {
    directory: Directory,
    tokens: Tokens,
}

/// A request that is within its bounds, and who makes it.
struct Call<T> {
    caller: Caller,
    origin: Origin,
    body: T,
}

impl<T: Bounds> Call<T> {
    fn of(request: Request<T>) -> Result<Self, Failure> {
        let request_id = request.metadata().get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let origin = Origin {
            request_id: request_id.unwrap_or_default().to_owned(),
            trace_id: arki_rpc::trace::id(&tracing::Span::current()).unwrap_or_default(),
        };
        let (caller, body) = admit(request)?;
        Ok(Self { caller, origin, body })
    }
}

impl<T: Message> Call<T> {
    /// What a write needs to run once. `request_id` picks that field of the body, which is emptied: the same request
    /// under another id is another request, not a changed one.
    fn asked(&mut self, request_id: impl FnOnce(&mut T) -> &mut String) -> Asked {
        let request_id = std::mem::take(request_id(&mut self.body));
        // Together with who asks: somebody else's answer is not given out.
        let fingerprint = Sha256::new()
            .chain_update(fingerprint(&self.body))
            .chain_update(self.caller.subject.as_bytes())
            .finalize()
            .into();
        Asked { caller: self.caller.clone(), request_id, fingerprint, origin: self.origin.clone() }
    }
}

/// A page that was asked for, and what its tokens are bound to.
struct Paging {
    page: PageRequest,
    arguments: [u8; 32],
}

impl Grpc {
    /// The service over its use cases. `tokens` must be the same in all replicas.
    pub(crate) fn new(directory: Directory, tokens: Tokens) -> Self {
        Self { directory, tokens }
    }

    /// What is served.
    pub(crate) fn into_server(self) -> DirectoryServiceServer<Self> {
        DirectoryServiceServer::new(self).max_decoding_message_size(LARGEST)
    }

    /// Reads the page of a list. `fields` takes page size and token out of the body, so that what is left of it is
    /// what the token is bound to; `list` keeps the tokens of one list from another's.
    fn paging<T: Message>(
        &self,
        list: &str,
        call: &mut Call<T>,
        fields: impl FnOnce(&mut T) -> (i32, String),
    ) -> Result<Paging, Failure> {
        let (size, token) = fields(&mut call.body);
        let arguments = Sha256::new()
            .chain_update(list.as_bytes())
            .chain_update(call.caller.tenant.to_string().as_bytes())
            .chain_update(fingerprint(&call.body))
            .finalize()
            .into();
        let after = if token.is_empty() {
            None
        } else {
            Some(self.tokens.open(&token, arguments).map_err(|_| Failure::page_token_invalid())?)
        };
        let page = PageRequest::new(size, after)
            .map_err(|error| Failure::invalid_field("page_size", error.to_string()))?;
        Ok(Paging { page, arguments })
    }

    /// The token of the next page; empty on the last one.
    fn next(&self, next: Option<Cursor>, paging: &Paging) -> String {
        next.map(|cursor| self.tokens.seal(&cursor, paging.arguments)).unwrap_or_default()
    }
}

methods! {
    DirectoryService;
    create_tenant: CreateTenantRequest -> CreateTenantResponse = tenants::create;
    get_tenant: GetTenantRequest -> GetTenantResponse = tenants::get;
    list_tenants: ListTenantsRequest -> ListTenantsResponse = tenants::list;
    update_tenant: UpdateTenantRequest -> UpdateTenantResponse = tenants::update;
    create_unit: CreateUnitRequest -> CreateUnitResponse = units::create;
    get_unit: GetUnitRequest -> GetUnitResponse = units::get;
    list_units: ListUnitsRequest -> ListUnitsResponse = units::list;
    update_unit: UpdateUnitRequest -> UpdateUnitResponse = units::update;
    move_unit: MoveUnitRequest -> MoveUnitResponse = units::change_parent;
    close_unit: CloseUnitRequest -> CloseUnitResponse = units::close;
    list_unit_versions: ListUnitVersionsRequest -> ListUnitVersionsResponse = units::list_versions;
    get_tree: GetTreeRequest -> GetTreeResponse = units::get_tree;
    create_role: CreateRoleRequest -> CreateRoleResponse = roles::create;
    get_role: GetRoleRequest -> GetRoleResponse = roles::get;
    list_roles: ListRolesRequest -> ListRolesResponse = roles::list;
    update_role: UpdateRoleRequest -> UpdateRoleResponse = roles::update;
    create_person: CreatePersonRequest -> CreatePersonResponse = people::create;
    get_person: GetPersonRequest -> GetPersonResponse = people::get;
    list_people: ListPeopleRequest -> ListPeopleResponse = people::list;
    update_person: UpdatePersonRequest -> UpdatePersonResponse = people::update;
    assign_membership: AssignMembershipRequest -> AssignMembershipResponse = people::assign;
    list_memberships: ListMembershipsRequest -> ListMembershipsResponse = people::list_memberships;
    resolve_audience: ResolveAudienceRequest -> ResolveAudienceResponse = audience::resolve;
    create_account: CreateAccountRequest -> CreateAccountResponse = accounts::create;
    get_account: GetAccountRequest -> GetAccountResponse = accounts::get;
    list_accounts: ListAccountsRequest -> ListAccountsResponse = accounts::list;
    update_account: UpdateAccountRequest -> UpdateAccountResponse = accounts::update;
    create_outcome: CreateOutcomeRequest -> CreateOutcomeResponse = outcomes::create;
    get_outcome: GetOutcomeRequest -> GetOutcomeResponse = outcomes::get;
    list_outcomes: ListOutcomesRequest -> ListOutcomesResponse = outcomes::list;
    update_outcome: UpdateOutcomeRequest -> UpdateOutcomeResponse = outcomes::update;
    import_hr_file: ImportHrFileRequest -> ImportHrFileResponse = import::hr_file;
    import_crm_file: ImportCrmFileRequest -> ImportCrmFileResponse = import::crm_file;
    create_api_key: CreateApiKeyRequest -> CreateApiKeyResponse = api_keys::create;
    list_api_keys: ListApiKeysRequest -> ListApiKeysResponse = api_keys::list;
    revoke_api_key: RevokeApiKeyRequest -> RevokeApiKeyResponse = api_keys::revoke;
    authenticate_api_key: AuthenticateApiKeyRequest -> AuthenticateApiKeyResponse = api_keys::authenticate;
    replay_events: ReplayEventsRequest -> ReplayEventsResponse = events::replay;
    list_dead_letters: ListDeadLettersRequest -> ListDeadLettersResponse = events::list_dead_letters;
    replay_dead_letter: ReplayDeadLetterRequest -> ReplayDeadLetterResponse = events::replay_dead_letter;
}
