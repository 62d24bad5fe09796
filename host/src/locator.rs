//! Holders of documents from the command line: declared, listed, stopped.
//!
//! Invariant: what is done here is done in an operator's name and is audited as anybody's.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use record::Record;
use record::caller::{Caller, SiteCode};
use record::locator::{Holder, HolderId};
use serde::Deserialize;

use crate::declaration;

/// What is to be done.
#[derive(Subcommand)]
pub enum Wanted {
    /// Declares a holder of documents, or changes it, as a file of JSON says: `id`, `name`, `base` (https://HOST/…; its
    /// documents lie below), `sites` (ODS codes; none: every site), `runs`, `old_copy_hours`.
    Declare {
        /// The file.
        file: PathBuf,
    },
    /// Lists the holders, and how many copies of each one's documents are kept.
    List,
    /// Stops asking a holder; copies of its documents are shown as old ones as long as they may be.
    Stop {
        /// The holder.
        id: HolderId,
    },
}

/// A holder as a file declares it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    id: String,
    name: String,
    base: String,
    #[serde(default)]
    sites: Vec<String>,
    #[serde(default = "yes")]
    runs: bool,
    #[serde(default)]
    old_copy_hours: u32,
}

fn yes() -> bool {
    true
}

/// Does it, and says what came of it.
pub async fn run(record: &Record, wanted: Wanted) -> Result<String, Box<dyn std::error::Error>> {
    let site: SiteCode = "HOST".parse()?;
    let caller = record.operator(&site);
    match wanted {
        Wanted::Declare { file } => declared(record, &caller, read(&file)?).await,
        Wanted::List => listed(record, &caller).await,
        Wanted::Stop { id } => {
            let seen = record.holders(&caller).await?.version;
            let receipt = record.ask_holder(&caller, &id, false, seen).await?;
            Ok(format!("{id} is not asked since commit {}", receipt.t))
        }
    }
}

fn read(file: &Path) -> Result<Holder, Box<dyn std::error::Error>> {
    let said: Declaration = declaration::read(file)?;
    let sites = said.sites.iter().map(|site| site.parse());
    Ok(Holder {
        id: said.id.parse().map_err(|why| format!("id: {why}"))?,
        name: said.name,
        base: said.base.parse().map_err(|why| format!("base: {why}"))?,
        sites: sites.collect::<Result<_, _>>()?,
        runs: said.runs,
        old_copy_hours: said.old_copy_hours,
    })
}

async fn declared(
    record: &Record,
    caller: &Caller,
    holder: Holder,
) -> Result<String, Box<dyn std::error::Error>> {
    let (id, runs) = (holder.id.clone(), holder.runs);
    let seen = record.holders(caller).await?.version;
    let receipt = record.declare_holder(caller, holder, seen).await?;
    let words = if runs { "is asked" } else { "is not asked" };
    Ok(format!(
        "{id} is declared in commit {}: it {words}",
        receipt.t
    ))
}

async fn listed(record: &Record, caller: &Caller) -> Result<String, Box<dyn std::error::Error>> {
    let copies = record.copies(caller).await?;
    let mut words = String::new();
    for it in record.holders(caller).await?.all {
        let id = it.id.to_string();
        let kept = copies.iter().find(|(of, _)| *of == id);
        let kept = kept.map_or(0, |(_, count)| *count);
        let asked = if it.runs { "asked" } else { "not asked" };
        let sites: Vec<&str> = it.sites.iter().map(SiteCode::as_str).collect();
        let sites = if sites.is_empty() {
            "every site".to_owned()
        } else {
            sites.join(" ")
        };
        writeln!(
            words,
            "{id} ({}) at {} for {sites} ({asked}): {kept} copies, shown for {} hours when it cannot be asked",
            it.name, it.base, it.old_copy_hours
        )?;
    }
    if words.is_empty() {
        words.push_str("no holder of documents is declared");
    }
    Ok(words.trim_end().to_owned())
}
