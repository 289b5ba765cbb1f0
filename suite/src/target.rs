//! Finding the Arki that a command means.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context as _, Result};
use arki_process::config::Sources;

use crate::{
    assembly::{self, Arki},
    cli::Target,
    remote::Server,
};

/// A server to call, and the process that was started for it where none ran.
pub struct Reached {
    /// The server.
    pub server: Server,
    own: Option<Arki>,
}

impl Reached {
    /// Stops what was started for the call.
    ///
    /// # Errors
    /// When something of it does not end in time.
    pub async fn leave(self) -> Result<()> {
        match self.own {
            Some(arki) => arki.stop().await,
            None => Ok(()),
        }
    }
}

/// Reaches the running server of `target`, or opens its data folder for the time of the command.
///
/// # Errors
/// When nothing answers at the given address, or the data folder cannot be opened.
pub async fn reach(target: &Target) -> Result<Reached> {
    if let (Some(uri), Some(key)) = (&target.server, &target.key) {
        return Ok(Reached { server: Server::connect(uri, key).await?, own: None });
    }
    if let Ok(server) = running(&target.data).await {
        return Ok(Reached { server, own: None });
    }
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let arki = Box::pin(assembly::start(&target.data, free, Sources::new(None))).await?;
    let server = Server::connect(&arki.uri(), &admin_key(&target.data)?).await?;
    Ok(Reached { server, own: Some(arki) })
}

/// The secret of the administrator of a data folder.
///
/// # Errors
/// When the folder has none, or it cannot be read.
pub fn admin_key(data: &Path) -> Result<String> {
    let file = data.join(assembly::ADMIN_KEY);
    std::fs::read_to_string(&file)
        .map(|key| key.trim().to_owned())
        .with_context(|| format!("{} cannot be read; name the data folder with --data", file.display()))
}

async fn running(data: &Path) -> Result<Server> {
    let address = std::fs::read_to_string(data.join(assembly::ADDRESS))?;
    Server::connect(address.trim(), &admin_key(data)?).await
}
