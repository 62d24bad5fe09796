//! Fetal growth: measurements of each fetus along the curves of one chart, and the form for a scan.
//!
//! Invariant: one formula and its own chart on a screen; each fetus has its own chart.

use sdk::moment::Day;
use sdk::screen::{
    Absent, Axis, Curve, CurveChart, EmptyState, Fact, Measured, Place, Section, Stroke, Table,
    TableColumn, TableRow,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen};

use crate::centile::{Chart, ChartPack, curve_grams, weight_centile};
use crate::contact::{self, Filed};
use crate::dating::DatingPack;
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, entry};
use crate::gestation::Gestation;
use crate::pregnancy::{self, Pregnancy};
use crate::sheet::{
    Typed, button, commit, dating_pack, form, gestation, no_pregnancy, none_open, typed, unverified,
};
use crate::weight::{Biometry, Estimate, Formula, WeightPack, estimated_weight};

/// What is asked.
pub(crate) fn fields(pregnancy: &Pregnancy) -> Vec<Field> {
    vec![
        Field::date("on", "Date of scan").required(),
        Field::choice("fetus", "Fetus", &pregnancy.fetus_options()).required(),
        Field::number("hc", "Head circumference", "mm", [100.0, 450.0]),
        Field::number("ac", "Abdominal circumference", "mm", [80.0, 500.0]),
        Field::number("fl", "Femur length", "mm", [10.0, 100.0]),
        Field::number("bpd", "Biparietal diameter", "mm", [20.0, 130.0]),
    ]
}

struct Rules {
    dating: DatingPack,
    weight: WeightPack,
    charts: ChartPack,
    chart: Chart,
    formula: Formula,
}

impl Rules {
    fn read(call: &Call<'_>) -> Result<Self, Failure> {
        let pack = call.packs.get("growth")?;
        let setting = call.setting("growth-chart")?;
        let word = setting.as_str().unwrap_or_default();
        let (formula, chart) = match word {
            "intergrowth" => (Formula::Intergrowth, "intergrowth"),
            "hadlock-3" => (Formula::Hadlock3, "hadlock"),
            "hadlock-4" => (Formula::Hadlock4, "hadlock"),
            _ => (Formula::Intergrowth, ""),
        };
        let chart = Chart::of(chart).ok_or_else(|| {
            Failure::fault("the setting `growth-chart` is none of those of the manifest")
        })?;
        Ok(Self {
            dating: dating_pack(call)?,
            weight: WeightPack::read(&pack)?,
            charts: ChartPack::read(&pack)?,
            chart,
            formula,
        })
    }

    fn judge(&self, pregnancy: &Pregnancy, scan: &Facts) -> Judged {
        let cm = |id: &str| scan.number(id).map(|mm| mm / 10.0);
        let biometry = Biometry {
            hc_cm: cm("hc"),
            ac_cm: cm("ac"),
            fl_cm: cm("fl"),
            bpd_cm: cm("bpd"),
        };
        let at = Day::of(&scan.when).and_then(|on| gestation(&self.dating, pregnancy, on));
        let weight = estimated_weight(&self.weight, self.formula, &biometry);
        let centile = match (&weight, at) {
            (Err(refusal), _) => Err(refusal.to_string()),
            (Ok(_), None) => Err("cannot be calculated: the pregnancy is not dated".to_owned()),
            (Ok(weight), Some(at)) => {
                let found = weight_centile(&self.charts, self.chart, weight, at);
                found.map_err(|it| it.to_string())
            }
        };
        Judged {
            at,
            weight: weight.ok(),
            centile,
        }
    }
}

struct Judged {
    at: Option<Gestation>,
    weight: Option<Estimate>,
    centile: Result<f64, String>,
}

/// Draws the chart of each fetus, and the form for a scan.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let rules = Rules::read(call)?;
    let all = facts::all(call, &["scan"])?;
    let scans = facts::of(&all, &pregnancy.reference, "scan");
    let mut root = Section::new();
    for (fetus, label) in pregnancy.fetus_options() {
        let of_fetus: Vec<_> = scans
            .iter()
            .filter(|it| it.text("fetus") == Some(fetus))
            .collect();
        if of_fetus.is_empty() {
            continue;
        }
        let judged: Vec<_> = of_fetus
            .iter()
            .map(|scan| (**scan, rules.judge(&pregnancy, scan)))
            .collect();
        let section = Section::new()
            .heading(label)
            .child(chart(&rules, label, &judged));
        root = root.child(section.child(table(&rules, &judged)));
    }
    if scans.is_empty() {
        let words = "No fetus was measured in this pregnancy yet.";
        root = root.child(EmptyState::new("No growth scan", words));
    }
    let form = form("scan", "Growth scan", &fields(&pregnancy), Some(&pregnancy));
    root = root.child(form.child(button("Record the scan")));
    root = unverified(root, "Dating", &rules.dating.unverified);
    Ok(Screen::new(unverified(
        root,
        "Growth",
        &rules.charts.unverified,
    )))
}

