//! The pack `news2`: bands, words, codes, units and responses, read once for a call.
//!
//! Invariant: a pack that lacks a part is a failure that names the part; nothing is filled in.

#[cfg(test)]
mod tests;

use sdk::screen::Tone;
use sdk::{Call, Failure, Value};

use crate::codes::Code;
use crate::news2::Parameter;
use crate::tenths::Tenths;

/// Numbers from `from` up to the band above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Band {
    pub(crate) from: Option<Tenths>,
    pub(crate) points: u32,
    pub(crate) label: String,
}

/// A table of bands by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bands {
    pub(crate) label: String,
    /// From the top down; the last has no `from`.
    pub(crate) bands: Vec<Band>,
}

/// A parameter that is a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) label: String,
    /// As it is written.
    pub(crate) unit: String,
    /// As others may write it.
    pub(crate) units: Vec<String>,
    pub(crate) whole: bool,
    /// The least and the most that can be right.
    pub(crate) possible: (Tenths, Tenths),
    /// The first is the one that is written.
    pub(crate) codes: Vec<Code>,
    /// Of its points.
    pub(crate) score_code: Code,
    pub(crate) bands: Vec<Band>,
}

/// One word that is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) id: String,
    pub(crate) code: Code,
    /// The band of the chart that it falls into.
    pub(crate) band: String,
    pub(crate) points: u32,
}

/// A parameter that is a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) label: String,
    pub(crate) codes: Vec<Code>,
    pub(crate) score_code: Code,
    pub(crate) words: Vec<Word>,
}

/// What a total asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) id: String,
    /// Without both, a single parameter puts a score into it.
    pub(crate) range: Option<(u32, u32)>,
    pub(crate) label: String,
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// The whole pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pack {
    pub(crate) rule: String,
    pub(crate) age_from_years: u32,
    single_points: u32,
    pub(crate) total_code: Code,
    pub(crate) respiration: Number,
    pub(crate) saturation: Number,
    pub(crate) saturation_2_air: Bands,
    pub(crate) saturation_2_oxygen: Bands,
    pub(crate) scale_code: Code,
    /// Of scale 1 and of scale 2.
    pub(crate) scales: (Code, Code),
    pub(crate) oxygen: Words,
    pub(crate) systolic: Number,
    /// Panels of which the systolic pressure may be a part.
    pub(crate) panel_codes: Vec<Code>,
    pub(crate) pulse: Number,
    pub(crate) consciousness: Words,
    pub(crate) temperature: Number,
    pub(crate) responses: Vec<Response>,
    /// What of it nobody has compared with its source.
    pub(crate) unverified: Vec<String>,
}

impl Pack {
    /// The pack in force.
    ///
    /// # Errors
    /// Any failure of the packs; `fault` with the part that is not as it should be.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Failure> {
        Self::read(&call.packs.get("news2")?)
    }

    /// Reads the document.
    ///
    /// # Errors
    /// `fault` with the part that is not as it should be.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let number = |name: &str| part(pack, name, number);
        let words = |name: &str| part(pack, name, words);
        let scale = |at: usize| part(pack, "scale", |it| Code::read(it.get("words")?.get(at)?));
        Ok(Self {
            rule: part(pack, "rule", text)?,
            age_from_years: part(pack, "age_from_years", count)?,
            single_points: part(pack, "single_points", count)?,
            total_code: part(pack, "total_code", Code::read)?,
            respiration: number("respiration")?,
            saturation: number("saturation")?,
            saturation_2_air: part(pack, "saturation_2_air", table)?,
            saturation_2_oxygen: part(pack, "saturation_2_oxygen", table)?,
            scale_code: part(pack, "scale", |it| codes(it, "codes")?.into_iter().next())?,
            scales: (scale(0)?, scale(1)?),
            oxygen: words("oxygen")?,
            systolic: number("systolic")?,
            panel_codes: part(pack, "systolic", |it| codes(it, "panel_codes"))?,
            pulse: number("pulse")?,
            consciousness: words("consciousness")?,
            temperature: number("temperature")?,
            responses: part(pack, "responses", |it| all(it, response))?,
            unverified: part(pack, "unverified", |it| all(it, text))?,
        })
    }

    /// As the chart calls a parameter.
    pub(crate) fn label(&self, parameter: Parameter) -> &str {
        match parameter {
            Parameter::Respiration => &self.respiration.label,
            Parameter::Saturation => "SpO2",
            Parameter::Oxygen => &self.oxygen.label,
            Parameter::Systolic => &self.systolic.label,
            Parameter::Pulse => &self.pulse.label,
            Parameter::Consciousness => &self.consciousness.label,
            Parameter::Temperature => &self.temperature.label,
        }
    }

    /// The unit of a parameter that is a number.
    pub(crate) fn unit(&self, parameter: Parameter) -> Option<&str> {
        match parameter {
            Parameter::Respiration => Some(&self.respiration.unit),
            Parameter::Saturation => Some(&self.saturation.unit),
            Parameter::Systolic => Some(&self.systolic.unit),
            Parameter::Pulse => Some(&self.pulse.unit),
            Parameter::Temperature => Some(&self.temperature.unit),
            Parameter::Oxygen | Parameter::Consciousness => None,
        }
    }

    /// The code of a parameter's points.
    pub(crate) fn score_code(&self, parameter: Parameter) -> &Code {
        match parameter {
            Parameter::Respiration => &self.respiration.score_code,
            Parameter::Saturation => &self.saturation.score_code,
            Parameter::Oxygen => &self.oxygen.score_code,
            Parameter::Systolic => &self.systolic.score_code,
            Parameter::Pulse => &self.pulse.score_code,
            Parameter::Consciousness => &self.consciousness.score_code,
            Parameter::Temperature => &self.temperature.score_code,
        }
    }

    /// The most that a parameter can give.
    pub(crate) fn most(&self, parameter: Parameter) -> u32 {
        let bands = |bands: &[Band]| bands.iter().map(|it| it.points).max();
        let words = |words: &Words| words.words.iter().map(|it| it.points).max();
        let most = match parameter {
            Parameter::Respiration => bands(&self.respiration.bands),
            Parameter::Saturation => bands(&self.saturation.bands),
            Parameter::Oxygen => words(&self.oxygen),
            Parameter::Systolic => bands(&self.systolic.bands),
            Parameter::Pulse => bands(&self.pulse.bands),
            Parameter::Consciousness => words(&self.consciousness),
            Parameter::Temperature => bands(&self.temperature.bands),
        };
        most.unwrap_or_default()
    }

    /// What a total asks for, of which one parameter gave so many points.
    pub(crate) fn response(&self, total: u32, highest: u32) -> Option<&Response> {
        let by_total = self.responses.iter().position(|it| {
            it.range
                .is_some_and(|(from, to)| (from..=to).contains(&total))
        });
        let by_one = self.responses.iter().position(|it| it.range.is_none());
        // The list is in order of urgency: whichever asks for more holds.
        let by_one = by_one.filter(|_| highest >= self.single_points);
        self.responses
            .get(by_total?.max(by_one.unwrap_or_default()))
    }
}

