//! Filling a record with the demonstration, and sending it messages as a laboratory would.
//!
//! Each step may be run again: accounts are replaced, trusts updated, people and files filed once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fhir::resource::Resource;
use record::Record;
use record::account::NewAccount;
use record::caller::{Caller, Role, SiteCode};
use record::enablement::Enable;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing::info;

use crate::bundles::Source;
use crate::demonstration::{self, message, story, trusts::TRUSTS};

/// The password of every demonstration account. It protects nothing: the data are invented.
pub const PASSWORD: &str = "palatine-demo";

/// Entries of one bundle: the longest whole histories have a few thousand.
const ENTRIES_MAX: usize = 100_000;

const ANSWER_WAIT: Duration = Duration::from_secs(30);

pub(crate) type Failure = Box<dyn std::error::Error>;

/// What a demonstration is made of.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose histories.
    pub source: Source,
    /// Which departmentals are enabled.
    pub departmentals: Departmentals,
    /// Folders of stories that departmentals bring with them.
    pub stories: Vec<PathBuf>,
    /// Where to write a laboratory's message about one of the people.
    pub message: Option<PathBuf>,
}

/// Which departmentals a demonstration enables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departmentals {
    /// All that the registry holds, at every trust.
    All,
    /// None: the registry need not be there.
    None,
}

/// Accounts, trusts, people, and each published departmental enabled at each trust with all that it asks for.
/// Answers with what to tell the person who started it.
pub async fn demonstrate(record: &Record, wanted: &Wanted) -> Result<String, Failure> {
    let source = &wanted.source;
    accounts(record).await?;
    let operator = record.operator(&TRUSTS[0].ods.parse::<SiteCode>()?);
    file_once(record, &operator, "trusts", demonstration::trusts_bundle()).await?;
    let mut filed = 0_usize;
    for bundle in source.bundles()? {
        let bundle = bundle?;
        if file_once(record, &operator, &bundle.name, bundle.value).await? {
            filed += 1;
        }
    }
    info!("filed {filed} bundles of {source}");
    let mut report = String::new();
    if wanted.departmentals == Departmentals::All {
        enable(record, &mut report).await?;
    }
    for folder in &wanted.stories {
        let told = story::tell(record, folder).await?;
        report.push_str(&format!(
            "{} has stories at {} about\n{told}",
            folder.display(),
            TRUSTS[0].name
        ));
    }
    if let Some(path) = &wanted.message
        && let Some((message, name)) = message::raised_creatinine(record, &operator).await?
    {
        std::fs::write(path, message).map_err(|why| format!("{}: {why}", path.display()))?;
        report.push_str(&format!(
            "\n{0} is a laboratory's message about {name}; send it and look at that patient:\n  palatine send {0}\n",
            path.display()
        ));
    }
    report.push_str(&logins());
    Ok(report)
}

async fn accounts(record: &Record) -> Result<(), Failure> {
    for trust in &TRUSTS {
        let site = trust.ods.parse::<SiteCode>()?;
        let ods = trust.ods.to_lowercase();
        let people = [
            (
                format!("clinician.{ods}"),
                "Dr Amara Okafor",
                Role::Clinician,
            ),
            (
                format!("administrator.{ods}"),
                "Sam Entwistle",
                Role::TrustAdministrator,
            ),
        ];
        for (account, name, role) in people {
            let password = PASSWORD.to_owned();
            let new = NewAccount {
                account,
                name: name.to_owned(),
                role,
                site: site.clone(),
                password,
                feed: None,
            };
            record.put_account(new).await?;
        }
        for application in ["LAB", "PAS"] {
            let new = NewAccount {
                account: format!("{}.{ods}", application.to_lowercase()),
                name: format!("{application} of {}", trust.name),
                role: Role::Feed,
                site: site.clone(),
                password: PASSWORD.to_owned(),
                feed: Some((application.to_owned(), trust.ods.to_owned())),
            };
            record.put_account(new).await?;
        }
    }
    Ok(())
}

