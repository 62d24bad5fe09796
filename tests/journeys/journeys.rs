//! Whole-stack tests: the whole host in this process, real databases, real components, a real browser.
//!
//! Each module tells one story from its user's side; each story is told once for each database.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what went wrong by stopping"
)]

#[path = "journeys/aki_in_the_sandbox.rs"]
mod aki_in_the_sandbox;
#[path = "journeys/browser.rs"]
mod browser;
#[path = "journeys/departments.rs"]
mod departments;
#[path = "journeys/feeds.rs"]
mod feeds;
#[path = "journeys/first_way_through.rs"]
mod first_way_through;
#[path = "journeys/gallery.rs"]
mod gallery;
#[path = "journeys/ground.rs"]
mod ground;
#[path = "journeys/hl7.rs"]
mod hl7;
#[path = "journeys/identity.rs"]
mod identity;
#[path = "journeys/module_that_fails.rs"]
mod module_that_fails;
#[path = "journeys/neighbour.rs"]
mod neighbour;
#[path = "journeys/partner.rs"]
mod partner;
