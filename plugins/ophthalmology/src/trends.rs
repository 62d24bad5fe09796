//! Both eyes over time: pressure and acuity, each eye by itself, and every acuity in every scale.
//!
//! Invariant: one line has one eye and one unit; low vision stands in the table and is never drawn as a number.

use sdk::screen::{
    Band, Columns, EmptyState, Fact, Interpretation, Link, Node, Point, Section, Table,
    TableColumn, TableRow, Threshold, Trend,
};
use sdk::{Call, Failure, Parameters, Screen};

use crate::acuity::AcuityPack;
use crate::examination::{Examination, Examinations, Kind, read_newest, read_page};
use crate::eye::Eye;
use crate::notes::{left_out, unverified};
use crate::pack::in_force;
use crate::pressure::{PressurePack, pressure};
use crate::reading::acuity_of;
use crate::refraction::{Refraction, dioptres, recorded};
use crate::target::target;
use crate::typed::plain_number;

/// Points of a line.
const POINTS_MAX: usize = 200;
/// Rows of a table.
const ROWS_MAX: usize = 100;
/// Pages of older examinations that can be asked for.
const PAGE_MAX: u32 = 1_000;

/// Draws the screen; a page of it has the newest examinations, a later page older ones.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let page = page(parameters)?;
    let pack = in_force(call, "acuity", AcuityPack::read)?;
    let limits = in_force(call, "pressure", PressurePack::read)?;
    let acuities = read_page(call, Kind::Acuity, page)?;
    let pressures = read_page(call, Kind::Pressure, page)?;
    let refractions = read_page(call, Kind::Refraction, page)?;
    let risks = read_newest(call, Kind::GlaucomaRisk)?;
    let all = [&acuities, &pressures, &refractions];
    let root = Section::new()
        .children(left_out(&all))
        .children(other_pages(page, all.iter().any(|it| it.more)));
    if all.iter().all(|it| it.all.is_empty()) {
        let text = if page == 0 {
            "No acuity, pressure or refraction that names its eye is in the record of any of the region's trusts."
        } else {
            "No acuity, pressure or refraction is on this page of older examinations."
        };
        let empty = EmptyState::new("No examination of the eyes", text);
        return Ok(Screen::new(root.child(empty)));
    }
    let eyes = Eye::BOTH.map(|eye| {
        Section::new()
            .heading(format!("{} eye", eye.title()))
            .child(pressure_line(&limits, &pressures, &risks, eye))
            .children(acuity_lines(&pack, &acuities, eye))
    });
    let tables = [
        acuity_table(&pack, &acuities),
        pressure_table(&pressures),
        refraction_table(&refractions),
    ];
    let notes = [
        ("Acuity", &pack.unverified),
        ("Pressure", &limits.unverified),
    ];
    Ok(Screen::new(
        root.child(Columns::new().children(eyes))
            .children(tables)
            .children(unverified(&notes)),
    ))
}

fn page(parameters: &Parameters) -> Result<u32, Failure> {
    let Some(text) = parameters.get("page") else {
        return Ok(0);
    };
    let page = text.parse().ok().filter(|page| *page <= PAGE_MAX);
    page.ok_or_else(|| {
        Failure::invalid(format!(
            "the parameter `page` is a whole number up to {PAGE_MAX}"
        ))
    })
}

fn other_pages(page: u32, more: bool) -> Vec<Link> {
    let to = |text: &str, page: u32| {
        let parameters = Parameters::default().with("page", page.to_string());
        Link::new(text, "trends").parameters(&parameters)
    };
    let newer = page.checked_sub(1).map(|it| to("Newer examinations", it));
    let older = (more && page < PAGE_MAX).then(|| to("Older examinations", page + 1));
    newer.into_iter().chain(older).collect()
}

fn nothing(title: String, what: &str, eye: Eye) -> Node {
    let text = format!("No {what} of the {} eye is in the record.", eye.word());
    EmptyState::new(title, text).into()
}

fn pressure_line(
    limits: &PressurePack,
    pressures: &Examinations,
    risks: &Examinations,
    eye: Eye,
) -> Node {
    let title = format!("{} pressure", eye.title());
    let mut points: Vec<_> = pressures
        .of(eye)
        .take(POINTS_MAX)
        .filter_map(|it| {
            let value = it
                .part("value")
                .filter(|text| plain_number(text).is_some())?;
            let point = Point::new(it.when.as_str(), value).resource(it.reference.as_str());
            let is_raised = pressure(limits, value).is_ok_and(|it| it.is_raised);
            Some(if is_raised {
                point.interpretation(Interpretation::High)
            } else {
                point
            })
        })
        .collect();
    if points.is_empty() {
        return nothing(title, "pressure", eye);
    }
    points.reverse();
    let trend = Trend::new(title, "mmHg", points);
    match risks.newest(eye).and_then(target) {
        Some((low, high)) => {
            let label = format!("Target of the {} eye {low} to {high} mmHg", eye.word());
            trend.band(Band::new(label).low(low).high(high)).into()
        }
        None => trend.into(),
    }
}

