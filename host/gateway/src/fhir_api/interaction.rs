//! The interactions of the API: one table, from which both the routes and what the statement claims are made.
//!
//! Invariant: what the statement claims is routed, since there is no other list.

use axum::Router;
use axum::routing::{MethodRouter, delete, get, options, patch, post, put};

use super::search::compartment;
use super::{bundle, capability, instance, page, search};
use crate::Door;

/// One thing that can be asked.
pub(super) struct Interaction {
    /// What the statement says of it.
    pub(super) claim: Claim,
    path: &'static str,
    handler: fn() -> MethodRouter<Door>,
}

/// What the statement says of an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// An interaction of every type, by its code.
    OfType(&'static str),
    /// An interaction of the whole system, by its code.
    OfSystem(&'static str),
    /// A member of every type that says yes.
    Conditional(&'static str),
    /// Nothing: it is another way to something that is claimed.
    Nothing,
}

use Claim::{Conditional, Nothing, OfSystem, OfType};

/// Every interaction.
pub(super) const INTERACTIONS: &[Interaction] = &[
    on(OfSystem("transaction"), "/", || post(bundle::bundle)),
    on(OfSystem("batch"), "", || post(bundle::bundle)),
    on(OfSystem("search-system"), "/", || get(search::of_system)),
    on(Nothing, "/_search", || post(search::of_system_by_form)),
    on(OfSystem("history-system"), "/_history", || {
        get(page::system_history)
    }),
    on(Nothing, "/metadata", || get(capability::metadata)),
    on(Nothing, "/", || options(capability::metadata)),
    on(OfType("read"), "/{type}/{id}", || get(instance::read)),
    on(OfType("vread"), "/{type}/{id}/_history/{version}", || {
        get(instance::vread)
    }),
    on(OfType("update"), "/{type}/{id}", || put(instance::update)),
    on(OfType("patch"), "/{type}/{id}", || patch(instance::patch)),
    on(OfType("delete"), "/{type}/{id}", || {
        delete(instance::delete)
    }),
    on(OfType("history-instance"), "/{type}/{id}/_history", || {
        get(page::instance_history)
    }),
    on(OfType("history-type"), "/{type}/_history", || {
        get(page::type_history)
    }),
    on(OfType("create"), "/{type}", || post(instance::create)),
    on(OfType("search-type"), "/{type}", || get(search::of_type)),
    on(Nothing, "/{type}/_search", || post(search::of_type_by_form)),
    on(Nothing, "/{type}/{id}/{of}", || get(compartment::within)),
    on(Nothing, "/{type}/{id}/{of}/_search", || {
        post(compartment::within_by_form)
    }),
    on(Conditional("conditionalUpdate"), "/{type}", || {
        put(instance::update_match)
    }),
    on(Nothing, "/{type}", || patch(instance::patch_match)),
    on(Conditional("conditionalDelete"), "/{type}", || {
        delete(instance::delete_matches)
    }),
];

const fn on(claim: Claim, path: &'static str, handler: fn() -> MethodRouter<Door>) -> Interaction {
    Interaction {
        claim,
        path,
        handler,
    }
}

/// The router with every interaction's route.
pub(super) fn routed(router: Router<Door>) -> Router<Door> {
    // A batch comes by the route of transactions.
    let others = INTERACTIONS.iter().filter(|it| !it.path.is_empty());
    others.fold(router, |router, it| router.route(it.path, (it.handler)()))
}

/// The routes of the base alone, for who writes a slash behind it.
pub(super) fn base() -> Router<Door> {
    let own = INTERACTIONS.iter().filter(|it| it.path == "/");
    own.fold(Router::new(), |router, it| {
        router.route(it.path, (it.handler)())
    })
}
