//! The pack `news2`: bands, words, codes, units and responses, read once for a call.
//!
//! Invariant: a pack that lacks a part is a failure that names the part; nothing is filled in.

#[cfg(test)]
mod tests;

use sdk::decimal::Decimal;
use sdk::pack::Part;
use sdk::screen::Tone;
use sdk::{Call, Failure, Value};

use crate::codes::Code;
use crate::news2::Parameter;

/// Numbers from `from` up to the band above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Band {
    pub(crate) from: Option<Decimal>,
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
    pub(crate) possible: (Decimal, Decimal),
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
        let pack = Part::of("news2", pack);
        let code = |path: &str| Code::read(pack.part(path)?);
        let number = |path: &str| number(pack.part(path)?);
        let words = |path: &str| words(pack.part(path)?);
        let table = |path: &str| table(pack.part(path)?);
        Ok(Self {
            rule: pack.text("/rule")?,
            age_from_years: pack.whole("/age_from_years")?,
            single_points: pack.whole("/single_points")?,
            total_code: code("/total_code")?,
            respiration: number("/respiration")?,
            saturation: number("/saturation")?,
            saturation_2_air: table("/saturation_2_air")?,
            saturation_2_oxygen: table("/saturation_2_oxygen")?,
            scale_code: code("/scale/codes/0")?,
            scales: (code("/scale/words/0")?, code("/scale/words/1")?),
            oxygen: words("/oxygen")?,
            systolic: number("/systolic")?,
            panel_codes: codes(pack, "/systolic/panel_codes")?,
            pulse: number("/pulse")?,
            consciousness: words("/consciousness")?,
            temperature: number("/temperature")?,
            responses: pack.each_of_some("/responses", response)?,
            unverified: pack.unverified()?,
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
    pub(crate) fn text(&self, value: Decimal) -> String {
        value.with_places(u32::from(!self.whole))
    }
}

fn codes(part: Part<'_>, path: &str) -> Result<Vec<Code>, Failure> {
    part.each_of_some(path, Code::read)
}

fn number(part: Part<'_>) -> Result<Number, Failure> {
    Ok(Number {
        label: part.text("/label")?,
        unit: part.text("/unit")?,
        units: part.each_of_some("/units", |it| it.text(""))?,
        whole: part.flag("/whole")?,
        possible: (
            part.decimal("/possible/from")?,
            part.decimal("/possible/to")?,
        ),
        codes: codes(part, "/codes")?,
        score_code: Code::read(part.part("/score_code")?)?,
        bands: bands(part)?,
    })
}

fn table(part: Part<'_>) -> Result<Bands, Failure> {
    Ok(Bands {
        label: part.text("/label")?,
        bands: bands(part)?,
    })
}

/// From the top down, each lower than the one above, and only the last open.
fn bands(part: Part<'_>) -> Result<Vec<Band>, Failure> {
    let bands = part.each_of_some("/bands", |it| {
        Ok(Band {
            from: it.decimal_or_none("/from")?,
            points: it.whole("/points")?,
            label: it.text("/label")?,
        })
    })?;
    let is_open_at_the_end = bands.last().is_some_and(|it| it.from.is_none());
    let goes_down = bands
        .windows(2)
        .all(|pair| match (pair[0].from, pair[1].from) {
            (Some(above), Some(below)) => above > below,
            (Some(_), None) => true,
            (None, _) => false,
        });
    match is_open_at_the_end && goes_down {
        true => Ok(bands),
        false => Err(part.missing("/bands", "list that goes down to one open band")),
    }
}

fn words(part: Part<'_>) -> Result<Words, Failure> {
    Ok(Words {
        label: part.text("/label")?,
        codes: codes(part, "/codes")?,
        score_code: Code::read(part.part("/score_code")?)?,
        words: part.each_of_some("/words", |it| {
            Ok(Word {
                id: it.text("/id")?,
                code: Code::read(it)?,
                band: it.text("/band")?,
                points: it.whole("/points")?,
            })
        })?,
    })
}

fn response(part: Part<'_>) -> Result<Response, Failure> {
    let range = match part.has("/from") || part.has("/to") {
        true => Some((part.whole("/from")?, part.whole("/to")?)),
        false => None,
    };
    let tones = [
        Tone::Neutral,
        Tone::Information,
        Tone::Success,
        Tone::Warning,
        Tone::Critical,
    ];
    Ok(Response {
        id: part.text("/id")?,
        range,
        label: part.text("/label")?,
        text: part.text("/text")?,
        tone: part.one_of("/tone", &tones.map(|it| (it.word(), it)))?,
    })
}
