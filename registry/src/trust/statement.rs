//! The statement that is signed: in-toto, with a provenance that says where and as what the component is published.
//!
//! Invariant: a statement that names a subject twice, or in two algorithms, says nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Release, TrustError, require, unreadable};
use crate::digest::Digest;
use crate::name::{Repository, Version};

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";
const BUILD_TYPE: &str = "urn:palatine:departmental-build:v1";
const BUILDER: &str = "urn:palatine:supplier";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statement {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Provenance,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provenance {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
    external_parameters: ExternalParameters,
}

#[derive(Serialize, Deserialize)]
struct ExternalParameters {
    repository: Repository,
    version: Version,
}

#[derive(Serialize, Deserialize)]
struct RunDetails {
    builder: Builder,
}

#[derive(Serialize, Deserialize)]
struct Builder {
    id: String,
}

const WASM_SUBJECT: &str = "wasm";
const MANIFEST_SUBJECT: &str = "manifest";

impl Statement {
    pub(super) fn of(release: &Release) -> Self {
        let manifest = release
            .manifest
            .iter()
            .map(|digest| Subject::new(MANIFEST_SUBJECT, digest));
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: std::iter::once(Subject::new(WASM_SUBJECT, &release.wasm))
                .chain(manifest)
                .collect(),
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Provenance {
                build_definition: BuildDefinition {
                    build_type: BUILD_TYPE.to_owned(),
                    external_parameters: ExternalParameters {
                        repository: release.repository.clone(),
                        version: release.version.clone(),
                    },
                },
                run_details: RunDetails {
                    builder: Builder {
                        id: BUILDER.to_owned(),
                    },
                },
            },
        }
    }

    pub(super) fn into_release(self) -> Result<Release, TrustError> {
        require(
            "its statement's _type",
            &self.statement_type,
            STATEMENT_TYPE,
        )?;
        require(
            "its statement's predicateType",
            &self.predicate_type,
            PREDICATE_TYPE,
        )?;
        require(
            "its statement's buildType",
            &self.predicate.build_definition.build_type,
            BUILD_TYPE,
        )?;
        let wasm = self
            .one(WASM_SUBJECT)?
            .ok_or_else(|| unreadable("its statement names no wasm".to_owned()))?;
        let manifest = self.one(MANIFEST_SUBJECT)?;
        let ExternalParameters {
            repository,
            version,
        } = self.predicate.build_definition.external_parameters;
        Ok(Release {
            repository,
            version,
            wasm,
            manifest,
        })
    }

    /// The digest of the one subject of that name. Two of them are refused, since either could be meant.
    fn one(&self, name: &str) -> Result<Option<Digest>, TrustError> {
        let mut named = self.subject.iter().filter(|subject| subject.name == name);
        let (first, second) = (named.next(), named.next());
        if second.is_some() {
            return Err(unreadable(format!(
                "its statement has the subject {name} twice"
            )));
        }
        first.map(Subject::one_digest).transpose()
    }
}

impl Subject {
    fn new(name: &str, digest: &Digest) -> Self {
        let digest = BTreeMap::from([(
            digest.algorithm().name().to_owned(),
            digest.hex().to_owned(),
        )]);
        Self {
            name: name.to_owned(),
            digest,
        }
    }

    fn one_digest(&self) -> Result<Digest, TrustError> {
        let bad = || {
            unreadable(format!(
                "its statement's subject {} has no single sha256 or sha512",
                self.name
            ))
        };
        let mut digests = self.digest.iter();
        match (digests.next(), digests.next()) {
            (Some((algorithm, hex)), None) => {
                format!("{algorithm}:{hex}").parse().map_err(|_| bad())
            }
            (Some(_) | None, _) => Err(bad()),
        }
    }
}
