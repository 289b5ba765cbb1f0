//! The organisation as a tree on a day.

use std::collections::{BTreeMap, HashMap, HashSet};

use arki_ids::{PersonId, UnitId};
use chrono::NaiveDate;

use super::history::History;
use super::unit::Place;

/// The histories of units, by which their tree on any day is known.
pub type Histories = HashMap<UnitId, History<Place>>;

/// A unit on the day of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub unit: UnitId,
    pub display_name: String,
    pub parent: Option<UnitId>,
    pub leader: Option<PersonId>,
    /// How many active employees belong to the unit itself.
    pub employees: u64,
}

/// A unit in its place in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub node: Node,
    /// 0 for a root.
    pub depth: usize,
}

/// A tree as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    pub as_of: NaiveDate,
    /// Parents before children, siblings by name.
    pub units: Vec<Placed>,
}

/// The unit that is under itself on a day, if any, from `day` on.
///
/// Parents change only where a version begins, so looking at those days is looking at every day. `moved` limits the
/// look to what is above these units, which is enough when nothing else has changed.
pub fn find_cycle(
    histories: &Histories,
    moved: impl IntoIterator<Item = UnitId>,
    day: NaiveDate,
) -> Option<UnitId> {
    let days: std::collections::BTreeSet<NaiveDate> =
        histories.values().flat_map(|history| history.changes_from(day)).collect();
    let moved: Vec<UnitId> = moved.into_iter().collect();
    days.into_iter().find_map(|day| {
        // What was walked before on the same day is known to end at a root.
        let mut safe = HashSet::new();
        moved.iter().find_map(|start| {
            let mut walk = HashSet::new();
            let mut at = Some(*start);
            while let Some(unit) = at {
                if safe.contains(&unit) {
                    break;
                }
                if !walk.insert(unit) {
                    return Some(unit);
                }
                at = histories.get(&unit)?.on(day).and_then(|period| period.value.parent);
            }
            safe.extend(walk);
            None
        })
    })
}

/// The first day from `day` on with which a time begins that the unit spends under a unit that is not there for all of
/// that time.
pub fn find_orphaned(histories: &Histories, unit: UnitId, day: NaiveDate) -> Option<NaiveDate> {
    let history = histories.get(&unit)?;
    history.periods().filter(|period| period.to.is_none_or(|to| to > day)).find_map(|period| {
        let from = period.from.max(day);
        let parent = histories.get(&period.value.parent?);
        (!parent.is_some_and(|parent| parent.covers(from, period.to))).then_some(from)
    })
}

/// Puts the units of a day in order: parents before children, siblings by name.
pub fn arrange(nodes: Vec<Node>) -> Vec<Placed> {
    let present: HashSet<UnitId> = nodes.iter().map(|node| node.unit).collect();
    let total = nodes.len();
    let mut below: BTreeMap<Option<UnitId>, Vec<Node>> = BTreeMap::new();
    for node in nodes {
        let parent = node.parent.filter(|parent| present.contains(parent));
        below.entry(parent).or_default().push(node);
    }
    for siblings in below.values_mut() {
        // The last one first, since the stack below hands them out from its end.
        siblings.sort_by(|a, b| (&b.display_name, b.unit).cmp(&(&a.display_name, a.unit)));
    }
    let mut placed = Vec::with_capacity(total);
    let mut stack: Vec<(Node, usize)> =
        below.remove(&None).unwrap_or_default().into_iter().map(|node| (node, 0)).collect();
    while let Some((node, depth)) = stack.pop() {
        let children = below.remove(&Some(node.unit)).unwrap_or_default();
        placed.push(Placed { node, depth });
        stack.extend(children.into_iter().map(|child| (child, depth + 1)));
    }
    placed
}

/// A unit of a tree with how many belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub node: Node,
    /// Active employees of the unit and of all below.
    pub employees: u64,
    /// Units right below.
    pub below: u64,
    /// Units below at any depth.
    pub below_in_all: u64,
}

