//! Interfaces from the command line: declared, listed, and what became of their messages.
//!
//! Invariant: what is done here is done in an operator's name and is audited as anybody's.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use record::Record;
use record::caller::SiteCode;
use record::sending::{Declaration, State};

/// Messages shown at once.
const SHOWN_MAX: u32 = 100;

/// What is to be done.
#[derive(Subcommand)]
pub enum Wanted {
    /// Declares an interface, or changes it, as a file of JSON says.
    Declare {
        /// The file.
        file: PathBuf,
    },
    /// Lists the interfaces, how many messages of each wait, and how many are dead letters.
    List,
    /// Shows the dead letters of an interface, and why each was not taken.
    Dead {
        /// The interface.
        interface: String,
    },
    /// Has a dead letter sent again.
    Resend {
        /// The interface.
        interface: String,
        /// The number of the message.
        n: i64,
    },
    /// Ends a message that waits or is a dead letter without sending it.
    Drop {
        /// The interface.
        interface: String,
        /// The number of the message.
        n: i64,
        /// Why, for whoever looks for it.
        #[arg(long)]
        reason: String,
    },
    /// Binds a feed's account to the name of its certificate: its messages are taken over TLS with that certificate and
    /// not otherwise. Without a name the account is freed.
    Bind {
        /// The account.
        account: String,
        /// A DNS name or URI of the certificate's subjectAltName.
        certificate: Option<String>,
    },
}

/// Does it, and says what came of it.
pub async fn run(record: &Record, wanted: Wanted) -> Result<String, Box<dyn std::error::Error>> {
    match wanted {
        Wanted::Declare { file } => declared(record, &file).await,
        Wanted::List => listed(record).await,
        Wanted::Dead { interface } => dead(record, &interface).await,
        Wanted::Resend { interface, n } => {
            record.resend(&operator(record)?, &interface, n).await?;
            Ok(format!("message {n} of {interface} is sent again"))
        }
        Wanted::Drop {
            interface,
            n,
            reason,
        } => {
            let caller = operator(record)?;
            record.drop_sending(&caller, &interface, n, &reason).await?;
            Ok(format!("message {n} of {interface} is dropped"))
        }
        Wanted::Bind {
            account,
            certificate,
        } => {
            let name = certificate.as_deref();
            record.bind_certificate(&account, name).await?;
            Ok(match name {
                Some(name) => format!("{account} is bound to the certificate of {name}"),
                None => format!("{account} is bound to no certificate"),
            })
        }
    }
}

fn operator(record: &Record) -> Result<record::caller::Caller, Box<dyn std::error::Error>> {
    let site: SiteCode = "HOST".parse()?;
    Ok(record.operator(&site))
}

async fn declared(
    record: &Record,
    file: &std::path::Path,
) -> Result<String, Box<dyn std::error::Error>> {
    let declaration: Declaration = crate::declaration::read(file)?;
    let id = declaration.id.clone();
    let caller = record.operator(&declaration.site);
    let receipt = record.declare_interface(&caller, declaration).await?;
    Ok(format!("{id} is declared in commit {}", receipt.t))
}

async fn listed(record: &Record) -> Result<String, Box<dyn std::error::Error>> {
    let mut words = String::new();
    for (it, waiting, dead) in record.sending_counts(&operator(record)?).await? {
        let it = it.declaration;
        let use_of = if it.active { "in use" } else { "out of use" };
        writeln!(
            words,
            "{} of {} to {} ({use_of}): {waiting} wait, {dead} dead letters",
            it.id, it.site, it.address
        )?;
    }
    if words.is_empty() {
        words.push_str("no interface is declared");
    }
    Ok(words.trim_end().to_owned())
}

async fn dead(record: &Record, interface: &str) -> Result<String, Box<dyn std::error::Error>> {
    let caller = operator(record)?;
    let found = record.sending_list(&caller, interface, State::Dead, 0, SHOWN_MAX);
    let mut words = String::new();
    for it in found.await? {
        writeln!(
            words,
            "{} {} {} about {}, made {}, sent {} times: {}",
            it.n(),
            it.control_id(),
            it.kind(),
            it.about(),
            it.made_at(),
            it.tries(),
            it.said()
        )?;
    }
    if words.is_empty() {
        words.push_str("no dead letter waits");
    }
    Ok(words.trim_end().to_owned())
}