fn chart(rules: &Rules, label: &str, judged: &[(&Facts, Judged)]) -> CurveChart {
    let [from, to] = rules.charts.weeks(rules.chart);
    let from = from.max(22.0);
    let curves = rules.charts.curves.iter().map(|(name, z, line)| {
        let weeks = (0..=20_u32).map(|n| from + (to - from) * f64::from(n) / 20.0);
        let places: Vec<_> = weeks
            .map(|it| {
                Place::new(
                    format!("{it:.1}"),
                    format!("{:.0}", curve_grams(&rules.charts, rules.chart, *z, it)),
                )
            })
            .collect();
        let stroke = match line.as_str() {
            "thick" => Stroke::Thick,
            "dashed" => Stroke::Dashed,
            _ => Stroke::Thin,
        };
        Curve::new(name.as_str(), places).line(stroke)
    });
    let curves: Vec<_> = curves.collect();
    let points = judged.iter().filter_map(|(scan, it)| {
        let (at, weight, centile) = (it.at?, it.weight?, it.centile.as_ref().ok()?);
        let place = Measured::new(format!("{:.2}", at.weeks()), format!("{:.0}", weight.grams));
        Some(
            place
                .when(scan.when.as_str())
                .note(format!("{at}, {}", centile_words(*centile))),
        )
    });
    let points: Vec<_> = points.collect();
    let title = format!("{label}: estimated weight by {}", rules.formula.words());
    CurveChart::new(
        title,
        rules.charts.title(rules.chart),
        Axis::new(
            "Weeks of pregnancy",
            "weeks",
            format!("{from:.0}"),
            format!("{to:.0}"),
        ),
        Axis::new("Estimated weight", "g", "0", "5000"),
        curves,
        points,
    )
}

/// The centile as it is read: never 0th or 100th.
fn centile_words(centile: f64) -> String {
    if centile < 1.0 {
        return "below 1st centile".to_owned();
    }
    if centile >= 99.0 {
        return "above 99th centile".to_owned();
    }
    format!("centile {centile:.1}")
}

fn table(rules: &Rules, judged: &[(&Facts, Judged)]) -> Table {
    let rows: Vec<_> = judged
        .iter()
        .rev()
        .map(|(scan, it)| {
            let absent = || Fact::absent(Absent::NotRecorded);
            let length = |id: &str| {
                scan.text(id)
                    .map_or_else(absent, |it| Fact::quantity(it, "mm"))
            };
            let at = it
                .at
                .map_or_else(|| Fact::text("Not dated"), |it| Fact::text(it.to_string()));
            let weight = it.weight.map_or_else(
                || Fact::text("Cannot be calculated"),
                |it| Fact::quantity(format!("{:.0}", it.grams), "g"),
            );
            let centile = match &it.centile {
                Ok(centile) => centile_words(*centile),
                Err(why) => why.clone(),
            };
            let cells = vec![
                Fact::date(scan.when.as_str()),
                at,
                length("hc"),
                length("ac"),
                length("fl"),
                length("bpd"),
                weight,
                Fact::text(centile),
                Fact::link("Look or correct", "correction", &scan.as_parameter()),
            ];
            TableRow::new(cells)
        })
        .collect();
    let columns = [
        ("on", "Date"),
        ("gestation", "Gestation"),
        ("hc", "Head"),
        ("ac", "Abdomen"),
        ("fl", "Femur"),
        ("bpd", "Biparietal"),
        ("weight", "Weight"),
        ("centile", "Centile"),
        ("more", "More"),
    ];
    let columns: Vec<_> = columns
        .map(|(id, label)| TableColumn::new(id, label))
        .into();
    let caption = format!("Scans, newest first; {}", rules.charts.title(rules.chart));
    Table::new(caption, columns, rows)
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    let Some(open) = pregnancy::open_one(call)? else {
        return Ok(none_open());
    };
    let (pregnancy, entries) = match typed(call, [action, "scan"], form, &fields(&open))? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    Ok(match filed(entries) {
        Ok(filed) => commit(&contact::file(call, &pregnancy, &filed)?, "growth"),
        Err(finding) => Outcome::findings(&[finding]),
    })
}

/// What was typed as a growth scan.
pub(crate) fn filed(entries: Vec<Entry>) -> Result<Filed, Finding> {
    let lengths = ["hc", "ac", "fl", "bpd"];
    if !lengths.iter().any(|id| entry(&entries, id).is_some()) {
        return Err(Finding::on("hc", "Give at least one length."));
    }
    let when = entry(&entries, "on").map(|it| it.as_text().to_owned());
    let when = when.unwrap_or_default();
    Ok(Filed::plain(("scan", "Growth scan"), when, entries))
}

/// The latest scan of each fetus in words: which, when, how far, weight and centile.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn latest(
    call: &Call<'_>,
    all: &[Facts],
    pregnancy: &Pregnancy,
) -> Result<Vec<(&'static str, String, String)>, Failure> {
    let scans = facts::of(all, &pregnancy.reference, "scan");
    if scans.is_empty() {
        return Ok(Vec::new());
    }
    let rules = Rules::read(call)?;
    let fetuses = pregnancy.fetus_options().into_iter();
    let latest = fetuses.filter_map(|(fetus, label)| {
        let scan = scans
            .iter()
            .rev()
            .find(|it| it.text("fetus") == Some(fetus))?;
        let judged = rules.judge(pregnancy, scan);
        let words = match (&judged.weight, &judged.centile) {
            (Some(weight), Ok(centile)) => {
                format!("{:.0} g, {}", weight.grams, centile_words(*centile))
            }
            (Some(weight), Err(why)) => format!("{:.0} g; centile: {why}", weight.grams),
            (None, Err(why)) => why.clone(),
            (None, Ok(_)) => "cannot be calculated".to_owned(),
        };
        Some((label, scan.when.clone(), words))
    });
    Ok(latest.collect())
}
