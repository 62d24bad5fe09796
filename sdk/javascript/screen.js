// Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py.
//
// Invariant: what a builder takes, the schema takes; anything else is refused where it is given.

import {
  called, FACT, having, integer, LINK, list, node, PARAMETERS, parent, piece, text, TRUTH, unique, WAY, word, WORDS,
} from './builder.js';
import { ABSENT, DECIMAL, ID, INTERPRETATION, LINE, PORTION, REFERENCE, STATUS, TEXT, TONE, WHEN } from './rules.js';

export { Condition, Fact, Part, Screen, Tabs } from './node.js';

/** A part of the screen, with or without a heading; the host sets the heading's level. */
export class Section extends parent('section', { may: { heading: LINE, note: LINE } }) {}

/** One to three children side by side where there is room, else one below the other. */
export class Columns extends parent('columns', { below: [1, 3] }) {}

/** A node of kind `card`. */
export class Card extends parent('card', { may: { heading: LINE, note: LINE, tone: TONE } }) {}

/** Closed until it is opened by the reader. */
export class Details extends parent('details', { needs: { summary: LINE } }) {}

/** A part of a node: SummaryRow. */
export class SummaryRow extends piece({ needs: { label: LINE, value: FACT }, may: { note: LINE } }) {}

/** A node of kind `summary-list`. */
export class SummaryList extends node('summary-list', { needs: { rows: list(SummaryRow, 1, 200) } }) {}

/** A node of kind `heading`. */
export class Heading extends node('heading', { needs: { text: LINE } }) {}

/** A node of kind `paragraph`. */
export class Paragraph extends node('paragraph', { needs: { words: WORDS } }) {}

/** A node of kind `list`. */
export class List extends node('list', { needs: { items: list(WORDS, 1, 500) }, may: { ordered: TRUTH } }) {}

/** A node of kind `inset`. */
export class Inset extends parent('inset', { needs: { words: WORDS } }) {}

/** A node of kind `warning-callout`. */
export class WarningCallout extends parent('warning-callout', { needs: { title: LINE, words: WORDS } }) {}

/** A node of kind `tag`. */
export class Tag extends node('tag', { needs: { text: LINE }, may: { tone: TONE } }) {}

/** Shape, word and text say the level; colour only repeats it. */
export class Alert extends parent('alert', {
  needs: { level: word(['mandatory', 'prohibited', 'warning', 'information']), title: LINE, words: WORDS },
}) {}

/** What has just happened, after a form. */
export class Notification extends node('notification', {
  needs: { title: LINE, words: WORDS },
  may: { tone: word(['information', 'success']) },
}) {}

/** There is nothing to show, and why: `text` says what was looked for and over which time. */
export class EmptyState extends node('empty-state', { needs: { title: LINE, words: WORDS } }) {}

/** Reference range; either end may be open. `text` alone when the laboratory gave words. */
export class Range extends piece({
  may: { low: DECIMAL, high: DECIMAL, unit: text(0, 60), population: text(0, 120), text: LINE },
}) {}

/** A part of a node: Previous. */
export class Previous extends piece({ needs: { value: FACT }, may: { when: WHEN } }) {}

/** A node of kind `clinical-value`. */
export class ClinicalValue extends node('clinical-value', {
  needs: { label: LINE, value: FACT },
  may: {
    interpretation: INTERPRETATION, range: Range, status: STATUS, when: WHEN, source: LINE, resource: REFERENCE,
    previous: Previous,
  },
}) {}

/** A node of kind `datetime`. */
export class DateTime extends node('datetime', { needs: { value: WHEN }, may: { label: LINE } }) {}

/** A part of a node: Coded. */
export class Coded extends piece({ needs: { display: LINE }, may: { system: LINE, code: LINE } }) {}

/** A node of kind `coded-concept`. */
export class CodedConcept extends node('coded-concept', { needs: { coded: Coded }, may: { label: LINE } }) {}

/** The host draws the small patient banner. */
export class PatientRef extends node('patient-ref', { needs: { reference: REFERENCE } }) {}

/** A node of kind `actor-ref`. */
export class ActorRef extends node('actor-ref', { needs: { reference: REFERENCE }, may: { label: LINE } }) {}

