// Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py.
//
// Invariant: what a builder takes, the schema takes; anything else is refused where it is given.

import { Node, Parent, Piece, check } from './node.js';

export { Condition, Fact, Part, Screen, Tabs } from './node.js';

/** A part of the screen, with or without a heading; the host sets the heading's level. */
export class Section extends Parent {
  constructor() {
    super("section");
  }

  heading(heading) {
    return this.put("heading", LINE, heading);
  }

  /** Small words beside the heading. */
  note(note) {
    return this.put("note", LINE, note);
  }
}

/** One to three children side by side where there is room, else one below the other. */
export class Columns extends Parent {
  constructor() {
    super("columns");
  }
}

/** A node of kind `card`. */
export class Card extends Parent {
  constructor() {
    super("card");
  }

  heading(heading) {
    return this.put("heading", LINE, heading);
  }

  note(note) {
    return this.put("note", LINE, note);
  }

  tone(tone) {
    return this.put("tone", TONE, tone);
  }
}

/** Closed until it is opened by the reader. */
export class Details extends Parent {
  constructor(summary) {
    super("details");
    this.put("summary", LINE, summary);
  }
}

/** A part of a node: SummaryRow. */
export class SummaryRow extends Piece {
  constructor(label, value) {
    super("SummaryRow");
    this.put("label", LINE, label);
    this.put("value", check.fact, value);
  }

  note(note) {
    return this.put("note", LINE, note);
  }
}

/** A node of kind `summary-list`. */
export class SummaryList extends Node {
  constructor(rows) {
    super("summary-list");
    this.put("rows", SUMMARY_LIST_ROWS, rows);
  }
}

/** A node of kind `heading`. */
export class Heading extends Node {
  constructor(text) {
    super("heading");
    this.put("text", LINE, text);
  }
}

/** A node of kind `paragraph`. */
export class Paragraph extends Node {
  constructor(words) {
    super("paragraph");
    this.put("words", check.words, words);
  }
}

/** A node of kind `list`. */
export class List extends Node {
  constructor(items) {
    super("list");
    this.put("items", LIST_ITEMS, items);
  }

  ordered(ordered = true) {
    return this.put("ordered", check.truth, ordered);
  }
}

/** A node of kind `inset`. */
export class Inset extends Parent {
  constructor(words) {
    super("inset");
    this.put("words", check.words, words);
  }
}

/** A node of kind `warning-callout`. */
export class WarningCallout extends Parent {
  constructor(title, words) {
    super("warning-callout");
    this.put("title", LINE, title);
    this.put("words", check.words, words);
  }
}

/** A node of kind `tag`. */
export class Tag extends Node {
  constructor(text) {
    super("tag");
    this.put("text", LINE, text);
  }

  tone(tone) {
    return this.put("tone", TONE, tone);
  }
}

/** Shape, word and text say the level; colour only repeats it. */
export class Alert extends Parent {
  constructor(level, title, words) {
    super("alert");
    this.put("level", ALERT_LEVEL_IS, level);
    this.put("title", LINE, title);
    this.put("words", check.words, words);
  }
}

/** What has just happened, after a form. */
export class Notification extends Node {
  constructor(title, words) {
    super("notification");
    this.put("title", LINE, title);
    this.put("words", check.words, words);
  }

  tone(tone) {
    return this.put("tone", NOTIFICATION_TONE_IS, tone);
  }
}

/** There is nothing to show, and why: `text` says what was looked for and over which time. */
export class EmptyState extends Node {
  constructor(title, words) {
    super("empty-state");
    this.put("title", LINE, title);
    this.put("words", check.words, words);
  }
}

/** Reference range; either end may be open. `text` alone when the laboratory gave words. */
export class Range extends Piece {
  constructor() {
    super("Range");
  }

  low(low) {
    return this.put("low", DECIMAL, low);
  }

  high(high) {
    return this.put("high", DECIMAL, high);
  }

  unit(unit) {
    return this.put("unit", RANGE_UNIT_IS, unit);
  }

  /** For whom it holds: women 18 and over. */
  population(population) {
    return this.put("population", RANGE_POPULATION_IS, population);
  }

  text(text) {
    return this.put("text", LINE, text);
  }
}

/** A part of a node: Previous. */
export class Previous extends Piece {
  constructor(value) {
    super("Previous");
    this.put("value", check.fact, value);
  }

  when(when) {
    return this.put("when", WHEN, when);
  }
}

/** A node of kind `clinical-value`. */
export class ClinicalValue extends Node {
  constructor(label, value) {
    super("clinical-value");
    this.put("label", LINE, label);
    this.put("value", check.fact, value);
  }

  interpretation(interpretation) {
    return this.put("interpretation", INTERPRETATION, interpretation);
  }

  range(range) {
    return this.put("range", A_RANGE, range);
  }

  status(status) {
    return this.put("status", STATUS, status);
  }

  when(when) {
    return this.put("when", WHEN, when);
  }

  /** Who or what it came from, in words. */
  source(source) {
    return this.put("source", LINE, source);
  }

  resource(resource) {
    return this.put("resource", REFERENCE, resource);
  }

  previous(previous) {
    return this.put("previous", A_PREVIOUS, previous);
  }
}

/** A node of kind `datetime`. */
export class DateTime extends Node {
  constructor(value) {
    super("datetime");
    this.put("value", WHEN, value);
  }

  label(label) {
    return this.put("label", LINE, label);
  }
}

/** A part of a node: Coded. */
export class Coded extends Piece {
  constructor(display) {
    super("Coded");
    this.put("display", LINE, display);
  }

  system(system) {
    return this.put("system", LINE, system);
  }

  code(code) {
    return this.put("code", LINE, code);
  }
}

/** A node of kind `coded-concept`. */
export class CodedConcept extends Node {
  constructor(coded) {
    super("coded-concept");
    this.put("coded", A_CODED, coded);
  }

