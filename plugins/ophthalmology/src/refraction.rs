//! A refraction of one eye: sphere, cylinder, axis, and what follows from them.
//!
//! Invariant: a power has the sign that was written; a cylinder has an axis, and an axis a cylinder.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part;

use crate::bounds::Bounds;
use crate::examination::Examination;
use crate::refusal::Refusal;
use crate::typed::plain_number;

/// What the pack `refraction` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RefractionPack {
    sphere: Bounds,
    cylinder: Bounds,
    axis: Bounds,
    /// Of which step powers are, in thousandths of a dioptre.
    step_milli: i32,
    /// What nobody compared with a source.
    pub(crate) unverified: Vec<String>,
}

impl RefractionPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        let step_milli = milli(pack.number("/step_d")?);
        if step_milli <= 0 || step_milli % 2 != 0 {
            return Err(pack.missing("/step_d", "step above 0 whose half is whole in thousandths"));
        }
        Ok(Self {
            sphere: Bounds::read(pack, "/sphere")?,
            cylinder: Bounds::read(pack, "/cylinder")?,
            axis: Bounds::read(pack, "/axis")?,
            step_milli,
            unverified: pack.unverified()?,
        })
    }
}

/// What was typed, each None when its field was left empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RefractionInput<'a> {
    /// With its sign: `-2.25`; `plano` or `0` without one.
    pub(crate) sphere: Option<&'a str>,
    /// Likewise; left empty when there is none.
    pub(crate) cylinder: Option<&'a str>,
    /// Degrees, 1 to 180.
    pub(crate) axis: Option<&'a str>,
}

/// A refraction, in thousandths of a dioptre so that sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refraction {
    /// Sphere.
    pub(crate) sphere_milli: i32,
    /// Cylinder with its axis in degrees, when there is one.
    pub(crate) cylinder: Option<(i32, i32)>,
}

/// A refraction as it was typed.
///
/// Returns: sphere, cylinder and axis; from them the spherical equivalent, sphere + cylinder / 2, and the same lens written
/// with the cylinder of the other sign.
/// Takes: dioptres with their sign, degrees. Refuses: no sphere; a power without a sign; a power outside the bounds of the pack or not in its steps;
/// a cylinder without an axis, an axis without a cylinder; an axis that is not whole or not 1 to 180 (0 is written 180).
/// Not for: prisms, near additions, vertex distances, which are not calculated with.
/// Source: definition of the spherical equivalent; bounds and steps are those of trial lenses, unverified. Reviewed: nobody yet.
pub(crate) fn refraction(
    pack: &RefractionPack,
    it: &RefractionInput<'_>,
) -> Result<Refraction, Refusal> {
    let sphere = it.sphere.ok_or(Refusal::NotRecorded("the sphere"))?;
    let sphere_milli = power(pack, "the sphere", sphere, &pack.sphere)?;
    let cylinder = it
        .cylinder
        .map(|text| power(pack, "the cylinder", text, &pack.cylinder))
        .transpose()?
        .filter(|milli| *milli != 0);
    match (cylinder, it.axis) {
        (None, None) => Ok(Refraction {
            sphere_milli,
            cylinder: None,
        }),
        (None, Some(_)) => Err(Refusal::Contradiction(
            "there is an axis and no cylinder: write the cylinder, or leave the axis empty",
        )),
        (Some(_), None) => Err(Refusal::NotRecorded("the axis of the cylinder")),
        (Some(cylinder), Some(axis)) => Ok(Refraction {
            sphere_milli,
            cylinder: Some((cylinder, degrees(&pack.axis, axis)?)),
        }),
    }
}