/** An amount of medicine, or from `value` to `to`. The host writes micrograms, nanograms and units in words. */
export class Amount extends piece({ needs: { value: PORTION, unit: text(1, 60) }, may: { to: PORTION } }) {}

/** One medicine, whole and in the order drug, brand, strength, form, dose, rate, duration, route, frequency. The host writes the drug bold in small letters and the brand in capitals, and says where dose, route or frequency is not recorded. */
export class MedicationLine extends node('medication-line', {
  needs: { drug: LINE },
  may: {
    brand: LINE, strength: Amount, form: LINE, dose: Amount, rate: Amount, duration: LINE, route: LINE, frequency: LINE,
    indication: LINE,
    status: word(['active', 'planned', 'on-hold', 'stopped', 'completed', 'not-taken', 'entered-in-error', 'unknown'], true),
    since: WHEN, note: LINE, resource: REFERENCE,
  },
}) {}

/** A part of a node: Allergy. */
export class Allergy extends piece({
  needs: { substance: Coded },
  may: {
    reactions: list(LINE, 0, 20), severity: word(['mild', 'moderate', 'severe'], true), unconfirmed: TRUTH,
    intolerance: TRUTH, recorded: WHEN, resource: REFERENCE,
  },
}) {}

/** One of four labels, and the allergies exactly when there are some. `no-known-allergies` is somebody's answer; `allergies-not-recorded` is nobody having asked; `allergies-unavailable` is that they could not be read. */
export class AllergyList extends node('allergy-list', {
  needs: { label: word(['known-allergies', 'no-known-allergies', 'allergies-not-recorded', 'allergies-unavailable']) },
  may: { items: list(Allergy, 0, 100), note: LINE },
  when: ['items', 'label', 'known-allergies'],
}) {}

/** A part of a node: ScoreBand. */
export class ScoreBand extends piece({
  needs: { id: ID, label: LINE },
  may: { from: DECIMAL, to: DECIMAL, tone: TONE },
}) {}

/** A part of a node: ScorePart. */
export class ScorePart extends piece({
  needs: { label: LINE },
  may: { value: FACT, points: DECIMAL, absent: ABSENT, most: DECIMAL },
  oneOf: ['points', 'absent'],
}) {}

/** A number, the whole scale of its bands with the present one marked, and its parts. Exactly one of `value` and `absent`. The host refuses a value outside the band it is said to be in, and with `adds_up` one that is not the sum of its parts. Where a part is missing the host says so, and with `most` what the score could be. */
export class Score extends node('score', {
  needs: { title: LINE },
  may: {
    value: DECIMAL, absent: ABSENT, band: ID, bands: list(ScoreBand, 0, 12), components: list(ScorePart, 0, 60),
    adds_up: TRUTH, when: WHEN, rule: LINE,
  },
  oneOf: ['value', 'absent'],
}) {}

/** A part of a node: TableColumn. */
export class TableColumn extends piece({ needs: { id: ID, heading: LINE }, may: { align: word(['start', 'end']) } }) {}

/** A part of a node: TableRow. */
export class TableRow extends piece({ needs: { cells: list(FACT, 0) }, may: { tone: TONE } }) {}

/** A node of kind `table`. */
export class Table extends node('table', {
  needs: { caption: LINE, columns: list(TableColumn, 1, 20), rows: list(TableRow, 0, 1000) },
  may: { empty: LINE },
}) {}

/** A part of a node: Column. */
export class Column extends piece({
  needs: { id: ID, when: WHEN },
  may: { place: text(0, 60), note: LINE, new: called('unacknowledged', TRUTH) },
}) {}

/** A value or the reason why there is none: exactly one of `value` and `absent`. */
export class GridCell extends piece({
  needs: { column: ID },
  either: { value: text(1, 200), absent: ABSENT },
  may: { interpretation: INTERPRETATION, status: STATUS, note: LINE, resource: REFERENCE },
}) {}

/** A part of a node: GridRow. */
export class GridRow extends piece({
  needs: { label: LINE, cells: list(GridCell, 0, 60) },
  may: { link: LINK, range: Range, unit: text(0, 60), trend: TRUTH, strong: TRUTH },
}) {}

