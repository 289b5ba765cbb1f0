//! Everyday work: the vision, its goals for the whole, the divisions and the teams, and how far they have come.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use arki_proto::goal::v1 as pb;
use futures::{StreamExt as _, TryStreamExt as _};
use prost_types::FieldMask;
use serde::Deserialize;

use super::{
    organisation::{Organisation, Person},
    summary,
    words::{self, Words, text},
};
use crate::{progress::Progress, remote::Server};

#[derive(Deserialize)]
struct File {
    holes: Vec<String>,
    vision: Vision,
    organisation: Goal,
    divisions: Vec<Division>,
}

#[derive(Deserialize)]
struct Vision {
    statement: Words,
    customer_meaning: Words,
    staff_meaning: Words,
    strategy_reference: String,
}

#[derive(Deserialize)]
struct Goal {
    title: Words,
    everyday_text: Words,
    r#do: Vec<Words>,
    enough: Vec<Words>,
    not_asked: Vec<Words>,
}

#[derive(Deserialize)]
struct Division {
    unit: String,
    everyday_text: Words,
}

/// Activates the vision, cascades its goal to each team, and lets people commit.
pub(super) async fn share(
    server: &Server,
    whole: &Organisation,
    progress: &Progress,
) -> Result<summary::Coverage> {
    let file: File = words::read("everyday.toml", include_str!("../../demo/everyday.toml"))?;
    let vision = vision(server, whole, &file.vision).await.context("the vision")?;
    let top = top_goal(server, whole, &file.organisation, &vision).await.context("the goal of the whole")?;

    let mut goals = BTreeMap::new();
    let divisions = cascade(server, &top).await?;
    // The goal of the whole goes to the one unit at the root first; the divisions are below it.
    for root in &divisions {
        activate(server, whole, root, &file.organisation.everyday_text).await?;
    }
    let mut teams = 0_usize;
    for root in &divisions {
        for division in cascade(server, &root.name).await? {
            let code = whole.codes.get(&division.unit).context("a goal of an unknown unit")?;
            let file_division = file.divisions.iter().find(|known| known.unit == *code);
            let words =
                &file_division.with_context(|| format!("no words for division {code}"))?.everyday_text;
            activate(server, whole, &division, words).await?;
            goals.insert(division.unit.clone(), division.name.clone());
            for team in cascade(server, &division.name).await? {
                let code = whole.codes.get(&team.unit).context("a goal of an unknown unit")?;
                if file.holes.contains(code) {
                    continue;
                }
                activate(server, whole, &team, words).await?;
                goals.insert(team.unit.clone(), team.name.clone());
                teams += 1;
            }
        }
        goals.insert(root.unit.clone(), root.name.clone());
    }
    progress.done(&format!("the vision is in force, with goals for {teams} teams"));

    let commitments = commit(server, whole, &goals, progress).await.context("commitments")?;
    progress.done(&format!("{commitments} people have moved on with their goal"));
    let request = pb::GetCoverageRequest { vision, unit: String::new() };
    let coverage = server.goal().get_coverage(request).await?.into_inner();
    let total = coverage.total.context("no total in the coverage report")?;
    Ok(summary::Coverage {
        employees: total.employees,
        with_goal: total.with_goal,
        unseen: total.unseen,
        seen: total.seen,
        understood: total.understood,
        committed: total.committed,
        objected: total.objected,
        holes: coverage.holes.iter().filter_map(|unit| whole.codes.get(unit).cloned()).collect(),
    })
}

async fn vision(server: &Server, whole: &Organisation, file: &Vision) -> Result<String> {
    let vision = pb::Vision {
        statement: text(&file.statement),
        customer_meaning: text(&file.customer_meaning),
        staff_meaning: text(&file.staff_meaning),
        strategy_reference: file.strategy_reference.clone(),
        sponsor: whole.employee("E0001")?,
        ..Default::default()
    };
    let mut goal = server.goal();
    let create = pb::CreateVisionRequest { vision: Some(vision), request_id: String::new() };
    let vision = goal.create_vision(create).await?.into_inner().vision.context("no vision in the reply")?;
    goal.activate_vision(pb::ActivateVisionRequest { name: vision.name.clone(), ..Default::default() })
        .await?;
    Ok(vision.name)
}