  label(label) {
    return this.put("label", LINE, label);
  }
}

/** The host draws the small patient banner. */
export class PatientRef extends Node {
  constructor(reference) {
    super("patient-ref");
    this.put("reference", REFERENCE, reference);
  }
}

/** A node of kind `actor-ref`. */
export class ActorRef extends Node {
  constructor(reference) {
    super("actor-ref");
    this.put("reference", REFERENCE, reference);
  }

  label(label) {
    return this.put("label", LINE, label);
  }
}

/** An amount of medicine, or from `value` to `to`. The host writes micrograms, nanograms and units in words. */
export class Amount extends Piece {
  constructor(value, unit) {
    super("Amount");
    this.put("value", PORTION, value);
    this.put("unit", AMOUNT_UNIT_IS, unit);
  }

  /** Above `value`. */
  to(to) {
    return this.put("to", PORTION, to);
  }
}

/** One medicine, whole and in the order drug, brand, strength, form, dose, rate, duration, route, frequency. The host writes the drug bold in small letters and the brand in capitals, and says where dose, route or frequency is not recorded. */
export class MedicationLine extends Node {
  constructor(drug) {
    super("medication-line");
    this.put("drug", LINE, drug);
  }

  brand(brand) {
    return this.put("brand", LINE, brand);
  }

  strength(strength) {
    return this.put("strength", A_AMOUNT, strength);
  }

  form(form) {
    return this.put("form", LINE, form);
  }

  dose(dose) {
    return this.put("dose", A_AMOUNT, dose);
  }

  rate(rate) {
    return this.put("rate", A_AMOUNT, rate);
  }

  duration(duration) {
    return this.put("duration", LINE, duration);
  }

  route(route) {
    return this.put("route", LINE, route);
  }

  frequency(frequency) {
    return this.put("frequency", LINE, frequency);
  }

  indication(indication) {
    return this.put("indication", LINE, indication);
  }

  /** All but `active` are shown. */
  status(status) {
    return this.put("status", MEDICATION_LINE_STATUS_IS, status);
  }

  since(since) {
    return this.put("since", WHEN, since);
  }

  note(note) {
    return this.put("note", LINE, note);
  }

  resource(resource) {
    return this.put("resource", REFERENCE, resource);
  }
}

/** A part of a node: Allergy. */
export class Allergy extends Piece {
  constructor(substance) {
    super("Allergy");
    this.put("substance", A_CODED, substance);
  }

  reactions(reactions) {
    return this.put("reactions", ALLERGY_REACTIONS, reactions);
  }

  severity(severity) {
    return this.put("severity", ALLERGY_SEVERITY_IS, severity);
  }

  unconfirmed(unconfirmed = true) {
    return this.put("unconfirmed", check.truth, unconfirmed);
  }

  intolerance(intolerance = true) {
    return this.put("intolerance", check.truth, intolerance);
  }

  recorded(recorded) {
    return this.put("recorded", WHEN, recorded);
  }

  resource(resource) {
    return this.put("resource", REFERENCE, resource);
  }
}

/** One of four labels, and the allergies exactly when there are some. `no-known-allergies` is somebody's answer; `allergies-not-recorded` is nobody having asked; `allergies-unavailable` is that they could not be read. */
export class AllergyList extends Node {
  constructor(label) {
    super("allergy-list");
    this.put("label", ALLERGY_LIST_LABEL_IS, label);
  }

  items(items) {
    return this.put("items", ALLERGY_LIST_ITEMS, items);
  }

  note(note) {
    return this.put("note", LINE, note);
  }
}

/** A part of a node: ScoreBand. */
export class ScoreBand extends Piece {
  constructor(id, label) {
    super("ScoreBand");
    this.put("id", ID, id);
    this.put("label", LINE, label);
  }

  from(from) {
    return this.put("from", DECIMAL, from);
  }

  to(to) {
    return this.put("to", DECIMAL, to);
  }

  tone(tone) {
    return this.put("tone", TONE, tone);
  }
}

/** A part of a node: ScorePart. */
export class ScorePart extends Piece {
  constructor(label) {
    super("ScorePart");
    this.put("label", LINE, label);
    this.oneOf(["points", "absent"]);
  }

  /** What was found. */
  value(value) {
    return this.put("value", check.fact, value);
  }

  points(points) {
    return this.put("points", DECIMAL, points);
  }

  absent(absent) {
    return this.put("absent", ABSENT, absent);
  }

  /** The most that a missing part could give. */
  most(most) {
    return this.put("most", DECIMAL, most);
  }
}

/** A number, the whole scale of its bands with the present one marked, and its parts. Exactly one of `value` and `absent`. The host refuses a value outside the band it is said to be in, and with `adds_up` one that is not the sum of its parts. Where a part is missing the host says so, and with `most` what the score could be. */
export class Score extends Node {
  constructor(title) {
    super("score");
    this.put("title", LINE, title);
    this.oneOf(["value", "absent"]);
  }

  value(value) {
    return this.put("value", DECIMAL, value);
  }

  absent(absent) {
    return this.put("absent", ABSENT, absent);
  }

  /** Of the present band. A rule may put a low sum into a high band: then that band has no `from`. */
  band(band) {
    return this.put("band", ID, band);
  }

  /** Lowest first. */
  bands(bands) {
    return this.put("bands", SCORE_BANDS, bands);
  }

  components(components) {
    return this.put("components", SCORE_COMPONENTS, components);
  }

  /** The value is the sum of the points. */
  addsUp(addsUp = true) {
    return this.put("adds_up", check.truth, addsUp);
  }

  when(when) {
    return this.put("when", WHEN, when);
  }

  /** By whose rule: its name and edition. */
  rule(rule) {
    return this.put("rule", LINE, rule);
  }
}

