//! Forms: inputs of the NHS design system, what was typed kept, findings at their fields and together on top.
//!
//! Invariant: nothing is chosen in advance but what the departmental or the person chose; a form goes back sealed.

use maud::{Markup, html};
use record::departmental::outcome::Finding;

use super::super::condition::{Standing, there};
use super::super::node::{
    Action, At, Choice, Form, Input, InputChecks, InputChoice, InputDate, InputNumber, InputText,
    Node,
};
use super::super::seal::{Button, Carried};
use super::super::sent::{Asked, confirmation, name, part};
use super::Pen;
use crate::written;

/// What is wrong, together, each leading to its field.
pub(crate) fn error_summary(findings: &[Finding]) -> Markup {
    if findings.is_empty() {
        return html! {};
    }
    html! {
        div .nhsuk-error-summary { div role="alert" {
            h2 .nhsuk-error-summary__heading { "Nothing was saved yet" }
            div .nhsuk-error-summary__body {
                ul .nhsuk-list .nhsuk-error-summary__list {
                    @for finding in findings {
                        li {
                            @match &finding.field {
                                Some(field) => { a href={ "#field-" (field) } { (written::plain(&finding.message)) } }
                                None => { (written::plain(&finding.message)) }
                            }
                        }
                    }
                }
            }
        } }
    }
}