/** A part of a node: Group. */
export class Group extends piece({ needs: { title: LINE, rows: list(GridRow, 0, 200) } }) {}

/** Cumulative results: tests down, specimens across, the newest on the right. A cell is always drawn, with a value or with the reason why there is none; a column for which a row has no cell reads as not-requested. */
export class ResultGrid extends node('result-grid', {
  needs: { caption: LINE, columns: list(Column, 0, 60), groups: list(Group, 0, 60) },
  may: { earlier: WAY },
}) {}

/** Observations over time: what was observed down, times across, the newest on the right. A column for which a row has no cell reads as not-recorded. */
export class Flowsheet extends node('flowsheet', {
  needs: { caption: LINE, columns: list(Column, 0, 60), groups: list(Group, 0, 60) },
  may: { earlier: WAY },
}) {}

/** A part of a node: Happened. */
export class Happened extends piece({
  needs: { when: WHEN, title: LINE },
  may: { label: LINE, text: TEXT, by: REFERENCE, tone: TONE, link: LINK, resource: REFERENCE },
}) {}

/** What happened when. Given oldest first; drawn with the newest on top. */
export class Timeline extends node('timeline', {
  needs: { caption: LINE, items: list(Happened, 0, 500) },
  may: { empty: LINE },
}) {}

/** A part of a node: Waiting. */
export class Waiting extends piece({
  needs: { patient: REFERENCE, cells: list(FACT, 0) },
  may: { priority: word(['emergency', 'urgent', 'soon', 'routine'], true), due: WHEN, link: WAY },
}) {}

/** Several patients who wait for somebody. The host writes who each of them is and marks names that could be confused. It is not drawn on the page of one patient. */
export class Worklist extends node('worklist', {
  needs: { caption: LINE, order: LINE, columns: list(TableColumn, 0, 10), rows: list(Waiting, 0, 200), empty: LINE },
  may: { more: WAY },
}) {}

/** A part of a node: Point. */
export class Point extends piece({
  needs: { when: WHEN, value: DECIMAL },
  may: { comparator: word(['<', '<=', '>', '>=']), interpretation: INTERPRETATION, resource: REFERENCE },
}) {}

/** A small line of one test's numbers with the newest written beside it; the same numbers are in a table. */
export class Sparkline extends node('sparkline', {
  needs: { label: LINE, unit: text(0, 60), points: list(Point, 0, 200) },
  may: { range: Range },
}) {}

/** The reference range, as a pale labelled band; either end may be open. */
export class Band extends piece({ needs: { label: LINE }, may: { low: DECIMAL, high: DECIMAL } }) {}

/** A part of a node: Threshold. */
export class Threshold extends piece({ needs: { value: DECIMAL, label: LINE } }) {}

/** Points joined by straight lines, one unit; the host draws it and puts the same numbers in a table beside it. */
export class Trend extends node('trend', {
  needs: { title: LINE, unit: text(0, 60), points: list(Point, 0, 1000) },
  may: { description: LINE, band: Band, thresholds: list(Threshold, 0, 10) },
}) {}

/** A part of a node: ObservedBand. */
export class ObservedBand extends piece({
  needs: { label: text(1, 14), points: integer(0, 255) },
  may: { from: DECIMAL, word: LINE },
}) {}

/** A part of a node: Observed. */
export class Observed extends piece({
  needs: { column: ID },
  may: { value: text(0, 10, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/), word: text(1, 10), absent: ABSENT },
  oneOf: ['value', 'word', 'absent'],
}) {}

/** A part of a node: BandedRow. */
export class BandedRow extends piece({
  needs: { label: text(1, 20), bands: list(ObservedBand, 1, 12), cells: list(Observed, 0, 30) },
  may: { unit: text(0, 20) },
}) {}

/** A part of a node: BandedTotal. */
export class BandedTotal extends piece({
  needs: { label: text(1, 20), cells: list(Observed, 0, 30) },
  may: { adds_up: TRUTH },
}) {}

/** Observations in bands that score, as an early warning score's chart: parameters down, times across, the newest on the right. The host finds the band of each number, writes its points, and refuses a total with `adds_up` that is not the sum of its column's points, or whose column lacks an observation. */
export class BandedChart extends node('banded-observation-chart', {
  needs: { title: LINE, rule: LINE, columns: list(Column, 0, 30), rows: list(BandedRow, 1, 20) },
  may: { total: BandedTotal },
}) {}

