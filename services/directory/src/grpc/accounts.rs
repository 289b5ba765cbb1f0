//! Accounts on the wire.

use arki_proto::directory::v1 as pb;
use arki_rpc::{Failure, Input, time::timestamp};

use super::convert::{Mask, id, non_empty, optional_name, required};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::account::{Change, Details};
use crate::domain::{Account, etag};

const FIELD: &str = "account";

/// What an update may change.
const CHANGEABLE: [&str; 5] = ["display_name", "external_id", "source", "segment", "unit"];

pub(super) async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateAccountRequest>,
) -> Result<pb::CreateAccountResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let change = change(required(FIELD, call.body.account)?, &Mask::read(None, &CHANGEABLE)?)?;
    let Change { display_name, external_id, source, segment, unit } = change;
    let details = Details {
        display_name: display_name.unwrap_or_default(),
        external_id: external_id.flatten(),
        source: source.unwrap_or_default(),
        segment: segment.unwrap_or_default(),
        unit: unit.flatten(),
    };
    let account =
        grpc.directory.create_account(&asked, details).await.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateAccountResponse { account: Some(render(account)) })
}

pub(super) async fn get(
    grpc: &Grpc,
    call: Call<pb::GetAccountRequest>,
) -> Result<pb::GetAccountResponse, Failure> {
    let account = id("name", &call.body.name)?;
    let account =
        grpc.directory.get_account(&call.caller, account).await.map_err(|error| failure(error, ""))?;
    Ok(pb::GetAccountResponse { account: Some(render(account)) })
}

pub(super) async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListAccountsRequest>,
) -> Result<pb::ListAccountsResponse, Failure> {
    let paging = grpc.paging("accounts", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page =
        grpc.directory.list_accounts(&call.caller, &paging.page).await.map_err(|error| failure(error, ""))?;
    Ok(pb::ListAccountsResponse {
        accounts: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

pub(super) async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateAccountRequest>,
) -> Result<pb::UpdateAccountResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let mask = Mask::read(call.body.update_mask, &CHANGEABLE)?;
    let account = required(FIELD, call.body.account)?;
    let (id, etag) = (id("account.name", &account.name)?, account.etag.clone());
    let change = change(account, &mask)?;
    let account = grpc
        .directory
        .update_account(&asked, id, change, etag)
        .await
        .map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateAccountResponse { account: Some(render(account)) })
}

/// What an account in a request changes.
fn change(account: pb::Account, mask: &Mask) -> Result<Change, Failure> {
    let pb::Account {
        name: _,
        display_name,
        external_id,
        segment,
        unit,
        create_time: _,
        update_time: _,
        etag: _,
        source,
    } = account;
    let mut input = Input::default();
    let change = Change {
        display_name: mask.pick("display_name", || display_name),
        external_id: mask.pick("external_id", || non_empty(external_id)),
        source: mask.pick("source", || non_empty(source)).flatten(),
        segment: mask.pick("segment", || segment),
        unit: mask.pick("unit", || input.optional_id("account.unit", &unit)),
    };
    input.done()?;
    Ok(change)
}

fn render(account: Account) -> pb::Account {
    let Account { id, details, revision, create_time, update_time } = account;
    let Details { display_name, external_id, source, segment, unit } = details;
    pb::Account {
        name: id.name(),
        display_name,
        external_id: external_id.unwrap_or_default(),
        segment,
        unit: optional_name(unit),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
        source,
    }
}