/** A part of a node: TableColumn. */
export class TableColumn extends Piece {
  constructor(id, heading) {
    super("TableColumn");
    this.put("id", ID, id);
    this.put("heading", LINE, heading);
  }

  align(align) {
    return this.put("align", TABLE_COLUMN_ALIGN_IS, align);
  }
}

/** A part of a node: TableRow. */
export class TableRow extends Piece {
  constructor(cells) {
    super("TableRow");
    this.put("cells", TABLE_ROW_CELLS, cells);
  }

  tone(tone) {
    return this.put("tone", TONE, tone);
  }
}

/** A node of kind `table`. */
export class Table extends Node {
  constructor(caption, columns, rows) {
    super("table");
    this.put("caption", LINE, caption);
    this.put("columns", TABLE_COLUMNS, columns);
    this.put("rows", TABLE_ROWS, rows);
  }

  /** What is said when there is no row. */
  empty(empty) {
    return this.put("empty", LINE, empty);
  }
}

/** A part of a node: Column. */
export class Column extends Piece {
  constructor(id, when) {
    super("Column");
    this.put("id", ID, id);
    this.put("when", WHEN, when);
  }

  /** Where the specimen was taken: C3, GP, A&E. */
  place(place) {
    return this.put("place", COLUMN_PLACE_IS, place);
  }

  note(note) {
    return this.put("note", LINE, note);
  }

  /** Not yet acknowledged by anybody. */
  unacknowledged(unacknowledged = true) {
    return this.put("new", check.truth, unacknowledged);
  }
}

/** A value or the reason why there is none: exactly one of `value` and `absent`. */
export class GridCell extends Piece {
  constructor(column) {
    super("GridCell");
    this.put("column", ID, column);
    this.oneOf(["value", "absent"]);
  }

  /** As reported: 171, <0.5, Stage 2, Haemolysed. */
  static value(column, value) {
    return new GridCell(column).put("value", GRID_CELL_VALUE_IS, value);
  }

  /** Why there is no value. */
  static absent(column, absent) {
    return new GridCell(column).put("absent", ABSENT, absent);
  }

  interpretation(interpretation) {
    return this.put("interpretation", INTERPRETATION, interpretation);
  }

  status(status) {
    return this.put("status", STATUS, status);
  }

  note(note) {
    return this.put("note", LINE, note);
  }

  resource(resource) {
    return this.put("resource", REFERENCE, resource);
  }
}

/** A part of a node: GridRow. */
export class GridRow extends Piece {
  constructor(label, cells) {
    super("GridRow");
    this.put("label", LINE, label);
    this.put("cells", GRID_ROW_CELLS, cells);
  }

  link(screen, parameters = {}) {
    return this.put("link", check.link, { screen, parameters });
  }

  range(range) {
    return this.put("range", A_RANGE, range);
  }

  /** Unit of every cell of the row; a result in another unit is another row. */
  unit(unit) {
    return this.put("unit", GRID_ROW_UNIT_IS, unit);
  }

  /** Draw a sparkline of the row's numbers. */
  trend(trend = true) {
    return this.put("trend", check.truth, trend);
  }

  /** The row to look at first. */
  strong(strong = true) {
    return this.put("strong", check.truth, strong);
  }
}

/** A part of a node: Group. */
export class Group extends Piece {
  constructor(title, rows) {
    super("Group");
    this.put("title", LINE, title);
    this.put("rows", GROUP_ROWS, rows);
  }
}

/** Cumulative results: tests down, specimens across, the newest on the right. A cell is always drawn, with a value or with the reason why there is none; a column for which a row has no cell reads as not-requested. */
export class ResultGrid extends Node {
  constructor(caption, columns, groups) {
    super("result-grid");
    this.put("caption", LINE, caption);
    this.put("columns", RESULT_GRID_COLUMNS, columns);
    this.put("groups", RESULT_GRID_GROUPS, groups);
  }

  /** Where earlier columns are, in words that say how many. */
  earlier(text, screen, parameters = {}) {
    return this.put("earlier", check.way, { text, screen, parameters });
  }
}

/** Observations over time: what was observed down, times across, the newest on the right. A column for which a row has no cell reads as not-recorded. */
export class Flowsheet extends Node {
  constructor(caption, columns, groups) {
    super("flowsheet");
    this.put("caption", LINE, caption);
    this.put("columns", FLOWSHEET_COLUMNS, columns);
    this.put("groups", FLOWSHEET_GROUPS, groups);
  }

  earlier(text, screen, parameters = {}) {
    return this.put("earlier", check.way, { text, screen, parameters });
  }
}

/** A part of a node: Happened. */
export class Happened extends Piece {
  constructor(when, title) {
    super("Happened");
    this.put("when", WHEN, when);
    this.put("title", LINE, title);
  }

  /** What sort of event it is. */
  label(label) {
    return this.put("label", LINE, label);
  }

  text(text) {
    return this.put("text", TEXT, text);
  }

  by(by) {
    return this.put("by", REFERENCE, by);
  }

  tone(tone) {
    return this.put("tone", TONE, tone);
  }

  link(screen, parameters = {}) {
    return this.put("link", check.link, { screen, parameters });
  }

  resource(resource) {
    return this.put("resource", REFERENCE, resource);
  }
}

/** What happened when. Given oldest first; drawn with the newest on top. */
export class Timeline extends Node {
  constructor(caption, items) {
    super("timeline");
    this.put("caption", LINE, caption);
    this.put("items", TIMELINE_ITEMS, items);
  }

  empty(empty) {
    return this.put("empty", LINE, empty);
  }
}

/** A part of a node: Waiting. */
export class Waiting extends Piece {
  constructor(patient, cells) {
    super("Waiting");
    this.put("patient", REFERENCE, patient);
    this.put("cells", WAITING_CELLS, cells);
  }

