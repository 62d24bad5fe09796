//! The operations of the API: one table, from which both the routes and the entries of the statement are made.
//!
//! Invariant: an operation that is not in the table does not exist, and one that is can be called at each of its levels.

mod call;
mod everything;
mod lastn;
mod matching;
mod meta;
mod person;
mod subscription;
mod terminology;
mod validate;

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use fhir::outcome::IssueType;
use fhir::resource::ResourceType;
use record::terminology::Operation as Asked;

pub(super) use self::call::{Call, On};
use super::ask::Ask;
use super::bulk;
use super::negotiate::{key, resource_type};
use crate::Door;
use crate::problem::Problem;

/// What carries an operation out.
pub(super) type Run = fn(Call) -> Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

/// One operation.
pub(super) struct Operation {
    /// As in the address, without `$`.
    pub(super) name: &'static str,
    /// The canonical address of its OperationDefinition; `{type}` in it stands for the type on which it is called.
    pub(super) definition: &'static str,
    /// Where it can be called.
    pub(super) levels: &'static [Level],
    /// Whether calling it may change the record.
    pub(super) effect: Effect,
    /// Carries it out. Parameters and body were read, not checked.
    pub(super) run: Run,
}

/// Where an operation can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// `/$name`
    System,
    /// `/Type/$name`
    Type(Types),
    /// `/Type/id/$name`
    Instance(Types),
}

/// For which types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Types {
    /// Every type.
    All,
    /// These.
    These(&'static [ResourceType]),
}

/// What calling an operation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It reads: GET, and POST for parameters that do not fit an address.
    Reads,
    /// It may change the record: POST only.
    Writes,
}

const CODE_SYSTEMS: Types = Types::These(&[ResourceType::CODE_SYSTEM]);
const VALUE_SETS: Types = Types::These(&[ResourceType::VALUE_SET]);
const CONCEPT_MAPS: Types = Types::These(&[ResourceType::CONCEPT_MAP]);
/// What holds codes.
const CODED: Types = Types::These(&[ResourceType::CODE_SYSTEM, ResourceType::VALUE_SET]);

/// Who is told of what.
const SUBSCRIPTIONS: Types = Types::These(&[ResourceType::SUBSCRIPTION]);

/// Every operation, by name.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "everything",
        definition: "http://hl7.org/fhir/OperationDefinition/{type}-everything",
        levels: &[
            Level::Type(Types::These(&[ResourceType::PATIENT])),
            Level::Instance(Types::These(&[
                ResourceType::PATIENT,
                ResourceType::ENCOUNTER,
            ])),
        ],
        effect: Effect::Reads,
        run: |call| Box::pin(everything::everything(call)),
    },
    Operation {
        name: "events",
        definition: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events",
        levels: &[Level::Instance(SUBSCRIPTIONS)],
        effect: Effect::Reads,
        run: |call| Box::pin(subscription::events(call)),
    },
    Operation {
        name: "get-ws-binding-token",
        definition: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token",
        levels: &[Level::Type(SUBSCRIPTIONS), Level::Instance(SUBSCRIPTIONS)],
        effect: Effect::Reads,
        run: |call| Box::pin(subscription::binding(call)),
    },
    Operation {
        name: "status",
        definition: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status",
        levels: &[Level::Type(SUBSCRIPTIONS), Level::Instance(SUBSCRIPTIONS)],
        effect: Effect::Reads,
        run: |call| Box::pin(subscription::status(call)),
    },
    Operation {
        name: "export",
        definition: "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
        levels: &[Level::System],
        effect: Effect::Reads,
        run: |call| Box::pin(bulk::export(call)),
    },
    Operation {
        name: "export",
        definition: "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export",
        levels: &[Level::Type(Types::These(&[ResourceType::PATIENT]))],
        effect: Effect::Reads,
        run: |call| Box::pin(bulk::export(call)),
    },
    Operation {
        name: "export",
        definition: "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export",
        levels: &[Level::Instance(Types::These(&[ResourceType::GROUP]))],
        effect: Effect::Reads,
        run: |call| Box::pin(bulk::export(call)),
    },
    Operation {
        name: "lastn",
        definition: "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
        levels: &[Level::Type(Types::These(&[ResourceType::OBSERVATION]))],
        effect: Effect::Reads,
        run: |call| Box::pin(lastn::lastn(call)),
    },
    Operation {
        name: "match",
        definition: "http://hl7.org/fhir/OperationDefinition/Patient-match",
        levels: &[Level::Type(Types::These(&[ResourceType::PATIENT]))],
        effect: Effect::Reads,
        run: |call| Box::pin(matching::matches(call)),
    },
    Operation {
        name: "merge",
        definition: "http://hl7.org/fhir/OperationDefinition/Patient-merge",
        levels: &[Level::Type(Types::These(&[ResourceType::PATIENT]))],
        effect: Effect::Writes,
        run: |call| Box::pin(person::merge(call)),
    },
    Operation {
        name: "settle",
        definition: "https://palatine.example/OperationDefinition/Task-settle",
        levels: &[Level::Instance(Types::These(&[ResourceType::TASK]))],
        effect: Effect::Writes,
        run: |call| Box::pin(person::settle(call)),
    },
    Operation {
        name: "unmerge",
        definition: "https://palatine.example/OperationDefinition/Provenance-unmerge",
        levels: &[Level::Instance(Types::These(&[ResourceType::PROVENANCE]))],
        effect: Effect::Writes,
        run: |call| Box::pin(person::unmerge(call)),
    },
    Operation {
        name: "meta",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta",
        levels: &[Level::Instance(Types::All)],
        effect: Effect::Reads,
        run: |call| Box::pin(meta::meta(call)),
    },
    Operation {
        name: "meta-add",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
        levels: &[Level::Instance(Types::All)],
        effect: Effect::Writes,
        run: |call| Box::pin(meta::add(call)),
    },
    Operation {
        name: "meta-delete",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete",
        levels: &[Level::Instance(Types::All)],
        effect: Effect::Writes,
        run: |call| Box::pin(meta::delete(call)),
    },
    Operation {
        name: "validate",
        definition: "http://hl7.org/fhir/OperationDefinition/Resource-validate",
        levels: &[Level::Type(Types::All), Level::Instance(Types::All)],
        effect: Effect::Reads,
        run: |call| Box::pin(validate::validate(call)),
    },
    Operation {
        name: "expand",
        definition: "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
        levels: &[Level::Type(VALUE_SETS), Level::Instance(VALUE_SETS)],
        effect: Effect::Reads,
        run: |call| Box::pin(terminology::ask(call, Asked::Expand)),
    },
    Operation {
        name: "lookup",
        definition: "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup",
        levels: &[Level::Type(CODE_SYSTEMS), Level::Instance(CODE_SYSTEMS)],
        effect: Effect::Reads,
        run: |call| Box::pin(terminology::ask(call, Asked::LookUp)),
    },
    Operation {
        name: "subsumes",
        definition: "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes",
        levels: &[Level::Type(CODE_SYSTEMS), Level::Instance(CODE_SYSTEMS)],
        effect: Effect::Reads,
        run: |call| Box::pin(terminology::ask(call, Asked::Subsumes)),
    },
    Operation {
        name: "translate",
        definition: "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate",
        levels: &[Level::Type(CONCEPT_MAPS), Level::Instance(CONCEPT_MAPS)],
        effect: Effect::Reads,
        run: |call| Box::pin(terminology::ask(call, Asked::Translate)),
    },
    Operation {
        name: "validate-code",
        definition: "http://hl7.org/fhir/OperationDefinition/{type}-validate-code",
        levels: &[Level::Type(CODED), Level::Instance(CODED)],
        effect: Effect::Reads,
        run: |call| Box::pin(terminology::validate_code(call)),
    },
];

