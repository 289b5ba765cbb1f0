//! The line to PostgreSQL in the hands of a test: carried on, held, cut, or cut off right after a commit went out.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// Nothing comes through, and nobody is told so: a database that hangs.
    Held,
    /// Every connection is closed, and so is each new one.
    Cut,
}

/// Which transactions are those whose commit may be cut off.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meant {
    /// Those that sent more bytes.
    Larger(usize),
    /// Those that sent these words.
    Saying(&'static str),
}

/// What all connections of a line have in common.
struct Terms {
    server: String,
    meant: Meant,
    commits: Mutex<Commits>,
}

/// How many commits are still to be cut off, and how many were.
#[derive(Default)]
struct Commits {
    left: usize,
    done: usize,
}

/// A line to a server, at an address of its own. It ends when it is dropped.
pub(crate) struct Line {
    pub(crate) url: String,
    terms: Arc<Terms>,
    state: watch::Sender<State>,
    _carried: JoinSet<()>,
}

impl Line {
    /// A line to the server of a database url.
    pub(crate) async fn to(url: &str, meant: Meant) -> Result<Self> {
        let (head, rest) = url.split_once('@').context("a database url")?;
        let (server, database) = rest.split_once('/').context("a database url")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("{head}@{}/{database}", listener.local_addr()?);
        let terms = Terms { server: server.to_owned(), meant, commits: Mutex::default() };
        let terms = Arc::new(terms);
        let (state, seen) = watch::channel(State::Open);
        let mut carried = JoinSet::new();
        let of_all = Arc::clone(&terms);
        carried.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (terms, seen) = (Arc::clone(&of_all), seen.clone());
                connections.spawn(async move {
                    let _ = carry(client, &terms, seen).await;
                });
                // Those that have ended are forgotten.
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { url, terms, state, _carried: carried })
    }

    /// From now on the line is like that.
    pub(crate) fn turn(&self, state: State) {
        self.state.send_replace(state);
    }

    /// The next so many commits are carried to the server, and no answer comes back.
    pub(crate) fn cut_off(&self, commits: usize) {
        self.terms.commits.lock().unwrap().left = commits;
    }

    /// How many commits were cut off.
    pub(crate) fn was_cut_off(&self) -> usize {
        self.terms.commits.lock().unwrap().done
    }
}

impl Terms {
    /// Whether this commit is one of those to be cut off.
    fn takes_one(&self) -> bool {
        let mut commits = self.commits.lock().unwrap();
        let Some(left) = commits.left.checked_sub(1) else { return false };
        *commits = Commits { left, done: commits.done + 1 };
        true
    }
}

async fn carry(mut client: TcpStream, terms: &Terms, mut state: watch::Receiver<State>) -> Result<()> {
    if *state.borrow() == State::Cut {
        return Ok(());
    }
    let mut server = TcpStream::connect(&terms.server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let (mut sent, mut is_said) = (0, false);
    loop {
        let now = *state.borrow_and_update();
        match now {
            State::Open => {}
            State::Cut => return Ok(()),
            State::Held => {
                state.changed().await?;
                continue;
            }
        }
        tokio::select! {
            changed = state.changed() => changed?,
            read = client.read(&mut up) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                server.write_all(&up[..length]).await?;
                let says = |words: &str| up[..length].windows(words.len()).any(|bytes| bytes == words.as_bytes());
                if says("BEGIN") {
                    (sent, is_said) = (0, false);
                } else {
                    sent += length;
                }
                let is_meant = match terms.meant {
                    Meant::Larger(bytes) => sent > bytes,
                    Meant::Saying(words) => {
                        is_said |= says(words);
                        is_said
                    }
                };
                if is_meant && says("COMMIT") && terms.takes_one() {
                    // The server has it, and answers nobody.
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    return Ok(());
                }
            }
            read = server.read(&mut down) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                client.write_all(&down[..length]).await?;
            }
        }
    }
}
