use proptest::prelude::*;

use super::*;

fn now() -> DateTime<Utc> {
    chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn edge(from: &Party, to: &Party) -> Edge {
    let words = BTreeMap::from([("en".to_owned(), format!("for {to}"))]);
    Edge::create(ServesEdgeId::generate(), from.clone(), to.clone(), words, now()).unwrap()
}

fn names(path: Option<Vec<Step>>) -> Option<Vec<Party>> {
    let path = path?;
    let first = path.first()?.from.clone();
    Some(std::iter::once(first).chain(path.into_iter().map(|step| step.to)).collect())
}

/// The first in order of all shortest ways, by looking at every way.
fn naive(edges: &BTreeSet<(Party, Party)>, way: &mut Vec<Party>, best: &mut Option<Vec<Party>>) {
    let at = way.last().unwrap().clone();
    if matches!(at, Party::Segment(_)) {
        let is_better = best.as_ref().is_none_or(|best| (way.len(), &*way) < (best.len(), best));
        if is_better {
            *best = Some(way.clone());
        }
        return;
    }
    for (_, to) in edges.iter().filter(|(from, _)| *from == at) {
        if !way.contains(to) {
            way.push(to.clone());
            naive(edges, way, best);
            way.pop();
        }
    }
}

#[test]
fn a_role_without_edges_goes_by_the_units_of_those_who_hold_it() {
    let (clerk, shop) = (RoleId::generate(), UnitId::generate());
    let retail = Party::Segment("retail".to_owned());
    let graph: Graph = [edge(&Party::Unit(shop), &retail)].into_iter().collect();
    let none = BTreeSet::new();
    assert_eq!(graph.path(&Party::Role(clerk), &none), None);
    let path = graph.path(&Party::Role(clerk), &BTreeSet::from([shop])).unwrap();
    assert_eq!(path[0], Step { from: Party::Role(clerk), to: Party::Unit(shop), words: None });
    assert_eq!(path[1].words.as_ref().unwrap()["en"], "for segments/retail");
    // An edge of one's own comes first.
    let direct: Graph =
        [edge(&Party::Unit(shop), &retail), edge(&Party::Role(clerk), &retail)].into_iter().collect();
    assert_eq!(direct.path(&Party::Role(clerk), &BTreeSet::from([shop])).unwrap().len(), 1);
}

#[test]
fn customers_serve_nobody_and_nobody_serves_themselves() {
    let (role, segment) = (Party::Role(RoleId::generate()), Party::Segment("retail".to_owned()));
    let create = |from: &Party, to: &Party| {
        Edge::create(ServesEdgeId::generate(), from.clone(), to.clone(), BTreeMap::new(), now())
    };
    assert_eq!(create(&segment, &role).unwrap_err().field, "from");
    assert_eq!(create(&role, &role).unwrap_err().field, "to");
}

#[test]
fn names_are_read_as_they_are_written() {
    for party in [
        Party::Role(RoleId::generate()),
        Party::Unit(UnitId::generate()),
        Party::Segment("small firms, Åland".to_owned()),
    ] {
        assert_eq!(party.to_string().parse(), Ok(party));
    }
    for wrong in ["", "segments/", "people/per_1", "roles/", "Shop"] {
        assert_eq!(wrong.parse::<Party>(), Err(Unnamed));
    }
}

proptest! {
    #[test]
    fn the_way_is_that_of_a_naive_search(
        pairs in proptest::collection::btree_set((0_usize..7, 0_usize..9), 0..24),
    ) {
        let mut parties: Vec<Party> = (0..4).map(|_| Party::Role(RoleId::generate())).collect();
        parties.extend((0..3).map(|_| Party::Unit(UnitId::generate())));
        parties.extend(["retail", "public"].map(|segment| Party::Segment(segment.to_owned())));
        let edges: BTreeSet<_> = pairs
            .into_iter()
            .filter(|(from, to)| from != to)
            .map(|(from, to)| (parties[from].clone(), parties[to].clone()))
            .collect();
        let graph: Graph = edges.iter().map(|(from, to)| edge(from, to)).collect();
        for start in &parties[..7] {
            let mut best = None;
            naive(&edges, &mut vec![start.clone()], &mut best);
            prop_assert_eq!(names(graph.path(start, &BTreeSet::new())), best);
        }
    }
}
