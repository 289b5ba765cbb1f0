//! The tree of path segments that finds the route of a request.
//!
//! A router of plain parameters can't tell `/v1/goals/*` from `/v1/goals/*:publish`, nor give `goals/*` as one value,
//! so the edge has its own.

use std::collections::BTreeMap;

use http::{HeaderValue, Method};

use super::percent;
use super::template::{Segment, Template};

/// The tree. `R` is what is found.
#[derive(Debug)]
pub(crate) struct Tree<R> {
    nodes: Vec<Node<R>>,
}

#[derive(Debug)]
struct Node<R> {
    literals: BTreeMap<Box<str>, usize>,
    one: Option<usize>,
    /// Where the path may end.
    ends: Vec<End<R>>,
    /// Where it may end after any further segments.
    rests: Vec<End<R>>,
}

#[derive(Debug)]
struct End<R> {
    verb: Option<Box<str>>,
    methods: Vec<(Method, R)>,
    allow: HeaderValue,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'t, R> {
    /// A route.
    Route(&'t R),
    /// The path exists, but not for this HTTP method; these work.
    NotAllowed(&'t HeaderValue),
    /// Nothing.
    Nothing,
}

/// The decoded values of a path, kept as text until the route says which fields they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Captured {
    segments: Vec<String>,
}

impl Captured {
    /// The value of a variable that covers `first..end`; `Rest` may have matched more or fewer segments than one.
    pub(crate) fn value(&self, first: usize, end: usize, to_the_end: bool) -> String {
        let end = if to_the_end { self.segments.len() } else { end };
        self.segments.get(first..end).unwrap_or_default().join("/")
    }
}

impl<R> Default for Tree<R> {
    fn default() -> Self {
        Self { nodes: vec![Node::new()] }
    }
}

impl<R> Node<R> {
    fn new() -> Self {
        Self { literals: BTreeMap::new(), one: None, ends: Vec::new(), rests: Vec::new() }
    }
}

impl<R> Tree<R> {
    /// Adds a route.
    ///
    /// # Errors
    /// The template when the same path and HTTP method lead to another route already.
    pub(crate) fn insert(&mut self, template: &Template, method: Method, route: R) -> Result<(), String> {
        let mut at = 0;
        let mut rest = false;
        for segment in &template.segments {
            let known = match segment {
                Segment::Literal(word) => self.nodes[at].literals.get(word).copied(),
                Segment::One => self.nodes[at].one,
                Segment::Rest => {
                    rest = true;
                    break;
                }
            };
            at = match known {
                Some(next) => next,
                None => {
                    let next = self.nodes.len();
                    self.nodes.push(Node::new());
                    match segment {
                        Segment::Literal(word) => {
                            self.nodes[at].literals.insert(word.clone(), next);
                        }
                        Segment::One | Segment::Rest => self.nodes[at].one = Some(next),
                    }
                    next
                }
            };
        }
        let node = &mut self.nodes[at];
        let ends = if rest { &mut node.rests } else { &mut node.ends };
        let position = match ends.iter().position(|end| end.verb == template.verb) {
            Some(position) => position,
            None => {
                let allow = HeaderValue::from_static("");
                ends.push(End { verb: template.verb.clone(), methods: Vec::new(), allow });
                ends.len() - 1
            }
        };
        let end = &mut ends[position];
        if end.methods.iter().any(|(known, _)| *known == method) {
            return Err(format!("{method} {template} is bound twice"));
        }
        end.methods.push((method, route));
        let names: Vec<_> = end.methods.iter().map(|(method, _)| method.as_str()).collect();
        end.allow = HeaderValue::try_from(names.join(", ")).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Finds the route of a path as it stands on the request line. Words win over wildcards, and a verb over the
    /// same text read as part of the last segment.
    pub(crate) fn find(&self, method: &Method, path: &str) -> (Found<'_, R>, Captured) {
        let mut segments: Vec<&str> = match path.strip_prefix('/') {
            Some(path) => path.split('/').collect(),
            None => return (Found::Nothing, Captured::default()),
        };
        let whole = segments.last().copied().unwrap_or_default();
        if let Some((last, verb)) = whole.rsplit_once(':')
            && !verb.is_empty()
        {
            if let Some(slot) = segments.last_mut() {
                *slot = last;
            }
            if let Some(end) = self.descend(0, &segments, Some(verb)) {
                return resolve(end, method, &segments);
            }
            if let Some(slot) = segments.last_mut() {
                *slot = whole;
            }
        }
        match self.descend(0, &segments, None) {
            Some(end) => resolve(end, method, &segments),
            None => (Found::Nothing, Captured::default()),
        }
    }

    fn descend(&self, at: usize, segments: &[&str], verb: Option<&str>) -> Option<&End<R>> {
        let node = &self.nodes[at];
        let of_verb = |end: &&End<R>| end.verb.as_deref() == verb;
        let Some((first, tail)) = segments.split_first() else {
            return node.ends.iter().find(of_verb).or_else(|| node.rests.iter().find(of_verb));
        };
        if let Some(next) = node.literals.get(*first)
            && let Some(end) = self.descend(*next, tail, verb)
        {
            return Some(end);
        }
        if !first.is_empty()
            && let Some(next) = node.one
            && let Some(end) = self.descend(next, tail, verb)
        {
            return Some(end);
        }
        node.rests.iter().find(of_verb)
    }
}

fn resolve<'t, R>(end: &'t End<R>, method: &Method, segments: &[&str]) -> (Found<'t, R>, Captured) {
    // HEAD is GET without the body, which the HTTP server leaves out.
    let wanted = if *method == Method::HEAD { &Method::GET } else { method };
    let Some((_, route)) = end.methods.iter().find(|(known, _)| known == wanted) else {
        return (Found::NotAllowed(&end.allow), Captured::default());
    };
    let mut decoded = Vec::with_capacity(segments.len());
    for segment in segments {
        match percent::decode(segment, false) {
            // A slash inside a value would make `goals/a%2Fb` and `goals/a/b` the same name.
            Some(text) if !(text.contains('/') && segment.contains('%')) => decoded.push(text.into_owned()),
            _ => return (Found::Nothing, Captured::default()),
        }
    }
    (Found::Route(route), Captured { segments: decoded })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree<&'static str> {
        let mut tree = Tree::default();
        for (method, path) in [
            (Method::GET, "/v1/goals"),
            (Method::POST, "/v1/goals"),
            (Method::GET, "/v1/{name=goals/*}"),
            (Method::PATCH, "/v1/{goal.name=goals/*}"),
            (Method::POST, "/v1/{name=goals/*}:publish"),
            (Method::GET, "/v1/{name=goals/*/checkIns/*}"),
            (Method::GET, "/v1/goals/mine"),
            (Method::GET, "/v1/files/{path=**}"),
            (Method::POST, "/v1/audience:resolve"),
        ] {
            tree.insert(&Template::parse(path).unwrap(), method, path).unwrap();
        }
        tree
    }