fn power(
    pack: &RefractionPack,
    what: &'static str,
    text: &str,
    bounds: &Bounds,
) -> Result<i32, Refusal> {
    let text = text.trim();
    let text = text.strip_suffix('D').unwrap_or(text).trim_end();
    if text.eq_ignore_ascii_case("plano") {
        return Ok(0);
    }
    let value = plain_number(text.strip_prefix('+').unwrap_or(text))
        .filter(|_| !text.starts_with("+-"))
        .ok_or(Refusal::NotANumber(what))?;
    if value != 0.0 && !text.starts_with(['+', '-']) {
        return Err(Refusal::Unreadable {
            what,
            mend: "write + or - before it",
        });
    }
    let milli = milli(bounds.hold(what, value)?);
    let is_exact = (f64::from(milli) / 1000.0 - value).abs() < 1e-9;
    if !is_exact || milli % pack.step_milli != 0 {
        return Err(Refusal::Unreadable {
            what,
            mend: "it goes in steps of 0.25 D",
        });
    }
    Ok(milli)
}

/// The degrees of an axis.
pub(crate) fn degrees(bounds: &Bounds, text: &str) -> Result<i32, Refusal> {
    let what = "the axis";
    let text = text.trim();
    let text = text.strip_suffix('°').unwrap_or(text).trim_end();
    let value = plain_number(text).ok_or(Refusal::NotANumber(what))?;
    if value.fract() != 0.0 {
        return Err(Refusal::Unreadable {
            what,
            mend: "it is a whole number of degrees",
        });
    }
    Ok(milli(bounds.hold(what, value)?) / 1000)
}

/// Thousandths of a dioptre as the record has it. Nothing for what is no number, or none that a lens has.
pub(crate) fn milli_of(text: &str) -> Option<i32> {
    let value = plain_number(text).filter(|it| it.abs() <= 100.0)?;
    Some(milli(value))
}

/// The lens as it was filed. Nothing for what cannot be read.
pub(crate) fn recorded(it: &Examination) -> Option<Refraction> {
    let milli = |code: &str| milli_of(it.part(code)?);
    let cylinder = match (it.part("cylinder"), it.part("axis")) {
        (None, None) => None,
        (Some(_), Some(axis)) => Some((milli("cylinder")?, axis.parse().ok()?)),
        (Some(_), None) | (None, Some(_)) => return None,
    };
    Some(Refraction {
        sphere_milli: milli("sphere")?,
        cylinder,
    })
}

/// Thousandths. Every value here is small: it was held against bounds.
fn milli(value: f64) -> i32 {
    let milli = (value * 1000.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and bounds refuse what is large"
    )]
    {
        milli as i32
    }
}

impl Refraction {
    /// Sphere + cylinder / 2, in thousandths of a dioptre. Powers are in steps of which the half is whole.
    pub(crate) fn equivalent_milli(self) -> i32 {
        self.sphere_milli + self.cylinder.map_or(0, |(cylinder, _)| cylinder / 2)
    }

    /// The same lens with the cylinder of the other sign.
    pub(crate) fn transposed(self) -> Self {
        let Some((cylinder, axis)) = self.cylinder else {
            return self;
        };
        let axis = if axis > 90 { axis - 90 } else { axis + 90 };
        Self {
            sphere_milli: self.sphere_milli + cylinder,
            cylinder: Some((-cylinder, axis)),
        }
    }

    /// `-2.25 / -0.50 x 180`.
    pub(crate) fn words(self) -> String {
        let sphere = dioptres(self.sphere_milli);
        match self.cylinder {
            Some((cylinder, axis)) => format!("{sphere} / {} x {axis}", dioptres(cylinder)),
            None => format!("{sphere} sphere"),
        }
    }
}

/// With its sign and two places, three where the third says something: `+0.50`, `-0.125`, `0.00`.
pub(crate) fn dioptres(milli: i32) -> String {
    let sign = match milli {
        0 => "",
        1.. => "+",
        _ => "-",
    };
    let (whole, rest) = (milli.abs() / 1000, milli.abs() % 1000);
    if rest % 10 == 0 {
        format!("{sign}{whole}.{:02}", rest / 10)
    } else {
        format!("{sign}{whole}.{rest:03}")
    }
}
