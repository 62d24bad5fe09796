//! Whether two records are of one person: probabilistic linkage after Fellegi and Sunter, explained field by field.
//!
//! Invariant: everything here but [`desk`], [`review`] and the watch is a pure function of its arguments, so that a figure can be made again. A
//! weight is in bits: one bit doubles the odds that two records are of one person.

pub mod batch;
pub mod block;
pub mod cluster;
pub mod compare;
pub mod desk;
pub mod equality;
pub mod features;
pub mod field;
pub mod frequency;
pub mod linkage;
pub mod measure;
pub mod person;
pub mod review;
pub mod text;
pub mod train;
pub mod variants;
mod watch;
pub mod weights;
