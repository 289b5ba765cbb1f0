//! Who serves whom: whoever doesn't serve the customer serves somebody who does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::str::FromStr;

use arki_ids::{RoleId, ServesEdgeId, UnitId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Refused;

/// How many edges a tenant may have: a way is found with all of them at hand.
pub const MOST_EDGES: u64 = 10_000;
/// The longest words, in characters.
pub const LONGEST_WORDS: usize = 500;

/// Who serves or is served. Ordered as their names are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Party {
    Role(RoleId),
    /// A segment of accounts; it serves nobody.
    Segment(String),
    Unit(UnitId),
}

/// A name that is no party's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be of the form roles/rol_…, units/unt_… or segments/SEGMENT")]
pub struct Unnamed;

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => f.write_str(&role.name()),
            Self::Segment(segment) => write!(f, "segments/{segment}"),
            Self::Unit(unit) => f.write_str(&unit.name()),
        }
    }
}

impl FromStr for Party {
    type Err = Unnamed;

    fn from_str(name: &str) -> Result<Self, Unnamed> {
        if let Some(segment) = name.strip_prefix("segments/").filter(|segment| !segment.is_empty()) {
            return Ok(Self::Segment(segment.to_owned()));
        }
        RoleId::from_name(name)
            .map(Self::Role)
            .or_else(|_| UnitId::from_name(name).map(Self::Unit))
            .map_err(|_| Unnamed)
    }
}

/// That somebody serves somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    pub id: ServesEdgeId,
    pub from: Party,
    pub to: Party,
    /// What is done for them, by language.
    pub words: BTreeMap<String, String>,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

impl Edge {
    /// A new edge.
    pub fn create(
        id: ServesEdgeId,
        from: Party,
        to: Party,
        words: BTreeMap<String, String>,
        now: DateTime<Utc>,
    ) -> Result<Self, Refused> {
        if matches!(from, Party::Segment(_)) {
            return Err(Refused::new("from", "must be a role or a unit: customers are served"));
        }
        if from == to {
            return Err(Refused::new("to", "must be another than from"));
        }
        Ok(Self { id, from, to, words, revision: 1, create_time: now, update_time: now })
    }

    /// The edge with other words. The same words keep the revision.
    #[must_use]
    pub fn with(&self, words: BTreeMap<String, String>, now: DateTime<Utc>) -> Self {
        if words == self.words {
            return self.clone();
        }
        Self { words, revision: self.revision + 1, update_time: now, ..self.clone() }
    }
}

/// A step towards customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub from: Party,
    pub to: Party,
    /// Of an edge; none where people in the role belong to the unit.
    pub words: Option<BTreeMap<String, String>>,
}

/// Everybody who serves, with those they serve.
#[derive(Clone, Debug, Default)]
pub struct Graph(BTreeMap<Party, BTreeMap<Party, BTreeMap<String, String>>>);

impl FromIterator<Edge> for Graph {
    fn from_iter<I: IntoIterator<Item = Edge>>(edges: I) -> Self {
        let mut graph = Self::default();
        for edge in edges {
            graph.0.entry(edge.from).or_default().insert(edge.to, edge.words);
        }
        graph
    }
}

impl Graph {
    /// The shortest way to a segment; of several as short, the one whose names come first in order. A role from which
    /// no edges lead there goes by `homes`, the units in which people hold it.
    pub fn path(&self, from: &Party, homes: &BTreeSet<UnitId>) -> Option<Vec<Step>> {
        if let Some(steps) = self.walk([from.clone()]) {
            return Some(steps);
        }
        if !matches!(from, Party::Role(_)) {
            return None;
        }
        let steps = self.walk(homes.iter().copied().map(Party::Unit))?;
        let home = steps.first()?.from.clone();
        let belongs = Step { from: from.clone(), to: home, words: None };
        Some(std::iter::once(belongs).chain(steps).collect())
    }

    /// Breadth first, neighbours in order: what is reached first is reached by the first of the shortest ways.
    fn walk(&self, starts: impl IntoIterator<Item = Party>) -> Option<Vec<Step>> {
        let mut queue: VecDeque<Party> = starts.into_iter().collect();
        let mut known: BTreeSet<Party> = queue.iter().cloned().collect();
        let mut came_from: BTreeMap<Party, Party> = BTreeMap::new();
        while let Some(at) = queue.pop_front() {
            for next in self.0.get(&at).into_iter().flat_map(BTreeMap::keys) {
                if !known.insert(next.clone()) {
                    continue;
                }
                came_from.insert(next.clone(), at.clone());
                if matches!(next, Party::Segment(_)) {
                    return Some(self.steps(next, &came_from));
                }
                queue.push_back(next.clone());
            }
        }
        None
    }

    fn steps(&self, end: &Party, came_from: &BTreeMap<Party, Party>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut to = end.clone();
        while let Some(from) = came_from.get(&to) {
            let words = self.0.get(from).and_then(|served| served.get(&to)).cloned();
            steps.push(Step { from: from.clone(), to, words: Some(words.unwrap_or_default()) });
            to = from.clone();
        }
        steps.reverse();
        steps
    }
}

#[cfg(test)]
mod tests;
