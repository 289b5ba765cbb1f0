//! The endpoints (RFC 7644, section 3.2), and which methods each takes.

use arki_proto::directory::v1::ScimResourceType as Type;
use http::{HeaderValue, Method};

use super::LONGEST_ID;
use crate::rest::percent;

/// Every kind of resource, in the order in which a search of the root lists them.
pub(super) const TYPES: [Type; 2] = [Type::User, Type::Group];

/// What a path names.
#[derive(Debug, PartialEq)]
pub(super) enum Place<'p> {
    Root,
    /// `/.search`, of the root or of one kind.
    Search(Vec<Type>),
    List(Type),
    Resource(Type, String),
    Config,
    ResourceTypes,
    ResourceType(&'p str),
    Schemas,
    Schema(String),
    Bulk,
    Me,
}

impl<'p> Place<'p> {
    /// The place of a path below the root of SCIM.
    pub(super) fn find(path: &'p str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut segments = path.split('/').skip(1);
        let (first, second) = (segments.next(), segments.next());
        if segments.next().is_some() {
            return None;
        }
        Some(match (first, second) {
            (None, None) => Self::Root,
            (Some(".search"), None) => Self::Search(TYPES.to_vec()),
            (Some("ServiceProviderConfig"), None) => Self::Config,
            (Some("ResourceTypes"), None) => Self::ResourceTypes,
            (Some("ResourceTypes"), Some(name)) => Self::ResourceType(name),
            (Some("Schemas"), None) => Self::Schemas,
            (Some("Schemas"), Some(urn)) => Self::Schema(percent::decode(urn, false)?.into_owned()),
            (Some("Bulk"), None) => Self::Bulk,
            (Some("Me"), None) => Self::Me,
            (Some(endpoint), None) => Self::List(type_at(endpoint)?),
            (Some(endpoint), Some(".search")) => Self::Search(vec![type_at(endpoint)?]),
            (Some(endpoint), Some(id)) if id.len() <= LONGEST_ID => {
                Self::Resource(type_at(endpoint)?, percent::decode(id, false)?.into_owned())
            }
            _ => return None,
        })
    }

    /// The methods that the place takes.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Root
            | Self::Config
            | Self::ResourceTypes
            | Self::ResourceType(_)
            | Self::Schemas
            | Self::Schema(_)
            | Self::Me => &[Method::GET],
            Self::Search(_) | Self::Bulk => &[Method::POST],
            Self::List(_) => &[Method::GET, Method::POST],
            Self::Resource(..) => &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE],
        }
    }

    /// The methods as the header `Allow` lists them.
    pub(super) fn allow(&self) -> HeaderValue {
        let words: Vec<&str> = self.methods().iter().map(Method::as_str).collect();
        HeaderValue::try_from(words.join(", ")).unwrap_or(HeaderValue::from_static("GET"))
    }
}

/// The kind that an endpoint such as `Users` serves.
pub(super) fn type_at(endpoint: &str) -> Option<Type> {
    match endpoint {
        "Users" => Some(Type::User),
        "Groups" => Some(Type::Group),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_places() {
        let urn = "urn:ietf:params:scim:schemas:core:2.0:User".to_owned();
        for (path, place) in [
            ("", Some(Place::Root)),
            ("/", Some(Place::Root)),
            ("/Users", Some(Place::List(Type::User))),
            ("/Users/", Some(Place::List(Type::User))),
            ("/Groups/grp_1", Some(Place::Resource(Type::Group, "grp_1".to_owned()))),
            ("/Users/a%20b", Some(Place::Resource(Type::User, "a b".to_owned()))),
            ("/Users/.search", Some(Place::Search(vec![Type::User]))),
            ("/.search", Some(Place::Search(TYPES.to_vec()))),
            ("/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser", Some(Place::Schema(urn))),
            ("/ResourceTypes/User", Some(Place::ResourceType("User"))),
            ("/users", None),
            ("/Users/1/2", None),
            ("/Bulk/1", None),
            ("//Users", None),
        ] {
            assert_eq!(Place::find(path), place, "{path}");
        }
    }
}