  priority(priority) {
    return this.put("priority", WAITING_PRIORITY_IS, priority);
  }

  due(due) {
    return this.put("due", WHEN, due);
  }

  link(text, screen, parameters = {}) {
    return this.put("link", check.way, { text, screen, parameters });
  }
}

/** Several patients who wait for somebody. The host writes who each of them is and marks names that could be confused. It is not drawn on the page of one patient. */
export class Worklist extends Node {
  constructor(caption, order, columns, rows, empty) {
    super("worklist");
    this.put("caption", LINE, caption);
    this.put("order", LINE, order);
    this.put("columns", WORKLIST_COLUMNS, columns);
    this.put("rows", WORKLIST_ROWS, rows);
    this.put("empty", LINE, empty);
  }

  /** The next rows. */
  more(text, screen, parameters = {}) {
    return this.put("more", check.way, { text, screen, parameters });
  }
}

/** A part of a node: Point. */
export class Point extends Piece {
  constructor(when, value) {
    super("Point");
    this.put("when", WHEN, when);
    this.put("value", DECIMAL, value);
  }

  comparator(comparator) {
    return this.put("comparator", POINT_COMPARATOR_IS, comparator);
  }

  interpretation(interpretation) {
    return this.put("interpretation", INTERPRETATION, interpretation);
  }

  resource(resource) {
    return this.put("resource", REFERENCE, resource);
  }
}

/** A small line of one test's numbers with the newest written beside it; the same numbers are in a table. */
export class Sparkline extends Node {
  constructor(label, unit, points) {
    super("sparkline");
    this.put("label", LINE, label);
    this.put("unit", SPARKLINE_UNIT_IS, unit);
    this.put("points", SPARKLINE_POINTS, points);
  }

  range(range) {
    return this.put("range", A_RANGE, range);
  }
}

/** The reference range, as a pale labelled band; either end may be open. */
export class Band extends Piece {
  constructor(label) {
    super("Band");
    this.put("label", LINE, label);
  }

  low(low) {
    return this.put("low", DECIMAL, low);
  }

  high(high) {
    return this.put("high", DECIMAL, high);
  }
}

/** A part of a node: Threshold. */
export class Threshold extends Piece {
  constructor(value, label) {
    super("Threshold");
    this.put("value", DECIMAL, value);
    this.put("label", LINE, label);
  }
}

/** Points joined by straight lines, one unit; the host draws it and puts the same numbers in a table beside it. */
export class Trend extends Node {
  constructor(title, unit, points) {
    super("trend");
    this.put("title", LINE, title);
    this.put("unit", TREND_UNIT_IS, unit);
    this.put("points", TREND_POINTS, points);
  }

  /** What the line shows, for somebody who does not see it. */
  description(description) {
    return this.put("description", LINE, description);
  }

  /** The reference range, as a pale labelled band; either end may be open. */
  band(band) {
    return this.put("band", A_BAND, band);
  }

  thresholds(thresholds) {
    return this.put("thresholds", TREND_THRESHOLDS, thresholds);
  }
}

/** A part of a node: ObservedBand. */
export class ObservedBand extends Piece {
  constructor(label, points) {
    super("ObservedBand");
    this.put("label", OBSERVED_BAND_LABEL_IS, label);
    this.put("points", OBSERVED_BAND_POINTS_IS, points);
  }

  from(from) {
    return this.put("from", DECIMAL, from);
  }

  word(word) {
    return this.put("word", LINE, word);
  }
}

/** A part of a node: Observed. */
export class Observed extends Piece {
  constructor(column) {
    super("Observed");
    this.put("column", ID, column);
    this.oneOf(["value", "word", "absent"]);
  }

  value(value) {
    return this.put("value", OBSERVED_VALUE_IS, value);
  }

  word(word) {
    return this.put("word", OBSERVED_WORD_IS, word);
  }

  absent(absent) {
    return this.put("absent", ABSENT, absent);
  }
}

/** A part of a node: BandedRow. */
export class BandedRow extends Piece {
  constructor(label, bands, cells) {
    super("BandedRow");
    this.put("label", BANDED_ROW_LABEL_IS, label);
    this.put("bands", BANDED_ROW_BANDS, bands);
    this.put("cells", BANDED_ROW_CELLS, cells);
  }

  unit(unit) {
    return this.put("unit", BANDED_ROW_UNIT_IS, unit);
  }
}

/** A part of a node: BandedTotal. */
export class BandedTotal extends Piece {
  constructor(label, cells) {
    super("BandedTotal");
    this.put("label", BANDED_TOTAL_LABEL_IS, label);
    this.put("cells", BANDED_TOTAL_CELLS, cells);
  }

  addsUp(addsUp = true) {
    return this.put("adds_up", check.truth, addsUp);
  }
}

/** Observations in bands that score, as an early warning score's chart: parameters down, times across, the newest on the right. The host finds the band of each number, writes its points, and refuses a total with `adds_up` that is not the sum of its column's points, or whose column lacks an observation. */
export class BandedChart extends Node {
  constructor(title, rule, columns, rows) {
    super("banded-observation-chart");
    this.put("title", LINE, title);
    this.put("rule", LINE, rule);
    this.put("columns", BANDED_CHART_COLUMNS, columns);
    this.put("rows", BANDED_CHART_ROWS, rows);
  }

  total(total) {
    return this.put("total", A_BANDED_TOTAL, total);
  }
}

/** A part of a node: Axis. */
export class Axis extends Piece {
  constructor(label, unit, low, high) {
    super("Axis");
    this.put("label", LINE, label);
    this.put("unit", AXIS_UNIT_IS, unit);
    this.put("low", DECIMAL, low);
    this.put("high", DECIMAL, high);
  }
}

/** A part of a node: Place. */
export class Place extends Piece {
  constructor(x, y) {
    super("Place");
    this.put("x", DECIMAL, x);
    this.put("y", DECIMAL, y);
  }
}

