//! Who may call which method, as the contract declares it.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, MethodDescriptor, Value};

use crate::Reach;

/// The option that carries a rule.
const EXTENSION: &str = "arki.auth.v1.rule";
/// The option that says what somebody gets who does not reach the whole tenant.
const REACH: &str = "arki.auth.v1.reach";
/// The option that says that the answer holds personal data.
const PERSONAL_DATA: &str = "arki.auth.v1.personal_data";

/// Who may call a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A caller that holds this scope.
    Scope(String),
    /// Anybody; the method authorizes by what is in its request.
    Public,
}

/// What a method answers to somebody who does not reach the whole tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// Nothing.
    #[default]
    None,
    /// Those within the reach; the service looks at each.
    Within,
    /// The same as to everybody.
    All,
}

/// What the contract says of one method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who may call it.
    pub rule: Rule,
    /// What it answers to somebody who does not reach the whole tenant.
    pub rows: Rows,
    /// Whether the answer holds personal data.
    pub personal_data: bool,
}

impl Decision {
    /// Whether a caller of this reach may call the method at all.
    pub fn is_within(&self, reach: &Reach) -> bool {
        match reach {
            Reach::Tenant => true,
            Reach::Impersonal => !self.personal_data,
            Reach::Rows(_) => self.rows != Rows::None,
        }
    }
}

/// Why a contract can't be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The descriptor is not one.
    #[error("the contract's descriptor can't be read")]
    Descriptor(#[from] prost_reflect::DescriptorError),
    /// The option itself is not declared, so no method can carry it.
    #[error("the contract doesn't declare the option {EXTENSION}, encode its descriptor with imports")]
    NoOption,
    /// A method without a rule.
    #[error("method {0} has no rule, give it option ({EXTENSION}) with a scope or public: true")]
    NoRule(String),
    /// A method whose rule has both, so that one of them is not meant.
    #[error("method {0} is public and asks for a scope, remove one of them from its option ({EXTENSION})")]
    Contradiction(String),
}

/// The rules of all methods, by path.
#[derive(Clone, Debug)]
pub struct Rules(HashMap<String, Decision>);

impl Rules {
    /// Reads the rules of every method in an encoded `FileDescriptorSet`.
    ///
    /// # Errors
    /// When any method has none: a method that was forgotten must stop the start, not be found open later.
    pub fn read(descriptor: &[u8]) -> Result<Self, Error> {
        let pool = DescriptorPool::decode(descriptor)?;
        let mut rules = HashMap::new();
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            if !crate::method::is_plumbing(&path) {
                rules.insert(path, decision(&pool, &method)?);
            }
        }
        Ok(Self(rules))
    }

    /// The rule of the method at `path`, with the path as the contract has it.
    pub fn find(&self, path: &str) -> Option<(&str, &Decision)> {
        self.0.get_key_value(path).map(|(path, decision)| (path.as_str(), decision))
    }

    /// Every path with its rule, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Decision)> {
        self.0.iter().map(|(path, decision)| (path.as_str(), decision))
    }
}

fn decision(pool: &DescriptorPool, method: &MethodDescriptor) -> Result<Decision, Error> {
    let options = method.options();
    let said =
        |name| pool.get_extension_by_name(name).map(|option| options.get_extension(&option).into_owned());
    let rule = rule(pool, method)?;
    let rows = match said(REACH) {
        Some(Value::EnumNumber(2)) => Rows::Within,
        Some(Value::EnumNumber(3)) => Rows::All,
        // Forgotten is closed.
        _ => Rows::None,
    };
    Ok(Decision { rule, rows, personal_data: matches!(said(PERSONAL_DATA), Some(Value::Bool(true))) })
}

fn rule(pool: &DescriptorPool, method: &MethodDescriptor) -> Result<Rule, Error> {
    let extension = pool.get_extension_by_name(EXTENSION).ok_or(Error::NoOption)?;
    let options = method.options();
    let value = options.get_extension(&extension);
    let missing = || Error::NoRule(method.full_name().to_owned());
    let rule = value.as_message().ok_or_else(missing)?;
    let field = |name: &str| rule.get_field_by_name(name).map(std::borrow::Cow::into_owned);
    let is_public = matches!(field("public"), Some(Value::Bool(true)));
    let scope = match field("scope") {
        Some(Value::String(scope)) if !scope.is_empty() => Some(scope),
        _ => None,
    };
    match (scope, is_public) {
        (Some(scope), false) => Ok(Rule::Scope(scope)),
        (None, true) => Ok(Rule::Public),
        (None, false) => Err(missing()),
        (Some(_), true) => Err(Error::Contradiction(method.full_name().to_owned())),
    }
}
