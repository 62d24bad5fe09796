// Types of screen.js. Written by sdk/builders.py.

import { Condition, Fact, Node, Parent, Piece, Words } from './node.js';

export { Condition, Fact, Node, Part, Screen, Tabs, Words } from './node.js';

/** Never shown by colour alone. */
export type Tone = "neutral" | "information" | "success" | "warning" | "critical";

/** Why there is no value; the host writes it in words (`unsuitable`: the specimen could not be used). These differ: none-known is an answer, not-recorded is nobody having asked. */
export type Absent = "not-recorded" | "none-known" | "unknown" | "unavailable" | "withheld" | "not-requested" | "not-reported" | "not-applicable" | "pending" | "unsuitable";

/** As the laboratory or a rule said. Drawn as a shape and a word. null or left out: nothing was said, which is not `normal`. */
export type Interpretation = "normal" | "low" | "high" | "critical-low" | "critical-high" | "abnormal" | null;

/** FHIR Observation.status. All but `final` are shown. */
export type Status = "registered" | "preliminary" | "final" | "amended" | "corrected" | "cancelled" | "entered-in-error" | "unknown" | null;

/** A part of the screen, with or without a heading; the host sets the heading's level. */
export class Section extends Parent {
  constructor();
  heading(heading: string): this;
  /** Small words beside the heading. */
  note(note: string): this;
}

/** One to three children side by side where there is room, else one below the other. */
export class Columns extends Parent {
  constructor();
}

/** A node of kind `card`. */
export class Card extends Parent {
  constructor();
  heading(heading: string): this;
  note(note: string): this;
  tone(tone: Tone): this;
}

/** Closed until it is opened by the reader. */
export class Details extends Parent {
  constructor(summary: string);
}

/** A part of a node: SummaryRow. */
export class SummaryRow extends Piece {
  constructor(label: string, value: Fact | string);
  note(note: string): this;
}

/** A node of kind `summary-list`. */
export class SummaryList extends Node {
  constructor(rows: SummaryRow[]);
}

/** A node of kind `heading`. */
export class Heading extends Node {
  constructor(text: string);
}

/** A node of kind `paragraph`. */
export class Paragraph extends Node {
  constructor(words: Words);
}

/** A node of kind `list`. */
export class List extends Node {
  constructor(items: Words[]);
  ordered(ordered?: boolean): this;
}

/** A node of kind `inset`. */
export class Inset extends Parent {
  constructor(words: Words);
}

/** A node of kind `warning-callout`. */
export class WarningCallout extends Parent {
  constructor(title: string, words: Words);
}

/** A node of kind `tag`. */
export class Tag extends Node {
  constructor(text: string);
  tone(tone: Tone): this;
}

/** Shape, word and text say the level; colour only repeats it. */
export class Alert extends Parent {
  constructor(level: "mandatory" | "prohibited" | "warning" | "information", title: string, words: Words);
}

/** What has just happened, after a form. */
export class Notification extends Node {
  constructor(title: string, words: Words);
  tone(tone: "information" | "success"): this;
}

/** There is nothing to show, and why: `text` says what was looked for and over which time. */
export class EmptyState extends Node {
  constructor(title: string, words: Words);
}

/** Reference range; either end may be open. `text` alone when the laboratory gave words. */
export class Range extends Piece {
  constructor();
  low(low: string): this;
  high(high: string): this;
  unit(unit: string): this;
  /** For whom it holds: women 18 and over. */
  population(population: string): this;
  text(text: string): this;
}

/** A part of a node: Previous. */
export class Previous extends Piece {
  constructor(value: Fact | string);
  when(when: string): this;
}

/** A node of kind `clinical-value`. */
export class ClinicalValue extends Node {
  constructor(label: string, value: Fact | string);
  interpretation(interpretation: Interpretation): this;
  range(range: Range): this;
  status(status: Status): this;
  when(when: string): this;
  /** Who or what it came from, in words. */
  source(source: string): this;
  resource(resource: string): this;
  previous(previous: Previous): this;
}

/** A node of kind `datetime`. */
export class DateTime extends Node {
  constructor(value: string);
  label(label: string): this;
}

/** A part of a node: Coded. */
export class Coded extends Piece {
  constructor(display: string);
  system(system: string): this;
  code(code: string): this;
}

