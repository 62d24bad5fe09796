//! The running host: configuration, wiring and the command line's work; the parts know nothing of each other.
//!
//! Invariant: what is started here is stopped here, edges first, so that nothing is taken on that is not finished.

pub mod bundles;
pub mod config;
mod declaration;
pub mod demonstration;
pub mod driven;
pub mod feed;
pub mod interface;
pub mod keeping;
pub mod library;
pub mod locator;
pub mod rehearse;
pub mod replay;
pub mod seed;
mod shelf;
pub mod terminology;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use gateway::Door;
use orchestration::feed::intake::Intake;
use orchestration::feed::listener;
use orchestration::feed::tls::{Credentials, TlsError};
use orchestration::sending::Post;
use orchestration::sending::delivery::Network;
use orchestration::subscription::{self, Deliveries};
use record::Record;
use record::clock::System;
use record::store::StoreError;
use registry::client::{Client, ClientError};
use sandbox::budget::Budget;
use sandbox::compile::{HostKey, Program};
use sandbox::sandbox::{Sandbox, SandboxError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, info};

use config::{Config, DepartmentalsConfig};
use library::Releases;

/// A host that is serving.
pub struct Host {
    /// The record that it serves.
    pub record: Record,
    /// Where people and apps reach it.
    pub http: SocketAddr,
    /// Where machines that send HL7 v2 reach it.
    pub mllp: SocketAddr,
    /// Where machines that send HL7 v2 through TLS reach it, if they may.
    pub mllp_tls: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    parts: JoinSet<()>,
}

