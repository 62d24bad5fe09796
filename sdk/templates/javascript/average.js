// The average hearing level of an ear, and its descriptor.
//
// Invariant: an average is of all the frequencies of the pack; one that is missing, or without a response, gives none.

/**
 * Average hearing level by the frequencies of the pack.
 *
 * Returns: `{ db, words }`, dB HL and the descriptor; or `{ refused }`, why it cannot be calculated.
 * Takes: dB HL by frequency in Hz, a whole number or `no-response`; the pack hearing-levels.
 * Refuses: a frequency that was not measured; one at which there was no response; a threshold off the steps of the pack.
 * Not for: bone conduction, sound field, or an ear that was not masked where it had to be. The caller screens for these.
 * Source: British Society of Audiology, Pure-tone audiometry, 2018. Not compared with the publication. Reviewed: nobody yet.
 */
export function averageHearingLevel(thresholds, pack) {
  let sum = 0;
  for (const hz of pack.average_hz) {
    const db = thresholds.get(hz);
    if (db === undefined) {
      return { refused: `no threshold at ${hz} Hz` };
    }
    if (db === 'no-response') {
      return { refused: `no response at ${hz} Hz` };
    }
    if (!isMeasurable(db, pack)) {
      return { refused: `the threshold at ${hz} Hz is not one that is measured in steps of ${pack.step_db} dB` };
    }
    sum += db;
  }
  const db = sum / pack.average_hz.length;
  const band = pack.descriptors.findLast(({ from_db }) => from_db === null || db >= from_db);
  return { db, words: band.words };
}

/** Whether an audiometer gives this threshold. */
export function isMeasurable(db, pack) {
  return Number.isInteger(db) && db % pack.step_db === 0 && db >= pack.lowest_db && db <= pack.highest_db;
}
