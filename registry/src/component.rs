//! What a departmental's component is, read from its bytes alone: imports, exports, its embedded manifest and the
//! contract version it was built for.
//!
//! Invariant: an `Inspected` comes from bytes that are one valid component within our bounds, and reading never
//! panics, whatever the bytes. What is admitted imports the contract and nothing else.

use std::thread;

use serde_json::Value;
use wasmparser::{
    ComponentExternalKind, ComponentTypeRef, CustomSectionReader, Encoding, Parser, Payload,
    Validator,
};

use crate::kind::Kind;
use crate::limits::{
    COMPONENT_BYTES_MAX, COMPONENT_COMPONENTS_MAX, COMPONENT_DEPTH_MAX, COMPONENT_MODULES_MAX,
    COMPONENT_NAMES_MAX, COMPONENT_TYPE_SECTION_BYTES_MAX, DEPARTMENTAL_BYTES_MAX,
    GOLDEN_BYTES_MAX, INSPECTION_STACK_BYTES,
};
use crate::name::Version;
use crate::strict_json;

/// The custom section that holds a departmental's manifest.
pub const MANIFEST_SECTION: &str = "departmental.json";
/// The custom section that holds a departmental's golden cases, `golden/1` each.
pub const GOLDEN_SECTION: &str = "golden-cases.json";
/// What every interface of the contract is called, up to its own name.
pub const CONTRACT: &str = "palatine:departmental/";

/// What the bytes of a component say.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Names of everything it imports, in the component's order.
    pub imports: Vec<String>,
    /// Names of everything it exports, in the component's order.
    pub exports: Vec<String>,
    /// The document of the custom section `departmental.json`: a JSON object. None when there is no such section.
    pub manifest: Option<Value>,
    /// The document of the custom section `golden-cases.json`. None when there is no such section.
    pub golden: Option<Golden>,
    /// The one version of the contract that its imports and exports name. None when it names none.
    pub contract: Option<Version>,
}

/// The golden cases that a component carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// A JSON object; what is in it is for who runs them.
    pub document: Value,
    /// How many bytes it has in the component.
    pub bytes: usize,
}

/// Why bytes are not a departmental's component.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// Larger than we inspect.
    #[error("the component has {bytes} bytes, more than the {COMPONENT_BYTES_MAX} allowed")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// A core module, which states no interfaces.
    #[error("this is a core module, not a component: make it one with wit-component")]
    CoreModule,
    /// Neither a module nor a component, or a broken one.
    #[error("the bytes are not a valid component, at offset {offset}: {reason}")]
    Invalid {
        /// Where, in bytes from the start.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// More of something than a departmental has.
    #[error("the component has more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: usize,
    },
    /// Something imported that is not of the contract.
    #[error(
        "the component imports {import}, which is not an interface of the contract ({CONTRACT}…)"
    )]
    ForeignImport {
        /// The name of the import.
        import: String,
    },
    /// Interfaces of more than one contract version.
    #[error(
        "the component names the contract in version {one} and in version {other}: build it against one"
    )]
    TwoContracts {
        /// The first seen.
        one: Version,
        /// Another.
        other: Version,
    },
    /// The system gave no thread to read it on, or reading it ended without an answer.
    #[error("the component could not be looked at: no thread for it, or no answer from it")]
    Unread,
    /// The embedded manifest, or the golden cases beside it, cannot be read.
    #[error("the section {section} of the component {reason}")]
    Manifest {
        /// Which of them.
        section: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl ComponentError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ForeignImport { .. } => Kind::Refused,
            Self::Unread => Kind::Fault,
            Self::TooLarge { .. }
            | Self::CoreModule
            | Self::Invalid { .. }
            | Self::TooMany { .. }
            | Self::TwoContracts { .. }
            | Self::Manifest { .. } => Kind::Incorrect,
        }
    }
}