/** A node of kind `coded-concept`. */
export class CodedConcept extends Node {
  constructor(coded: Coded);
  label(label: string): this;
}

/** The host draws the small patient banner. */
export class PatientRef extends Node {
  constructor(reference: string);
}

/** A node of kind `actor-ref`. */
export class ActorRef extends Node {
  constructor(reference: string);
  label(label: string): this;
}

/** An amount of medicine, or from `value` to `to`. The host writes micrograms, nanograms and units in words. */
export class Amount extends Piece {
  constructor(value: string, unit: string);
  /** Above `value`. */
  to(to: string): this;
}

/** One medicine, whole and in the order drug, brand, strength, form, dose, rate, duration, route, frequency. The host writes the drug bold in small letters and the brand in capitals, and says where dose, route or frequency is not recorded. */
export class MedicationLine extends Node {
  constructor(drug: string);
  brand(brand: string): this;
  strength(strength: Amount): this;
  form(form: string): this;
  dose(dose: Amount): this;
  rate(rate: Amount): this;
  duration(duration: string): this;
  route(route: string): this;
  frequency(frequency: string): this;
  indication(indication: string): this;
  /** All but `active` are shown. */
  status(status: "active" | "planned" | "on-hold" | "stopped" | "completed" | "not-taken" | "entered-in-error" | "unknown" | null): this;
  since(since: string): this;
  note(note: string): this;
  resource(resource: string): this;
}

/** A part of a node: Allergy. */
export class Allergy extends Piece {
  constructor(substance: Coded);
  reactions(reactions: string[]): this;
  severity(severity: "mild" | "moderate" | "severe" | null): this;
  unconfirmed(unconfirmed?: boolean): this;
  intolerance(intolerance?: boolean): this;
  recorded(recorded: string): this;
  resource(resource: string): this;
}

/** One of four labels, and the allergies exactly when there are some. `no-known-allergies` is somebody's answer; `allergies-not-recorded` is nobody having asked; `allergies-unavailable` is that they could not be read. */
export class AllergyList extends Node {
  constructor(label: "known-allergies" | "no-known-allergies" | "allergies-not-recorded" | "allergies-unavailable");
  items(items: Allergy[]): this;
  note(note: string): this;
}

/** A part of a node: ScoreBand. */
export class ScoreBand extends Piece {
  constructor(id: string, label: string);
  from(from: string): this;
  to(to: string): this;
  tone(tone: Tone): this;
}

/** A part of a node: ScorePart. */
export class ScorePart extends Piece {
  constructor(label: string);
  /** What was found. */
  value(value: Fact | string): this;
  points(points: string): this;
  absent(absent: Absent): this;
  /** The most that a missing part could give. */
  most(most: string): this;
}

/** A number, the whole scale of its bands with the present one marked, and its parts. Exactly one of `value` and `absent`. The host refuses a value outside the band it is said to be in, and with `adds_up` one that is not the sum of its parts. Where a part is missing the host says so, and with `most` what the score could be. */
export class Score extends Node {
  constructor(title: string);
  value(value: string): this;
  absent(absent: Absent): this;
  /** Of the present band. A rule may put a low sum into a high band: then that band has no `from`. */
  band(band: string): this;
  /** Lowest first. */
  bands(bands: ScoreBand[]): this;
  components(components: ScorePart[]): this;
  /** The value is the sum of the points. */
  addsUp(addsUp?: boolean): this;
  when(when: string): this;
  /** By whose rule: its name and edition. */
  rule(rule: string): this;
}

/** A part of a node: TableColumn. */
export class TableColumn extends Piece {
  constructor(id: string, heading: string);
  /** `end` for numbers. */
  align(align: "start" | "end"): this;
}

/** A part of a node: TableRow. */
export class TableRow extends Piece {
  constructor(cells: (Fact | string)[]);
  tone(tone: Tone): this;
}

/** A node of kind `table`. */
export class Table extends Node {
  constructor(caption: string, columns: TableColumn[], rows: TableRow[]);
  /** What is said when there is no row. */
  empty(empty: string): this;
}

/** A part of a node: Column. */
export class Column extends Piece {
  constructor(id: string, when: string);
  /** Where the specimen was taken: C3, GP, A&E. */
  place(place: string): this;
  note(note: string): this;
  /** Not yet acknowledged by anybody. */
  unacknowledged(unacknowledged?: boolean): this;
}

