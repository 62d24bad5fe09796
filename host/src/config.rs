//! Every setting of the host, read once from the environment; a bad value is refused by its variable's name.
//!
//! Each variable is a row in the README; nothing else in the project reads the environment while it serves.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use orchestration::feed::tls::Files;
pub use orchestration::network::Listed;
use orchestration::relay::Broker;
use record::store;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the variable {variable} is {found:?}: {want}")]
pub struct ConfigError {
    variable: &'static str,
    found: String,
    want: String,
}

/// Everything that the host is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the record is kept.
    pub store: store::Place,
    /// The folder for the files of bulk jobs; hosts of one database need one that all of them see.
    pub jobs: PathBuf,
    /// What it listens on.
    pub doors: DoorsConfig,
    /// How it talks with machines.
    pub machines: MachinesConfig,
    /// How events reach those who subscribe.
    pub subscriptions: SubscriptionsConfig,
    /// Where departmentals come from.
    pub departmentals: DepartmentalsConfig,
    /// Who outside is told or asked.
    pub outside: OutsideConfig,
}

/// Who outside is told or asked.
#[derive(Clone, Debug, Default)]
pub struct OutsideConfig {
    /// Hosts and networks of the region that operators may have HL7 v2 sent to, or asked for advice.
    pub partners: Listed,
    /// The broker to which every change is relayed; none: nothing is.
    pub events: Option<Broker>,
}

/// How events reach those who subscribe.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionsConfig {
    /// Where people and apps reach this host, as notifications name it, without a slash at its end.
    pub address: String,
    /// Hosts and networks of the region that whoever subscribes may have written to.
    pub listed: Listed,
}

/// What the host listens on.
#[derive(Clone, Debug)]
pub struct DoorsConfig {
    /// People and apps, over HTTP.
    pub http: SocketAddr,
    /// Machines that send HL7 v2, over MLLP.
    pub mllp: SocketAddr,
    /// Whether people reach the HTTP door through TLS, so that cookies may only travel so.
    pub https: bool,
    /// The folder with the built style sheets.
    pub assets: PathBuf,
}

/// How the host talks with machines, beyond the plain MLLP door.
#[derive(Clone, Debug, Default)]
pub struct MachinesConfig {
    /// Machines that send HL7 v2, over MLLP and TLS; nobody where nothing is said.
    pub mllp_tls: Option<SocketAddr>,
    /// This host's certificate and key, and who signs those of others.
    pub tls: Option<Files>,
}

/// Where departmentals come from.
#[derive(Clone, Debug)]
pub struct DepartmentalsConfig {
    /// The registry's address, for example `http://127.0.0.1:7300`.
    pub registry: String,
    /// The file that says which supplier's key may sign what.
    pub suppliers: PathBuf,
    /// The folder for pulled components, compiled code and this host's own key.
    pub kept: PathBuf,
    /// Where they run.
    pub place: Place,
    /// The program that compiles components, and runs them where they have processes of their own; this one itself when
    /// nothing else is said.
    pub program: Option<PathBuf>,
}

/// Where departmentals run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the host's own process.
    Host,
    /// In processes of their own, without the host's memory, credentials, files and network.
    Process,
}

impl FromStr for Place {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "host" => Ok(Self::Host),
            "process" => Ok(Self::Process),
            _other => Err(()),
        }
    }
}