impl Number {
    /// A number of this parameter as it is written.
    pub(crate) fn text(&self, value: Tenths) -> String {
        if self.whole {
            format!("{value:.0}")
        } else {
            value.to_string()
        }
    }
}

fn part<T>(pack: &Value, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Result<T, Failure> {
    pack.get(name).and_then(read).ok_or_else(|| {
        Failure::fault(format!(
            "the pack `news2` has no `{name}` that can be read; publish it again, mended"
        ))
    })
}

fn text(it: &Value) -> Option<String> {
    it.as_str().map(str::to_owned)
}

fn count(it: &Value) -> Option<u32> {
    u32::try_from(it.as_u64()?).ok()
}

fn all<T>(it: &Value, one: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    it.as_array()?.iter().map(one).collect()
}

fn codes(it: &Value, name: &str) -> Option<Vec<Code>> {
    all(it.get(name)?, Code::read).filter(|codes| !codes.is_empty())
}

fn number(it: &Value) -> Option<Number> {
    let end = |name: &str| Tenths::rounded(it.get("possible")?.get(name)?.as_str()?);
    Some(Number {
        label: text(it.get("label")?)?,
        unit: text(it.get("unit")?)?,
        units: all(it.get("units")?, text)?,
        whole: it.get("whole")?.as_bool()?,
        possible: (end("from")?, end("to")?),
        codes: codes(it, "codes")?,
        score_code: Code::read(it.get("score_code")?)?,
        bands: bands(it)?,
    })
}

fn table(it: &Value) -> Option<Bands> {
    Some(Bands {
        label: text(it.get("label")?)?,
        bands: bands(it)?,
    })
}

/// From the top down, each lower than the one above, and only the last open.
fn bands(it: &Value) -> Option<Vec<Band>> {
    let bands = all(it.get("bands")?, |it| {
        let from = match it.get("from") {
            None => None,
            Some(from) => Some(Tenths::rounded(from.as_str()?)?),
        };
        Some(Band {
            from,
            points: count(it.get("points")?)?,
            label: text(it.get("label")?)?,
        })
    })?;
    let is_open_at_the_end = bands.last()?.from.is_none();
    let goes_down = bands
        .windows(2)
        .all(|pair| match (pair[0].from, pair[1].from) {
            (Some(above), Some(below)) => above > below,
            (Some(_), None) => true,
            (None, _) => false,
        });
    Some(bands).filter(|_| is_open_at_the_end && goes_down)
}

fn words(it: &Value) -> Option<Words> {
    Some(Words {
        label: text(it.get("label")?)?,
        codes: codes(it, "codes")?,
        score_code: Code::read(it.get("score_code")?)?,
        words: all(it.get("words")?, |it| {
            Some(Word {
                id: text(it.get("id")?)?,
                code: Code::read(it)?,
                band: text(it.get("band")?)?,
                points: count(it.get("points")?)?,
            })
        })?,
    })
}

fn response(it: &Value) -> Option<Response> {
    let range = match (it.get("from"), it.get("to")) {
        (None, None) => None,
        (from, to) => Some((count(from?)?, count(to?)?)),
    };
    let tones = [
        Tone::Neutral,
        Tone::Information,
        Tone::Success,
        Tone::Warning,
        Tone::Critical,
    ];
    let tone = it.get("tone")?.as_str()?;
    Some(Response {
        id: text(it.get("id")?)?,
        range,
        label: text(it.get("label")?)?,
        text: text(it.get("text")?)?,
        tone: tones.into_iter().find(|it| it.word() == tone)?,
    })
}