impl Pen<'_> {
    pub(super) fn form(&self, it: &Form, at: At, level: u8) -> Markup {
        if self.ink.kept.is_some() {
            return html! {
                @if let Some(text) = &it.title { (super::title(text, None, level)) }
                p .pal-absent { "This is a form. It is not offered of the past: return to now to use it." }
            };
        }
        let desk = &self.ink.desk;
        let mut carried: Carried = desk.carried.clone();
        carried.key = format!("{}.{at}", carried.key);
        carried.carries.clone_from(&it.carries);
        carried.seen.clone_from(&it.seen);
        self.inside(&it.children, it, None, &mut carried);
        let more = carried.conditions.iter().any(|it| !it.drawn);
        let sealed = desk.seals.close(desk.form_token, &carried);
        html! {
            form .pal-form method="post" action=(self.address(&carried.screen, &carried.parameters)) novalidate {
                input type="hidden" name="form_token" value=(desk.form_token);
                input type="hidden" name="sealed" value=(sealed);
                @if let Some(text) = &it.title { (super::title(text, None, level)) }
                (self.children(&it.children, level + 1))
                @if more { p .pal-quiet { "Further questions may follow from your answers." } }
            }
        }
    }

    /// What the form asks for and can be sent with, wherever inside it that lies.
    fn inside(&self, children: &[At], form: &Form, within: Option<usize>, carried: &mut Carried) {
        for at in children {
            let Some(node) = self.screen.node(*at) else {
                continue;
            };
            let mut within = within;
            if let Some(condition) = self.screen.conditions.get(at) {
                carried.conditions.push(Standing {
                    condition: condition.clone(),
                    within,
                    drawn: false,
                });
                within = Some(carried.conditions.len() - 1);
                let drawn = there(&carried.conditions, within, &self.answers);
                if let Some(it) = carried.conditions.last_mut() {
                    it.drawn = drawn;
                }
            }
            carried
                .asked
                .extend(Asked::of(node).map(|it| it.under(within)));
            if let Node::Action(action) = node {
                let word = action
                    .action
                    .as_ref()
                    .unwrap_or(&form.action)
                    .as_str()
                    .to_owned();
                carried.actions.push(Button {
                    word,
                    at: *at,
                    confirm: action.confirm.as_ref().map(|line| line.as_str().to_owned()),
                });
            }
            self.inside(node.kind().children(), form, within, carried);
        }
    }

    /// The form whose button or input this is.
    fn form_of(&self, wanted: &Action) -> Option<&Form> {
        let forms = self.screen.nodes.iter().filter_map(|node| {
            if let Node::Form(form) = node {
                Some(form.as_ref())
            } else {
                None
            }
        });
        forms
            .into_iter()
            .find(|form| self.holds(&form.children, wanted))
    }

    fn holds(&self, children: &[At], wanted: &Action) -> bool {
        children
            .iter()
            .filter_map(|at| self.screen.node(*at))
            .any(|node| {
                let same =
                    matches!(node, Node::Action(action) if std::ptr::eq(action.as_ref(), wanted));
                same || self.holds(node.kind().children(), wanted)
            })
    }

    pub(super) fn action(&self, it: &Action, at: At) -> Markup {
        let Some(form) = self.form_of(it) else {
            return html! {};
        };
        let word = it.action.as_ref().unwrap_or(&form.action).as_str();
        let class = if it.secondary {
            "nhsuk-button nhsuk-button--secondary"
        } else {
            "nhsuk-button"
        };
        let tick = confirmation(word, at);
        html! {
            @if let Some(sentence) = &it.confirm {
                div .nhsuk-form-group .nhsuk-form-group--error[self.wrong(&tick).is_some()] id={ "field-" (tick) } {
                    (self.message(&tick, None))
                    div .nhsuk-checkboxes { div .nhsuk-checkboxes__item {
                        input .nhsuk-checkboxes__input type="checkbox" id=(tick) name=(tick) value="yes";
                        label .nhsuk-label .nhsuk-checkboxes__label for=(tick) { (sentence.as_str()) }
                    } }
                }
            }
            button class=(class) type="submit" name="action" value=(word) { (it.label.as_str()) }
        }
    }

    /// What is wrong with a field: in the person's last answer, or as the departmental drew it.
    pub(super) fn wrong(&self, field: &str) -> Option<&str> {
        let findings = self.ink.desk.findings.iter();
        findings
            .filter(|it| it.field.as_deref() == Some(field))
            .map(|it| it.message.as_str())
            .next()
    }

    /// Whether anything is wrong with an input, likewise.
    pub(super) fn is_wrong(&self, it: &Input) -> bool {
        self.wrong(it.field.as_str()).is_some() || it.error.is_some()
    }

    pub(super) fn message(&self, field: &str, drawn: Option<&str>) -> Markup {
        match self.wrong(field).or(drawn) {
            Some(text) => html! {
                span .nhsuk-error-message id={ "field-" (field) ".error" } {
                    span .nhsuk-u-visually-hidden { "Error: " } (written::plain(text))
                }
            },
            None => html! {},
        }
    }

    /// The ids of hint and message that describe an input.
    pub(super) fn described(&self, it: &Input) -> Option<String> {
        self.described_too(it, None)
    }

    /// The same, and of one thing more.
    fn described_too(&self, it: &Input, more: Option<String>) -> Option<String> {
        let field = it.field.as_str();
        let hint = it.hint.as_ref().map(|_| format!("field-{field}.hint"));
        let wrong = self
            .wrong(field)
            .or(it.error.as_ref().map(|line| line.as_str()));
        let error = wrong.map(|_| format!("field-{field}.error"));
        let ids: Vec<String> = hint.into_iter().chain(error).chain(more).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// Label, hint and message around one input.
    pub(super) fn group(&self, it: &Input, control: Markup) -> Markup {
        let field = it.field.as_str();
        let wrong = self.is_wrong(it);
        html! {
            div .nhsuk-form-group .nhsuk-form-group--error[wrong] {
                label .nhsuk-label for={ "field-" (field) } { (label(it)) }
                (hint(it))
                (self.message(field, it.error.as_ref().map(|line| line.as_str())))
                (control)
            }
        }
    }

    /// Legend, hint and message around several inputs of one answer.
    pub(super) fn set(&self, it: &Input, controls: Markup) -> Markup {
        self.set_of(it, None, controls)
    }

    /// The same, with the role that the design system gives to some.
    fn set_of(&self, it: &Input, role: Option<&str>, controls: Markup) -> Markup {
        let field = it.field.as_str();
        let wrong = self.is_wrong(it);
        html! {
            div .nhsuk-form-group .nhsuk-form-group--error[wrong] id={ "field-" (field) } {
                fieldset .nhsuk-fieldset role=[role] aria-describedby=[self.described(it)] {
                    legend .nhsuk-fieldset__legend { (label(it)) }
                    (hint(it))
                    (self.message(field, it.error.as_ref().map(|line| line.as_str())))
                    (controls)
                }
            }
        }
    }

    /// What was typed under a name, or what the departmental put there.
    pub(super) fn kept(&self, name: &str, drawn: Option<&str>) -> String {
        let typed = self.ink.desk.typed;
        if typed.is_empty() {
            drawn.unwrap_or_default().to_owned()
        } else {
            written::plain(typed.one(name).unwrap_or_default())
        }
    }

    pub(super) fn text(&self, it: &InputText) -> Markup {
        let (field, name) = (it.input.field.as_str(), name(it.input.field.as_str()));
        let value = self.kept(&name, it.value.as_ref().map(|text| text.as_str()));
        let (id, described) = (format!("field-{field}"), self.described(&it.input));
        let wrong = self.is_wrong(&it.input);
        self.group(&it.input, match it.lines {
            Some(lines @ 2..) => html! {
                textarea .nhsuk-textarea .nhsuk-textarea--error[wrong] id=(id) name=(name) rows=(lines.min(20)) aria-describedby=[described] { (value) }
            },
            Some(_) | None => html! {
                input .nhsuk-input .nhsuk-input--error[wrong] type="text" id=(id) name=(name) value=(value) autocomplete="off" aria-describedby=[described];
            },
        })
    }

    pub(super) fn number(&self, it: &InputNumber) -> Markup {
        let (field, name) = (it.input.field.as_str(), name(it.input.field.as_str()));
        let value = self.kept(&name, it.value.as_ref().map(|number| number.as_str()));
        let wrong = self.is_wrong(&it.input);
        // Who hears the page has to hear the unit too: the label does not say it.
        let unit = it.unit.as_ref().map(|_| format!("field-{field}.unit"));
        self.group(&it.input, html! {
            div .nhsuk-input-wrapper {
                input .nhsuk-input .nhsuk-input--width-10 .nhsuk-input--error[wrong] type="text" inputmode="decimal" id={ "field-" (field) }
                    name=(name) value=(value) autocomplete="off" aria-describedby=[self.described_too(&it.input, unit.clone())];
                @if let Some(unit) = &it.unit { div .nhsuk-input-wrapper__suffix id={ "field-" (field) ".unit" } { (written::unit(unit.as_str())) } }
            }
        })
    }

    pub(super) fn date(&self, it: &InputDate) -> Markup {
        let field = it.input.field.as_str();
        let drawn = it
            .value
            .as_ref()
            .and_then(|when| drawn_parts(when.as_str()));
        let [year, month, day, time] = drawn.unwrap_or_default();
        let parts = [
            ("day", "Day", day, "2", "numeric"),
            ("month", "Month", month, "2", "numeric"),
            ("year", "Year", year, "4", "numeric"),
        ];
        let time = it
            .time
            .then_some(("time", "Time (24 h, 14:30)", time, "5", "text"));
        let wrong = self.is_wrong(&it.input);
        self.set_of(&it.input, Some("group"), html! {
            div .nhsuk-date-input {
                @for (word, label, drawn, width, mode) in parts.into_iter().chain(time) {
                    @let (id, name) = (format!("field-{field}.{word}"), part(field, word));
                    div .nhsuk-date-input__item { div .nhsuk-form-group .nhsuk-form-group--error[wrong] {
                        label .nhsuk-label .nhsuk-date-input__label for=(id) { (label) }
                        input .nhsuk-input .nhsuk-date-input__input .{ "nhsuk-input--width-" (width) } .nhsuk-input--error[wrong] type="text"
                            inputmode=(mode) id=(id) value=(self.kept(&name, Some(&drawn))) name=(name) autocomplete="off";
                    } }
                }
            }
        })
    }

    pub(super) fn choice(&self, it: &InputChoice) -> Markup {
        let name = name(it.input.field.as_str());
        let chosen = self.kept(&name, it.value.as_deref());
        self.set(&it.input, html! {
            div .nhsuk-radios {
                @for (at, option) in it.options.iter().enumerate() {
                    @let id = format!("{name}.{at}");
                    div .nhsuk-radios__item {
                        input .nhsuk-radios__input type="radio" id=(id) name=(name) value=(option.value.as_str()) checked[chosen == option.value.as_str()] aria-describedby=[option_hint(option, &id)];
                        (option_label(option, &id, "nhsuk-radios"))
                    }
                }
            }
        })
    }

    pub(super) fn checks(&self, it: &InputChecks) -> Markup {
        let name = name(it.input.field.as_str());
        let typed = self.ink.desk.typed;
        let ticked = if typed.is_empty() {
            it.value.as_slice()
        } else {
            typed.all(&name)
        };
        self.set(&it.input, html! {
            div .nhsuk-checkboxes {
                @for (at, option) in it.options.iter().enumerate() {
                    @let id = format!("{name}.{at}");
                    @let is_ticked = ticked.iter().any(|it| it == option.value.as_str());
                    div .nhsuk-checkboxes__item {
                        input .nhsuk-checkboxes__input type="checkbox" id=(id) name=(name) value=(option.value.as_str()) checked[is_ticked] aria-describedby=[option_hint(option, &id)];
                        (option_label(option, &id, "nhsuk-checkboxes"))
                    }
                }
            }
        })
    }
}