impl Config {
    /// Reads the settings; what is not set has the default that the README states.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Ok(Self {
            store: parsed(
                "PALATINE_STORE",
                "sqlite:.palatine/record",
                "write sqlite:FOLDER or postgres://USER@HOST:PORT/DATABASE",
            )?,
            jobs: PathBuf::from(text("PALATINE_JOBS", ".palatine/jobs")),
            doors: DoorsConfig {
                http: parsed(
                    "PALATINE_LISTEN",
                    "127.0.0.1:8080",
                    "write address:port, for example 127.0.0.1:8080",
                )?,
                mllp: parsed(
                    "PALATINE_MLLP_LISTEN",
                    "127.0.0.1:2575",
                    "write address:port, for example 127.0.0.1:2575",
                )?,
                https: parsed("PALATINE_HTTPS", "false", "write true or false")?,
                assets: PathBuf::from(text("PALATINE_ASSETS", "host/gateway/assets/dist")),
            },
            machines: machines()?,
            subscriptions: SubscriptionsConfig {
                address: text("PALATINE_ADDRESS", "http://127.0.0.1:8080")
                    .trim_end_matches('/')
                    .to_owned(),
                listed: listed("PALATINE_SUBSCRIBERS")?,
            },
            departmentals: DepartmentalsConfig {
                registry: text("PALATINE_REGISTRY", "http://127.0.0.1:7300"),
                suppliers: PathBuf::from(text("PALATINE_SUPPLIERS", ".palatine/suppliers.json")),
                kept: PathBuf::from(text("PALATINE_KEPT", ".palatine/kept")),
                place: parsed("PALATINE_SANDBOX", "host", "write host or process")?,
                program: None,
            },
            outside: OutsideConfig {
                partners: listed("PALATINE_PARTNERS")?,
                events: broker("PALATINE_EVENTS")?,
            },
        })
    }
}

fn machines() -> Result<MachinesConfig, ConfigError> {
    const FILES: [&str; 3] = [
        "PALATINE_MLLP_TLS_CERTIFICATE",
        "PALATINE_MLLP_TLS_KEY",
        "PALATINE_MLLP_TLS_AUTHORITIES",
    ];
    let files = FILES.map(|variable| text(variable, ""));
    let unset = FILES
        .into_iter()
        .zip(&files)
        .find(|(_, file)| file.is_empty());
    let tls = match unset {
        None => {
            let [certificate, key, authorities] = files.map(PathBuf::from);
            Some(Files {
                certificate,
                key,
                authorities,
            })
        }
        Some(_) if files.iter().all(String::is_empty) => None,
        Some((variable, _)) => {
            return Err(ConfigError {
                variable,
                found: String::new(),
                want: "certificate, key and authorities are set together or not at all, each a PEM file".to_owned(),
            });
        }
    };
    let variable = "PALATINE_MLLP_TLS_LISTEN";
    let found = text(variable, "");
    let mllp_tls = match (found.as_str(), &tls) {
        ("", _) => None,
        (_, None) => {
            return Err(ConfigError {
                variable,
                found,
                want: "set PALATINE_MLLP_TLS_CERTIFICATE, PALATINE_MLLP_TLS_KEY and PALATINE_MLLP_TLS_AUTHORITIES too".to_owned(),
            });
        }
        (_, Some(_)) => Some(parsed(
            variable,
            "",
            "write address:port, for example 0.0.0.0:2576",
        )?),
    };
    Ok(MachinesConfig { mllp_tls, tls })
}

fn listed(variable: &'static str) -> Result<Listed, ConfigError> {
    let found = text(variable, "");
    Listed::read(variable, &found).map_err(|not| ConfigError {
        variable,
        found,
        want: not.to_string(),
    })
}

fn broker(variable: &'static str) -> Result<Option<Broker>, ConfigError> {
    let found = text(variable, "");
    if found.is_empty() {
        return Ok(None);
    }
    // It may hold a password, and is not repeated.
    found.parse().map(Some).map_err(|_| ConfigError {
        variable,
        found: "not shown".to_owned(),
        want: "write nats://HOST:PORT/STREAM or tls://HOST:PORT/STREAM".to_owned(),
    })
}

fn text(variable: &'static str, default: &str) -> String {
    std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| default.to_owned())
}

fn parsed<V: FromStr>(
    variable: &'static str,
    default: &str,
    want: &'static str,
) -> Result<V, ConfigError> {
    let found = text(variable, default);
    found.parse().map_err(|_| ConfigError {
        variable,
        found,
        want: want.to_owned(),
    })
}