/// Files one bundle unless a bundle of these very bytes was filed before; says whether it was filed now.
async fn file_once(
    record: &Record,
    caller: &Caller,
    name: &str,
    value: serde_json::Value,
) -> Result<bool, Failure> {
    let cursor = format!("import/{}", hex::encode(Sha256::digest(value.to_string())));
    file(record, caller, name, value, &cursor).await
}

/// Files one bundle unless one was filed under this cursor before; says whether it was filed now.
pub(crate) async fn file(
    record: &Record,
    caller: &Caller,
    name: &str,
    value: serde_json::Value,
    cursor: &str,
) -> Result<bool, Failure> {
    let named = |why: &dyn std::error::Error| format!("{name}: {why}");
    let resource = Resource::from_value(value).map_err(|why| named(&why))?;
    let bundle = fhir::bundle::read(resource, ENTRIES_MAX).map_err(|why| named(&why))?;
    let filed = record
        .bundle_once(caller, bundle, cursor)
        .await
        .map_err(|why| named(&why))?;
    Ok(filed.is_some())
}

/// At each trust its administrator enables every published departmental, with all that it asks for.
async fn enable(record: &Record, report: &mut String) -> Result<(), Failure> {
    for trust in &TRUSTS {
        let account = format!("administrator.{}", trust.ods.to_lowercase());
        let administrator = record.sign_in(&account, PASSWORD).await?.caller;
        let running = record.enabled(administrator.site()).await;
        for release in record.releases(&administrator).await? {
            if running
                .iter()
                .any(|one| one.enabled && one.digest == release.digest)
            {
                continue;
            }
            record
                .enable(&administrator, Enable::all_that(&release))
                .await?;
            report.push_str(&format!(
                "{} {} enabled at {}\n",
                release.manifest.name, release.version, trust.ods
            ));
        }
    }
    Ok(())
}

fn logins() -> String {
    let mut text = format!("\nSign in with the password {PASSWORD} as\n");
    for trust in &TRUSTS {
        let ods = trust.ods.to_lowercase();
        text.push_str(&format!(
            "  clinician.{ods}   administrator.{ods}   {}\n",
            trust.name
        ));
    }
    text
}

/// Sends each message of a file over MLLP, in order, and gives the acknowledgements as text.
pub async fn send(path: &Path, to: &str) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()))?;
    let mut stream = TcpStream::connect(to)
        .await
        .map_err(|why| format!("{to}: {why}"))?;
    let mut answers = String::new();
    for message in messages(&bytes) {
        stream.write_all(b"\x0b").await?;
        stream.write_all(&message).await?;
        stream.write_all(b"\x1c\r").await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\x1c\r") {
            if tokio::time::timeout(ANSWER_WAIT, stream.read_buf(&mut answer)).await?? == 0 {
                return Err(format!("{to} ended the connection before it acknowledged").into());
            }
        }
        let text = String::from_utf8_lossy(&answer).replace('\r', "\n");
        answers.push_str(text.trim_matches(['\u{b}', '\u{1c}', '\n']));
        answers.push('\n');
    }
    Ok(answers)
}

/// The messages of a file: each begins with an MSH segment; lines may end as any editor ends them.
fn messages(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for line in bytes
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .filter(|line| !line.is_empty())
    {
        if line.starts_with(b"MSH") || messages.is_empty() {
            messages.push(Vec::new());
        }
        if let Some(message) = messages.last_mut() {
            message.extend_from_slice(line);
            message.push(b'\r');
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::messages;

    #[test]
    fn a_file_of_messages_is_split_at_each_header() {
        let two = messages(b"MSH|1\r\nPID|1\r\n\r\nMSH|2\nPID|2");
        assert_eq!(
            two,
            [b"MSH|1\rPID|1\r".to_vec(), b"MSH|2\rPID|2\r".to_vec()]
        );
    }
}