fn option_label(option: &Choice, id: &str, class: &str) -> Markup {
    html! {
        label class={ "nhsuk-label " (class) "__label" } for=(id) { (option.label.as_str()) }
        @if let Some(hint) = &option.hint { div class={ "nhsuk-hint " (class) "__hint" } id=[option_hint(option, id)] { (hint.as_str()) } }
    }
}

/// The id of an option's hint, where it has one.
fn option_hint(option: &Choice, id: &str) -> Option<String> {
    option.hint.as_ref().map(|_| format!("{id}.hint"))
}

fn label(it: &Input) -> Markup {
    html! { (it.label.as_str()) @if !it.required { " " span .pal-quiet { "(optional)" } } }
}

fn hint(it: &Input) -> Markup {
    html! { @if let Some(hint) = &it.hint { div .nhsuk-hint id={ "field-" (it.field.as_str()) ".hint" } { (hint.as_str()) } } }
}

/// Year, month, day and time of a dateTime at the region's clock.
fn drawn_parts(when: &str) -> Option<[String; 4]> {
    let local = written::local_of_instant(when).unwrap_or_else(|| when.to_owned());
    let (date, time) = local.split_once('T').unwrap_or((&local, ""));
    let mut parts = date.split('-').map(str::to_owned);
    Some([parts.next()?, parts.next()?, parts.next()?, time.to_owned()])
}
