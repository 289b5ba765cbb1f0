//! What identity providers do, by SCIM.
//!
//! Writes wait in a queue ([`Queue`]) whose worker takes whatever came meanwhile into one transaction ([`work`]): one
//! wait for the disk serves all of it, and two changes of one group can't lose each other's members. The protocol is
//! applied inside of that transaction, on what is stored then.

mod groups;
mod place;
mod queue;
mod search;
mod shelf;
mod users;
mod work;

use std::sync::LazyLock;

use arki_ids::TenantId;
use arki_scim::Error as Refused;
use arki_scim::bulk::Method;
use arki_scim::list::Pages;
use arki_scim::schema::{Projection, ResourceType};
use serde_json::Value;

pub use queue::Queue;
pub use search::Found;

use super::Directory;

/// Page sizes of lists.
pub const PAGES: Pages = Pages { default_count: 100, most: 1_000 };
/// A group with more members is changed without an answer of the whole of it, unless it is asked for.
const MOST_ANSWERED: usize = 500;

static USER: LazyLock<ResourceType> = LazyLock::new(ResourceType::user);
static GROUP: LazyLock<ResourceType> = LazyLock::new(ResourceType::group);

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    User,
    Group,
}

impl Type {
    /// Its schemas.
    pub fn kind(self) -> &'static ResourceType {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        }
    }
}

/// How resources are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Where the client reaches SCIM, without a slash at the end.
    pub base: String,
    pub attributes: Vec<String>,
    pub excluded: Vec<String>,
}

impl View {
    fn projection(&self, kind: &ResourceType) -> Result<Projection, Refused> {
        Projection::new(
            kind,
            self.attributes.iter().map(String::as_str),
            self.excluded.iter().map(String::as_str),
        )
    }
}

/// One write.
#[derive(Clone, Debug)]
pub struct Operation {
    pub method: Method,
    pub of: Type,
    /// Empty for a POST.
    pub id: String,
    /// What the client sent; a fault where that was no JSON.
    pub body: Result<Value, Refused>,
    pub if_match: Option<String>,
}

/// What came of a write that took effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    pub status: u16,
    pub id: String,
    pub version: Option<String>,
    pub location: Option<String>,
    /// None with 204, and where no resources were wanted.
    pub resource: Option<Value>,
}

/// Writes that came in one request.
#[derive(Clone, Debug)]
pub struct Job {
    pub tenant: TenantId,
    pub operations: Vec<Operation>,
    pub view: View,
    pub without_resources: bool,
}

/// One resource as it is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub resource: Value,
    pub version: String,
    pub location: String,
}

/// The use cases of identity providers. Cheap to clone.
#[derive(Clone)]
pub struct Scim {
    directory: Directory,
    queue: Queue,
}

impl Scim {
    /// The use cases over those of the directory. `queue` takes the writes.
    pub fn new(directory: Directory, queue: Queue) -> Self {
        Self { directory, queue }
    }

    /// Carries out writes in their order, each by itself. What is answered is on disk.
    pub async fn execute(&self, job: Job) -> Result<Vec<Result<Done, Refused>>, super::Error> {
        Ok(self.queue.submit(job).await?)
    }
}
