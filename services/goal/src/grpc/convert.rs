//! Messages on their way to the domain. Each destructures its message, so that a new field doesn't compile until it
//! was decided about here.

use arki_ids::{GoalId, RoleId, VisionId};
use arki_proto::goal::v1 as pb;
use arki_rpc::{Failure, Input, Mask};

use super::input::{EVERYDAY, LONG, OUTPUT_ONLY, ReadWords, TITLE};
use crate::domain::{CommitmentState, GoalChange, GoalContent, Place, VisionChange, VisionContent};
use crate::service::NewGoal;

/// The fields of a vision that may change.
const VISION: [&str; 5] = ["statement", "customer_meaning", "staff_meaning", "strategy_reference", "sponsor"];

/// The fields of a goal that may change; the vision may be named, but stays.
const GOAL: [&str; 12] = [
    "vision",
    "parent",
    "unit",
    "role",
    "title",
    "everyday_text",
    "do",
    "enough",
    "not_asked",
    "owner",
    "metric",
    "weight",
];

/// A change of something that exists.
pub(super) struct Update<I, C> {
    pub(super) id: I,
    pub(super) etag: String,
    pub(super) change: C,
}

pub(super) fn new_vision(vision: Option<pb::Vision>) -> Result<VisionContent, Failure> {
    let pb::Vision {
        name: _,
        statement,
        customer_meaning,
        staff_meaning,
        strategy_reference,
        sponsor,
        state: _,
        create_time: _,
        update_time: _,
        etag: _,
    } = vision.unwrap_or_default();
    let mut input = Input::default();
    let content = VisionContent {
        statement: input.some_words("vision.statement", statement, LONG),
        customer_meaning: input.words("vision.customer_meaning", customer_meaning, LONG),
        staff_meaning: input.words("vision.staff_meaning", staff_meaning, LONG),
        strategy_reference,
        sponsor: input.optional_id("vision.sponsor", &sponsor),
    };
    input.finish(Some(content))
}

pub(super) fn vision_update(
    request: pb::UpdateVisionRequest,
) -> Result<Update<VisionId, VisionChange>, Failure> {
    let pb::UpdateVisionRequest { vision, update_mask, request_id: _ } = request;
    let mask = Mask::read(update_mask.as_ref(), &VISION, &OUTPUT_ONLY)?;
    let pb::Vision {
        name,
        statement,
        customer_meaning,
        staff_meaning,
        strategy_reference,
        sponsor,
        state: _,
        create_time: _,
        update_time: _,
        etag,
    } = vision.unwrap_or_default();
    let mut input = Input::default();
    let id = input.id("vision.name", &name);
    let change = VisionChange {
        statement: mask.pick("statement", || input.some_words("vision.statement", statement, LONG)),
        customer_meaning: mask
            .pick("customer_meaning", || input.words("vision.customer_meaning", customer_meaning, LONG)),
        staff_meaning: mask
            .pick("staff_meaning", || input.words("vision.staff_meaning", staff_meaning, LONG)),
        strategy_reference: mask.pick("strategy_reference", || strategy_reference),
        sponsor: mask.pick("sponsor", || input.optional_id("vision.sponsor", &sponsor)),
    };
    input.finish(id.map(|id| Update { id, etag, change }))
}

pub(super) fn new_goal(goal: Option<pb::Goal>) -> Result<NewGoal, Failure> {
    let pb::Goal {
        name: _,
        vision,
        parent,
        unit,
        role,
        title,
        everyday_text,
        r#do,
        enough,
        not_asked,
        owner,
        metric,
        weight,
        state: _,
        create_time: _,
        update_time: _,
        etag: _,
    } = goal.unwrap_or_default();
    let mut input = Input::default();
    let vision = input.id("goal.vision", &vision);
    let parent = input.optional_id("goal.parent", &parent);
    let place =
        Place { unit: input.optional_id("goal.unit", &unit), role: input.optional_id("goal.role", &role) };
    let content = GoalContent {
        title: input.some_words("goal.title", title, TITLE),
        everyday_text: input.some_words("goal.everyday_text", everyday_text, EVERYDAY),
        to_do: input.list("goal.do", r#do),
        enough: input.list("goal.enough", enough),
        not_asked: input.list("goal.not_asked", not_asked),
        owner: input.optional_id("goal.owner", &owner),
        metric: input.optional_id("goal.metric", &metric),
        weight: weight_of(weight),
    };
    input.finish(vision.map(|vision| NewGoal { vision, parent, place, content }))
}

pub(super) fn goal_update(request: pb::UpdateGoalRequest) -> Result<Update<GoalId, GoalChange>, Failure> {
    let pb::UpdateGoalRequest { goal, update_mask, request_id: _ } = request;
    let mask = Mask::read(update_mask.as_ref(), &GOAL, &OUTPUT_ONLY)?;
    let pb::Goal {
        name,
        vision,
        parent,
        unit,
        role,
        title,
        everyday_text,
        r#do,
        enough,
        not_asked,
        owner,
        metric,
        weight,
        state: _,
        create_time: _,
        update_time: _,
        etag,
    } = goal.unwrap_or_default();
    let mut input = Input::default();
    let id = input.id("goal.name", &name);
    let change = GoalChange {
        vision: mask.pick("vision", || input.id("goal.vision", &vision)).flatten(),
        parent: mask.pick("parent", || input.optional_id("goal.parent", &parent)),
        unit: mask.pick("unit", || input.optional_id("goal.unit", &unit)),
        role: mask.pick("role", || input.optional_id("goal.role", &role)),
        title: mask.pick("title", || input.some_words("goal.title", title, TITLE)),
        everyday_text: mask
            .pick("everyday_text", || input.some_words("goal.everyday_text", everyday_text, EVERYDAY)),
        to_do: mask.pick("do", || input.list("goal.do", r#do)),
        enough: mask.pick("enough", || input.list("goal.enough", enough)),
        not_asked: mask.pick("not_asked", || input.list("goal.not_asked", not_asked)),
        owner: mask.pick("owner", || input.optional_id("goal.owner", &owner)),
        metric: mask.pick("metric", || input.optional_id("goal.metric", &metric)),
        weight: mask.pick("weight", || weight_of(weight)),
    };
    input.finish(id.map(|id| Update { id, etag, change }))
}

pub(super) fn roles(names: &[String]) -> Result<Vec<RoleId>, Failure> {
    let mut input = Input::default();
    let roles: Vec<RoleId> = names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| input.id(&format!("roles[{index}]"), name))
        .collect();
    input.finish(Some(roles))
}

/// The bounds have been checked: unset is 0, and 0 is taken as 1.
fn weight_of(weight: i32) -> u32 {
    u32::try_from(weight).unwrap_or_default().max(1)
}

pub(super) fn commitment_state(state: pb::CommitmentState) -> Option<CommitmentState> {
    match state {
        pb::CommitmentState::Unspecified => None,
        pb::CommitmentState::Unseen => Some(CommitmentState::Unseen),
        pb::CommitmentState::Seen => Some(CommitmentState::Seen),
        pb::CommitmentState::Understood => Some(CommitmentState::Understood),
        pb::CommitmentState::Committed => Some(CommitmentState::Committed),
        pb::CommitmentState::Objected => Some(CommitmentState::Objected),
    }
}
