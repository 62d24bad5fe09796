//! People and apps over HTTP: the FHIR API, the clinician's application, the administrator's pages.
//!
//! Invariant: no page carries a script, a style or an address that this package did not write itself.

pub mod assets;
pub mod screen;

mod address;
mod admin;
mod app;
mod auth;
mod cds_hooks;
mod chart;
mod fhir_api;
mod frame;
mod gallery;
mod http;
mod icon;
mod limits;
mod problem;
mod written;

use std::pin::pin;
use std::sync::Arc;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use record::Record;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use assets::Assets;

/// What every handler works with.
#[derive(Clone)]
pub struct Door {
    pub(crate) record: Record,
    pub(crate) assets: Arc<Assets>,
    pub(crate) settings: Settings,
    pub(crate) seals: screen::seal::Seals,
    /// Room for large bundles, a permit for each byte.
    pub(crate) bundles: Arc<Semaphore>,
    /// When this door was made, RFC 3339 in UTC.
    pub(crate) started: Arc<str>,
}

/// How this door is reached.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Through TLS, so that cookies may travel only so.
    pub https: bool,
}

impl Door {
    /// A door to a record.
    pub fn new(record: Record, assets: Assets, settings: Settings) -> Self {
        let started = record::clock::rfc3339(record.now_ms()).into();
        Self {
            seals: screen::seal::Seals::of(record.secret_of_forms()),
            bundles: Arc::new(Semaphore::new(limits::BUNDLE_BYTES_AT_ONCE)),
            record,
            started,
            assets: Arc::new(assets),
            settings,
        }
    }
}

/// Serves until `stop`, then finishes the requests in hand, at most `limits::DRAIN` long.
pub async fn serve(
    listener: TcpListener,
    door: Door,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let service = TowerToHyperService::new(http::router(door));
    let mut server = hyper::server::conn::http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADERS_WAIT)
        .max_buf_size(limits::HEADERS_BYTES_MAX);
    let open = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let Ok(permit) = Arc::clone(&open).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(why) => {
                warn!("a connection could not be accepted: {why}");
                continue;
            }
        };
        // Small answers leave at once; a socket that refuses this is slower, no more.
        drop(stream.set_nodelay(true));
        let connection =
            graceful.watch(server.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(why) = connection.await {
                debug!("a connection ended early: {why}");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits::DRAIN, graceful.shutdown())
        .await
        .is_err()
    {
        warn!(
            "requests still in hand after {:?} were cut off",
            limits::DRAIN
        );
    }
}
