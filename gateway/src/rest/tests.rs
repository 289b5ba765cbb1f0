//! Laws and tables of the transcoder, without any transport.

mod assembling;
mod laws;

use std::sync::Arc;

use arki_rpc::{Peer, Unreachable};
use prost_reflect::DynamicMessage;

use super::shape::Shapes;
use crate::contract::Contract;
use crate::garden;

/// A peer that is never called.
fn nobody() -> Peer {
    Peer::new(tower::service_fn(|_| async { Err(Unreachable::new("nobody is here")) }))
}

fn contract() -> Contract {
    Contract::read(garden::descriptor()).unwrap()
}

/// What the reference implementation writes for a message.
fn reference(message: &DynamicMessage) -> serde_json::Value {
    let options = prost_reflect::SerializeOptions::new().skip_default_fields(false);
    let mut text = Vec::new();
    message.serialize_with_options(&mut serde_json::Serializer::new(&mut text), &options).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn shapes() -> Arc<Shapes> {
    Arc::new(Shapes::of(&garden::pool()))
}
