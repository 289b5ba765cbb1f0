//! The commands of `arki`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// Leads customer and employee experience: listens, tells the truth, brings a vision to everyday work.
#[derive(Parser)]
#[command(name = "arki", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Loads a synthetic organisation, runs the whole job on it, shows the results and goes on serving.
    Demo(Demo),
    /// Serves everything in one process on embedded SQLite.
    Serve(Serve),
    /// Imports a file.
    #[command(subcommand)]
    Import(Import),
    /// Creates, lists and revokes keys.
    #[command(subcommand)]
    Key(Key),
}

#[derive(Args)]
pub struct Demo {
    /// The folder for its data; a new one under the system's folder for temporary files when not given.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Stop after the summary instead of going on serving.
    #[arg(long)]
    pub exit: bool,
    /// Also write the summary as JSON to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

#[derive(Args)]
pub struct Serve {
    /// The folder for the data; made when it is not there.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A configuration file; a section for each service and for the gateway.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Import {
    /// Brings units, roles and employees to what an HR file says.
    Hr(Hr),
    /// Brings accounts, customers and outcomes to what a CRM file says.
    Crm(CrmFile),
    /// Streams responses into an open wave, exactly once by key.
    Responses(File),
}

#[derive(Args)]
pub struct Hr {
    /// The file: CSV, or JSON as the web services of HR systems have it.
    #[arg(required_unless_present = "confirm")]
    pub file: Option<PathBuf>,
    /// The system that wrote the file: workday, successfactors or bamboohr.
    #[arg(long, value_name = "NAME", required_unless_present_any = ["mapping", "confirm"])]
    pub profile: Option<String>,
    /// The mapping file (TOML); see docs/guides. It goes before what the profile knows.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// The file tells of everybody: who of its source is missing has left.
    #[arg(long)]
    pub full: bool,
    /// From which day the changes hold, as in 2026-11-22; today when not given.
    #[arg(long, value_name = "DAY")]
    pub effective: Option<chrono::NaiveDate>,
    /// Only tell what would change.
    #[arg(long)]
    pub dry_run: bool,
    /// Do what the brake stopped: the plan that was named then. Of the file nothing is needed any more.
    #[arg(long, value_name = "PLAN")]
    pub confirm: Option<String>,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Args)]
pub struct CrmFile {
    /// The CSV file, of any size.
    pub file: PathBuf,
    /// The mapping file (TOML); see docs/guides.
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Only tell what would change.
    #[arg(long)]
    pub dry_run: bool,
    /// Go on at this line of the file, as a load that was interrupted says.
    #[arg(long, value_name = "LINE")]
    pub from_line: Option<u64>,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Args)]
pub struct File {
    /// The CSV file.
    pub file: PathBuf,
    /// The mapping file (TOML); see docs/guides.
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Only tell what would change.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Subcommand)]
pub enum Key {
    /// Creates a key and prints its secret once.
    Create {
        /// What the key may do, such as goal.write,survey.read.
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// What the key is for.
        #[arg(long, default_value = "created by arki key create")]
        name: String,
        #[command(flatten)]
        target: Target,
    },
    /// Lists the keys, without their secrets.
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Ends a key now.
    Revoke {
        /// The key, as apiKeys/key_….
        key: String,
        #[command(flatten)]
        target: Target,
    },
}

/// Which Arki is meant: a running one by address and key, or the one of a data folder, running or not.
#[derive(Args)]
pub struct Target {
    /// The data folder of the Arki that is meant.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// The address of a running Arki, as in `http://127.0.0.1:8080`; needs --key.
    #[arg(long, value_name = "URL", requires = "key")]
    pub server: Option<String>,
    /// The key for --server.
    #[arg(long, value_name = "KEY", env = "ARKI_KEY", hide_env_values = true)]
    pub key: Option<String>,
}