/// Reads a component whatever it imports, for showing what it is. Takes time in proportion to the bytes.
pub fn inspect(wasm: &[u8]) -> Result<Inspected, ComponentError> {
    read(wasm).map(|(inspected, _)| inspected)
}

/// Reads a component and refuses it unless all it imports are interfaces of the contract: what the registry, the host
/// and the supplier's tool ask before they trust one.
pub fn admit(wasm: &[u8]) -> Result<Inspected, ComponentError> {
    let (inspected, foreign) = read(wasm)?;
    match foreign {
        Some(import) => Err(ComponentError::ForeignImport { import }),
        None => Ok(inspected),
    }
}

/// What was seen on the way through, and the first import that is not of the contract.
///
/// On a thread of its own, with the stack that the deepest nesting within our bounds takes, whoever calls.
fn read(wasm: &[u8]) -> Result<(Inspected, Option<String>), ComponentError> {
    if wasm.len() as u64 > COMPONENT_BYTES_MAX {
        return Err(ComponentError::TooLarge { bytes: wasm.len() });
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new()
            .name("inspection".to_owned())
            .stack_size(INSPECTION_STACK_BYTES);
        let inspection = builder
            .spawn_scoped(scope, || walk(wasm))
            .map_err(|_| ComponentError::Unread)?;
        inspection.join().unwrap_or(Err(ComponentError::Unread))
    })
}

fn walk(wasm: &[u8]) -> Result<(Inspected, Option<String>), ComponentError> {
    let mut walk = Walk::default();
    for payload in Parser::new(0).parse_all(wasm) {
        walk.take(payload.map_err(invalid)?)?;
    }
    Validator::new().validate_all(wasm).map_err(invalid)?;
    let mut contract = None;
    for name in walk.imports.iter().chain(&walk.exports) {
        if let Some(version) = contract_version(name) {
            match &contract {
                None => contract = Some(version),
                Some(one) if *one == version => {}
                Some(one) => {
                    return Err(ComponentError::TwoContracts {
                        one: one.clone(),
                        other: version,
                    });
                }
            }
        }
    }
    let Walk {
        imports,
        exports,
        manifest,
        golden,
        foreign,
        ..
    } = walk;
    Ok((
        Inspected {
            imports,
            exports,
            manifest,
            golden,
            contract,
        },
        foreign,
    ))
}

/// How far the reading has come.
#[derive(Default)]
struct Walk {
    /// How many components and modules we are inside of: 1 is the component itself.
    depth: usize,
    modules: usize,
    components: usize,
    imports: Vec<String>,
    exports: Vec<String>,
    manifest: Option<Value>,
    golden: Option<Golden>,
    foreign: Option<String>,
}

