// Texts of bytes and bytes of texts, for engines without the classes of that name: UTF-8 alone, by the Encoding Standard.
//
// Invariant: bytes that are no UTF-8 are answered with U+FFFD or, when `fatal`, refused; never with another text.

const LABELS = ['utf-8', 'utf8', 'unicode-1-1-utf-8'];
const REPLACEMENT = 0xfffd;
const BYTE_ORDER_MARK = 0xfeff;
/** So many characters are put together at once: a call takes only so many arguments. */
const CHUNK = 4096;

/** As `TextDecoder` of the web, for a whole message in UTF-8. */
export class Utf8Decoder {
  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
    if (!LABELS.includes(String(label).trim().toLowerCase())) {
      throw new RangeError('TextDecoder reads utf-8 alone here');
    }
    Object.assign(this, { encoding: 'utf-8', fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) });
    Object.freeze(this);
  }

  decode(input = new Uint8Array(), { stream = false } = {}) {
    if (stream) {
      throw new TypeError('TextDecoder reads whole messages here, no parts of a stream');
    }
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const points = codePoints(bytes, this.fatal);
    const from = points[0] === BYTE_ORDER_MARK && !this.ignoreBOM ? 1 : 0;
    let text = '';
    for (let at = from; at < points.length; at += CHUNK) {
      text += String.fromCodePoint(...points.slice(at, at + CHUNK));
    }
    return text;
  }
}

/** As `TextEncoder` of the web. */
export class Utf8Encoder {
  encoding = 'utf-8';

  encode(text = '') {
    // What stands alone of a pair becomes U+FFFD; then every escape is one byte.
    const escaped = encodeURIComponent(String(text).toWellFormed());
    const bytes = escaped.match(/%..|[^%]/g) ?? [];
    return Uint8Array.from(bytes, (it) => (it.length === 1 ? it.charCodeAt(0) : Number.parseInt(it.slice(1), 16)));
  }
}

function codePoints(bytes, fatal) {
  const points = [];
  const wrong = () => {
    if (fatal) {
      throw new TypeError('the bytes are no UTF-8');
    }
    points.push(REPLACEMENT);
  };
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++];
    if (first < 0x80) {
      points.push(first);
      continue;
    }
    let [needed, lower, upper] = following(first);
    let point = needed === 0 ? -1 : first & (0x3f >> needed);
    for (; needed > 0; needed--) {
      if (!(bytes[at] >= lower && bytes[at] <= upper)) {
        point = -1;
        break;
      }
      point = (point << 6) | (bytes[at++] & 0x3f);
      [lower, upper] = [0x80, 0xbf];
    }
    if (point < 0) {
      wrong();
    } else {
      points.push(point);
    }
  }
  return points;
}

/** How many bytes follow this one, and between what the first of them has to be: neither a longer writing than is needed,
 * nor half of a pair, nor more than Unicode has. */
function following(first) {
  if (first >= 0xc2 && first <= 0xdf) {
    return [1, 0x80, 0xbf];
  }
  if (first >= 0xe0 && first <= 0xef) {
    return [2, first === 0xe0 ? 0xa0 : 0x80, first === 0xed ? 0x9f : 0xbf];
  }
  if (first >= 0xf0 && first <= 0xf4) {
    return [3, first === 0xf0 ? 0x90 : 0x80, first === 0xf4 ? 0x8f : 0xbf];
  }
  return [0, 0, 0];
}
