//! `_include` and `_revinclude`, wildcards written out.
//!
//! Invariant: an include that can never add anything is refused, unless it is one of many that a `*` stands for.

use super::{bad, known};
use crate::query::Include;
use crate::query::refusal::QueryError;
use crate::resource::ResourceType;
use crate::search_parameter::{Kept, Kind, Known, SearchParameter};

/// What is written: `*`, `Type:*`, `Type:parameter`, either of them with `:Type` behind it.
struct Written {
    source: Option<ResourceType>,
    parameter: Option<&'static SearchParameter>,
    target: Option<ResourceType>,
}

pub(super) fn forward(
    among: &Known,
    of: ResourceType,
    name: &str,
    text: &str,
) -> Result<Vec<Include>, QueryError> {
    let iterate = !name.ends_with("_include");
    let written = written(among, name, text)?;
    let include = |parameter| Include {
        reverse: false,
        iterate,
        parameter,
        target: written.target,
    };
    if let Some(parameter) = written.parameter {
        if !iterate && parameter.resource_type != of {
            let problem = format!("this searches {of}, so start from it, or use `:iterate`");
            return Err(bad(name, text, problem));
        }
        return Ok(vec![include(parameter)]);
    }
    let sources: Vec<ResourceType> = match written.source {
        Some(source) if source == of || iterate => vec![source],
        Some(_) => {
            let problem = format!("this searches {of}, so start from it, or use `:iterate`");
            return Err(bad(name, text, problem));
        }
        None if iterate => ResourceType::all().collect(),
        None => vec![of],
    };
    let leads = |parameter: &&SearchParameter| {
        written
            .target
            .is_none_or(|target| parameter.targets.contains(&target))
    };
    let all = sources.into_iter().flat_map(|of| references(among, of));
    Ok(all.filter(leads).map(include).collect())
}

pub(super) fn reverse(
    among: &Known,
    of: ResourceType,
    name: &str,
    text: &str,
) -> Result<Vec<Include>, QueryError> {
    let iterate = !name.ends_with("_revinclude");
    let written = written(among, name, text)?;
    let include = |parameter| Include {
        reverse: true,
        iterate,
        parameter,
        target: written.target,
    };
    if let Some(target) = written.target.filter(|target| *target != of && !iterate) {
        let problem = format!("this searches {of}, so it never adds what refers to {target}");
        return Err(bad(name, text, problem));
    }
    let leads_here = |parameter: &SearchParameter| iterate || parameter.targets.contains(&of);
    if let Some(parameter) = written.parameter {
        if !leads_here(parameter) {
            let (name_of, source) = (parameter.name, parameter.resource_type);
            let problem = format!("`{name_of}` of {source} does not refer to {of}");
            return Err(bad(name, text, problem));
        }
        return Ok(vec![include(parameter)]);
    }
    let sources: Vec<ResourceType> = match written.source {
        Some(source) => vec![source],
        None if iterate => {
            let problem = "name a type, for example `Provenance:*`: everything that refers to everything has no end";
            return Err(bad(name, text, problem));
        }
        None => ResourceType::all().collect(),
    };
    let all = sources.into_iter().flat_map(|of| references(among, of));
    Ok(all
        .filter(|parameter| leads_here(parameter))
        .map(include)
        .collect())
}

fn references(among: &Known, of: ResourceType) -> impl Iterator<Item = &'static SearchParameter> {
    among
        .of(of)
        .filter(|parameter| parameter.kind == Kind::Reference && parameter.kept == Kept::Index)
}

fn written(among: &Known, name: &str, text: &str) -> Result<Written, QueryError> {
    let shape = || {
        bad(
            name,
            text,
            "write type and parameter, for example `Observation:subject`, `Observation:subject:Patient`, `Observation:*` or `*`",
        )
    };
    let of = |text: &str| {
        text.parse::<ResourceType>()
            .map_err(|error| bad(name, text, format!("{error}")))
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (source, parameter, target) = match parts.as_slice() {
        ["*"] => (None, "*", None),
        [source, parameter] => (Some(of(source)?), *parameter, None),
        [source, parameter, target] => (Some(of(source)?), *parameter, Some(of(target)?)),
        [source] => {
            of(source)?;
            return Err(shape());
        }
        _ => return Err(shape()),
    };
    let (Some(source), false) = (source, parameter == "*") else {
        return Ok(Written {
            source,
            parameter: None,
            target,
        });
    };
    let parameter = known(among, source, parameter)?;
    if parameter.kind != Kind::Reference {
        return Err(bad(
            name,
            text,
            format!("`{}` is not a reference", parameter.name),
        ));
    }
    if let Some(target) = target.filter(|target| !parameter.targets.contains(target)) {
        return Err(bad(
            name,
            text,
            format!("`{}` of {source} never refers to {target}", parameter.name),
        ));
    }
    Ok(Written {
        source: Some(source),
        parameter: Some(parameter),
        target,
    })
}