/** A part of a node: Axis. */
export class Axis extends piece({ needs: { label: LINE, unit: text(0, 60), low: DECIMAL, high: DECIMAL } }) {}

/** A part of a node: Place. */
export class Place extends piece({ needs: { x: DECIMAL, y: DECIMAL } }) {}

/** A part of a node: Curve. */
export class Curve extends piece({
  needs: { label: text(1, 16), points: list(Place, 2, 200) },
  may: { line: word(['thin', 'dashed', 'thick']) },
}) {}

/** A part of a node: Measured. */
export class Measured extends piece({ needs: { x: DECIMAL, y: DECIMAL }, may: { when: WHEN, note: LINE } }) {}

/** Measurements along reference curves, as of growth: one unit on each axis. Curves lie inside the axes; for a measurement outside them the host widens the axis and says so. */
export class CurveChart extends node('reference-curve-chart', {
  needs: { title: LINE, standard: LINE, x: Axis, y: Axis, curves: list(Curve, 1, 11), points: list(Measured, 0, 200) },
}) {}

/** A part of a node: Reading. */
export class Reading extends piece({
  needs: { when: WHEN },
  may: {
    value: text(0, 10, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/),
    lower: text(0, 10, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/), word: text(1, 40), absent: ABSENT,
    alert: TRUTH,
  },
}) {}

/** A part of a node: Allowed. */
export class Allowed extends piece({ needs: { at: DECIMAL, minutes: integer(0, 65535) } }) {}

/** A part of a node: Lane. */
export class Lane extends piece({
  needs: { label: text(1, 24), draw: word(['line', 'blocks', 'span', 'words']), readings: list(Reading, 0, 300) },
  may: {
    unit: text(0, 24), low: DECIMAL, high: DECIMAL, alert_from: DECIMAL, alert_under: DECIMAL,
    allowed: list(Allowed, 0, 20),
  },
}) {}

/** A part of a node: LaneGroup. */
export class LaneGroup extends piece({ needs: { title: LINE, lanes: list(Lane, 1, 20) } }) {}

/** A labour on one axis of time of at most 24 hours: lanes of lines, blocks, spans and words, alerts as triangles and words, the time after `now` grey and empty. */
export class LabourChart extends node('labour-chart', {
  needs: { title: LINE, from: WHEN, to: WHEN, rules: LINE, groups: list(LaneGroup, 1, 10) },
  may: { now: WHEN },
}) {}

/** A part of a node: Mark. */
export class Mark extends piece({
  needs: {
    finding: LINE, shape: word(['dot', 'blot', 'cloud', 'diamond', 'ring', 'cross', 'square']), x: DECIMAL, y: DECIMAL,
  },
  may: { note: LINE },
}) {}

/** What was found, marked on one of the host's drawings; the host counts the legend from the marks and says in words where each lies. Exactly one of `marks` and `absent`. Coordinates: y runs up; for `eye-…` in radii of the cornea from its middle, x towards the nose (across 2.2, up 1.4); for `fundus-…` in diameters of the disc from the fovea, x towards the nose (5.2 all round); for `abdomen` in halves of its width and height from the umbilicus, x towards the patient's left (1 each way). */
export class BodyMap extends node('body-map', {
  needs: { image: word(['eye-right', 'eye-left', 'fundus-right', 'fundus-left', 'abdomen']) },
  may: { note: LINE, marks: list(Mark, 0, 300), absent: ABSENT, not_seen: list(LINE, 0, 40) },
  oneOf: ['marks', 'absent'],
}) {}

/** A part of a node: Seen. */
export class Seen extends piece({ needs: { resource: REFERENCE, version: text(0, 64) } }) {}

/** Inputs and at least one `action` below it. The host adds the idempotency key and the time. Submitted to the version of the departmental that drew it, as form/1. */
export class Form extends parent('form', {
  needs: { action: ID },
  may: { title: LINE, carries: PARAMETERS, seen: list(Seen, 0, 200) },
}) {}

