//! The registry from outside, for a host that loads releases and a supplier that pushes them. Blocking: call it from a
//! thread that may wait.
//!
//! Invariant: no byte is handed on whose digest this side has not computed and found equal to the one asked for; the
//! registry is never believed.

use std::time::Duration;

pub use crate::client::error::ClientError;
pub(crate) use crate::client::release::PublishedPage;
pub use crate::client::release::{Published, Pulled, Push, Pushed};

use crate::client::error::{network, protocol, refusal};
use crate::component::{self, Inspected};
use crate::digest::Digest;
use crate::limits::{
    BUNDLE_BYTES_MAX, CLIENT_REQUEST_S, COMPONENT_BYTES_MAX, CONFIG_BYTES_MAX, MANIFEST_BYTES_MAX,
    PUBLISHED_BYTES_MAX, PUBLISHED_PAGES_MAX, SIGNATURES_MAX,
};
use crate::manifest::{
    Descriptor, EMPTY_JSON, IMAGE_INDEX, IMAGE_MANIFEST, Manifest, ManifestError, Role,
    WASM_CONFIG, WASM_LAYER, WasmConfig,
};
use crate::name::{Repository, Tag};
use crate::trust::{self, BUNDLE_TYPE, Release, SupplierKey};

mod error;
mod release;

/// A registry at an address.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
}