/** A value or the reason why there is none: exactly one of `value` and `absent`. */
export class GridCell extends Piece {
  private constructor(column: string);
  static value(column: string, value: string): GridCell;
  static absent(column: string, absent: Absent): GridCell;
  interpretation(interpretation: Interpretation): this;
  status(status: Status): this;
  note(note: string): this;
  resource(resource: string): this;
}

/** A part of a node: GridRow. */
export class GridRow extends Piece {
  constructor(label: string, cells: GridCell[]);
  link(screen: string, parameters?: Record<string, string>): this;
  range(range: Range): this;
  /** Unit of every cell of the row; a result in another unit is another row. */
  unit(unit: string): this;
  /** Draw a sparkline of the row's numbers. */
  trend(trend?: boolean): this;
  /** The row to look at first. */
  strong(strong?: boolean): this;
}

/** A part of a node: Group. */
export class Group extends Piece {
  constructor(title: string, rows: GridRow[]);
}

/** Cumulative results: tests down, specimens across, the newest on the right. A cell is always drawn, with a value or with the reason why there is none; a column for which a row has no cell reads as not-requested. */
export class ResultGrid extends Node {
  constructor(caption: string, columns: Column[], groups: Group[]);
  /** Where earlier columns are, in words that say how many. */
  earlier(text: string, screen: string, parameters?: Record<string, string>): this;
}

/** Observations over time: what was observed down, times across, the newest on the right. A column for which a row has no cell reads as not-recorded. */
export class Flowsheet extends Node {
  constructor(caption: string, columns: Column[], groups: Group[]);
  earlier(text: string, screen: string, parameters?: Record<string, string>): this;
}

/** A part of a node: Happened. */
export class Happened extends Piece {
  constructor(when: string, title: string);
  /** What sort of event it is. */
  label(label: string): this;
  text(text: string): this;
  by(by: string): this;
  tone(tone: Tone): this;
  link(screen: string, parameters?: Record<string, string>): this;
  resource(resource: string): this;
}

/** What happened when. Given oldest first; drawn with the newest on top. */
export class Timeline extends Node {
  constructor(caption: string, items: Happened[]);
  empty(empty: string): this;
}

/** A part of a node: Waiting. */
export class Waiting extends Piece {
  constructor(patient: string, cells: (Fact | string)[]);
  priority(priority: "emergency" | "urgent" | "soon" | "routine" | null): this;
  due(due: string): this;
  link(text: string, screen: string, parameters?: Record<string, string>): this;
}

/** Several patients who wait for somebody. The host writes who each of them is and marks names that could be confused. It is not drawn on the page of one patient. */
export class Worklist extends Node {
  constructor(caption: string, order: string, columns: TableColumn[], rows: Waiting[], empty: string);
  /** The next rows. */
  more(text: string, screen: string, parameters?: Record<string, string>): this;
}

/** A part of a node: Point. */
export class Point extends Piece {
  constructor(when: string, value: string);
  comparator(comparator: "<" | "<=" | ">" | ">="): this;
  interpretation(interpretation: Interpretation): this;
  resource(resource: string): this;
}

/** A small line of one test's numbers with the newest written beside it; the same numbers are in a table. */
export class Sparkline extends Node {
  constructor(label: string, unit: string, points: Point[]);
  range(range: Range): this;
}

/** The reference range, as a pale labelled band; either end may be open. */
export class Band extends Piece {
  constructor(label: string);
  low(low: string): this;
  high(high: string): this;
}

/** A part of a node: Threshold. */
export class Threshold extends Piece {
  constructor(value: string, label: string);
}

/** Points joined by straight lines, one unit; the host draws it and puts the same numbers in a table beside it. */
export class Trend extends Node {
  constructor(title: string, unit: string, points: Point[]);
  /** What the line shows, for somebody who does not see it. */
  description(description: string): this;
  /** The reference range, as a pale labelled band; either end may be open. */
  band(band: Band): this;
  thresholds(thresholds: Threshold[]): this;
}

/** A part of a node: ObservedBand. */
export class ObservedBand extends Piece {
  constructor(label: string, points: number);
  from(from: string): this;
  word(word: string): this;
}

/** A part of a node: Observed. */
export class Observed extends Piece {
  constructor(column: string);
  value(value: string): this;
  word(word: string): this;
  absent(absent: Absent): this;
}

