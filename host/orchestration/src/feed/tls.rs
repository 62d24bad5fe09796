//! TLS for machines: this host's certificate, who signs those of others, and the names that a connection showed.
//!
//! Invariant: a handshake goes by the files as they are on disk then; files that cannot be used leave what was used
//! before, and say so.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, server};
use tracing::{debug, info, warn};

use crate::limits::{CERTIFICATE_NAMES_MAX, HANDSHAKES_AT_ONCE, PEM_BYTES_MAX};

/// The files, all PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// This host's certificate, then those between it and its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who signs the certificates of the systems that send here and of those that are sent to.
    pub authorities: PathBuf,
}

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{file} cannot be read", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{file} holds no {what}: it has to be PEM", file = file.display())]
    Empty {
        /// Which.
        file: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// The certificate and the key do not belong together, or one of them cannot be used.
    #[error("the certificate, its key and the authorities cannot be used together")]
    Unusable(#[from] rustls::Error),
    /// The authorities cannot be used.
    #[error("{file} names no authority that can be used", file = file.display())]
    Authorities {
        /// Which.
        file: PathBuf,
        /// Why.
        source: VerifierBuilderError,
    },
}

/// What handshakes rest on. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct Credentials {
    files: Arc<Files>,
    loaded: Arc<Mutex<Loaded>>,
    handshakes: Arc<Semaphore>,
}

#[derive(Clone)]
struct Loaded {
    stamp: Stamp,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

/// By what a change of the files shows.
type Stamp = [Option<(SystemTime, u64)>; 3];

/// A connection that has shown a certificate which an authority signed.
pub struct Shown {
    /// The connection.
    pub stream: server::TlsStream<TcpStream>,
    /// The DNS names and URIs of the certificate, in lower case.
    pub names: Arc<[String]>,
}

impl Credentials {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`], with the file.
    pub fn load(files: Files) -> Result<Self, TlsError> {
        let loaded = loaded(&files)?;
        Ok(Self {
            files: Arc::new(files),
            loaded: Arc::new(Mutex::new(loaded)),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE)),
        })
    }

    /// The handshake of a connection that was accepted. `None`: it did not end well in its time, and is closed.
    pub async fn accept(&self, stream: TcpStream, time_max: Duration) -> Option<Shown> {
        let handshake = async {
            let place = self.handshakes.acquire().await.map_err(io::Error::other)?;
            let accepted = self.acceptor().await.accept(stream).await;
            drop(place);
            accepted
        };
        match timeout(time_max, handshake).await {
            Ok(Ok(stream)) => {
                let names = names(stream.get_ref().1.peer_certificates());
                Some(Shown {
                    stream,
                    names: names.into(),
                })
            }
            Ok(Err(error)) => {
                debug!(error = %error, "a handshake failed");
                None
            }
            Err(_) => {
                debug!("a handshake took too long");
                None
            }
        }
    }

    /// What takes handshakes, as the files are now.
    pub(crate) async fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.now().await.server)
    }

    /// What a connection to another system rests on: it has to show a certificate of its own name, and is shown ours.
    pub async fn client(&self) -> Arc<ClientConfig> {
        self.now().await.client
    }

    /// What the files say now. Looking at three files takes microseconds, a handshake milliseconds.
    async fn now(&self) -> Loaded {
        let before = self.kept();
        let files = Arc::clone(&self.files);
        let looked = tokio::task::spawn_blocking(move || match stamp(&files) {
            stamp if stamp == before.stamp => (Ok(before), stamp),
            stamp => (loaded(&files), stamp),
        });
        match looked.await {
            Ok((Ok(now), _)) => {
                let mut kept = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.stamp != now.stamp {
                    info!("certificates were changed and are used from now on");
                    *kept = now.clone();
                }
                now
            }
            Ok((Err(error), stamp)) => {
                let mut kept = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
                warn!(error = %record::with_causes(&error), "certificates were changed and cannot be used: those before are");
                // Said once; looked at again when the files change again.
                kept.stamp = stamp;
                kept.clone()
            }
            Err(_) => self.kept(),
        }
    }

    fn kept(&self) -> Loaded {
        let kept = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }
}

fn stamp(files: &Files) -> Stamp {
    [&files.certificate, &files.key, &files.authorities].map(|file| {
        let about = std::fs::metadata(file).ok()?;
        Some((about.modified().ok()?, about.len()))
    })
}

/// The files as they are. The stamp is taken first, so that what changes meanwhile is read again.
fn loaded(files: &Files) -> Result<Loaded, TlsError> {
    let stamp = stamp(files);
    let provider = Arc::new(ring::default_provider());
    let authorities = authorities(&files.authorities)?;
    let chain = certificates(&files.certificate)?;
    let key = || key(&files.key);
    Ok(Loaded {
        stamp,
        server: Arc::new(server_config(
            files,
            &provider,
            &authorities,
            chain.clone(),
            key()?,
        )?),
        client: Arc::new(
            ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_root_certificates(authorities)
                .with_client_auth_cert(chain, key()?)?,
        ),
    })
}

fn server_config(
    files: &Files,
    provider: &Arc<CryptoProvider>,
    authorities: &Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, TlsError> {
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(authorities), Arc::clone(provider))
            .build()
            .map_err(|source| TlsError::Authorities {
                file: files.authorities.clone(),
                source,
            })?;
    Ok(ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?)
}

fn authorities(file: &Path) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate)?;
    }
    Ok(Arc::new(roots))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = bytes(file)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) | Err(_) => Err(TlsError::Empty {
            file: file.to_owned(),
            what: "certificate",
        }),
    }
}

fn key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&bytes(file)?).map_err(|_| TlsError::Empty {
        file: file.to_owned(),
        what: "private key",
    })
}

fn bytes(file: &Path) -> Result<Vec<u8>, TlsError> {
    let wrong = |source| TlsError::File {
        file: file.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(PEM_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(wrong)?;
    Ok(bytes)
}

/// The names of the certificate that a peer showed first, which is its own.
fn names(chain: Option<&[CertificateDer<'_>]>) -> Vec<String> {
    let Some(own) = chain.and_then(<[CertificateDer<'_>]>::first) else {
        return Vec::new();
    };
    let Ok(own) = webpki::EndEntityCert::try_from(own) else {
        return Vec::new();
    };
    let names = own.valid_dns_names().chain(own.valid_uri_names());
    names
        .take(CERTIFICATE_NAMES_MAX)
        .map(str::to_ascii_lowercase)
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