/** A part of a node: Curve. */
export class Curve extends Piece {
  constructor(label, points) {
    super("Curve");
    this.put("label", CURVE_LABEL_IS, label);
    this.put("points", CURVE_POINTS, points);
  }

  line(line) {
    return this.put("line", CURVE_LINE_IS, line);
  }
}

/** A part of a node: Measured. */
export class Measured extends Piece {
  constructor(x, y) {
    super("Measured");
    this.put("x", DECIMAL, x);
    this.put("y", DECIMAL, y);
  }

  when(when) {
    return this.put("when", WHEN, when);
  }

  /** 12th centile. */
  note(note) {
    return this.put("note", LINE, note);
  }
}

/** Measurements along reference curves, as of growth: one unit on each axis. Curves lie inside the axes; for a measurement outside them the host widens the axis and says so. */
export class CurveChart extends Node {
  constructor(title, standard, x, y, curves, points) {
    super("reference-curve-chart");
    this.put("title", LINE, title);
    this.put("standard", LINE, standard);
    this.put("x", A_AXIS, x);
    this.put("y", A_AXIS, y);
    this.put("curves", CURVE_CHART_CURVES, curves);
    this.put("points", CURVE_CHART_POINTS, points);
  }
}

/** A part of a node: Reading. */
export class Reading extends Piece {
  constructor(when) {
    super("Reading");
    this.put("when", WHEN, when);
  }

  value(value) {
    return this.put("value", READING_VALUE_IS, value);
  }

  lower(lower) {
    return this.put("lower", READING_LOWER_IS, lower);
  }

  word(word) {
    return this.put("word", READING_WORD_IS, word);
  }

  absent(absent) {
    return this.put("absent", ABSENT, absent);
  }

  alert(alert = true) {
    return this.put("alert", check.truth, alert);
  }
}

/** A part of a node: Allowed. */
export class Allowed extends Piece {
  constructor(at, minutes) {
    super("Allowed");
    this.put("at", DECIMAL, at);
    this.put("minutes", ALLOWED_MINUTES_IS, minutes);
  }
}

/** A part of a node: Lane. */
export class Lane extends Piece {
  constructor(label, draw, readings) {
    super("Lane");
    this.put("label", LANE_LABEL_IS, label);
    this.put("draw", LANE_DRAW_IS, draw);
    this.put("readings", LANE_READINGS, readings);
  }

  unit(unit) {
    return this.put("unit", LANE_UNIT_IS, unit);
  }

  /** Ends of the scale, for all but words; the host widens them for a reading outside. */
  low(low) {
    return this.put("low", DECIMAL, low);
  }

  high(high) {
    return this.put("high", DECIMAL, high);
  }

  /** From here up a value alerts. */
  alertFrom(alertFrom) {
    return this.put("alert_from", DECIMAL, alertFrom);
  }

  alertUnder(alertUnder) {
    return this.put("alert_under", DECIMAL, alertUnder);
  }

  /** How long it may stay at a number. */
  allowed(allowed) {
    return this.put("allowed", LANE_ALLOWED, allowed);
  }
}

/** A part of a node: LaneGroup. */
export class LaneGroup extends Piece {
  constructor(title, lanes) {
    super("LaneGroup");
    this.put("title", LINE, title);
    this.put("lanes", LANE_GROUP_LANES, lanes);
  }
}

/** A labour on one axis of time of at most 24 hours: lanes of lines, blocks, spans and words, alerts as triangles and words, the time after `now` grey and empty. */
export class LabourChart extends Node {
  constructor(title, from, to, rules, groups) {
    super("labour-chart");
    this.put("title", LINE, title);
    this.put("from", WHEN, from);
    this.put("to", WHEN, to);
    this.put("rules", LINE, rules);
    this.put("groups", LABOUR_CHART_GROUPS, groups);
  }

  now(now) {
    return this.put("now", WHEN, now);
  }
}

/** A part of a node: Mark. */
export class Mark extends Piece {
  constructor(finding, shape, x, y) {
    super("Mark");
    this.put("finding", LINE, finding);
    this.put("shape", MARK_SHAPE_IS, shape);
    this.put("x", DECIMAL, x);
    this.put("y", DECIMAL, y);
  }

  note(note) {
    return this.put("note", LINE, note);
  }
}

/** What was found, marked on one of the host's drawings; the host counts the legend from the marks and says in words where each lies. Exactly one of `marks` and `absent`. Coordinates: y runs up; for `eye-…` in radii of the cornea from its middle, x towards the nose (across 2.2, up 1.4); for `fundus-…` in diameters of the disc from the fovea, x towards the nose (5.2 all round); for `abdomen` in halves of its width and height from the umbilicus, x towards the patient's left (1 each way). */
export class BodyMap extends Node {
  constructor(image) {
    super("body-map");
    this.put("image", BODY_MAP_IMAGE_IS, image);
    this.oneOf(["marks", "absent"]);
  }

  note(note) {
    return this.put("note", LINE, note);
  }

  marks(marks) {
    return this.put("marks", BODY_MAP_MARKS, marks);
  }

  /** Why it was not examined. */
  absent(absent) {
    return this.put("absent", ABSENT, absent);
  }

  /** What was looked for and not seen. */
  notSeen(notSeen) {
    return this.put("not_seen", BODY_MAP_NOT_SEEN, notSeen);
  }
}

/** A part of a node: Seen. */
export class Seen extends Piece {
  constructor(resource, version) {
    super("Seen");
    this.put("resource", REFERENCE, resource);
    this.put("version", SEEN_VERSION_IS, version);
  }
}

/** Inputs and at least one `action` below it. The host adds the idempotency key and the time. Submitted to the version of the departmental that drew it, as form/1. */
export class Form extends Parent {
  constructor(action) {
    super("form");
    this.put("action", ID, action);
  }

