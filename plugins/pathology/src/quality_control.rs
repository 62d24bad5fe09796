//! The page of quality control: which tests have control materials, which analysers the site has, and the runs of one test.
//!
//! Invariant: a control result is about an analyser of the site and about no patient.

use sdk::screen::{EmptyState, Inset, Link, List, Node, Paragraph, Section, Words};
use sdk::{Call, Failure, Form, Outcome, Parameters, Screen};

use crate::catalogue::Catalogue;
use crate::control_entry;
use crate::control_run::{Runs, runs};
use crate::laboratory::{LaboratoryPack, LaboratoryTest};
use crate::levey_jennings::of_analyser;
use crate::material::{ControlPack, Material};
use crate::settings::Settings;
use crate::westgard::WestgardPack;

/// What is said where a site has named none.
const NO_ANALYSER: &str = "No analyser is named for this site, and a control result is about one: a trust administrator names them in the settings of this departmental.";

/// What the page goes by.
pub(crate) struct By {
    /// Names of tests.
    pub(crate) catalogue: Catalogue,
    /// Units and bounds.
    pub(crate) laboratory: LaboratoryPack,
    /// Rules.
    pub(crate) westgard: WestgardPack,
    /// Materials.
    pub(crate) control: ControlPack,
}

impl By {
    /// Reads the packs.
    ///
    /// # Errors
    /// Any failure of the packs.
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Failure> {
        Ok(Self {
            catalogue: Catalogue::read(&call.packs.get("catalogue")?)?,
            laboratory: LaboratoryPack::read(&call.packs.get("laboratory")?)?,
            westgard: WestgardPack::read(&call.packs.get("westgard")?)?,
            control: ControlPack::read(&call.packs.get("control")?)?,
        })
    }

    /// The test of a parameter, with its name and its materials.
    ///
    /// # Errors
    /// `invalid` for a test without a control material.
    pub(crate) fn test(
        &self,
        id: &str,
    ) -> Result<(&LaboratoryTest, &str, Vec<&Material>), Failure> {
        let materials = self.control.of_test(id);
        let test = self.laboratory.test(id).filter(|_| !materials.is_empty());
        let test = test.ok_or_else(|| {
            Failure::invalid(format!("`test` is `{id}`, which has no control material"))
        })?;
        let listed = test.listed(&self.catalogue);
        let name = listed.map_or(test.test.as_str(), |it| it.name.as_str());
        Ok((test, name, materials))
    }

    fn unverified(&self) -> Option<Node> {
        let parts = self
            .control
            .unverified
            .iter()
            .chain(&self.westgard.unverified);
        let said: Vec<Words> = parts.map(|it| it.as_str().into()).collect();
        let words =
            "Parts of the rules on this screen are unverified: nobody answerable has signed them.";
        (!said.is_empty()).then(|| Inset::new(words).child(List::new(said)).into())
    }
}

/// Draws the tests with a control material, or the charts and runs of the one that is named.
///
/// # Errors
/// Any failure of the chart or the packs; `invalid` for a test without a control material.
pub(crate) fn open(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let by = By::read(call)?;
    let analysers = Settings::read(call)?.analysers;
    let Some(id) = parameters.get("test") else {
        let root = Section::new().child(ways(&by)).child(named(&analysers));
        return Ok(Screen::new(root.children(by.unverified())));
    };
    let (test, name, materials) = by.test(id)?;
    let title = format!("Quality control: {name}");
    let mut root = Section::new().child(Link::new("All tests", "control"));
    if analysers.is_empty() {
        root = root.child(EmptyState::new("No analyser", NO_ANALYSER));
        return Ok(Screen::new(root.children(by.unverified())).title(title));
    }
    let runs = runs(call, test)?;
    for analyser in &analysers {
        let of_it = runs.by_analyser.get(analyser);
        let of_it = of_it.map(Vec::as_slice).unwrap_or_default();
        root = root.child(of_analyser(&by, analyser, test, &materials, of_it));
    }
    let root = root
        .children(missing(&runs))
        .child(control_entry::form(test, name, &materials, &analysers));
    Ok(Screen::new(root.children(by.unverified())).title(title))
}

fn named(analysers: &[String]) -> Section {
    let section = Section::new().heading("Analysers of this site");
    let names: Vec<Words> = analysers.iter().map(|it| it.as_str().into()).collect();
    match names.is_empty() {
        true => section.child(Paragraph::new(NO_ANALYSER)),
        false => section.child(List::new(names)),
    }
}

fn ways(by: &By) -> Section {
    let mut root = Section::new().heading("Control charts");
    let tests = by.laboratory.tests.iter();
    for test in tests.filter(|it| !by.control.of_test(&it.test).is_empty()) {
        let name = test.listed(&by.catalogue).map_or(&test.test, |it| &it.name);
        let to = Parameters::default().with("test", test.test.as_str());
        root = root.child(Link::new(name.as_str(), "control").parameters(&to));
    }
    root
}

fn missing(runs: &Runs) -> Option<Node> {
    let said = match (runs.more, runs.left_out) {
        (false, 0) => return None,
        (true, 0) => "Older control results were not read.".to_owned(),
        (false, many) => {
            format!("{many} control results have no time, value or target, and are in no run.")
        }
        (true, many) => format!(
            "Older control results were not read, and {many} have no time, value or target: they are in no run."
        ),
    };
    Some(Paragraph::new(said).into())
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart, the packs or the settings; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    match action {
        "run" => control_entry::submit(call, form),
        other => Err(Failure::not_provided(format!(
            "the screen has no action `{other}`; it has `run`"
        ))),
    }
}
