//! The contract as the edge reads it: every RPC with its access rule and its HTTP bindings, taken from the encoded
//! descriptor set once, at start.

use std::collections::HashMap;
use std::sync::Arc;

use http::uri::PathAndQuery;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, MethodDescriptor, ServiceDescriptor,
};

/// Why a descriptor set can't be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not a descriptor set.
    #[error("the descriptor set is damaged")]
    Damaged(#[from] prost_reflect::DescriptorError),
    /// An option that the edge depends on is not declared.
    #[error("the descriptor set lacks the option {0}, compile it with its imports")]
    OptionMissing(&'static str),
    /// An RPC does not say who may call it.
    #[error("rpc {rpc} has no access rule, add option (arki.auth.v1.rule)")]
    RuleMissing {
        /// The full name of the RPC.
        rpc: String,
    },
    /// An HTTP binding can't be served.
    #[error("rpc {rpc} has the http binding {binding:?}: {problem}")]
    Binding {
        /// The full name of the RPC.
        rpc: String,
        /// The path template as declared.
        binding: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No peer serves a package.
    #[error("no peer serves the package {0}")]
    PackageUnserved(String),
}

/// Who may call an RPC from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone; the RPC authorizes by a token in its request.
    Public,
    /// A caller who holds this scope. The scope is checked by the service; the edge only needs a known caller.
    Scope(Box<str>),
    /// Only Arki's own services: unreachable from outside.
    Internal,
}

/// One way to reach an RPC over HTTP, as declared.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The HTTP method.
    pub verb: http::Method,
    /// The path template.
    pub path: String,
    /// The request field that the body fills, `*` for the whole message, empty for none.
    pub body: String,
    /// The response field that becomes the body, empty for the whole message.
    pub response_body: String,
}

/// One RPC.
#[derive(Debug)]
pub struct Method {
    /// Where it is on the wire: `/arki.goal.v1.GoalService/GetGoal`.
    pub path: PathAndQuery,
    /// The package, by which the peer is chosen.
    pub package: String,
    /// Who may call it.
    pub access: Access,
    /// The HTTP bindings, the main one first.
    pub bindings: Vec<Binding>,
    /// The descriptor.
    pub descriptor: MethodDescriptor,
}

impl Method {
    /// Whether requests or replies are streams.
    pub fn streams(&self) -> bool {
        self.descriptor.is_client_streaming() || self.descriptor.is_server_streaming()
    }
}

/// Everything that the edge knows of the services behind it.
#[derive(Clone, Debug)]
pub struct Contract {
    /// All descriptors, for rendering and documentation.
    pub pool: DescriptorPool,
    methods: HashMap<String, Arc<Method>>,
    ordered: Vec<Arc<Method>>,
}

impl Contract {
    /// Reads an encoded descriptor set. Services outside the `arki` packages (health, reflection) have no rules and
    /// are left to their own handlers.
    ///
    /// # Errors
    /// When the set is damaged, or an RPC lacks what the edge needs of it.
    pub fn read(descriptor: &[u8]) -> Result<Self, Error> {
        let pool = DescriptorPool::decode(descriptor)?;
        let http = option(&pool, "google.api.http")?;
        let rule = option(&pool, "arki.auth.v1.rule")?;
        let mut methods = HashMap::new();
        let mut ordered = Vec::new();
        for service in pool.services().filter(is_served) {
            for descriptor in service.methods() {
                let method = Arc::new(read_method(descriptor, &http, &rule)?);
                methods.insert(method.path.as_str().to_owned(), Arc::clone(&method));
                ordered.push(method);
            }
        }
        Ok(Self { pool, methods, ordered })
    }

    /// The RPC at a path on the wire.
    pub fn method(&self, path: &str) -> Option<&Arc<Method>> {
        self.methods.get(path)
    }

    /// All RPCs in the order of their declaration.
    pub fn methods(&self) -> impl Iterator<Item = &Arc<Method>> {
        self.ordered.iter()
    }

    /// All services, in the order of their declaration.
    pub fn services(&self) -> impl Iterator<Item = ServiceDescriptor> + '_ {
        self.pool.services().filter(is_served)
    }
}

fn is_served(service: &ServiceDescriptor) -> bool {
    service.full_name().starts_with("arki.")
}

fn option(pool: &DescriptorPool, name: &'static str) -> Result<ExtensionDescriptor, Error> {
    pool.get_extension_by_name(name).ok_or(Error::OptionMissing(name))
}

fn read_method(
    descriptor: MethodDescriptor,
    http: &ExtensionDescriptor,
    rule: &ExtensionDescriptor,
) -> Result<Method, Error> {
    let service = descriptor.parent_service().full_name().to_owned();
    let path = PathAndQuery::try_from(format!("/{service}/{}", descriptor.name()))
        .map_err(|error| binding_error(&descriptor, "", error.to_string()))?;
    let options = descriptor.options();
    let access = options
        .has_extension(rule)
        .then(|| options.get_extension(rule))
        .and_then(|value| read_access(value.as_message()?))
        .ok_or_else(|| Error::RuleMissing { rpc: descriptor.full_name().to_owned() })?;
    let mut bindings = Vec::new();
    if options.has_extension(http)
        && let Some(main) = options.get_extension(http).as_message()
    {
        bindings.push(read_binding(&descriptor, main)?);
        if let Some(more) = main.get_field_by_name("additional_bindings") {
            for value in more.as_list().unwrap_or_default() {
                if let Some(message) = value.as_message() {
                    bindings.push(read_binding(&descriptor, message)?);
                }
            }
        }
    }
    let package = descriptor.parent_service().package_name().to_owned();
    Ok(Method { path, package, access, bindings, descriptor })
}

fn read_access(rule: &DynamicMessage) -> Option<Access> {
    if rule.get_field_by_name("public")?.as_bool()? {
        return Some(Access::Public);
    }
    match rule.get_field_by_name("scope")?.as_str()? {
        "" => None,
        "internal" => Some(Access::Internal),
        scope => Some(Access::Scope(scope.into())),
    }
}

fn read_binding(descriptor: &MethodDescriptor, rule: &DynamicMessage) -> Result<Binding, Error> {
    const PATTERNS: [(&str, http::Method); 5] = [
        ("get", http::Method::GET),
        ("put", http::Method::PUT),
        ("post", http::Method::POST),
        ("delete", http::Method::DELETE),
        ("patch", http::Method::PATCH),
    ];
    let text = |name: &str| {
        rule.get_field_by_name(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let (name, verb) =
        PATTERNS.into_iter().find(|(name, _)| rule.has_field_by_name(name)).ok_or_else(|| {
            binding_error(descriptor, "", "it names no path, set get, put, post, delete or patch")
        })?;
    Ok(Binding { verb, path: text(name), body: text("body"), response_body: text("response_body") })
}

/// A binding that can't be served, named so that it is found in the proto.
pub(crate) fn binding_error(
    descriptor: &MethodDescriptor,
    binding: &str,
    problem: impl Into<String>,
) -> Error {
    Error::Binding {
        rpc: descriptor.full_name().to_owned(),
        binding: binding.to_owned(),
        problem: problem.into(),
    }
}