/** A part of a node: BandedRow. */
export class BandedRow extends Piece {
  constructor(label: string, bands: ObservedBand[], cells: Observed[]);
  unit(unit: string): this;
}

/** A part of a node: BandedTotal. */
export class BandedTotal extends Piece {
  constructor(label: string, cells: Observed[]);
  addsUp(addsUp?: boolean): this;
}

/** Observations in bands that score, as an early warning score's chart: parameters down, times across, the newest on the right. The host finds the band of each number, writes its points, and refuses a total with `adds_up` that is not the sum of its column's points, or whose column lacks an observation. */
export class BandedChart extends Node {
  constructor(title: string, rule: string, columns: Column[], rows: BandedRow[]);
  total(total: BandedTotal): this;
}

/** A part of a node: Axis. */
export class Axis extends Piece {
  constructor(label: string, unit: string, low: string, high: string);
}

/** A part of a node: Place. */
export class Place extends Piece {
  constructor(x: string, y: string);
}

/** A part of a node: Curve. */
export class Curve extends Piece {
  constructor(label: string, points: Place[]);
  line(line: "thin" | "dashed" | "thick"): this;
}

/** A part of a node: Measured. */
export class Measured extends Piece {
  constructor(x: string, y: string);
  when(when: string): this;
  /** 12th centile. */
  note(note: string): this;
}

/** Measurements along reference curves, as of growth: one unit on each axis. Curves lie inside the axes; for a measurement outside them the host widens the axis and says so. */
export class CurveChart extends Node {
  constructor(title: string, standard: string, x: Axis, y: Axis, curves: Curve[], points: Measured[]);
}

/** A part of a node: Reading. */
export class Reading extends Piece {
  constructor(when: string);
  value(value: string): this;
  lower(lower: string): this;
  word(word: string): this;
  absent(absent: Absent): this;
  alert(alert?: boolean): this;
}

/** A part of a node: Allowed. */
export class Allowed extends Piece {
  constructor(at: string, minutes: number);
}

/** A part of a node: Lane. */
export class Lane extends Piece {
  constructor(label: string, draw: "line" | "blocks" | "span" | "words", readings: Reading[]);
  unit(unit: string): this;
  /** Ends of the scale, for all but words; the host widens them for a reading outside. */
  low(low: string): this;
  high(high: string): this;
  /** From here up a value alerts. */
  alertFrom(alertFrom: string): this;
  alertUnder(alertUnder: string): this;
  /** How long it may stay at a number. */
  allowed(allowed: Allowed[]): this;
}

/** A part of a node: LaneGroup. */
export class LaneGroup extends Piece {
  constructor(title: string, lanes: Lane[]);
}

/** A labour on one axis of time of at most 24 hours: lanes of lines, blocks, spans and words, alerts as triangles and words, the time after `now` grey and empty. */
export class LabourChart extends Node {
  constructor(title: string, from: string, to: string, rules: string, groups: LaneGroup[]);
  now(now: string): this;
}

/** A part of a node: Mark. */
export class Mark extends Piece {
  constructor(finding: string, shape: "dot" | "blot" | "cloud" | "diamond" | "ring" | "cross" | "square", x: string, y: string);
  note(note: string): this;
}

/** What was found, marked on one of the host's drawings; the host counts the legend from the marks and says in words where each lies. Exactly one of `marks` and `absent`. Coordinates: y runs up; for `eye-…` in radii of the cornea from its middle, x towards the nose (across 2.2, up 1.4); for `fundus-…` in diameters of the disc from the fovea, x towards the nose (5.2 all round); for `abdomen` in halves of its width and height from the umbilicus, x towards the patient's left (1 each way). */
export class BodyMap extends Node {
  constructor(image: "eye-right" | "eye-left" | "fundus-right" | "fundus-left" | "abdomen");
  note(note: string): this;
  marks(marks: Mark[]): this;
  /** Why it was not examined. */
  absent(absent: Absent): this;
  /** What was looked for and not seen. */
  notSeen(notSeen: string[]): this;
}

/** A part of a node: Seen. */
export class Seen extends Piece {
  constructor(resource: string, version: string);
}

