use std::mem::take;

use arki_proto::scorecard::v1 as pb;
use arki_rpc::{Caller, Failure, Input};

use super::{Grpc, render};
use crate::service::{GapQuery, ReadingsQuery};

impl Grpc {
    pub(super) async fn list_readings(
        &self,
        caller: Caller,
        mut request: pb::ListReadingsRequest,
    ) -> Result<pb::ListReadingsResponse, Failure> {
        let (size, token) = (take(&mut request.page_size), take(&mut request.page_token));
        let list = self.list("ListReadings", &request);
        let page = list.page(size, &token)?;
        let pb::ListReadingsRequest { metric, wave, unit, language, page_size: _, page_token: _ } = request;
        let mut input = Input::default();
        let id = input.id("metric", &metric);
        let (wave, unit) = (input.optional_id("wave", &wave), input.optional_id("unit", &unit));
        let id = input.finish(id)?;
        let within = self.scorecard.units_within(&caller).await?;
        let unit = caller.reach.unit_within(unit, within.as_ref())?;
        let query = ReadingsQuery { metric: id, wave, unit, within, language };
        let readings = self.scorecard.list_readings(caller.tenant, &query, &page).await?;
        Ok(pb::ListReadingsResponse {
            next_page_token: list.token(readings.next.as_ref()),
            readings: readings
                .readings
                .into_iter()
                .map(|(reading, said)| render::reading(&metric, reading, said))
                .collect(),
        })
    }

    pub(super) async fn get_emotion_gap(
        &self,
        caller: Caller,
        request: pb::GetEmotionGapRequest,
    ) -> Result<pb::GetEmotionGapResponse, Failure> {
        let pb::GetEmotionGapRequest { target_profile, wave, unit, language } = request;
        let mut input = Input::default();
        let id = input.id("target_profile", &target_profile);
        let (wave, unit) = (input.optional_id("wave", &wave), input.optional_id("unit", &unit));
        let profile = input.finish(id)?;
        let within = self.scorecard.units_within(&caller).await?;
        let unit = caller.reach.unit_within(unit, within.as_ref())?;
        let query = GapQuery { profile, wave, unit, language };
        let gap = self.scorecard.emotion_gap(caller.tenant, query).await?;
        Ok(pb::GetEmotionGapResponse { gap: Some(render::gap(gap)) })
    }
}