  title(title) {
    return this.put("title", LINE, title);
  }

  /** Handed back with the form unchanged; the host guards it against change by the browser. */
  carries(carries) {
    return this.put("carries", check.parameters, carries);
  }

  /** Versions that this screen shows and the form is about; handed back with the form. */
  seen(seen) {
    return this.put("seen", FORM_SEEN, seen);
  }
}

/** A node of kind `input-text`. */
export class InputText extends Node {
  constructor(field, label) {
    super("input-text");
    this.put("field", ID, field);
    this.put("label", LINE, label);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  value(value) {
    return this.put("value", TEXT, value);
  }

  /** More than one draws an area. */
  lines(lines) {
    return this.put("lines", INPUT_TEXT_LINES_IS, lines);
  }

  lengthMax(lengthMax) {
    return this.put("length_max", INPUT_TEXT_LENGTH_MAX_IS, lengthMax);
  }
}

/** A node of kind `input-number`. */
export class InputNumber extends Node {
  constructor(field, label) {
    super("input-number");
    this.put("field", ID, field);
    this.put("label", LINE, label);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  value(value) {
    return this.put("value", DECIMAL, value);
  }

  unit(unit) {
    return this.put("unit", INPUT_NUMBER_UNIT_IS, unit);
  }

  min(min) {
    return this.put("min", DECIMAL, min);
  }

  max(max) {
    return this.put("max", DECIMAL, max);
  }
}

/** A node of kind `input-date`. */
export class InputDate extends Node {
  constructor(field, label) {
    super("input-date");
    this.put("field", ID, field);
    this.put("label", LINE, label);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  value(value) {
    return this.put("value", WHEN, value);
  }

  /** Ask for the time of day too. */
  time(time = true) {
    return this.put("time", check.truth, time);
  }
}

/** A part of a node: Choice. */
export class Choice extends Piece {
  constructor(value, label) {
    super("Choice");
    this.put("value", CHOICE_VALUE_IS, value);
    this.put("label", LINE, label);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }
}

/** One of several; nothing is chosen in advance unless `value` says so. */
export class InputChoice extends Node {
  constructor(field, label, options) {
    super("input-choice");
    this.put("field", ID, field);
    this.put("label", LINE, label);
    this.put("options", INPUT_CHOICE_OPTIONS, options);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  value(value) {
    return this.put("value", INPUT_CHOICE_VALUE_IS, value);
  }
}

/** Any number of several. */
export class InputChecks extends Node {
  constructor(field, label, options) {
    super("input-checks");
    this.put("field", ID, field);
    this.put("label", LINE, label);
    this.put("options", INPUT_CHECKS_OPTIONS, options);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  value(value) {
    return this.put("value", INPUT_CHECKS_VALUE, value);
  }
}

/** An NHS number. The host checks its last digit and gives ten digits without spaces. */
export class InputNhsNumber extends Node {
  constructor(field, label) {
    super("input-nhs-number");
    this.put("field", ID, field);
    this.put("label", LINE, label);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  value(value) {
    return this.put("value", LINE, value);
  }
}

/** An amount of medicine with one of the units. The host refuses what can be misread (5.0, .5, 1,000) and gives a list of two: amount and unit. */
export class InputDose extends Node {
  constructor(field, label, units) {
    super("input-dose");
    this.put("field", ID, field);
    this.put("label", LINE, label);
    this.put("units", INPUT_DOSE_UNITS, units);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  amount(amount) {
    return this.put("amount", PORTION, amount);
  }

  /** One of `units`. */
  unit(unit) {
    return this.put("unit", LINE, unit);
  }
}

/** One concept of a value set, found by words in the host's terminology and chosen among at most 20. The host gives a list of three, system, code and the terminology's words, of a concept that it has found in the set when the form is sent. */
export class InputCoded extends Node {
  constructor(field, label, valueSet) {
    super("input-coded");
    this.put("field", ID, field);
    this.put("label", LINE, label);
    this.put("value_set", LINE, valueSet);
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** Left out: not required, and the label says (optional). */
  required(required = true) {
    return this.put("required", check.truth, required);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }

  /** Chosen in advance. */
  value(value) {
    return this.put("value", A_CODED, value);
  }
}

/** A statement that whoever signs confirms. The host writes about whom it is and under which name it is signed; it gives `yes`. */
export class AttestSign extends Node {
  constructor(field, label, statement) {
    super("attest-sign");
    this.put("field", ID, field);
    this.put("label", LINE, label);
    this.put("statement", LINE, statement);
    this.members.required = true;
  }

  hint(hint) {
    return this.put("hint", LINE, hint);
  }

  /** What is wrong with what was typed, and how to mend it. */
  error(error) {
    return this.put("error", LINE, error);
  }
}

/** A part of a node: Step. */
export class Step extends Piece {
  constructor(label, state) {
    super("Step");
    this.put("label", LINE, label);
    this.put("state", STEP_STATE_IS, state);
  }

  note(note) {
    return this.put("note", LINE, note);
  }

  due(due) {
    return this.put("due", WHEN, due);
  }

  /** Not drawn for a step that cannot start. */
  link(screen, parameters = {}) {
    return this.put("link", check.link, { screen, parameters });
  }
}

/** The steps of a task and how far each is. */
export class TaskSteps extends Node {
  constructor(caption, steps) {
    super("task-steps");
    this.put("caption", LINE, caption);
    this.put("steps", TASK_STEPS_STEPS, steps);
  }
}

/** A part of a node: Answered. */
export class Answered extends Piece {
  constructor(label, value) {
    super("Answered");
    this.put("label", LINE, label);
    this.put("value", check.fact, value);
  }

