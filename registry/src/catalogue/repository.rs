//! Repositories: found or made, and the bounds on what one holds.
//!
//! Invariant: two repositories of `modules/` in one namespace have names that people tell apart.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{CatalogueError, Doing as _};
use crate::limits::REPOSITORIES_MAX;
use crate::name::{Place, Repository, near_miss};

/// The id of a repository that exists.
pub(super) fn find(
    db: &Connection,
    repository: &Repository,
) -> Result<Option<i64>, CatalogueError> {
    db.prepare_cached("SELECT id FROM repository WHERE name = ?1")
        .and_then(|mut it| {
            it.query_row([repository.as_str()], |row| row.get(0))
                .optional()
        })
        .doing("looking up a repository")
}

/// The id of a repository, which is made unless its name is too like another's of the same namespace.
pub(super) fn find_or_make(
    db: &Connection,
    repository: &Repository,
    place: Place,
) -> Result<i64, CatalogueError> {
    if let Some(id) = find(db, repository)? {
        return Ok(id);
    }
    let namespace = namespace_of(repository);
    let siblings: Vec<String> = db
        .prepare_cached("SELECT name FROM repository WHERE namespace = ?1")
        .and_then(|mut it| it.query_map([&namespace], |row| row.get(0))?.collect())
        .doing("looking for like names")?;
    if siblings.len() as u64 >= REPOSITORIES_MAX {
        return Err(full(
            repository,
            "repositories in its namespace",
            REPOSITORIES_MAX,
        ));
    }
    let own = repository.as_str();
    let alike = siblings
        .into_iter()
        .find(|other| near_miss(&own[namespace.len()..], &other[namespace.len()..]));
    if let Some(other) = alike.filter(|_| place == Place::Modules) {
        return Err(CatalogueError::NearMiss {
            repository: repository.clone(),
            other,
        });
    }
    db.prepare_cached("INSERT INTO repository (name, namespace) VALUES (?1, ?2)")
        .and_then(|mut it| it.insert(params![own, namespace]))
        .doing("making a repository")
}

/// The first two parts of the name, with the slash after them.
pub(super) fn namespace_of(repository: &Repository) -> String {
    repository.as_str().split_inclusive('/').take(2).collect()
}

/// Whether there is room for one more.
pub(super) struct Room(Option<u64>);

impl Room {
    pub(super) fn or_full(
        self,
        repository: &Repository,
        what: &'static str,
    ) -> Result<(), CatalogueError> {
        match self.0 {
            None => Ok(()),
            Some(most) => Err(full(repository, what, most)),
        }
    }
}

pub(super) fn bounded(
    db: &Connection,
    count: &str,
    of: &[&dyn rusqlite::ToSql],
    most: u64,
) -> Result<Room, CatalogueError> {
    let count: u64 = db
        .prepare_cached(count)
        .and_then(|mut it| it.query_row(of, |row| row.get(0)))
        .doing("counting what is there")?;
    Ok(Room((count >= most).then_some(most)))
}

pub(super) fn full(repository: &Repository, what: &'static str, most: u64) -> CatalogueError {
    CatalogueError::Full {
        repository: repository.clone(),
        what,
        most,
    }
}