/// Adds up a tree whose units stand in order, parents before children.
pub fn count(placed: Vec<Placed>) -> HashMap<UnitId, Counted> {
    let order: Vec<_> = placed.iter().map(|placed| (placed.node.unit, placed.node.parent)).collect();
    let counted = |placed: Placed| Counted {
        employees: placed.node.employees,
        below: 0,
        below_in_all: 0,
        node: placed.node,
    };
    let mut counts: HashMap<UnitId, Counted> =
        placed.into_iter().map(|placed| (placed.node.unit, counted(placed))).collect();
    // From the leaves up, so that each is whole before it is added to the one above.
    for (unit, parent) in order.into_iter().rev() {
        let Some((employees, below)) = counts.get(&unit).map(|unit| (unit.employees, unit.below_in_all))
        else {
            continue;
        };
        if let Some(parent) = parent.and_then(|parent| counts.get_mut(&parent)) {
            parent.employees += employees;
            parent.below += 1;
            parent.below_in_all += below + 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(offset: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
    }

    fn place(parent: Option<UnitId>) -> Place {
        Place { parent, display_name: "Yksikkö".to_owned(), leader: None }
    }

    fn node(unit: UnitId, name: &str, parent: Option<UnitId>) -> Node {
        Node { unit, display_name: name.to_owned(), parent, leader: None, employees: 0 }
    }

    #[test]
    fn finds_a_circle_that_closes_only_on_a_later_day() {
        let [a, b, c] = [UnitId::generate(), UnitId::generate(), UnitId::generate()];
        let mut histories: Histories = HashMap::from([
            (a, History::starting(day(0), place(None))),
            (b, History::starting(day(0), place(Some(a)))),
            (c, History::starting(day(0), place(None))),
        ]);
        histories.get_mut(&b).unwrap().put(day(50), place(Some(c))).unwrap();
        // Under b, c is fine until b itself comes under c.
        histories.get_mut(&c).unwrap().put(day(10), place(Some(b))).unwrap();
        assert!(find_cycle(&histories, [c], day(10)).is_some());
        histories.get_mut(&b).unwrap().put(day(50), place(None)).unwrap();
        assert_eq!(find_cycle(&histories, [c], day(10)), None);
    }

    #[test]
    fn a_unit_under_itself_is_a_circle() {
        let a = UnitId::generate();
        let histories = HashMap::from([(a, History::starting(day(0), place(Some(a))))]);
        assert_eq!(find_cycle(&histories, [a], day(0)), Some(a));
    }

    #[test]
    fn a_unit_needs_the_one_above_for_as_long_as_it_is_there() {
        let [a, b] = [UnitId::generate(), UnitId::generate()];
        let mut histories: Histories = HashMap::from([
            (a, History::starting(day(5), place(None))),
            (b, History::starting(day(3), place(Some(a)))),
        ]);
        assert_eq!(find_orphaned(&histories, b, day(0)), Some(day(3)));
        assert_eq!(find_orphaned(&histories, b, day(5)), None);
        histories.get_mut(&a).unwrap().close(day(20)).unwrap();
        assert_eq!(find_orphaned(&histories, b, day(6)), Some(day(6)));
        histories.get_mut(&b).unwrap().close(day(20)).unwrap();
        assert_eq!(find_orphaned(&histories, b, day(6)), None);
        assert_eq!(find_orphaned(&HashMap::new(), b, day(6)), None);
    }

    #[test]
    fn counts_are_added_from_the_leaves_up() {
        let [root, north, shop] = [UnitId::generate(), UnitId::generate(), UnitId::generate()];
        let with = |node: Node, employees| Node { employees, ..node };
        let placed = arrange(vec![
            with(node(shop, "Shop", Some(north)), 3),
            with(node(north, "North", Some(root)), 2),
            with(node(root, "Group", None), 1),
        ]);
        let counts = count(placed);
        let of = |unit| {
            let Counted { employees, below, below_in_all, .. } = &counts[&unit];
            (*employees, *below, *below_in_all)
        };
        assert_eq!([root, north, shop].map(of), [(6, 1, 2), (5, 1, 1), (3, 0, 0)]);
    }

    #[test]
    fn parents_come_before_children_and_siblings_by_name() {
        let [root, north, south, shop] =
            [UnitId::generate(), UnitId::generate(), UnitId::generate(), UnitId::generate()];
        let placed = arrange(vec![
            node(shop, "Shop", Some(north)),
            node(south, "South", Some(root)),
            node(north, "North", Some(root)),
            node(root, "Group", None),
        ]);
        let shown: Vec<_> =
            placed.iter().map(|placed| (placed.node.display_name.as_str(), placed.depth)).collect();
        assert_eq!(shown, [("Group", 0), ("North", 1), ("Shop", 2), ("South", 1)]);
    }
}
