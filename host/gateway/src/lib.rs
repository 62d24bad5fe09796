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
mod websocket;
mod written;

use std::pin::pin;
use std::sync::Arc;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use record::Record;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
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
    /// Room for open websockets.
    pub(crate) sockets: Arc<Semaphore>,
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
            sockets: Arc::new(Semaphore::new(limits::WEBSOCKETS_MAX)),
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
    let (close, closing) = watch::channel(false);
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
        let connection = server.serve_connection(TokioIo::new(stream), service.clone());
        let connection = connection.with_upgrades();
        let mut closing = closing.clone();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = async { drop(closing.wait_for(|close| *close).await) } => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(why) = ended {
                debug!("a connection ended early: {why}");
            }
            drop(permit);
        });
    }
    drop(listener);
    close.send_replace(true);
    let all = u32::try_from(limits::CONNECTIONS_MAX).unwrap_or(u32::MAX);
    if tokio::time::timeout(limits::DRAIN, open.acquire_many(all))
        .await
        .is_err()
    {
        warn!(
            "requests still in hand after {:?} were cut off",
            limits::DRAIN
        );
    }
}
