//! The goals as a forest: each has at most one parent, and none is under itself.

use arki_ids::GoalId;

use super::Error;

/// Refuses a parent that is the goal itself or below it. `line` is the parent and all above it.
pub fn refuse_cycle(goal: GoalId, line: &[GoalId]) -> Result<(), Error> {
    match line {
        [parent, ..] if line.contains(&goal) => Err(Error::WouldCycle { parent: *parent }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// The goal and all above it. More steps than there are goals mean a cycle.
    fn line(parents: &HashMap<GoalId, Option<GoalId>>, goal: GoalId) -> Option<Vec<GoalId>> {
        let line: Vec<_> =
            std::iter::successors(Some(goal), |goal| parents[goal]).take(parents.len() + 1).collect();
        (line.len() <= parents.len()).then_some(line)
    }

    #[test]
    fn a_goal_is_never_its_own_parent() {
        let goal = GoalId::generate();
        assert_eq!(refuse_cycle(goal, &[goal]), Err(Error::WouldCycle { parent: goal }));
        assert_eq!(refuse_cycle(goal, &[]), Ok(()));
    }

    proptest! {
        #[test]
        fn any_accepted_moves_leave_a_forest_and_only_cycles_are_refused(
            count in 1_usize..12,
            moves in prop::collection::vec((0_usize..12, prop::option::of(0_usize..12)), 0..60),
        ) {
            let goals: Vec<GoalId> = (0..count).map(|_| GoalId::generate()).collect();
            let mut parents: HashMap<GoalId, Option<GoalId>> = goals.iter().map(|goal| (*goal, None)).collect();
            for (goal, parent) in moves {
                let goal = goals[goal % count];
                let parent = parent.map(|parent| goals[parent % count]);
                let above = parent.map_or_else(Vec::new, |parent| line(&parents, parent).unwrap());
                let before = parents.insert(goal, parent).unwrap();
                let is_forest = goals.iter().all(|goal| line(&parents, *goal).is_some());
                prop_assert_eq!(refuse_cycle(goal, &above).is_ok(), is_forest);
                if !is_forest {
                    parents.insert(goal, before);
                }
            }
        }
    }
}