    #[test]
    fn paths_lead_to_their_routes() {
        let table = [
            ("GET", "/v1/goals", Some("/v1/goals")),
            ("HEAD", "/v1/goals", Some("/v1/goals")),
            ("GET", "/v1/goals/gol_1", Some("/v1/{name=goals/*}")),
            ("PATCH", "/v1/goals/gol_1", Some("/v1/{goal.name=goals/*}")),
            ("POST", "/v1/goals/gol_1:publish", Some("/v1/{name=goals/*}:publish")),
            ("GET", "/v1/goals/gol_1/checkIns/2", Some("/v1/{name=goals/*/checkIns/*}")),
            ("GET", "/v1/goals/mine", Some("/v1/goals/mine")),
            ("GET", "/v1/goals/gol:1", Some("/v1/{name=goals/*}")),
            ("GET", "/v1/files/a/b/c", Some("/v1/files/{path=**}")),
            ("GET", "/v1/files", Some("/v1/files/{path=**}")),
            ("POST", "/v1/audience:resolve", Some("/v1/audience:resolve")),
            ("GET", "/v1/goals/", None),
            ("GET", "/v1/gaols", None),
            ("GET", "/v1/goals/a/b", None),
            ("GET", "/v1/goals/a%2Fb", None),
            ("GET", "/v1/goals/%zz", None),
            ("GET", "*", None),
        ];
        let tree = tree();
        for (method, path, route) in table {
            let (found, _) = tree.find(&Method::from_bytes(method.as_bytes()).unwrap(), path);
            match route {
                Some(route) => assert_eq!(found, Found::Route(&route), "{method} {path}"),
                None => assert_eq!(found, Found::Nothing, "{method} {path}"),
            }
        }
    }

    #[test]
    fn a_known_path_with_another_method_says_which_work() {
        let tree = tree();
        for (method, path, allow) in [
            (Method::DELETE, "/v1/goals", "GET, POST"),
            (Method::PUT, "/v1/goals/gol_1", "GET, PATCH"),
            (Method::GET, "/v1/goals/gol_1:publish", "POST"),
        ] {
            let allow = HeaderValue::from_static(allow);
            assert_eq!(tree.find(&method, path).0, Found::NotAllowed(&allow), "{method} {path}");
        }
    }

    #[test]
    fn values_are_decoded_stretches_of_the_path() {
        let tree = tree();
        let (_, captured) = tree.find(&Method::GET, "/v1/goals/a%20b");
        assert_eq!(captured.value(1, 3, false), "goals/a b");
        let (_, captured) = tree.find(&Method::GET, "/v1/files/a/b/c");
        assert_eq!(captured.value(2, 3, true), "a/b/c");
        let (_, captured) = tree.find(&Method::POST, "/v1/goals/gol_1:publish");
        assert_eq!(captured.value(1, 3, false), "goals/gol_1");
    }

    #[test]
    fn the_same_path_and_method_can_be_bound_once() {
        let mut tree = tree();
        let again = Template::parse("/v1/{other=goals/*}").unwrap();
        assert!(tree.insert(&again, Method::GET, "again").is_err());
    }
}
