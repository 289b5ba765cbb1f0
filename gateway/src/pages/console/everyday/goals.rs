//! The goals as a tree: what to do, what is enough, what is not asked.

use std::collections::{BTreeMap, BTreeSet};

use arki_proto::directory::v1::Role;
use arki_proto::goal::v1::Goal;
use arki_proto::r#type::v1::LocalizedText;
use maud::{Markup, html};

use super::super::{Organisation, session::Visitor};

/// No cascade is deeper; a circle must not write for ever.
const DEEPEST: usize = 20;

/// How deep the tree stands open by itself. Below, one opens what one wants to read.
const OPEN: usize = 2;

/// The goals that concern the unit: its own, those above, those below.
pub(super) fn section(
    visitor: &Visitor,
    organisation: &Organisation,
    goals: &[Goal],
    roles: &[Role],
) -> Markup {
    let words = &visitor.words;
    let unit = visitor.place.unit_name();
    let line = organisation.line(&unit);
    let concerns =
        |goal: &&Goal| unit.is_empty() || goal.unit.is_empty() || line.contains(goal.unit.as_str());
    let kept: Vec<_> = goals.iter().filter(|goal| goal.state == "active").filter(concerns).collect();
    let drafts = goals.iter().filter(|goal| goal.state == "draft").filter(concerns).count();
    let tree = Tree::new(visitor, organisation, &kept, roles);
    html! {
        section aria-labelledby="goals" {
            h2 #goals { (words.text("goals-heading")) }
            @if kept.is_empty() {
                p .lead { (words.text("goals-empty")) }
                p .quiet { (words.text("goals-empty-how")) }
            } @else {
                (tree.branch("", 0))
            }
            @if drafts > 0 {
                p .quiet { (words.with("goals-drafts", [("count", i64::try_from(drafts).unwrap_or(i64::MAX).into())])) }
            }
        }
    }
}

struct Tree<'a> {
    visitor: &'a Visitor,
    organisation: &'a Organisation,
    below: BTreeMap<&'a str, Vec<&'a Goal>>,
    roles: BTreeMap<&'a str, &'a str>,
}

impl<'a> Tree<'a> {
    fn new(
        visitor: &'a Visitor,
        organisation: &'a Organisation,
        goals: &[&'a Goal],
        roles: &'a [Role],
    ) -> Self {
        let there: BTreeSet<_> = goals.iter().map(|goal| goal.name.as_str()).collect();
        let mut below: BTreeMap<&str, Vec<&Goal>> = BTreeMap::new();
        for goal in goals {
            // A goal whose parent is not in force stands at the top instead of nowhere.
            let parent = if there.contains(goal.parent.as_str()) { goal.parent.as_str() } else { "" };
            below.entry(parent).or_default().push(goal);
        }
        let roles = roles.iter().map(|role| (role.name.as_str(), role.display_name.as_str())).collect();
        Self { visitor, organisation, below, roles }
    }

    fn branch(&self, parent: &str, depth: usize) -> Markup {
        let goals = self.below.get(parent).filter(|_| depth < DEEPEST);
        html! {
            @if let Some(goals) = goals {
                ul .goals {
                    @for goal in goals {
                        li {
                            (self.goal(goal))
                            @if let Some(count) = self.below.get(goal.name.as_str()).map(Vec::len) {
                                @if depth + 1 < OPEN {
                                    (self.branch(&goal.name, depth + 1))
                                } @else {
                                    details {
                                        summary { (self.visitor.words.with("goals-below", [("count", i64::try_from(count).unwrap_or(i64::MAX).into())])) }
                                        (self.branch(&goal.name, depth + 1))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn goal(&self, goal: &Goal) -> Markup {
        let words = &self.visitor.words;
        let is_here = !goal.unit.is_empty() && goal.unit == self.visitor.place.unit_name();
        let lists =
            [("goal-do", &goal.r#do), ("goal-enough", &goal.enough), ("goal-not-asked", &goal.not_asked)];
        html! {
            article .goal .here[is_here] {
                p .whose { (self.whose(goal)) }
                h3 { (self.said(goal.title.as_ref())) }
                p .everyday { (self.said(goal.everyday_text.as_ref())) }
                @if lists.iter().any(|(_, texts)| !texts.is_empty()) {
                    dl .asks {
                        @for (key, texts) in lists {
                            @if !texts.is_empty() {
                                div {
                                    dt { (words.text(key)) }
                                    @for text in texts { dd { (self.said(Some(text))) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whose goal it is: the unit's, a role's in it, or everybody's.
    fn whose(&self, goal: &Goal) -> String {
        let unit = self.organisation.name_of(&goal.unit);
        let role = self.roles.get(goal.role.as_str()).copied().unwrap_or_default();
        let parts: Vec<_> = [unit, role].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() && goal.unit.is_empty() {
            return self.visitor.words.text("goal-everybody");
        }
        parts.join(" · ")
    }

    fn said(&self, text: Option<&LocalizedText>) -> String {
        self.organisation.said(&self.visitor.words, text)
    }
}
