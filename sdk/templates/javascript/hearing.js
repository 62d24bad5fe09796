// The hearing clinic: what the host calls.
//
// Invariant: what was typed wrongly is a finding on its field; nothing is filed without an ear and a date.

import { Failure, Finding, Outcome, Proposal, Screen } from 'palatine';
import {
  ActionButton, Choice, Fact, Form, InputChecks, InputChoice, InputDate, InputNumber, Paragraph, Section, SummaryList,
  SummaryRow, Table, TableColumn, TableRow, WarningCallout,
} from 'palatine/screen';

import { EARS, SEARCH, newest, observation, withoutEar } from './audiogram.js';
import { averageHearingLevel, isMeasurable } from './average.js';
import { help } from './help.js';

const NAMES = { right: 'Right ear', left: 'Left ear' };

export default {
  open(call, screen) {
    switch (screen) {
      case 'audiogram':
        return draw(call);
      case 'card':
        return card(call);
      case 'help':
        return help(call);
      default:
        throw Failure.notProvided(`there is no screen \`${screen}\``);
    }
  },

  submit(call, _, action, form) {
    if (action !== 'file') {
      throw Failure.notProvided(`there is no action \`${action}\``);
    }
    const pack = call.packs.get('hearing-levels');
    const findings = [];
    const ear = form.text('ear');
    if (!EARS.includes(ear)) {
      findings.push(Finding.on('ear', 'Say which ear was measured.'));
    }
    const date = dateOf(call, form, findings);
    const thresholds = thresholdsOf(form, pack, findings);
    if (findings.length > 0) {
      return Outcome.findings(findings);
    }
    const filed = observation(call.patient(), ear, date, thresholds);
    return Outcome.commit(new Proposal(`Files an audiogram of the ${ear} ear.`).create(filed)).andThen('audiogram');
  },
};

function card(call) {
  const pack = call.packs.get('hearing-levels');
  const observations = observationsOf(call);
  return new Screen(new SummaryList(EARS.map((ear) => average(ear, newest(observations, ear), pack))));
}

function observationsOf(call) {
  call.patient();
  return call.chart.searchAll(SEARCH, 1000);
}

function draw(call) {
  const pack = call.packs.get('hearing-levels');
  const observations = observationsOf(call);
  const root = new Section().heading(call.setting('clinic'));
  if (pack.unverified.length > 0) {
    root.child(new WarningCallout('Not verified', `${pack.rule}: the descriptors were not compared with the publication.`));
  }
  const lost = withoutEar(observations);
  if (lost > 0) {
    root.child(new WarningCallout('Ear not known', `${lost} of the audiograms do not say of which ear they are, and are not shown.`));
  }
  const audiograms = EARS.map((ear) => [ear, newest(observations, ear)]);
  return new Screen(
    root
      .child(new SummaryList(audiograms.map(([ear, it]) => average(ear, it, pack))))
      .child(table(audiograms, pack))
      .child(new Paragraph('Air conduction, in dB HL. Blank frequencies were not measured.'))
      .child(entry(pack)),
  );
}

function average(ear, audiogram, pack) {
  const label = `${NAMES[ear]}, average`;
  if (audiogram === null) {
    return new SummaryRow(label, Fact.absent('not-recorded'));
  }
  const { db, words, refused } = averageHearingLevel(audiogram.thresholds, pack);
  const fact = refused === undefined ? `${db} dB HL, ${words}` : `cannot be calculated: ${refused}`;
  return new SummaryRow(label, fact).note(`${pack.rule}${pack.unverified.length > 0 ? ', not verified' : ''}`);
}

function table(audiograms, pack) {
  const columns = pack.frequencies_hz.map((hz) => new TableColumn(`hz-${hz}`, `${hz} Hz`).align('end'));
  const rows = audiograms
    .filter(([, it]) => it !== null)
    .map(([ear, { date, status, thresholds }]) => {
      const cells = pack.frequencies_hz.map((hz) => shown(thresholds.get(hz)));
      const when = date === null ? Fact.absent('not-recorded') : Fact.date(date);
      return new TableRow([NAMES[ear], when, status === 'final' ? 'final' : Fact.tag(status, 'warning'), ...cells]);
    });
  const head = [new TableColumn('ear', 'Ear'), new TableColumn('date', 'Measured'), new TableColumn('status', 'Status')];
  return new Table('Newest audiogram of each ear', [...head, ...columns], rows).empty('No audiogram is recorded.');
}

function shown(db) {
  if (db === undefined) {
    return Fact.absent('not-recorded');
  }
  return db === 'no-response' ? Fact.text('No response') : Fact.number(String(db));
}

function entry(pack) {
  const form = new Form('file')
    .title('File an audiogram')
    .child(new InputChoice('ear', 'Ear', EARS.map((ear) => new Choice(ear, NAMES[ear]))).required())
    .child(new InputDate('date', 'Measured on').required());
  for (const hz of pack.frequencies_hz) {
    form.child(new InputNumber(`hz-${hz}`, `Threshold at ${hz} Hz`).unit('dB HL').min(String(pack.lowest_db)).max(String(pack.highest_db)));
  }
  const options = pack.frequencies_hz.map((hz) => new Choice(String(hz), `${hz} Hz`));
  return form
    .child(new InputChecks('no-response', 'No response at', options))
    .child(new ActionButton('File'));
}

function dateOf(call, form, findings) {
  const date = form.text('date');
  // The day of the person may be an hour ahead of the call's, which is in UTC.
  const latest = new Date(Date.parse(call.context.now()) + 3_600_000).toISOString().slice(0, 10);
  if (date === null || !isDay(date)) {
    findings.push(Finding.on('date', 'Give the day on which it was measured.'));
  } else if (date > latest) {
    findings.push(Finding.on('date', 'That day is yet to come. Give the day on which it was measured.'));
  }
  return date;
}

function isDay(text) {
  // A day that a month does not have is the next month's to `Date`.
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

function thresholdsOf(form, pack, findings) {
  const silent = form.ticked('no-response');
  const thresholds = new Map();
  for (const hz of pack.frequencies_hz) {
    const field = `hz-${hz}`;
    const typed = form.text(field);
    const isSilent = silent.includes(String(hz));
    if (typed !== null && isSilent) {
      findings.push(Finding.on(field, 'There is a threshold, and no response is ticked. Keep one of the two.'));
    } else if (isSilent) {
      thresholds.set(hz, 'no-response');
    } else if (typed !== null && (!/^-?\d{1,3}$/.test(typed) || !isMeasurable(Number(typed), pack))) {
      const { lowest_db: from, highest_db: to, step_db: step } = pack;
      findings.push(Finding.on(field, `Give whole dB HL from ${from} to ${to} in steps of ${step}.`));
    } else if (typed !== null) {
      thresholds.set(hz, Number(typed));
    }
  }
  if (thresholds.size === 0 && findings.length === 0) {
    findings.push(Finding.aboutForm('Give at least one threshold, or tick where there was no response.'));
  }
  return thresholds;
}
