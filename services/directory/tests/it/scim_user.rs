//! An identity provider that calls the directory.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::scim_service_client::ScimServiceClient;
use arki_rpc::client::with_caller;
use arki_rpc::{Caller, Failure, Peer};
use arki_test_support::said;
use serde_json::{Value, json};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

#[derive(Clone)]
pub(crate) struct Provider {
    client: ScimServiceClient<Peer>,
    caller: Caller,
}

/// What came of a write: the status, the word of SCIM, the resource.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) scim_type: String,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) resource: Value,
}

impl Provider {
    pub(crate) fn new(peer: Peer, caller: Caller) -> Self {
        Self { client: ScimServiceClient::new(peer), caller }
    }

    pub(crate) async fn execute(&self, operations: Vec<pb::ScimOperation>) -> Result<Vec<Answer>, Failure> {
        let view = Some(pb::ScimView { base: "https://a.example/scim/v2".to_owned(), ..Default::default() });
        let request = pb::ExecuteScimOperationsRequest { operations, view, without_resources: false };
        let request = with_caller(request, &self.caller);
        let outcomes = said(self.client.clone().execute_scim_operations(request).await)?.outcomes;
        let read = |outcome: pb::ScimOutcome| Answer {
            status: outcome.status,
            scim_type: outcome.scim_type,
            id: outcome.id,
            version: outcome.version,
            resource: serde_json::from_slice(&outcome.resource).unwrap_or_default(),
        };
        Ok(outcomes.into_iter().map(read).collect())
    }

    async fn one(&self, operation: pb::ScimOperation) -> Answer {
        self.execute(vec![operation]).await.unwrap().remove(0)
    }

    pub(crate) async fn post_user(&self, user: Value) -> Answer {
        self.one(post(pb::ScimResourceType::User, USER, user)).await
    }

    pub(crate) async fn post_group(&self, name: &str, members: &[&str]) -> Answer {
        let members: Vec<Value> = members.iter().map(|member| json!({"value": member})).collect();
        let group = json!({"displayName": name, "members": members});
        self.one(post(pb::ScimResourceType::Group, GROUP, group)).await
    }

    pub(crate) async fn patch_user(&self, id: &str, operations: Value) -> Answer {
        self.one(patch(pb::ScimResourceType::User, id, operations)).await
    }

    pub(crate) async fn patch_group(&self, id: &str, operations: Value) -> Answer {
        self.one(patch(pb::ScimResourceType::Group, id, operations)).await
    }

    pub(crate) async fn delete_user(&self, id: &str) -> Answer {
        let method = pb::ScimMethod::Delete.into();
        let r#type = pb::ScimResourceType::User.into();
        self.one(pb::ScimOperation { method, r#type, id: id.to_owned(), ..Default::default() }).await
    }

    pub(crate) async fn get(&self, of: pb::ScimResourceType, id: &str) -> Result<Value, Failure> {
        let request = pb::GetScimResourceRequest { r#type: of.into(), id: id.to_owned(), view: None };
        let found = said(self.client.clone().get_scim_resource(with_caller(request, &self.caller)).await)?;
        Ok(serde_json::from_slice(&found.resource).unwrap())
    }

    pub(crate) async fn search(
        &self,
        request: pb::SearchScimResourcesRequest,
    ) -> Result<(i64, Vec<Value>), Failure> {
        let found =
            said(self.client.clone().search_scim_resources(with_caller(request, &self.caller)).await)?;
        let read = |bytes: &_| serde_json::from_slice(AsRef::<[u8]>::as_ref(bytes)).unwrap();
        Ok((found.total, found.resources.iter().map(|bytes: &prost::bytes::Bytes| read(bytes)).collect()))
    }

    /// What a filter finds among the users.
    pub(crate) async fn users(&self, filter: &str) -> (i64, Vec<Value>) {
        self.search(of_users(filter)).await.unwrap()
    }
}

pub(crate) fn of_users(filter: &str) -> pb::SearchScimResourcesRequest {
    let types = vec![pb::ScimResourceType::User.into()];
    pb::SearchScimResourcesRequest { types, filter: filter.to_owned(), ..Default::default() }
}

pub(crate) fn post(of: pb::ScimResourceType, schema: &str, mut body: Value) -> pb::ScimOperation {
    if body.get("schemas").is_none() {
        body["schemas"] = json!([schema]);
    }
    pb::ScimOperation {
        method: pb::ScimMethod::Post.into(),
        r#type: of.into(),
        body: body.to_string().into_bytes().into(),
        ..Default::default()
    }
}

pub(crate) fn patch(of: pb::ScimResourceType, id: &str, operations: Value) -> pb::ScimOperation {
    let body =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    pb::ScimOperation {
        method: pb::ScimMethod::Patch.into(),
        r#type: of.into(),
        id: id.to_owned(),
        body: body.to_string().into_bytes().into(),
        ..Default::default()
    }
}