impl Client {
    /// A client for the registry at `http://HOST:PORT`. Asks nothing yet.
    pub fn new(address: &str) -> Result<Self, ClientError> {
        let base = address.trim_end_matches('/').to_owned();
        let bad = || ClientError::Address {
            address: address.to_owned(),
        };
        let uri: http::Uri = base.parse().map_err(|_| bad())?;
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        if !scheme
            || uri.host().is_none_or(str::is_empty)
            || uri.path() != "/"
            || uri.query().is_some()
        {
            return Err(bad());
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(CLIENT_REQUEST_S)))
            .build()
            .new_agent();
        Ok(Self { base, agent })
    }

    /// Every published release, in the order of publication.
    pub fn published(&self) -> Result<Vec<Published>, ClientError> {
        let mut all = Vec::new();
        let mut after = 0;
        for _ in 0..PUBLISHED_PAGES_MAX {
            let doing = format!("listing what is published after {after}");
            let path = format!("/palatine/published?after={after}");
            let bytes = self.get(&doing, &path, None, PUBLISHED_BYTES_MAX)?;
            let page: PublishedPage = serde_json::from_slice(&bytes)
                .map_err(|source| protocol(&doing, source.to_string()))?;
            all.extend(page.published);
            match page.after {
                Some(next) if next > after => after = next,
                Some(_) => {
                    return Err(protocol(&doing, "the list turns back on itself".to_owned()));
                }
                None => return Ok(all),
            }
        }
        Err(protocol(
            "listing what is published",
            format!("more than {PUBLISHED_PAGES_MAX} pages"),
        ))
    }

    /// Fetches a release by its manifest's digest, and the bundles that claim to sign it.
    pub fn pull(
        &self,
        repository: &Repository,
        manifest_digest: &Digest,
    ) -> Result<Pulled, ClientError> {
        let (manifest_bytes, manifest) = self.manifest(repository, manifest_digest)?;
        let Role::Release { config, wasm } = manifest.role()? else {
            let reason = "it is about another manifest".to_owned();
            return Err(ManifestError::Layout { reason }.into());
        };
        let config = self.blob(repository, config, CONFIG_BYTES_MAX)?;
        let wasm_bytes = self.blob(repository, wasm, COMPONENT_BYTES_MAX)?;
        let inspected = component::admit(&wasm_bytes)?;
        WasmConfig::parse(&config)?.check(&wasm.digest, &inspected)?;
        let signatures = self.signatures(repository, manifest_digest)?;
        let wasm_digest = wasm.digest.clone();
        Ok(Pulled {
            manifest: manifest_bytes,
            wasm: wasm_bytes,
            wasm_digest,
            inspected,
            signatures,
        })
    }

    /// Pushes a release and, given a key, its signature, which publishes it. Pushing a component again under the version
    /// that it has already changes nothing, even where its config was written at another time.
    pub fn push(&self, push: &Push<'_>) -> Result<Pushed, ClientError> {
        let tag = push.version.tag()?;
        let wasm = Descriptor::of(WASM_LAYER, push.wasm);
        let inspected = component::admit(push.wasm)?;
        let wasm_digest = wasm.digest.clone();
        let release = match self.kept(push.repository, &tag, &wasm_digest, &inspected)? {
            Some(kept) => kept,
            None => self.put_release(push, &tag, wasm, &inspected)?,
        };
        if let Some(key) = push.key {
            self.put_signature(push, key, &release, &wasm_digest)?;
        }
        Ok(Pushed {
            manifest_digest: release.digest,
            wasm_digest,
        })
    }

    /// The release that has this tag, if it has and is of this component.
    fn kept(
        &self,
        repository: &Repository,
        tag: &Tag,
        wasm: &Digest,
        inspected: &Inspected,
    ) -> Result<Option<Descriptor>, ClientError> {
        let doing = format!("asking what {repository}:{tag} is");
        let path = format!("/v2/{repository}/manifests/{tag}");
        let bytes = match self.get(&doing, &path, Some(IMAGE_MANIFEST), MANIFEST_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(ClientError::Answered { status: 404, .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let manifest = Manifest::parse(IMAGE_MANIFEST, &bytes)?;
        // What is about to be signed was kept by the registry, so its config is held against the component here too.
        match manifest.role() {
            Ok(Role::Release { config, wasm: kept }) if kept.digest == *wasm => {
                let config = self.blob(repository, config, CONFIG_BYTES_MAX)?;
                WasmConfig::parse(&config)?.check(wasm, inspected)?;
                Ok(Some(Descriptor::of(IMAGE_MANIFEST, &bytes)))
            }
            Ok(_) | Err(_) => Ok(None),
        }
    }

    fn put_release(
        &self,
        push: &Push<'_>,
        tag: &Tag,
        wasm: Descriptor,
        inspected: &Inspected,
    ) -> Result<Descriptor, ClientError> {
        let created = Some(push.created.to_string());
        let author = push.author.map(str::to_owned);
        let config = WasmConfig::of(created, author, &wasm.digest, inspected).to_bytes()?;
        let config_descriptor = Descriptor::of(WASM_CONFIG, &config);
        self.put_blob(push, &config_descriptor, &config)?;
        self.put_blob(push, &wasm, push.wasm)?;
        let manifest = Manifest::release(config_descriptor, wasm).to_bytes()?;
        let release = Descriptor::of(IMAGE_MANIFEST, &manifest);
        self.put_manifest(push, tag.as_str(), manifest)?;
        Ok(release)
    }

    fn put_signature(
        &self,
        push: &Push<'_>,
        key: &SupplierKey,
        release: &Descriptor,
        wasm: &Digest,
    ) -> Result<(), ClientError> {
        let bundle = trust::sign(
            key,
            &Release {
                repository: push.repository.clone(),
                version: push.version.clone(),
                wasm: wasm.clone(),
                manifest: Some(release.digest.clone()),
            },
        )?;
        let bundle_descriptor = Descriptor::of(BUNDLE_TYPE, &bundle);
        let manifest = Manifest::signature(release.clone(), bundle_descriptor.clone());
        for descriptor in manifest.config.iter() {
            self.put_blob(push, descriptor, EMPTY_JSON)?;
        }
        self.put_blob(push, &bundle_descriptor, &bundle)?;
        let manifest = manifest.to_bytes()?;
        let digest = Digest::sha256(&manifest).to_string();
        self.put_manifest(push, &digest, manifest)
    }

    fn signatures(
        &self,
        repository: &Repository,
        release: &Digest,
    ) -> Result<Vec<Vec<u8>>, ClientError> {
        let doing = format!("asking who signed {release}");
        let path = format!(
            "/v2/{repository}/referrers/{release}?artifactType={}",
            BUNDLE_TYPE.replace('+', "%2B")
        );
        let bytes = self.get(&doing, &path, Some(IMAGE_INDEX), MANIFEST_BYTES_MAX)?;
        let index = Manifest::parse(IMAGE_INDEX, &bytes)?;
        let mut bundles = Vec::new();
        let signed = index
            .children()
            .filter(|it| it.artifact_type.as_deref() == Some(BUNDLE_TYPE));
        for descriptor in signed.take(SIGNATURES_MAX) {
            let (_, manifest) = self.manifest(repository, &descriptor.digest)?;
            if let Role::Signature { subject, bundle } = manifest.role()?
                && subject.digest == *release
            {
                bundles.push(self.blob(repository, bundle, BUNDLE_BYTES_MAX)?);
            }
        }
        Ok(bundles)
    }

    fn manifest(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<(Vec<u8>, Manifest), ClientError> {
        let doing = format!("pulling manifest {digest} of {repository}");
        let path = format!("/v2/{repository}/manifests/{digest}");
        let bytes = self.get(&doing, &path, Some(IMAGE_MANIFEST), MANIFEST_BYTES_MAX)?;
        let bytes = named(digest, bytes)?;
        let manifest = Manifest::parse(IMAGE_MANIFEST, &bytes)?;
        Ok((bytes, manifest))
    }

    fn blob(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        most: u64,
    ) -> Result<Vec<u8>, ClientError> {
        let doing = format!("pulling blob {} of {repository}", descriptor.digest);
        let path = format!("/v2/{repository}/blobs/{}", descriptor.digest);
        let bytes = named(&descriptor.digest, self.get(&doing, &path, None, most)?)?;
        if bytes.len() as u64 == descriptor.size {
            Ok(bytes)
        } else {
            let reason = format!(
                "it has {} bytes where its manifest says {}",
                bytes.len(),
                descriptor.size
            );
            Err(protocol(&doing, reason))
        }
    }

    fn put_blob(
        &self,
        push: &Push<'_>,
        descriptor: &Descriptor,
        bytes: &[u8],
    ) -> Result<(), ClientError> {
        let (repository, digest) = (push.repository, &descriptor.digest);
        let doing = format!("pushing blob {digest} to {repository}");
        let known = self
            .agent
            .head(format!("{}/v2/{repository}/blobs/{digest}", self.base))
            .call();
        if known.map_err(network(&doing))?.status() == 200 {
            return Ok(());
        }
        let request = self
            .agent
            .post(format!(
                "{}/v2/{repository}/blobs/uploads/?digest={digest}",
                self.base
            ))
            .header("authorization", format!("Bearer {}", push.token))
            .header("content-type", "application/octet-stream");
        answered(&doing, request.send(bytes).map_err(network(&doing))?, 201)
    }

    fn put_manifest(
        &self,
        push: &Push<'_>,
        reference: &str,
        bytes: Vec<u8>,
    ) -> Result<(), ClientError> {
        let doing = format!("pushing manifest {reference} to {}", push.repository);
        let request = self
            .agent
            .put(format!(
                "{}/v2/{}/manifests/{reference}",
                self.base, push.repository
            ))
            .header("authorization", format!("Bearer {}", push.token))
            .header("content-type", IMAGE_MANIFEST);
        answered(
            &doing,
            request.send(&bytes[..]).map_err(network(&doing))?,
            201,
        )
    }

    fn get(
        &self,
        doing: &str,
        path: &str,
        accept: Option<&str>,
        most: u64,
    ) -> Result<Vec<u8>, ClientError> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let mut response = request.call().map_err(network(doing))?;
        if response.status() != 200 {
            return Err(refusal(doing, response));
        }
        let body = response.body_mut().with_config().limit(most);
        body.read_to_vec().map_err(network(doing))
    }
}

fn named(asked: &Digest, bytes: Vec<u8>) -> Result<Vec<u8>, ClientError> {
    let found = Digest::of(asked.algorithm(), &bytes);
    if found == *asked {
        Ok(bytes)
    } else {
        Err(ClientError::Swapped {
            asked: asked.clone(),
            found,
        })
    }
}

fn answered(
    doing: &str,
    response: http::Response<ureq::Body>,
    wanted: u16,
) -> Result<(), ClientError> {
    if response.status() == wanted {
        Ok(())
    } else {
        Err(refusal(doing, response))
    }
}