impl Walk {
    fn take(&mut self, payload: Payload<'_>) -> Result<(), ComponentError> {
        match payload {
            Payload::Version { encoding, .. } => {
                if self.depth == 0 && encoding == Encoding::Module {
                    return Err(ComponentError::CoreModule);
                }
                self.depth += 1;
                within("levels of nesting", self.depth, COMPONENT_DEPTH_MAX)
            }
            Payload::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Payload::ModuleSection { .. } => {
                self.modules += 1;
                within("core modules", self.modules, COMPONENT_MODULES_MAX)
            }
            Payload::ComponentSection { .. } => {
                self.components += 1;
                within(
                    "inner components",
                    self.components,
                    COMPONENT_COMPONENTS_MAX,
                )
            }
            Payload::ComponentTypeSection(section) => {
                let bytes = section.range().len();
                within(
                    "bytes in one section of types",
                    bytes,
                    COMPONENT_TYPE_SECTION_BYTES_MAX,
                )
            }
            Payload::ComponentImportSection(section) if self.depth == 1 => {
                for import in section {
                    let import = import.map_err(invalid)?;
                    self.import(import.name.name, import.ty)?;
                }
                Ok(())
            }
            Payload::ComponentExportSection(section) if self.depth == 1 => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    self.exports.push(export.name.name.to_owned());
                    within("exports", self.exports.len(), COMPONENT_NAMES_MAX)?;
                }
                Ok(())
            }
            Payload::CustomSection(section)
                if self.depth == 1 && section.name() == MANIFEST_SECTION =>
            {
                once(MANIFEST_SECTION, self.manifest.as_ref())?;
                let bytes_max = DEPARTMENTAL_BYTES_MAX;
                self.manifest = Some(document(MANIFEST_SECTION, &section, bytes_max)?);
                Ok(())
            }
            Payload::CustomSection(section)
                if self.depth == 1 && section.name() == GOLDEN_SECTION =>
            {
                once(GOLDEN_SECTION, self.golden.as_ref())?;
                self.golden = Some(Golden {
                    document: document(GOLDEN_SECTION, &section, GOLDEN_BYTES_MAX)?,
                    bytes: section.data().len(),
                });
                Ok(())
            }
            // Everything else is the validator's business.
            _ => Ok(()),
        }
    }

    fn import(&mut self, name: &str, ty: ComponentTypeRef) -> Result<(), ComponentError> {
        let ours = matches!(ty, ComponentTypeRef::Instance(_)) && contract_version(name).is_some();
        if !ours && self.foreign.is_none() {
            self.foreign = Some(named(name, ty.kind()));
        }
        self.imports.push(name.to_owned());
        within("imports", self.imports.len(), COMPONENT_NAMES_MAX)
    }
}

/// Refuses a section of which there was one before.
fn once<V>(section: &'static str, before: Option<&V>) -> Result<(), ComponentError> {
    match before {
        None => Ok(()),
        Some(_) => Err(ComponentError::Manifest {
            section,
            reason: "is there twice, and which one counts is anybody's guess".to_owned(),
        }),
    }
}

/// A section's document: a JSON object within a bound.
fn document(
    name: &'static str,
    section: &CustomSectionReader<'_>,
    bytes_max: usize,
) -> Result<Value, ComponentError> {
    let refuse = |reason: String| {
        Err(ComponentError::Manifest {
            section: name,
            reason,
        })
    };
    let bytes = section.data();
    if bytes.len() > bytes_max {
        return refuse(format!(
            "has {} bytes, more than the {bytes_max} allowed",
            bytes.len()
        ));
    }
    match strict_json::parse(bytes) {
        Ok(document @ Value::Object(_)) => Ok(document),
        Ok(_) => refuse("is JSON but not an object".to_owned()),
        Err(source) => refuse(format!("is not JSON that can be read in one way: {source}")),
    }
}

/// The version of the contract that an interface name carries, when it is one of the contract's.
fn contract_version(name: &str) -> Option<Version> {
    let (interface, version) = name.strip_prefix(CONTRACT)?.split_once('@')?;
    let plain = !interface.is_empty()
        && interface
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-');
    version.parse().ok().filter(|_| plain)
}

/// The name, with its kind when it is not an interface's instance.
fn named(name: &str, kind: ComponentExternalKind) -> String {
    match kind {
        ComponentExternalKind::Instance => name.to_owned(),
        ComponentExternalKind::Module => format!("{name} (a module)"),
        ComponentExternalKind::Func => format!("{name} (a function)"),
        ComponentExternalKind::Value => format!("{name} (a value)"),
        ComponentExternalKind::Type => format!("{name} (a type)"),
        ComponentExternalKind::Component => format!("{name} (a component)"),
    }
}

fn within(what: &'static str, count: usize, most: usize) -> Result<(), ComponentError> {
    if count > most {
        Err(ComponentError::TooMany { what, most })
    } else {
        Ok(())
    }
}

fn invalid(source: wasmparser::BinaryReaderError) -> ComponentError {
    ComponentError::Invalid {
        offset: source.offset() as u64,
        reason: source.message().to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
