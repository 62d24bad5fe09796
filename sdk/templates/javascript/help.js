// The help: what the departmental does, what it does not, what of it is unverified, and whom to ask.
//
// Invariant: about nobody and without a form; what is unverified is as the pack says it.

import { Screen } from 'palatine';
import { Heading, Inset, List, Paragraph, Section } from 'palatine/screen';

/** Draws the help. */
export function help(call) {
  const pack = call.packs.get('hearing-levels');
  const section = new Section()
    .child(new Heading('What it does'))
    .child(
      new List([
        'It shows the newest audiogram of each ear by air conduction, and the average hearing level of each in words.',
        'It files an audiogram of one ear as it was measured, with the frequencies at which there was no response.',
      ]),
    )
    .child(new Heading('What it does not do'))
    .child(
      new List([
        `It gives no average unless there is a threshold at each of ${pack.average_hz.join(', ')} Hz. What is missing is said.`,
        'It knows nothing of bone conduction, sound field or masking.',
        'It shows no audiogram that does not say of which ear it is. How many there are of those is said.',
        'It does not say what to do about a hearing loss.',
      ]),
    )
    .child(new Heading('What it rests on'))
    .child(new Paragraph(pack.rule));
  if (pack.unverified.length > 0) {
    const names = pack.unverified.map((it) => it.replaceAll('_', ' ')).join('; ');
    section.child(new Inset(`Unverified, compared with its source by nobody answerable yet: ${names}.`));
  }
  return new Screen(
    section
      .child(new Heading('Whom to ask'))
      .child(new Paragraph('Ask the team that looks after the record at your trust. They reach the supplier, and can stop this departmental at any time.')),
  );
}