  change(screen, parameters = {}) {
    return this.put("change", check.link, { screen, parameters });
  }
}

/** What was answered, to be checked before it is sent, each with where it is changed. */
export class CheckAnswers extends Node {
  constructor(rows) {
    super("check-answers");
    this.put("rows", CHECK_ANSWERS_ROWS, rows);
  }
}

/** A button inside a form. */
export class ActionButton extends Node {
  constructor(label) {
    super("action");
    this.put("label", LINE, label);
  }

  /** Given to `submit` instead of the form's own, where a form has several buttons. */
  action(action) {
    return this.put("action", ID, action);
  }

  secondary(secondary = true) {
    return this.put("secondary", check.truth, secondary);
  }

  /** A sentence to be confirmed first. No other button of the form says the same action then. */
  confirm(confirm) {
    return this.put("confirm", LINE, confirm);
  }
}

/** A node of kind `link`. */
export class Link extends Node {
  constructor(text, screen) {
    super("link");
    this.put("text", LINE, text);
    this.put("screen", ID, screen);
  }

  parameters(parameters) {
    return this.put("parameters", check.parameters, parameters);
  }
}

/** A sheet of paper: a letter, a list to carry. On the screen it is framed; of a page that has any sheet nothing else is printed, each sheet begins a page, and every page of it says about whom it is. In no form and in no other sheet, and with no form in it. */
export class Print extends Parent {
  constructor(title) {
    super("print");
    this.put("title", LINE, title);
  }

