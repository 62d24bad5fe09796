//! The registry as an HTTP server: what it is given, the route from a path to its handler, and its start and stop.
//!
//! Invariant: who asks is settled before anything else of a changing request is looked at, and every answer that is
//! not a success carries the protocol's error document.

use std::fs::File;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::blobs::{BlobError, Blobs};
use crate::catalogue::{Catalogue, CatalogueError};
use crate::clock::Clock;
use crate::limits::{CONNECTIONS_MAX, HEADERS_S, STOP_S};
use crate::name::{Place, Repository};
use crate::publication::Gate;
use crate::publishers::{Publisher, Publishers};
use crate::server::problem::Problem;
use crate::server::target::Target;

mod blob;
mod body;
mod listing;
mod manifest;
mod problem;
mod target;
mod upload;

/// What a registry runs on.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything is kept. Made if it is not there; used by one registry at a time.
    pub folder: PathBuf,
    /// Who may push.
    pub publishers: Publishers,
    /// `HOST:PORT` by which clients reach it, for the discovery file. None: the listener's own address.
    pub public_address: Option<String>,
    /// Says when a release was published.
    pub clock: Clock,
}

/// Why the registry did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The folder cannot be used.
    #[error("the folder {folder} cannot be used")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Another registry has the folder.
    #[error("the folder {folder} is in use by another registry")]
    InUse {
        /// Which.
        folder: PathBuf,
    },
    /// The catalogue cannot be opened.
    #[error("the catalogue cannot be opened")]
    Catalogue(#[from] CatalogueError),
    /// The blobs cannot be opened.
    #[error("the blobs cannot be opened")]
    Blobs(#[from] BlobError),
    /// The listener failed.
    #[error("the listener failed")]
    Listener(#[source] std::io::Error),
}

/// Everything that a handler may need.
#[derive(Clone)]
pub(crate) struct Registry {
    gate: Gate,
    clock: Clock,
    public_address: Arc<str>,
}

/// Serves until `stop` is ready, then lets requests in progress end. The registry answers as soon as this is polled:
/// connections made before wait in the listener's queue.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let folder = |source| ServeError::Folder {
        folder: config.folder.clone(),
        source,
    };
    std::fs::create_dir_all(&config.folder).map_err(folder)?;
    let lock = File::create(config.folder.join("lock")).map_err(folder)?;
    lock.try_lock().map_err(|_| ServeError::InUse {
        folder: config.folder.clone(),
    })?;
    let catalogue = Catalogue::open(&config.folder.join("catalogue.sqlite"))?;
    let blobs = Arc::new(Blobs::open(&config.folder, catalogue.clone()).await?);
    let local = listener.local_addr().map_err(ServeError::Listener)?;
    let registry = Registry {
        gate: Gate::new(blobs, catalogue, Arc::new(config.publishers)),
        clock: config.clock,
        public_address: config
            .public_address
            .unwrap_or_else(|| local.to_string())
            .into(),
    };
    let router = Router::new().fallback(answer).with_state(registry);
    accept(listener, router, stop).await;
    drop(lock);
    Ok(())
}

async fn accept(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let (stopping, stopped) = watch::channel(false);
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept_one(&listener, &room) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(source) => {
                // Most often too many open files: let some close before trying again.
                tracing::warn!("a connection was not accepted: {source}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (service, mut stopped) = (TowerToHyperService::new(router.clone()), stopped.clone());
        connections.spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(HEADERS_S))
                .serve_connection(TokioIo::new(stream), service);
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = &mut connection => ended,
                () = async { drop(stopped.wait_for(|stop| *stop).await) } => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(source) = ended {
                tracing::debug!("a connection broke off: {source}");
            }
            drop(permit);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(STOP_S), all)
        .await
        .is_err()
    {
        tracing::warn!("requests that did not end within {STOP_S} s were cut off");
    }
}

/// A connection, once there is room for one.
async fn accept_one(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}

/// Every request comes here: the answer, or the protocol's error document.
async fn answer(State(registry): State<Registry>, request: Request) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    match registry.route(request).await {
        Ok(response) => response,
        Err(problem) => {
            if problem.status.is_server_error() {
                tracing::error!("{method} {}: {}", uri.path(), problem.message);
            }
            problem.into_answer()
        }
    }
}

impl Registry {
    async fn route(&self, request: Request) -> Result<Response, Problem> {
        let (parts, body) = request.into_parts();
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        // Authentication comes before the path, query or body of a changing request is looked at.
        let publisher = if reads {
            None
        } else {
            Some(self.publisher(&parts.headers)?)
        };
        match Target::parse(parts.uri.path())? {
            Target::Base => self.base(&parts),
            Target::Discovery if reads => Ok(self.discovery()),
            Target::Published if reads => self.published(&parts.uri).await,
            Target::Tags(repository) if reads => self.tags(&repository, &parts.uri).await,
            Target::Referrers(repository, digest) if reads => {
                self.referrers(&repository, &digest, &parts.uri).await
            }
            Target::Blob(repository, digest) => {
                self.blob(&repository, &digest, publisher, &parts).await
            }
            Target::Manifest(repository, reference) => {
                self.manifest(&repository, &reference, publisher, &parts, body)
                    .await
            }
            Target::Uploads(repository) => {
                self.begin_upload(&repository, publisher, &parts, body)
                    .await
            }
            Target::Upload(repository, id) => self.upload(&repository, &id, &parts, body).await,
            Target::Discovery | Target::Published | Target::Tags(_) | Target::Referrers(..) => {
                Err(Problem::unsupported(&parts.method))
            }
        }
    }

    /// `GET /v2/`: 200 for everybody, since pulling is open; 401 for a token that is not ours. The challenge goes with
    /// both, so that clients which ask first learn how to push.
    fn base(&self, request: &Parts) -> Result<Response, Problem> {
        if request.headers.contains_key(header::AUTHORIZATION) {
            self.publisher(&request.headers)?;
        }
        let mut response = Response::new(Body::from("{}"));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, problem::JSON);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, problem::CHALLENGE);
        Ok(response)
    }

    /// Who sends these headers. 401 when that is nobody we know.
    fn publisher(&self, headers: &HeaderMap) -> Result<Arc<Publisher>, Problem> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        match (given.next().and_then(|it| it.to_str().ok()), given.next()) {
            (Some(one), None) => self.gate.publishers.authenticate(one),
            (Some(_) | None, _) => None,
        }
        .ok_or_else(Problem::unauthorised)
    }

    /// Whether this publisher may change this repository. 403 when it may not; 400 when nobody may.
    fn may_change(
        &self,
        publisher: Option<Arc<Publisher>>,
        repository: &Repository,
    ) -> Result<(Arc<Publisher>, Place), Problem> {
        let publisher = publisher.ok_or_else(Problem::unauthorised)?;
        let (place, namespace) = repository.place().map_err(Problem::name)?;
        if publisher.holds(repository) {
            Ok((publisher, place))
        } else {
            Err(Problem::denied(format!(
                "{} may not push to namespace {namespace}",
                publisher.supplier
            )))
        }
    }
}

#[cfg(test)]
mod tests;
