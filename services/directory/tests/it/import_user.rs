//! Somebody who loads HR files of any size.

use std::fmt::Write as _;

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::import_service_client::ImportServiceClient;
use arki_rpc::client::with_caller;
use arki_rpc::{Caller, Failure, Peer};
use arki_test_support::{eventually, said};
use tonic::Request;

use crate::server::Server;
use crate::user::User;

#[derive(Clone)]
pub(crate) struct ImportUser {
    client: ImportServiceClient<Peer>,
    caller: Caller,
}

macro_rules! calls {
    ($($method:ident: $request:ident -> $response:ident;)*) => {
        impl ImportUser {
            $(pub(crate) async fn $method(&self, request: pb::$request) -> Result<pb::$response, Failure> {
                said(self.client.clone().$method(with_caller(request, &self.caller)).await)
            })*
        }
    };
}

calls! {
    create_import: CreateImportRequest -> CreateImportResponse;
    get_import: GetImportRequest -> GetImportResponse;
    list_imports: ListImportsRequest -> ListImportsResponse;
    confirm_import: ConfirmImportRequest -> ConfirmImportResponse;
    cancel_import: CancelImportRequest -> CancelImportResponse;
    list_import_changes: ListImportChangesRequest -> ListImportChangesResponse;
    list_import_errors: ListImportErrorsRequest -> ListImportErrorsResponse;
    list_pending_managers: ListPendingManagersRequest -> ListPendingManagersResponse;
}

impl ImportUser {
    /// Who may do what `user` may.
    pub(crate) fn of(server: &Server, user: &User) -> Self {
        Self { client: ImportServiceClient::new(server.peer()), caller: user.caller.clone() }
    }

    /// Sends pieces in one call.
    pub(crate) async fn upload(
        &self,
        pieces: Vec<pb::UploadImportRequest>,
    ) -> Result<pb::UploadImportResponse, Failure> {
        let request: Request<_> = with_caller(futures::stream::iter(pieces), &self.caller);
        said(self.client.clone().upload_import(request).await)
    }

    /// Makes an import of a file from Workday, waits until it goes no further by itself, and returns it.
    pub(crate) async fn load(&self, content: &str, mode: pb::HrFileMode, apply: bool) -> pb::Import {
        let import = self.make(mode, apply).await;
        self.send(&import, content).await
    }

    pub(crate) async fn make(&self, mode: pb::HrFileMode, apply: bool) -> String {
        let import = pb::Import {
            profile: "workday".to_owned(),
            mode: mode.into(),
            apply_when_planned: apply,
            ..Default::default()
        };
        let request = pb::CreateImportRequest { import: Some(import), request_id: String::new() };
        self.create_import(request).await.unwrap().import.unwrap().name
    }

    /// Sends a file in pieces that end wherever they end.
    pub(crate) async fn send(&self, name: &str, content: &str) -> pb::Import {
        self.upload(pieces(name, content, 7_919)).await.unwrap();
        self.settled(name).await
    }

    /// The import once it goes no further by itself.
    pub(crate) async fn settled(&self, name: &str) -> pb::Import {
        use pb::ImportState::{Applying, Planning};
        let moves = || async { matches!(self.import(name).await.state(), Planning | Applying) };
        eventually("the import", || async { !moves().await }).await;
        self.import(name).await
    }

    pub(crate) async fn import(&self, name: &str) -> pb::Import {
        let request = pb::GetImportRequest { name: name.to_owned() };
        self.get_import(request).await.unwrap().import.unwrap()
    }

    pub(crate) async fn confirm(&self, import: &pb::Import) -> pb::Import {
        let request = pb::ConfirmImportRequest {
            name: import.name.clone(),
            plan: import.report.clone().unwrap().plan,
            request_id: String::new(),
        };
        self.confirm_import(request).await.unwrap();
        self.settled(&import.name).await
    }

    /// Every change of a plan, by pages of seven.
    pub(crate) async fn changes(&self, name: &str, action: &str) -> Vec<pb::ImportChange> {
        let (mut changes, mut token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListImportChangesRequest {
                name: name.to_owned(),
                page_size: 7,
                page_token: token,
                action: action.to_owned(),
            };
            let page = self.list_import_changes(request).await.unwrap();
            changes.extend(page.changes);
            token = page.next_page_token;
            if token.is_empty() {
                return changes;
            }
        }
    }

    /// The errors of a file, as line, column and problem.
    pub(crate) async fn errors(&self, name: &str) -> Vec<(i64, String, String)> {
        let (mut errors, mut token) = (Vec::new(), String::new());
        loop {
            let request =
                pb::ListImportErrorsRequest { name: name.to_owned(), page_size: 2, page_token: token };
            let page = self.list_import_errors(request).await.unwrap();
            errors.extend(page.errors.into_iter().map(|error| (error.line, error.column, error.problem)));
            token = page.next_page_token;
            if token.is_empty() {
                return errors;
            }
        }
    }
}

/// A file in pieces of about a size, cut between two characters.
pub(crate) fn pieces(name: &str, content: &str, size: usize) -> Vec<pb::UploadImportRequest> {
    let mut pieces = Vec::new();
    let mut at = 0;
    loop {
        let mut end = (at + size).min(content.len());
        while !content.is_char_boundary(end) {
            end += 1;
        }
        let is_last = end == content.len();
        pieces.push(pb::UploadImportRequest {
            name: name.to_owned(),
            offset: i64::try_from(at).unwrap(),
            content: content[at..end].to_owned(),
            is_last,
        });
        if is_last {
            return pieces;
        }
        at = end;
    }
}

pub(crate) const HEADING: &str = "Employee ID,Worker,Email,Supervisory Organization ID,Supervisory Organization,Business Title,Manager ID,Location\n";

/// The line of a person.
pub(crate) fn line(number: usize, title: &str, manager: &str) -> String {
    format!(
        "E{number},\"Henkilö, {number}\",e{number}@example.com,U{unit},Yksikkö {unit},{title},{manager},Oulu\n",
        unit = number % 13
    )
}

/// A file of so many people who report to each other in a tree.
pub(crate) fn file(people: std::ops::Range<usize>) -> String {
    let mut content = HEADING.to_owned();
    for number in people {
        let manager = if number == 0 { String::new() } else { format!("E{}", number / 9) };
        let _ = write!(content, "{}", line(number, "kuljettaja", &manager));
    }
    content
}