/** Inputs and at least one `action` below it. The host adds the idempotency key and the time. Submitted to the version of the departmental that drew it, as form/1. */
export class Form extends Parent {
  constructor(action: string);
  title(title: string): this;
  /** Handed back with the form unchanged; the host guards it against change by the browser. */
  carries(carries: Record<string, string>): this;
  /** Versions that this screen shows and the form is about; handed back with the form. */
  seen(seen: Seen[]): this;
}

/** A node of kind `input-text`. */
export class InputText extends Node {
  constructor(field: string, label: string);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  value(value: string): this;
  /** More than one draws an area. */
  lines(lines: number): this;
  lengthMax(lengthMax: number): this;
}

/** A node of kind `input-number`. */
export class InputNumber extends Node {
  constructor(field: string, label: string);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  value(value: string): this;
  unit(unit: string): this;
  min(min: string): this;
  max(max: string): this;
}

/** A node of kind `input-date`. */
export class InputDate extends Node {
  constructor(field: string, label: string);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  value(value: string): this;
  /** Ask for the time of day too. */
  time(time?: boolean): this;
}

/** A part of a node: Choice. */
export class Choice extends Piece {
  constructor(value: string, label: string);
  hint(hint: string): this;
}

/** One of several; nothing is chosen in advance unless `value` says so. */
export class InputChoice extends Node {
  constructor(field: string, label: string, options: Choice[]);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  value(value: string): this;
}

/** Any number of several. */
export class InputChecks extends Node {
  constructor(field: string, label: string, options: Choice[]);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  value(value: string[]): this;
}

/** An NHS number. The host checks its last digit and gives ten digits without spaces. */
export class InputNhsNumber extends Node {
  constructor(field: string, label: string);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  value(value: string): this;
}

/** An amount of medicine with one of the units. The host refuses what can be misread (5.0, .5, 1,000) and gives a list of two: amount and unit. */
export class InputDose extends Node {
  constructor(field: string, label: string, units: string[]);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  amount(amount: string): this;
  /** One of `units`. */
  unit(unit: string): this;
}

/** One concept of a value set, found by words in the host's terminology and chosen among at most 20. The host gives a list of three, system, code and the terminology's words, of a concept that it has found in the set when the form is sent. */
export class InputCoded extends Node {
  constructor(field: string, label: string, valueSet: string);
  hint(hint: string): this;
  /** Left out: not required, and the label says (optional). */
  required(required?: boolean): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
  /** Chosen in advance. */
  value(value: Coded): this;
}

/** A statement that whoever signs confirms. The host writes about whom it is and under which name it is signed; it gives `yes`. */
export class AttestSign extends Node {
  constructor(field: string, label: string, statement: string);
  hint(hint: string): this;
  /** What is wrong with what was typed, and how to mend it. */
  error(error: string): this;
}

/** A part of a node: Step. */
export class Step extends Piece {
  constructor(label: string, state: "to-do" | "current" | "done" | "overdue" | "cannot-start" | "not-needed");
  note(note: string): this;
  due(due: string): this;
  /** Not drawn for a step that cannot start. */
  link(screen: string, parameters?: Record<string, string>): this;
}

/** The steps of a task and how far each is. */
export class TaskSteps extends Node {
  constructor(caption: string, steps: Step[]);
}

/** A part of a node: Answered. */
export class Answered extends Piece {
  constructor(label: string, value: Fact | string);
  change(screen: string, parameters?: Record<string, string>): this;
}

/** What was answered, to be checked before it is sent, each with where it is changed. */
export class CheckAnswers extends Node {
  constructor(rows: Answered[]);
}

/** A button inside a form. */
export class ActionButton extends Node {
  constructor(label: string);
  /** Given to `submit` instead of the form's own, where a form has several buttons. */
  action(action: string): this;
  secondary(secondary?: boolean): this;
  /** A sentence to be confirmed first. No other button of the form says the same action then. */
  confirm(confirm: string): this;
}

/** A node of kind `link`. */
export class Link extends Node {
  constructor(text: string, screen: string);
  parameters(parameters: Record<string, string>): this;
}

/** A sheet of paper: a letter, a list to carry. On the screen it is framed; of a page that has any sheet nothing else is printed, each sheet begins a page, and every page of it says about whom it is. In no form and in no other sheet, and with no form in it. */
export class Print extends Parent {
  constructor(title: string);
  /** Small words beside the title. */
  note(note: string): this;
}
