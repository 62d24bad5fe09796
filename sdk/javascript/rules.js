// Texts and words of screen/1, each by its name in the schema. Written by sdk/builders.py.

import { text, word } from './check.js';

export const LINE = text(1, 300);
export const TEXT = text(0, 20000);
export const ID = text(0, Infinity, /^[a-z][a-z0-9-]{0,63}$/);
export const DECIMAL = text(0, Infinity, /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/);
export const WHEN = text(
  0, Infinity, /^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$/,
);
export const REFERENCE = text(0, Infinity, /^[A-Z][A-Za-z]{0,63}\/[A-Za-z0-9.-]{1,64}$/);
export const TONE = word(['neutral', 'information', 'success', 'warning', 'critical']);
export const ABSENT = word([
  'not-recorded', 'none-known', 'unknown', 'unavailable', 'withheld', 'not-requested', 'not-reported', 'not-applicable',
  'pending', 'unsuitable',
]);
export const INTERPRETATION = word(['normal', 'low', 'high', 'critical-low', 'critical-high', 'abnormal'], true);
export const STATUS = word([
  'registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', 'entered-in-error', 'unknown',
], true);
export const PORTION = text(0, Infinity, /^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$/);
export const COMPARATOR = word(['<', '<=', '>', '>=']);
export const UNIT = text(0, 60);