async fn top_goal(server: &Server, whole: &Organisation, file: &Goal, vision: &str) -> Result<String> {
    let texts = |words: &[Words]| words.iter().map(Words::text).collect();
    let goal = pb::Goal {
        vision: vision.to_owned(),
        title: text(&file.title),
        everyday_text: text(&file.everyday_text),
        r#do: texts(&file.r#do),
        enough: texts(&file.enough),
        not_asked: texts(&file.not_asked),
        owner: whole.employee("E0001")?,
        ..Default::default()
    };
    let mut client = server.goal();
    let create = pb::CreateGoalRequest { goal: Some(goal), request_id: String::new() };
    let goal = client.create_goal(create).await?.into_inner().goal.context("no goal in the reply")?;
    client.activate_goal(pb::ActivateGoalRequest { name: goal.name.clone(), ..Default::default() }).await?;
    Ok(goal.name)
}

async fn cascade(server: &Server, name: &str) -> Result<Vec<pb::Goal>> {
    let request = pb::CascadeGoalRequest { name: name.to_owned(), ..Default::default() };
    Ok(server.goal().cascade_goal(request).await.context("cascading a goal")?.into_inner().goals)
}

/// Puts a draft in the words of its unit and brings it into force.
async fn activate(server: &Server, whole: &Organisation, draft: &pb::Goal, words: &Words) -> Result<()> {
    let mut client = server.goal();
    let goal = pb::Goal {
        name: draft.name.clone(),
        everyday_text: text(words),
        owner: whole.employee("E0001")?,
        ..Default::default()
    };
    let paths = ["everyday_text", "owner"].map(str::to_owned).to_vec();
    let update = pb::UpdateGoalRequest {
        goal: Some(goal),
        update_mask: Some(FieldMask { paths }),
        request_id: String::new(),
    };
    client.update_goal(update).await.context("putting a goal in the words of a unit")?;
    let activate = pb::ActivateGoalRequest { name: draft.name.clone(), ..Default::default() };
    client.activate_goal(activate).await.context("bringing a goal into force")?;
    Ok(())
}

/// Lets a made-up share of the employees move on with the goal of their unit.
async fn commit(
    server: &Server,
    whole: &Organisation,
    goals: &BTreeMap<String, String>,
    progress: &Progress,
) -> Result<usize> {
    let steps: Vec<_> = whole
        .people
        .iter()
        .filter(|(_, person)| person.is_employee)
        .filter_map(|(name, person)| {
            let goal = goals.get(&person.unit)?;
            let (state, objection) = state_of(person)?;
            Some(pb::SetCommitmentRequest {
                goal: goal.clone(),
                person: name.clone(),
                state: state.into(),
                objection: objection.to_owned(),
                ..Default::default()
            })
        })
        .collect();
    let all = steps.len();
    let done: Vec<()> = futures::stream::iter(steps)
        .enumerate()
        .map(|(place, step)| async move {
            server.goal().set_commitment(step).await?;
            progress.step("commitments", place + 1, all);
            anyhow::Ok(())
        })
        .buffer_unordered(16)
        .try_collect()
        .await?;
    Ok(done.len())
}

/// What a made-up employee does with the goal: by the number of the employee, so that two runs agree.
fn state_of(person: &Person) -> Option<(pb::CommitmentState, &'static str)> {
    let number: u32 = person.external_id.trim_start_matches('E').parse().ok()?;
    match number * 7919 % 100 {
        0..20 => None,
        20..38 => Some((pb::CommitmentState::Seen, "")),
        38..60 => Some((pb::CommitmentState::Understood, "")),
        60..95 => Some((pb::CommitmentState::Committed, "")),
        _ => Some((pb::CommitmentState::Objected, "(demonstration) there is no time for the call")),
    }
}
