//! The course of a bulk request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::request::{Method, Operation, Request, resolve};
use crate::Error;

/// An operation to carry out now, with every reference resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its place in the request.
    pub index: usize,
    pub method: Method,
    /// Such as `/Users`.
    pub endpoint: String,
    /// The resource; none for POST.
    pub id: Option<String>,
    /// What `If-Match` would hold.
    pub version: Option<String>,
    pub data: Value,
}

/// What came of an operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// The HTTP status it would have had by itself.
    pub status: u16,
    /// The id of the resource; of a POST it is what `bulkId:…` stands for.
    pub id: String,
    /// Where the resource is served.
    pub location: Option<String>,
    /// The entity tag.
    pub version: Option<String>,
}

/// A bulk request on its way. Ask for [`Run::next_task`], carry it out, tell [`Run::record`], until there is none;
/// then [`Run::response`].
#[derive(Clone, Debug)]
pub struct Run {
    request: Request,
    /// Of each operation the bulk ids that it waits for.
    waits: Vec<BTreeSet<String>>,
    states: Vec<State>,
    /// Which operation creates what a bulk id stands for.
    makers: BTreeMap<String, usize>,
    /// Where SCIM is served, for the locations of operations that fail.
    base: String,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Waiting,
    Running,
    Over(Result<Done, Error>),
}

impl Run {
    /// Starts a request. `base` is where SCIM is served, without a slash at the end.
    pub fn new(request: Request, base: &str) -> Self {
        let waits = request
            .operations
            .iter()
            .map(|operation| operation.waits_for().into_iter().map(str::to_owned).collect())
            .collect();
        let states = request
            .operations
            .iter()
            .map(|operation| match &operation.target {
                Ok(_) => State::Waiting,
                Err(fault) => State::Over(Err(fault.clone())),
            })
            .collect();
        let made = request.operations.iter().enumerate().filter_map(|(index, operation)| match operation {
            Operation { bulk_id: Some(bulk_id), target: Ok((Method::Post, ..)), .. } => {
                Some((bulk_id.clone(), index))
            }
            _ => None,
        });
        let makers = made.collect();
        Self { request, waits, states, makers, base: base.to_owned() }
    }

    /// The next operation to carry out. None when all are over, or enough have failed.
    pub fn next_task(&mut self) -> Option<Task> {
        loop {
            if self.has_stopped() {
                return None;
            }
            let waiting: Vec<usize> =
                (0..self.states.len()).filter(|index| self.states[*index] == State::Waiting).collect();
            if let Some(index) = waiting.iter().copied().find(|index| self.is_ready(*index)) {
                self.states[index] = State::Running;
                return self.task(index);
            }
            let hopeless =
                waiting.iter().find_map(|index| self.hopeless(*index).map(|fault| (*index, fault)));
            let (index, fault) = match (hopeless, waiting.first()) {
                (Some(hopeless), _) => hopeless,
                (None, None) => return None,
                // Somebody is still at work on what the others wait for.
                (None, _) if self.states.contains(&State::Running) => return None,
                (None, Some(index)) => {
                    (*index, Error::plain(409, "the operation waits for itself in a circle of bulkIds"))
                }
            };
            self.states[index] = State::Over(Err(fault));
        }
    }

    /// Tells what came of a task.
    pub fn record(&mut self, index: usize, outcome: Result<Done, Error>) {
        if let Some(state) = self.states.get_mut(index) {
            *state = State::Over(outcome);
        }
    }

    /// The body of the answer: the operations that are over, in the order of the request.
    pub fn response(&self) -> Value {
        let told =
            self.request.operations.iter().zip(&self.states).filter_map(|(operation, state)| match state {
                State::Over(outcome) => Some(self.told(operation, outcome)),
                State::Waiting | State::Running => None,
            });
        json!({"schemas": [super::RESPONSE_SCHEMA], "Operations": told.collect::<Vec<_>>()})
    }

    fn has_stopped(&self) -> bool {
        let failed = self.states.iter().filter(|state| matches!(state, State::Over(Err(_)))).count();
        self.request.fail_on_errors.is_some_and(|most| failed >= most)
    }

    fn id_of(&self, bulk_id: &str) -> Option<&str> {
        match &self.states[*self.makers.get(bulk_id)?] {
            State::Over(Ok(done)) => Some(&done.id),
            _ => None,
        }
    }

    fn is_ready(&self, index: usize) -> bool {
        self.waits[index].iter().all(|bulk_id| self.id_of(bulk_id).is_some())
    }

    /// Why an operation can never be ready, as far as that is known by now.
    fn hopeless(&self, index: usize) -> Option<Error> {
        self.waits[index].iter().find_map(|bulk_id| match self.makers.get(bulk_id) {
            None => Some(Error::value(format!("no POST of this request has the bulkId {bulk_id}"))),
            Some(maker) => match &self.states[*maker] {
                State::Over(Err(_)) => {
                    Some(Error::plain(409, format!("the operation with the bulkId {bulk_id} has failed")))
                }
                _ => None,
            },
        })
    }

    fn task(&self, index: usize) -> Option<Task> {
        let operation = &self.request.operations[index];
        let (method, endpoint, id) = operation.target.as_ref().ok()?;
        let resolved = |text: &str| resolve(text, |bulk_id| self.id_of(bulk_id)).unwrap_or(text).to_owned();
        Some(Task {
            index,
            method: *method,
            endpoint: endpoint.clone(),
            id: id.as_deref().map(resolved),
            version: operation.version.clone(),
            data: mapped(&operation.data, &resolved),
        })
    }

    fn told(&self, operation: &Operation, outcome: &Result<Done, Error>) -> Value {
        let mut told = Map::new();
        let mut say = |name: &str, value: Value| told.insert(name.to_owned(), value);
        say("method", operation.method_word.as_str().into());
        if let Some(bulk_id) = &operation.bulk_id {
            say("bulkId", bulk_id.as_str().into());
        }
        match outcome {
            Ok(done) => {
                say("status", done.status.to_string().into());
                if let Some(location) = &done.location {
                    say("location", location.as_str().into());
                }
                if let Some(version) = &done.version {
                    say("version", version.as_str().into());
                }
            }
            Err(fault) => {
                say("status", fault.status.to_string().into());
                say("response", fault.body());
                if operation.method_word != "POST" && !operation.path.is_empty() {
                    say(
                        "location",
                        format!("{}/{}", self.base, operation.path.trim_start_matches('/')).into(),
                    );
                }
            }
        }
        Value::Object(told)
    }
}

/// The value with every text mapped.
fn mapped(value: &Value, text: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(given) => text(given).into(),
        Value::Array(items) => items.iter().map(|item| mapped(item, text)).collect(),
        Value::Object(parts) => parts.iter().map(|(name, part)| (name.clone(), mapped(part, text))).collect(),
        other => other.clone(),
    }
}
