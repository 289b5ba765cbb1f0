//! Which events leave Arki, as the contract says with the option `arki.event.v1.outgoing`. What says nothing, stays.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};

use crate::schema;

/// The package of the events; its last word is the version of their types.
const PACKAGE: &str = "arki.event.v1";
const VERSION: &str = "v1";

/// What the contract says of one event.
#[derive(Clone, Debug)]
pub struct EventType {
    /// The CloudEvents type, such as `arki.survey.wave.closed.v1`.
    pub name: String,
    /// The subject on the bus, such as `arki.survey.wave.closed`.
    pub subject: String,
    /// What the event tells.
    pub description: String,
    pub(crate) message: MessageDescriptor,
}

impl EventType {
    /// The JSON Schema (2020-12) of the event's data.
    pub fn schema(&self) -> serde_json::Value {
        schema::of(&self.message, &self.description)
    }

    /// The service that tells the event, such as `survey`.
    pub fn service(&self) -> &str {
        self.subject.split('.').nth(1).unwrap_or_default()
    }
}

/// Every event of the contract that has decided.
#[derive(Debug)]
pub struct Catalogue {
    /// Those that leave, by subject.
    outgoing: BTreeMap<String, EventType>,
    /// The subjects of those that stay.
    withheld: Vec<String>,
}

impl Catalogue {
    /// The catalogue of the contract.
    pub fn get() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| Self::read(arki_proto::DESCRIPTOR))
    }

    /// Reads an encoded descriptor set. One that can't be read lets nothing out.
    fn read(descriptor: &[u8]) -> Self {
        let mut catalogue = Self { outgoing: BTreeMap::new(), withheld: Vec::new() };
        let Ok(pool) = DescriptorPool::decode(descriptor) else { return catalogue };
        let Some(option) = pool.get_extension_by_name("arki.event.v1.outgoing") else { return catalogue };
        for message in pool.all_messages().filter(|message| message.package_name() == PACKAGE) {
            let options = message.options();
            if !options.has_extension(&option) {
                continue;
            }
            let value = options.get_extension(&option);
            let Some((subject, leaves)) = value.as_message().and_then(read) else { continue };
            if leaves {
                let (name, description) = (format!("{subject}.{VERSION}"), schema::comment(&message));
                catalogue.outgoing.insert(subject.clone(), EventType { name, subject, description, message });
            } else {
                catalogue.withheld.push(subject);
            }
        }
        catalogue
    }

    /// The types that leave, in the order of their names.
    pub fn types(&self) -> impl Iterator<Item = &EventType> {
        self.outgoing.values()
    }

    /// The type of a subject on the bus; none where it stays inside.
    pub fn of_subject(&self, subject: &str) -> Option<&EventType> {
        self.outgoing.get(subject)
    }

    /// Every subject about which the contract has decided.
    pub fn decided(&self) -> impl Iterator<Item = &str> {
        self.outgoing.keys().chain(&self.withheld).map(String::as_str)
    }
}

fn read(outgoing: &DynamicMessage) -> Option<(String, bool)> {
    let subject = outgoing.get_field_by_name("subject")?.as_str()?.to_owned();
    let leaves = outgoing.get_field_by_name("webhooks").as_deref().and_then(Value::as_bool)?;
    Some((subject, leaves))
}