/// One line for each way in which this eye was read: they are different measurements.
fn acuity_lines(pack: &AcuityPack, acuities: &Examinations, eye: Eye) -> Vec<Node> {
    let mut lines = Vec::new();
    for (method, words) in crate::visit::METHODS {
        let of_method = acuities
            .of(eye)
            .filter(|it| it.part("method") == Some(method));
        let mut points: Vec<_> = of_method
            .take(POINTS_MAX)
            .filter_map(|it| {
                let read = acuity_of(pack, it).ok()?;
                read.log_mar()?;
                Some(
                    Point::new(it.when.as_str(), read.log_mar_text())
                        .resource(it.reference.as_str()),
                )
            })
            .collect();
        if points.is_empty() {
            continue;
        }
        points.reverse();
        let title = format!("{} acuity, {}", eye.title(), words.to_lowercase());
        let thresholds = vec![
            Threshold::new("0", "6/6"),
            Threshold::new("0.3", "6/12"),
            Threshold::new("1", "6/60"),
        ];
        let description = "Lower is better. Readings below any chart (CF, HM, PL, NPL) are in the table and not drawn.";
        let line = Trend::new(title, "logMAR", points)
            .description(description)
            .thresholds(thresholds);
        lines.push(line.into());
    }
    if lines.is_empty() {
        lines.push(nothing(
            format!("{} acuity", eye.title()),
            "acuity on a chart",
            eye,
        ));
    }
    lines
}

fn columns(headings: &[(&str, &str)]) -> Vec<TableColumn> {
    headings
        .iter()
        .map(|(id, heading)| TableColumn::new(*id, *heading))
        .collect()
}

fn caption(what: &str, read: &Examinations) -> String {
    match read.all.len() {
        many if many > ROWS_MAX => format!("{what}: the newest {ROWS_MAX} of {many}"),
        _ => what.to_owned(),
    }
}

fn side(it: &Examination) -> Fact {
    Fact::text(format!("{} eye", it.eye.title()))
}

fn acuity_table(pack: &AcuityPack, acuities: &Examinations) -> Table {
    let rows = acuities.all.iter().take(ROWS_MAX).map(|it| {
        let as_read = it.part("as-read").unwrap_or_default().to_owned();
        let as_read = match it.part("read-at") {
            Some(at) => format!("{as_read}, read at {at} m"),
            None => as_read,
        };
        let mut cells = vec![
            Fact::date(it.when.as_str()),
            side(it),
            Fact::text(it.part_words("method").unwrap_or("Not recorded")),
            Fact::text(as_read),
        ];
        match acuity_of(pack, it) {
            Ok(found) => {
                let whole = |it: Option<f64>| {
                    it.map_or_else(
                        || Fact::text("Not a number"),
                        |it| Fact::number(it.to_string()),
                    )
                };
                cells.push(Fact::text(found.log_mar_text()));
                cells.push(whole(found.letters()));
                cells.push(Fact::text(found.snellen_text(pack)));
                cells.push(whole(found.base()));
            }
            Err(refusal) => {
                let words = format!("Cannot be converted: {}", refusal.words());
                cells.extend([
                    Fact::text(words),
                    Fact::text(""),
                    Fact::text(""),
                    Fact::text(""),
                ]);
            }
        }
        TableRow::new(cells)
    });
    let headings = columns(&[
        ("when", "When"),
        ("eye", "Eye"),
        ("how", "How"),
        ("as-read", "As recorded"),
        ("log-mar", "logMAR"),
        ("letters", "ETDRS letters"),
        ("snellen", "Snellen, 6 m"),
        ("base", "OpenEyes base"),
    ]);
    Table::new(
        caption("Acuity in every scale", acuities),
        headings,
        rows.collect::<Vec<_>>(),
    )
    .empty("No acuity is in the record")
}

fn pressure_table(pressures: &Examinations) -> Table {
    let rows = pressures.all.iter().take(ROWS_MAX).map(|it| {
        TableRow::new(vec![
            Fact::date(it.when.as_str()),
            side(it),
            it.fact("value", "mmHg"),
            Fact::text(it.part_words("instrument").unwrap_or("Not recorded")),
            it.fact("corneal-thickness", "µm"),
        ])
    });
    let headings = columns(&[
        ("when", "When"),
        ("eye", "Eye"),
        ("pressure", "Pressure"),
        ("by", "Measured by"),
        ("thickness", "Cornea"),
    ]);
    Table::new(
        caption("Intraocular pressure", pressures),
        headings,
        rows.collect::<Vec<_>>(),
    )
    .empty("No pressure is in the record")
}

fn refraction_table(refractions: &Examinations) -> Table {
    let rows = refractions.all.iter().take(ROWS_MAX).map(|it| {
        let written = recorded(it);
        let words = |of: fn(Refraction) -> String| {
            written.map_or_else(
                || Fact::text("Cannot be calculated: it cannot be read"),
                |it| Fact::text(of(it)),
            )
        };
        TableRow::new(vec![
            Fact::date(it.when.as_str()),
            side(it),
            words(Refraction::words),
            words(|it| format!("{} D", dioptres(it.equivalent_milli()))),
            words(|it| it.transposed().words()),
        ])
    });
    let headings = columns(&[
        ("when", "When"),
        ("eye", "Eye"),
        ("written", "Refraction"),
        ("equivalent", "Spherical equivalent"),
        ("transposed", "With the other cylinder"),
    ]);
    Table::new(
        caption("Refraction", refractions),
        headings,
        rows.collect::<Vec<_>>(),
    )
    .empty("No refraction is in the record")
}
