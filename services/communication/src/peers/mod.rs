//! What this service needs of others.

mod contacts;
mod directory;
mod memo;

pub(crate) use contacts::Sending;
pub(crate) use directory::{Directory, Error, Member, Recipient};

use arki_rpc::Peer;

/// The services that communication calls, each with the client stack around it.
#[derive(Clone)]
pub struct Peers {
    pub directory: Peer,
}
