//! What can be asked on the command line.
//!
//! Invariant: names, versions and digests have passed their grammar before a command starts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use registry::digest::Digest;
use registry::name::{Namespace, Repository, Version};

/// A registry for departmentals.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Program {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve a registry until told to stop.
    Serve(Serve),
    /// Make a supplier's signing key.
    Keygen {
        /// File for the private key, which must not be there yet.
        #[arg(long)]
        out: PathBuf,
    },
    /// Keep the file of publishers.
    #[command(subcommand)]
    Publisher(PublisherCommand),
    /// Push a release and sign it.
    Publish(Publish),
    /// Fetch a release, check every digest, and write its component to a file.
    Pull(Pull),
    /// Fetch a release and say who signed it. Fails unless a trusted supplier did.
    Verify(Verify),
    /// Say what a component imports, exports and embeds.
    Inspect {
        /// The component.
        file: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on, such as 127.0.0.1:5000. Port 0 takes a free one.
    #[arg(long)]
    pub(crate) listen: String,
    /// Where everything is kept.
    #[arg(long)]
    pub(crate) folder: PathBuf,
    /// File of publishers, as `registry publisher add` writes it.
    #[arg(long)]
    pub(crate) publishers: PathBuf,
    /// HOST:PORT by which clients reach it, if not the address it listens on.
    #[arg(long)]
    pub(crate) public_address: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum PublisherCommand {
    /// Add a publisher. Prints its token, which is kept nowhere else.
    Add {
        /// The file; made if it is not there.
        #[arg(long)]
        publishers: PathBuf,
        /// The supplier's name.
        #[arg(long)]
        supplier: String,
        /// Where it may push. Can be given several times.
        #[arg(long = "namespace", required = true)]
        namespaces: Vec<Namespace>,
        /// The supplier's public key in base64, as `keygen` prints it.
        #[arg(long)]
        public_key: String,
    },
    /// Print the trusted keys that hosts verify releases with.
    Trusted {
        /// The file of publishers.
        #[arg(long)]
        publishers: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Publish {
    /// Address of the registry.
    #[arg(long)]
    pub(crate) registry: String,
    /// The supplier's private key.
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// The publisher's token.
    #[arg(long, required_unless_present = "token_file")]
    pub(crate) token: Option<String>,
    /// A file with the publisher's token, which other users of the machine then do not see.
    #[arg(long, conflicts_with = "token")]
    pub(crate) token_file: Option<PathBuf>,
    /// Where to, such as modules/lancashire/pathology.
    pub(crate) name: Repository,
    /// As which version.
    pub(crate) version: Version,
    /// The component.
    pub(crate) file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Pull {
    /// Address of the registry.
    #[arg(long)]
    pub(crate) registry: String,
    /// File for the component.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// What to pull, such as modules/lancashire/pathology.
    pub(crate) name: Repository,
    /// Digest of the release's manifest.
    pub(crate) digest: Digest,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Address of the registry.
    #[arg(long)]
    pub(crate) registry: String,
    /// File of trusted keys, as `registry publisher trusted` prints it.
    #[arg(long)]
    pub(crate) trusted: PathBuf,
    /// What to verify, such as modules/lancashire/pathology.
    pub(crate) name: Repository,
    /// Digest of the release's manifest.
    pub(crate) digest: Digest,
}