/// Why the host did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The record could not be opened.
    #[error("the record could not be opened")]
    Store(#[from] StoreError),
    /// The sandbox could not be made.
    #[error("the sandbox could not be made")]
    Sandbox(#[from] SandboxError),
    /// The folder for what the host keeps beside the record cannot be used.
    #[error("{folder} cannot be used", folder = folder.display())]
    Kept {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The registry's address is wrong.
    #[error("PALATINE_REGISTRY")]
    Registry(#[from] ClientError),
    /// A door could not be opened.
    #[error("{door} cannot listen on {address}")]
    Door {
        /// Which.
        door: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The certificates for machines cannot be used.
    #[error("TLS for machines (PALATINE_MLLP_TLS_CERTIFICATE, …_KEY, …_AUTHORITIES)")]
    Tls(#[from] TlsError),
    /// Nobody can be called through TLS.
    #[error("TLS for calls to others could not be set up")]
    OutsideTls(#[from] orchestration::network::TlsError),
    /// The style sheets are not there.
    #[error("the web application's style sheets could not be read")]
    Assets(#[from] gateway::assets::AssetsError),
}

/// Opens the record and joins it to the departmentals that this host can load; opens no door.
pub async fn open(config: &Config) -> Result<Record, StartError> {
    let record = Record::open(&config.store, Arc::new(System)).await?;
    record.with_jobs(config.jobs.clone());
    let departmentals = &config.departmentals;
    let registry = Client::new(&departmentals.registry)?;
    let sandbox = sandbox(departmentals)?;
    let releases = Releases::new(
        registry,
        departmentals.suppliers.clone(),
        sandbox,
        departmentals.kept.clone(),
    );
    record.with_library(Arc::new(releases));
    let way = orchestration::outside::Way::new(config.outside.partners.clone())?;
    record.with_outside(Arc::new(way));
    Ok(record)
}

fn sandbox(config: &DepartmentalsConfig) -> Result<Sandbox, StartError> {
    let folder = |source| StartError::Kept {
        folder: config.kept.clone(),
        source,
    };
    std::fs::create_dir_all(&config.kept).map_err(folder)?;
    let key = HostKey::load_or_create(&config.kept.join("host.key")).map_err(folder)?;
    let this = |subcommand| {
        let mut this = Program::this_with(subcommand)?;
        if let Some(program) = &config.program {
            this.program.clone_from(program);
        }
        Ok(this)
    };
    let place = match config.place {
        config::Place::Host => sandbox::Place::Here,
        config::Place::Process => sandbox::Place::Apart(this("run-departmental").map_err(folder)?),
    };
    Ok(Sandbox::new(sandbox::Config {
        budget: Budget::default(),
        compiler: this("compile-component").map_err(folder)?,
        cache: config.kept.join("compiled"),
        key,
        place,
    })?)
}

impl Host {
    /// Opens the record and the doors, and starts the reactions.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let record = open(config).await?;
        let assets = gateway::assets::Assets::read(&config.doors.assets)?;
        let http = listen("the HTTP door", config.doors.http).await?;
        let mllp = listen("the MLLP door", config.doors.mllp).await?;
        let tls = config.machines.tls.clone().map(Credentials::load);
        let tls = tls.transpose()?;
        let mllp_tls = match (&tls, config.machines.mllp_tls) {
            (Some(tls), Some(address)) => Some((
                tls.clone(),
                listen("the MLLP door with TLS", address).await?,
            )),
            (Some(_) | None, _) => None,
        };
        match record.load_enabled().await {
            Ok(loaded) => info!("{loaded} departmentals loaded"),
            Err(why) => error!("departmentals are loaded when they are asked: {why}"),
        }
        let (stop, stopped) = watch::channel(false);
        let mut parts = JoinSet::new();
        let at = |listener: &TcpListener, asked| listener.local_addr().unwrap_or(asked);
        let (http_at, mllp_at) = (at(&http, config.doors.http), at(&mllp, config.doors.mllp));
        let door = Door::new(
            record.clone(),
            assets,
            gateway::Settings {
                https: config.doors.https,
            },
        );
        parts.spawn(gateway::serve(http, door, until(&stopped)));
        let mllp_tls_at = mllp_tls
            .as_ref()
            .and_then(|(_, door)| door.local_addr().ok());
        take_messages(&mut parts, &record, mllp, mllp_tls, &stopped);
        let network = Network {
            tls,
            listed: config.outside.partners.clone(),
        };
        let (post, ended) = (Post::new(record.clone(), network), until(&stopped));
        parts.spawn(async move { post.run(ended).await });
        let (reacting, ended) = (record.clone(), until(&stopped));
        parts.spawn(async move { reacting.react(ended).await });
        let (counting, ended) = (record.clone(), until(&stopped));
        parts.spawn(async move { counting.count_events(ended).await });
        let subscriptions = &config.subscriptions;
        let deliveries = subscription::Config {
            listed: subscriptions.listed.clone(),
            base: format!("{}/fhir", subscriptions.address),
        };
        let deliveries = Deliveries::new(record.clone(), deliveries)?;
        parts.spawn(deliveries.serve(until(&stopped)));
        let (working, ended) = (record.clone(), until(&stopped));
        parts.spawn(async move { working.work(ended).await });
        if let Some(broker) = config.outside.events.clone() {
            let (relayed, ended) = (record.clone(), until(&stopped));
            parts.spawn(orchestration::relay::relay(relayed, broker, ended));
        }
        info!("serving http {http_at}, mllp {mllp_at}");
        Ok(Self {
            record,
            http: http_at,
            mllp: mllp_at,
            mllp_tls: mllp_tls_at,
            stop,
            parts,
        })
    }

    /// Takes nothing more on, finishes what is in hand and closes the record.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.parts.join_next().await {
            if let Err(why) = ended {
                error!("a part of the host ended badly: {why}");
            }
        }
        self.record.close().await;
    }
}

/// Starts what takes HL7 v2 in: the filing of what waits, and the doors for machines.
fn take_messages(
    parts: &mut JoinSet<()>,
    record: &Record,
    mllp: TcpListener,
    mllp_tls: Option<(Credentials, TcpListener)>,
    stopped: &watch::Receiver<bool>,
) {
    let intake = Intake::new(record.clone(), Arc::new(System));
    // Both doors share the lanes, so that one person's messages are filed one after the other.
    let through_tls = intake.clone();
    let (filing, ended) = (intake.clone(), until(stopped));
    parts.spawn(async move { filing.work(ended).await });
    let closing = until(stopped);
    parts.spawn(async move {
        if let Err(why) = listener::serve(mllp, intake, listener::Config::default(), closing).await
        {
            error!("the MLLP door closed: {why}");
        }
    });
    if let Some((credentials, door)) = mllp_tls {
        let closing = until(stopped);
        parts.spawn(async move {
            let config = listener::Config::default();
            let served = listener::serve_tls(door, credentials, through_tls, config, closing);
            if let Err(why) = served.await {
                error!("the MLLP door with TLS closed: {why}");
            }
        });
    }
}

async fn listen(door: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Door {
            door,
            address,
            source,
        })
}

fn until(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stopped.clone();
    async move {
        // An error means that the sender is gone, which is a stop too.
        drop(stopped.wait_for(|stop| *stop).await);
    }
}
