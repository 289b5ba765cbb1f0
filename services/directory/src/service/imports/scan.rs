//! Reading a staged file piece by piece, on a thread that may be busy for a while.

use std::io::{self, Cursor, Read};

use arki_database::Store;
use arki_ids::{ImportId, TenantId};
use tokio::sync::mpsc;

use super::super::Error;
use crate::storage::imports;

/// Pieces that are on their way at once.
const AHEAD: usize = 2;

/// The file of an import as its pieces come.
pub(super) struct Pipe {
    pieces: mpsc::Receiver<Vec<u8>>,
    held: Cursor<Vec<u8>>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.held.read(into)?;
            if length > 0 || into.is_empty() {
                return Ok(length);
            }
            match self.pieces.blocking_recv() {
                Some(piece) => self.held = Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}

/// Whose file is read, and from where.
#[derive(Clone)]
pub(super) struct File {
    pub(super) store: Store,
    pub(super) tenant: TenantId,
    pub(super) import: ImportId,
}

impl File {
    /// Runs `work` over the file. What it made of a file that could not be read to its end is not answered.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(Pipe) -> T + Send + 'static,
    {
        let (send, pieces) = mpsc::channel(AHEAD);
        let pipe = Pipe { pieces, held: Cursor::default() };
        let work = tokio::task::spawn_blocking(move || work(pipe));
        let fed = self.feed(send).await;
        let done = work.await.map_err(Error::Lost)?;
        fed?;
        Ok(done)
    }

    async fn feed(&self, to: mpsc::Sender<Vec<u8>>) -> Result<(), Error> {
        let mut from = 0;
        loop {
            let pieces = imports::pieces(self.store.reader(), self.tenant, self.import, from).await?;
            if pieces.is_empty() {
                return Ok(());
            }
            for (position, content) in pieces {
                from = position + 1;
                // Whoever reads has what they wanted.
                if to.send(content).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}