impl Level {
    /// Whether the level is one of these types', or of all.
    pub(super) fn is_of(self, resource_type: ResourceType) -> bool {
        match self {
            Self::System => false,
            Self::Type(types) | Self::Instance(types) => types.contain(resource_type),
        }
    }

    /// The address of an operation of that name at this level.
    fn path(self, name: &str) -> String {
        match self {
            Self::System => format!("/${name}"),
            Self::Type(_) => format!("/{{type}}/${name}"),
            Self::Instance(_) => format!("/{{type}}/{{id}}/${name}"),
        }
    }
}

impl Types {
    fn contain(self, resource_type: ResourceType) -> bool {
        match self {
            Self::All => true,
            Self::These(types) => types.contains(&resource_type),
        }
    }
}

/// The router with every operation's routes. Operations of one name share a route: the type says which is meant.
pub(super) fn routed(router: Router<Door>) -> Router<Door> {
    let mut seen = Vec::new();
    let mut routed = router;
    for operation in OPERATIONS {
        for level in operation.levels {
            let path = level.path(operation.name);
            if !seen.contains(&path) {
                routed = routed.route(&path, route(operation, *level));
                seen.push(path);
            }
        }
    }
    routed
}

fn route(operation: &'static Operation, level: Level) -> MethodRouter<Door> {
    let methods = match operation.effect {
        Effect::Reads => MethodFilter::GET.or(MethodFilter::POST),
        Effect::Writes => MethodFilter::POST,
    };
    let name = operation.name;
    match level {
        Level::System => on(methods, move |ask: Ask, body: Bytes| async move {
            (operation.run)(Call::read(ask, On::System, &body)?).await
        }),
        Level::Type(_) => on(
            methods,
            move |Path(kind): Path<String>, ask: Ask, body: Bytes| async move {
                let kind = resource_type(&kind)?;
                let is_here =
                    |level: Level| matches!(level, Level::Type(types) if types.contain(kind));
                let run = meant(name, kind, is_here)?;
                run(Call::read(ask, On::Type(kind), &body)?).await
            },
        ),
        Level::Instance(_) => on(
            methods,
            move |Path((kind, id)): Path<(String, String)>, ask: Ask, body: Bytes| async move {
                let key = key(&kind, &id)?;
                let kind = key.resource_type;
                let is_here =
                    |level: Level| matches!(level, Level::Instance(types) if types.contain(kind));
                let run = meant(name, kind, is_here)?;
                run(Call::read(ask, On::Instance(key), &body)?).await
            },
        ),
    }
}

/// The operation of that name which a type has.
fn meant(name: &str, asked: ResourceType, is_here: impl Fn(Level) -> bool) -> Result<Run, Problem> {
    let found = OPERATIONS.iter().find(|operation| {
        operation.name == name && operation.levels.iter().any(|level| is_here(*level))
    });
    found.map(|operation| operation.run).ok_or_else(|| {
        let details =
            format!("{asked} has no operation `${name}` here: GET metadata lists what there is");
        Problem::new(StatusCode::NOT_FOUND, IssueType::NotSupported, details)
    })
}
