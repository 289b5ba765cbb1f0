use std::mem::take;

use arki_proto::scorecard::v1 as pb;
use arki_rpc::{Caller, Failure};

use super::{Grpc, call};

impl Grpc {
    pub(super) async fn list_dead_letters(
        &self,
        caller: Caller,
        mut request: pb::ListDeadLettersRequest,
    ) -> Result<pb::ListDeadLettersResponse, Failure> {
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let list = self.list("ListDeadLetters", &request);
        let page = list.page(size, &token)?;
        let letters = self.scorecard.list_dead_letters(caller.tenant, &page).await?;
        Ok(pb::ListDeadLettersResponse {
            next_page_token: list.token(letters.next.as_ref()),
            dead_letters: letters.items.into_iter().map(Into::into).collect(),
        })
    }

    pub(super) async fn replay_dead_letter(
        &self,
        caller: Caller,
        mut request: pb::ReplayDeadLetterRequest,
    ) -> Result<pb::ReplayDeadLetterResponse, Failure> {
        let request_id = take(&mut request.request_id);
        let call = call(&caller, request_id, &request);
        let letter = self.scorecard.replay_dead_letter(call, request.dead_letter).await?;
        Ok(pb::ReplayDeadLetterResponse { dead_letter: Some(letter.into()) })
    }
}