/** A node of kind `input-text`. */
export class InputText extends node('input-text', {
  needs: { field: ID, label: LINE },
  may: { hint: LINE, required: TRUTH, error: LINE, value: TEXT, lines: integer(1, 20), length_max: integer(1, 20000) },
}) {}

/** A node of kind `input-number`. */
export class InputNumber extends node('input-number', {
  needs: { field: ID, label: LINE },
  may: { hint: LINE, required: TRUTH, error: LINE, value: DECIMAL, unit: text(0, 60), min: DECIMAL, max: DECIMAL },
}) {}

/** A node of kind `input-date`. */
export class InputDate extends node('input-date', {
  needs: { field: ID, label: LINE },
  may: { hint: LINE, required: TRUTH, error: LINE, value: WHEN, time: TRUTH },
}) {}

/** A part of a node: Choice. */
export class Choice extends piece({ needs: { value: text(1, 200), label: LINE }, may: { hint: LINE } }) {}

/** One of several; nothing is chosen in advance unless `value` says so. */
export class InputChoice extends node('input-choice', {
  needs: { field: ID, label: LINE, options: list(Choice, 1, 100) },
  may: { hint: LINE, required: TRUTH, error: LINE, value: text(0) },
}) {}

/** Any number of several. */
export class InputChecks extends node('input-checks', {
  needs: { field: ID, label: LINE, options: list(Choice, 1, 100) },
  may: { hint: LINE, required: TRUTH, error: LINE, value: list(text(0), 0) },
}) {}

/** An NHS number. The host checks its last digit and gives ten digits without spaces. */
export class InputNhsNumber extends node('input-nhs-number', {
  needs: { field: ID, label: LINE },
  may: { hint: LINE, required: TRUTH, error: LINE, value: LINE },
}) {}

/** An amount of medicine with one of the units. The host refuses what can be misread (5.0, .5, 1,000) and gives a list of two: amount and unit. */
export class InputDose extends node('input-dose', {
  needs: { field: ID, label: LINE, units: unique(list(LINE, 1, 20)) },
  may: { hint: LINE, required: TRUTH, error: LINE, amount: PORTION, unit: LINE },
}) {}

/** One concept of a value set, found by words in the host's terminology and chosen among at most 20. The host gives a list of three, system, code and the terminology's words, of a concept that it has found in the set when the form is sent. */
export class InputCoded extends node('input-coded', {
  needs: { field: ID, label: LINE, value_set: LINE },
  may: { hint: LINE, required: TRUTH, error: LINE, value: having(Coded, ['system', 'code']) },
}) {}

/** A statement that whoever signs confirms. The host writes about whom it is and under which name it is signed; it gives `yes`. */
export class AttestSign extends node('attest-sign', {
  needs: { field: ID, label: LINE, statement: LINE },
  may: { hint: LINE, error: LINE },
  fixed: { required: true },
}) {}

/** A part of a node: Step. */
export class Step extends piece({
  needs: { label: LINE, state: word(['to-do', 'current', 'done', 'overdue', 'cannot-start', 'not-needed']) },
  may: { note: LINE, due: WHEN, link: LINK },
}) {}

/** The steps of a task and how far each is. */
export class TaskSteps extends node('task-steps', { needs: { caption: LINE, steps: list(Step, 1, 100) } }) {}

/** A part of a node: Answered. */
export class Answered extends piece({ needs: { label: LINE, value: FACT }, may: { change: LINK } }) {}

/** What was answered, to be checked before it is sent, each with where it is changed. */
export class CheckAnswers extends node('check-answers', { needs: { rows: list(Answered, 1, 200) } }) {}

/** A button inside a form. */
export class ActionButton extends node('action', {
  needs: { label: LINE },
  may: { action: ID, secondary: TRUTH, confirm: LINE },
}) {}

/** A node of kind `link`. */
export class Link extends node('link', { needs: { text: LINE, screen: ID }, may: { parameters: PARAMETERS } }) {}

/** A sheet of paper: a letter, a list to carry. On the screen it is framed; of a page that has any sheet nothing else is printed, each sheet begins a page, and every page of it says about whom it is. In no form and in no other sheet, and with no form in it. */
export class Print extends parent('print', { needs: { title: LINE }, may: { note: LINE } }) {}
