//! A registry for tests and measurements of other packages: on a free port, with components published as their supplier
//! publishes them.
//!
//! Invariant: what it publishes went through every check that a supplier's push goes through.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::net::TcpListener;

use crate::client::{Client, ClientError, Push, Pushed};
use crate::clock::Clock;
use crate::component;
use crate::digest::Digest;
use crate::name::Namespace;
use crate::publishers::{PublisherEntry, Publishers};
use crate::trust::SupplierKey;
use crate::{Config, serve};

const TOKEN: &str = "a token that is used in tests alone";
const NAMESPACE: &str = "tests";

/// A running registry with one supplier. It ends with the runtime that it was started on.
pub struct Stall {
    /// Where it is, for example `http://127.0.0.1:34567`.
    pub address: String,
    /// The file of keys that hosts trust.
    pub suppliers: PathBuf,
    key: SupplierKey,
}

impl Stall {
    /// Starts a registry that keeps everything in this folder.
    ///
    /// # Errors
    /// In words: what went wrong.
    pub async fn open(folder: &Path) -> Result<Self, String> {
        let key = SupplierKey::generate().map_err(|why| why.to_string())?;
        let namespace: Namespace = NAMESPACE
            .parse()
            .map_err(|why| format!("{NAMESPACE}: {why}"))?;
        let entry = PublisherEntry {
            supplier: String::from("Supplier of Tests"),
            token_sha256: Digest::sha256(TOKEN.as_bytes()).hex().to_owned(),
            namespaces: vec![namespace],
            public_key: BASE64.encode(key.public().as_bytes()),
        };
        let publishers = Publishers::new(&[entry]).map_err(|why| why.to_string())?;
        let suppliers = folder.join("suppliers.json");
        let trusted = publishers.keys().to_json().map_err(|why| why.to_string())?;
        std::fs::write(&suppliers, trusted)
            .map_err(|why| format!("{}: {why}", suppliers.display()))?;
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|why| why.to_string())?;
        let address = format!(
            "http://{}",
            listener.local_addr().map_err(|why| why.to_string())?
        );
        let folder = folder.join("registry");
        let config = Config {
            folder,
            publishers,
            public_address: None,
            clock: Clock::system(),
        };
        tokio::spawn(serve(listener, config, std::future::pending()));
        Ok(Self {
            address,
            suppliers,
            key,
        })
    }

    /// Pushes and signs a component under the name and version that its own manifest states. Blocks.
    ///
    /// # Errors
    /// What the registry or the client refuses.
    pub fn publish(&self, wasm: &[u8]) -> Result<Pushed, ClientError> {
        let manifest = component::inspect(wasm)?.manifest.unwrap_or_default();
        let stated = |member: &str| manifest[member].as_str().unwrap_or_default().to_owned();
        Client::new(&self.address)?.push(&Push {
            token: TOKEN,
            repository: &format!("modules/{NAMESPACE}/{}", stated("id")).parse()?,
            version: &stated("version").parse()?,
            wasm,
            created: Clock::system().now(),
            author: None,
            key: Some(&self.key),
        })
    }
}
