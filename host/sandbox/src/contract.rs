//! The contract from the host's side: what a component may import, and which frozen version of it is answered how.
//!
//! A component is looked at before it is compiled: it imports interfaces of one known contract version, or is refused
//! with the name of what it wants.

use std::sync::Arc;

use record::departmental::{Chart, Failure, Reply};
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload};

use crate::budget::Usage;
use crate::lane::Lane;

pub(crate) mod exports;
mod interface;
pub(crate) mod v0_1;
pub(crate) mod v0_2;

/// What every interface of the contract is called, up to its own name.
const CONTRACT: &str = "palatine:departmental/";

/// The versions of the contract that this host answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `palatine:departmental@0.1.x`.
    V0_1,
    /// `palatine:departmental@0.2.x`.
    V0_2,
}

impl Version {
    fn of(written: &str) -> Option<Self> {
        match written.rsplit_once('.')?.0 {
            "0.1" => Some(Self::V0_1),
            "0.2" => Some(Self::V0_2),
            _ => None,
        }
    }

    /// The interfaces that a departmental of this version may import.
    fn interfaces(self) -> &'static [&'static str] {
        match self {
            Self::V0_1 | Self::V0_2 => &["types", "context", "chart", "packs", "journal"],
        }
    }

    /// The interfaces by which a departmental of this version may be asked.
    fn exports(self) -> &'static [&'static str] {
        match self {
            Self::V0_1 => &["screens", "reactions"],
            Self::V0_2 => &["screens", "reactions", "advice", "intake"],
        }
    }

    /// What the names of its interfaces end with.
    fn written(self) -> &'static str {
        match self {
            Self::V0_1 => v0_1::VERSION,
            Self::V0_2 => v0_2::VERSION,
        }
    }
}

/// Why a component is not one of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// It cannot be read.
    #[error("it is not a component: {0}")]
    NotComponent(String),
    /// It wants something that no departmental gets.
    #[error("it imports `{0}`, which is not of the contract")]
    ForeignImport(String),
    /// It was built against a contract that this host does not answer.
    #[error("it is built against `{0}`, and this host answers {CONTRACT}…@0.1 and @0.2 only")]
    UnknownVersion(String),
    /// It exports nothing that could be asked.
    #[error("it exports neither screens nor reactions nor advice nor intake of the contract")]
    NothingToAsk,
}

/// Looks at the outermost imports and exports of a component, without compiling it. Answers the version that it was
/// built against.
///
/// # Errors
/// Any [`ContractError`]; a foreign import by its name.
pub fn version(wasm: &[u8]) -> Result<Version, ContractError> {
    let broken =
        |wrong: wasmparser::BinaryReaderError| ContractError::NotComponent(wrong.to_string());
    let mut depth = 0_usize;
    let mut exported = None;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(broken)? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => {
                return Err(ContractError::NotComponent(
                    "it is a core module; `departmental build` makes one".into(),
                ));
            }
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let import = import.map_err(broken)?;
                    allowed(import.name.name, &import.ty)?;
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    let export = export.map_err(broken)?;
                    if export.kind == ComponentExternalKind::Instance
                        && let Some((interface, version)) = interface(export.name.name)
                    {
                        let version = Version::of(version).ok_or_else(|| {
                            ContractError::UnknownVersion(export.name.name.into())
                        })?;
                        if version.exports().contains(&interface) {
                            exported = Some(version);
                        }
                    }
                }
            }
            // What is inside is the engine's business: it may use nothing that the outermost component does not import.
            _ => {}
        }
    }
    exported.ok_or(ContractError::NothingToAsk)
}

fn allowed(name: &str, ty: &ComponentTypeRef) -> Result<(), ContractError> {
    let foreign = || ContractError::ForeignImport(name.to_owned());
    let (interface, written) = interface(name).ok_or_else(foreign)?;
    let version =
        Version::of(written).ok_or_else(|| ContractError::UnknownVersion(name.to_owned()))?;
    if matches!(ty, ComponentTypeRef::Instance(_)) && version.interfaces().contains(&interface) {
        Ok(())
    } else {
        Err(foreign())
    }
}

/// The interface and the version in a name of the contract.
fn interface(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(CONTRACT)?.split_once('@')
}

/// What a call may read: the chart of the record, or a written one in tests and benches.
pub trait Window: Send + Sync + 'static {
    /// One resource as JSON.
    fn read<'a>(&'a self, reference: &'a str) -> Reply<'a, Result<String, Failure>>;
    /// A searchset Bundle as JSON.
    fn search<'a>(&'a self, query: &'a str) -> Reply<'a, Result<String, Failure>>;
    /// Rows of a view as JSON.
    fn rows<'a>(&'a self, view: &'a str, parameters: &'a str)
    -> Reply<'a, Result<String, Failure>>;
    /// A rule pack as JSON.
    fn pack(&self, name: &str) -> Result<String, Failure>;
    /// A line for whoever runs the host.
    fn note(&self, level: &str, message: &str);
}

impl Window for Chart {
    fn read<'a>(&'a self, reference: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(Chart::read(self, reference))
    }

    fn search<'a>(&'a self, query: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(Chart::search(self, query))
    }

    fn rows<'a>(
        &'a self,
        view: &'a str,
        parameters: &'a str,
    ) -> Reply<'a, Result<String, Failure>> {
        Box::pin(Chart::rows(self, view, parameters))
    }

    fn pack(&self, name: &str) -> Result<String, Failure> {
        Chart::pack(self, name)
    }

    fn note(&self, level: &str, message: &str) {
        Chart::note(self, level, message);
    }
}

/// What a guest may know of its call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// ODS code of the site.
    pub site: String,
    /// `Patient/…`.
    pub patient: Option<String>,
    /// `Encounter/…`.
    pub encounter: Option<String>,
    /// Role of who asks.
    pub role: String,
    /// The moment of the call, RFC 3339 in UTC.
    pub now: String,
    /// JSON object of the settings.
    pub settings: String,
}

/// What host functions work on during one call.
pub(crate) struct Visit {
    pub(crate) facts: Facts,
    pub(crate) window: Arc<dyn Window>,
    pub(crate) usage: Usage,
    pub(crate) lane: Lane,
}

impl Visit {
    /// Where what is asked of the host is answered, and where it is waited for.
    fn outside(&self) -> (Arc<dyn Window>, Lane) {
        (self.window.clone(), self.lane.clone())
    }
}