  /** Small words beside the title. */
  note(note) {
    return this.put("note", LINE, note);
  }
}

// What the members may be.
const LINE = check.text(1, 300, null);
const TONE = check.word(["neutral", "information", "success", "warning", "critical"], false);
const A_SUMMARY_ROW = check.of(() => SummaryRow);
const SUMMARY_LIST_ROWS = check.list(A_SUMMARY_ROW, 1, 200);
const LIST_ITEMS = check.list(check.words, 1, 500);
const ALERT_LEVEL_IS = check.word(["mandatory", "prohibited", "warning", "information"], false);
const NOTIFICATION_TONE_IS = check.word(["information", "success"], false);
const DECIMAL = check.text(0, Infinity, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/);
const RANGE_UNIT_IS = check.text(0, 60, null);
const RANGE_POPULATION_IS = check.text(0, 120, null);
const WHEN = check.text(0, Infinity, /^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$/);
const INTERPRETATION = check.word(["normal", "low", "high", "critical-low", "critical-high", "abnormal"], true);
const A_RANGE = check.of(() => Range);
const STATUS = check.word(["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"], true);
const REFERENCE = check.text(0, Infinity, /^[A-Z][A-Za-z]{0,63}\/[A-Za-z0-9.-]{1,64}$/);
const A_PREVIOUS = check.of(() => Previous);
const A_CODED = check.of(() => Coded);
const PORTION = check.text(0, Infinity, /^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$/);
const AMOUNT_UNIT_IS = check.text(1, 60, null);
const A_AMOUNT = check.of(() => Amount);
const MEDICATION_LINE_STATUS_IS = check.word(["active", "planned", "on-hold", "stopped", "completed", "not-taken", "entered-in-error", "unknown"], true);
const ALLERGY_REACTIONS = check.list(LINE, 0, 20);
const ALLERGY_SEVERITY_IS = check.word(["mild", "moderate", "severe"], true);
const ALLERGY_LIST_LABEL_IS = check.word(["known-allergies", "no-known-allergies", "allergies-not-recorded", "allergies-unavailable"], false);
const A_ALLERGY = check.of(() => Allergy);
const ALLERGY_LIST_ITEMS = check.list(A_ALLERGY, 0, 100);
const ID = check.text(0, Infinity, /^[a-z][a-z0-9-]{0,63}$/);
const ABSENT = check.word(["not-recorded", "none-known", "unknown", "unavailable", "withheld", "not-requested", "not-reported", "not-applicable", "pending", "unsuitable"], false);
const A_SCORE_BAND = check.of(() => ScoreBand);
const SCORE_BANDS = check.list(A_SCORE_BAND, 0, 12);
const A_SCORE_PART = check.of(() => ScorePart);
const SCORE_COMPONENTS = check.list(A_SCORE_PART, 0, 60);
const TABLE_COLUMN_ALIGN_IS = check.word(["start", "end"], false);
const TABLE_ROW_CELLS = check.list(check.fact, 0, Infinity);
const A_TABLE_COLUMN = check.of(() => TableColumn);
const TABLE_COLUMNS = check.list(A_TABLE_COLUMN, 1, 20);
const A_TABLE_ROW = check.of(() => TableRow);
const TABLE_ROWS = check.list(A_TABLE_ROW, 0, 1000);
const COLUMN_PLACE_IS = check.text(0, 60, null);
const GRID_CELL_VALUE_IS = check.text(1, 200, null);
const A_GRID_CELL = check.of(() => GridCell);
const GRID_ROW_CELLS = check.list(A_GRID_CELL, 0, 60);
const GRID_ROW_UNIT_IS = check.text(0, 60, null);
const A_GRID_ROW = check.of(() => GridRow);
const GROUP_ROWS = check.list(A_GRID_ROW, 0, 200);
const A_COLUMN = check.of(() => Column);
const RESULT_GRID_COLUMNS = check.list(A_COLUMN, 0, 60);
const A_GROUP = check.of(() => Group);
const RESULT_GRID_GROUPS = check.list(A_GROUP, 0, 60);
const FLOWSHEET_COLUMNS = check.list(A_COLUMN, 0, 60);
const FLOWSHEET_GROUPS = check.list(A_GROUP, 0, 60);
const TEXT = check.text(0, 20000, null);
const A_HAPPENED = check.of(() => Happened);
const TIMELINE_ITEMS = check.list(A_HAPPENED, 0, 500);
const WAITING_CELLS = check.list(check.fact, 0, Infinity);
const WAITING_PRIORITY_IS = check.word(["emergency", "urgent", "soon", "routine"], true);
const WORKLIST_COLUMNS = check.list(A_TABLE_COLUMN, 0, 10);
const A_WAITING = check.of(() => Waiting);
const WORKLIST_ROWS = check.list(A_WAITING, 0, 200);
const POINT_COMPARATOR_IS = check.word(["<", "<=", ">", ">="], false);
const SPARKLINE_UNIT_IS = check.text(0, 60, null);
const A_POINT = check.of(() => Point);
const SPARKLINE_POINTS = check.list(A_POINT, 0, 200);
const TREND_UNIT_IS = check.text(0, 60, null);
const TREND_POINTS = check.list(A_POINT, 0, 1000);
const A_BAND = check.of(() => Band);
const A_THRESHOLD = check.of(() => Threshold);
const TREND_THRESHOLDS = check.list(A_THRESHOLD, 0, 10);
const OBSERVED_BAND_LABEL_IS = check.text(1, 14, null);
const OBSERVED_BAND_POINTS_IS = check.integer(0, 255);
const OBSERVED_VALUE_IS = check.text(0, 10, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/);
const OBSERVED_WORD_IS = check.text(1, 10, null);
const BANDED_ROW_LABEL_IS = check.text(1, 20, null);
const A_OBSERVED_BAND = check.of(() => ObservedBand);
const BANDED_ROW_BANDS = check.list(A_OBSERVED_BAND, 1, 12);
const A_OBSERVED = check.of(() => Observed);
const BANDED_ROW_CELLS = check.list(A_OBSERVED, 0, 30);
const BANDED_ROW_UNIT_IS = check.text(0, 20, null);
const BANDED_TOTAL_LABEL_IS = check.text(1, 20, null);
const BANDED_TOTAL_CELLS = check.list(A_OBSERVED, 0, 30);
const BANDED_CHART_COLUMNS = check.list(A_COLUMN, 0, 30);
const A_BANDED_ROW = check.of(() => BandedRow);
const BANDED_CHART_ROWS = check.list(A_BANDED_ROW, 1, 20);
const A_BANDED_TOTAL = check.of(() => BandedTotal);
const AXIS_UNIT_IS = check.text(0, 60, null);
const CURVE_LABEL_IS = check.text(1, 16, null);
const A_PLACE = check.of(() => Place);
const CURVE_POINTS = check.list(A_PLACE, 2, 200);
const CURVE_LINE_IS = check.word(["thin", "dashed", "thick"], false);
const A_AXIS = check.of(() => Axis);
const A_CURVE = check.of(() => Curve);
const CURVE_CHART_CURVES = check.list(A_CURVE, 1, 11);
const A_MEASURED = check.of(() => Measured);
const CURVE_CHART_POINTS = check.list(A_MEASURED, 0, 200);
const READING_VALUE_IS = check.text(0, 10, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/);
const READING_LOWER_IS = check.text(0, 10, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/);
const READING_WORD_IS = check.text(1, 40, null);
const ALLOWED_MINUTES_IS = check.integer(0, 65535);
const LANE_LABEL_IS = check.text(1, 24, null);
const LANE_DRAW_IS = check.word(["line", "blocks", "span", "words"], false);
const A_READING = check.of(() => Reading);
const LANE_READINGS = check.list(A_READING, 0, 300);
const LANE_UNIT_IS = check.text(0, 24, null);
const A_ALLOWED = check.of(() => Allowed);
const LANE_ALLOWED = check.list(A_ALLOWED, 0, 20);
const A_LANE = check.of(() => Lane);
const LANE_GROUP_LANES = check.list(A_LANE, 1, 20);
const A_LANE_GROUP = check.of(() => LaneGroup);
const LABOUR_CHART_GROUPS = check.list(A_LANE_GROUP, 1, 10);
const MARK_SHAPE_IS = check.word(["dot", "blot", "cloud", "diamond", "ring", "cross", "square"], false);
const BODY_MAP_IMAGE_IS = check.word(["eye-right", "eye-left", "fundus-right", "fundus-left", "abdomen"], false);
const A_MARK = check.of(() => Mark);
const BODY_MAP_MARKS = check.list(A_MARK, 0, 300);
const BODY_MAP_NOT_SEEN = check.list(LINE, 0, 40);
const SEEN_VERSION_IS = check.text(0, 64, null);
const A_SEEN = check.of(() => Seen);
const FORM_SEEN = check.list(A_SEEN, 0, 200);
const INPUT_TEXT_LINES_IS = check.integer(1, 20);
const INPUT_TEXT_LENGTH_MAX_IS = check.integer(1, 20000);
const INPUT_NUMBER_UNIT_IS = check.text(0, 60, null);
const CHOICE_VALUE_IS = check.text(1, 200, null);
const A_CHOICE = check.of(() => Choice);
const INPUT_CHOICE_OPTIONS = check.list(A_CHOICE, 1, 100);
const INPUT_CHOICE_VALUE_IS = check.text(0, Infinity, null);
const INPUT_CHECKS_OPTIONS = check.list(A_CHOICE, 1, 100);
const INPUT_CHECKS_VALUE_IS = check.text(0, Infinity, null);
const INPUT_CHECKS_VALUE = check.list(INPUT_CHECKS_VALUE_IS, 0, Infinity);
const INPUT_DOSE_UNITS = check.list(LINE, 1, 20);
const STEP_STATE_IS = check.word(["to-do", "current", "done", "overdue", "cannot-start", "not-needed"], false);
const A_STEP = check.of(() => Step);
const TASK_STEPS_STEPS = check.list(A_STEP, 1, 100);
const A_ANSWERED = check.of(() => Answered);
const CHECK_ANSWERS_ROWS = check.list(A_ANSWERED, 1, 200);
