//! What a resource is made of: attributes and their characteristics (RFC 7643, section 2.2), schemas, kinds of
//! resources, and how a name finds its attribute.

mod coerce;
mod declared;
mod discovery;
mod projection;
mod sort;
mod write;

pub(crate) use coerce::{coerce, identity, is_hollow, settled_primary};
pub use declared::{ARKI_USER, CORE_GROUP, CORE_USER, ENTERPRISE_USER};
pub use discovery::{Discovery, Scheme};
pub use projection::Projection;
pub use sort::Sort;
pub(crate) use write::object;

use crate::name::AttributePath;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Binary,
    Reference,
    Complex,
}

/// Who may set a value, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    ReadOnly,
    ReadWrite,
    Immutable,
    WriteOnly,
}

/// When a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    Always,
    Never,
    Default,
    Request,
}

/// Among whom a value is unique. The caller enforces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    None,
    Server,
    Global,
}

/// An attribute or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: &'static str,
    pub data_type: DataType,
    pub multi_valued: bool,
    pub description: &'static str,
    pub required: bool,
    pub case_exact: bool,
    pub mutability: Mutability,
    pub returned: Returned,
    pub uniqueness: Uniqueness,
    /// Values that clients may expect.
    pub canonical_values: &'static [&'static str],
    /// Whether other values than the canonical are refused. Not part of the RFC, so not shown.
    pub closed: bool,
    pub reference_types: &'static [&'static str],
    /// The longest text, in characters. Not part of the RFC, so not shown.
    pub longest: usize,
    /// Whether a PUT that leaves it out leaves it as it is. Okta omits `active` and means no change.
    pub sticky: bool,
    /// Whether the server works it out from the `value` beside it. What a client sends is read where there is no
    /// `value`, and let pass otherwise, whatever the mutability that the RFC gives it.
    pub derived: bool,
    pub sub_attributes: Vec<Self>,
}

impl Attribute {
    /// The part with this name, letter case aside.
    pub fn sub(&self, name: &str) -> Option<&Self> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// Whether a client's value is kept.
    pub(crate) fn is_taken(&self) -> bool {
        self.mutability != Mutability::ReadOnly && !self.derived
    }

    /// The part that stands for the whole where no part is named (RFC 7643, section 2.4).
    pub fn default_sub(&self) -> Option<&Self> {
        self.sub("value")
    }
}

/// A named set of attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute with this name, letter case aside.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A kind of resource: a core schema, extensions, and where it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceType {
    pub name: &'static str,
    /// The path below the base, such as `/Users`.
    pub endpoint: &'static str,
    pub description: &'static str,
    pub core: Schema,
    /// None is required.
    pub extensions: Vec<Schema>,
    /// `id`, `externalId` and `meta`, which RFC 7643 keeps out of every schema document.
    pub(crate) everywhere: Vec<Attribute>,
    /// Names of the RFC's attributes that are not kept. Identity providers map them by default, so a write to one
    /// has no effect where an unknown name would be refused.
    pub(crate) let_pass: Vec<&'static str>,
}

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'a> {
    Attribute(Place<'a>),
    /// The name is the URN of a schema: all of its attributes. The core schema has no object of its own.
    Schema(&'a Schema),
    /// A name of the RFC's that is not kept.
    LetPass,
    Unknown,
}

/// An attribute and where in a resource it is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The extension that holds it; none for the resource itself.
    pub extension: Option<&'a Schema>,
    pub attribute: &'a Attribute,
    pub sub: Option<&'a Attribute>,
}

impl<'a> Place<'a> {
    /// The attribute that a comparison looks at: the part, or the whole's `value`, or the whole. Whoever translates a
    /// filter finds here whether letter case matters.
    pub fn compared(&self) -> &'a Attribute {
        match self.sub {
            Some(sub) => sub,
            None => self.attribute.default_sub().unwrap_or(self.attribute),
        }
    }

    /// The name in the declared letter case.
    pub fn path(&self) -> AttributePath {
        AttributePath {
            schema: self.extension.map(|schema| schema.id.to_owned()),
            attribute: self.attribute.name.to_owned(),
            sub: self.sub.map(|sub| sub.name.to_owned()),
        }
    }

    /// The attribute's value, whole, in a resource of this crate's form.
    pub fn value<'v>(&self, resource: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        let holder = match self.extension {
            Some(schema) => resource.get(schema.id)?,
            None => resource,
        };
        holder.get(self.attribute.name)
    }
}

impl ResourceType {
    /// Finds what a name means. Names and URNs compare without regard to letter case.
    pub fn lookup(&self, path: &AttributePath) -> Lookup<'_> {
        if let Some(schema) = path.urn().and_then(|urn| self.schema(&urn)) {
            // `…:2.0:User.name` is no name: nothing follows the URN of a schema but a colon.
            return if path.sub.is_none() { Lookup::Schema(schema) } else { Lookup::Unknown };
        }
        let (attribute, extension) = match &path.schema {
            None => (self.own(&path.attribute), None),
            Some(urn) if urn.eq_ignore_ascii_case(self.core.id) => (self.own(&path.attribute), None),
            Some(urn) => match self.extension(urn) {
                Some(schema) => (schema.attribute(&path.attribute), Some(schema)),
                None => return Lookup::Unknown,
            },
        };
        let Some(attribute) = attribute else {
            let passes = self.let_pass.iter().any(|name| name.eq_ignore_ascii_case(&path.attribute));
            return if passes { Lookup::LetPass } else { Lookup::Unknown };
        };
        let sub = match &path.sub {
            None => None,
            Some(name) => match attribute.sub(name) {
                Some(sub) => Some(sub),
                None => return Lookup::Unknown,
            },
        };
        Lookup::Attribute(Place { extension, attribute, sub })
    }

    /// The attribute that a name means, if it means one.
    pub fn place(&self, path: &AttributePath) -> Option<Place<'_>> {
        match self.lookup(path) {
            Lookup::Attribute(place) => Some(place),
            _ => None,
        }
    }

    fn own(&self, name: &str) -> Option<&Attribute> {
        let everywhere =
            || self.everywhere.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        self.core.attribute(name).or_else(everywhere)
    }

    pub(crate) fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The core schema or an extension by its URN, letter case aside.
    pub fn schema(&self, urn: &str) -> Option<&Schema> {
        if urn.eq_ignore_ascii_case(self.core.id) { Some(&self.core) } else { self.extension(urn) }
    }

    /// Every attribute with the extension that holds it, `id`, `externalId` and `meta` first.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (Option<&Schema>, &Attribute)> {
        let own = self.everywhere.iter().chain(&self.core.attributes).map(|attribute| (None, attribute));
        let further = self
            .extensions
            .iter()
            .flat_map(|schema| schema.attributes.iter().map(move |attribute| (Some(schema), attribute)));
        own.chain(further)
    }

    /// The same kind without these attributes of the core schema, for a server that does not keep them. Writes to
    /// them then have no effect.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        let (gone, kept) = self.core.attributes.into_iter().partition(|attribute: &Attribute| {
            names.iter().any(|name| name.eq_ignore_ascii_case(attribute.name))
        });
        self.core.attributes = kept;
        let gone: Vec<Attribute> = gone;
        self.let_pass.extend(gone.iter().map(|attribute| attribute.name));
        self
    }
}
