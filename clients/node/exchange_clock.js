'use strict';

// What time each crypto exchange believes it is, as the daemon exchange-clockd knows it.
//
//     const { connect } = require('exchange-clock');
//     const clock = await connect();
//     (await clock.stamp('binance')).timestamp;     // what a signed request should carry
//
// One file without dependencies, for Node 18 and later on Linux; index.d.ts has the types, and says
// what each method does. docs/protocol.md describes what this speaks.
//
// Answers come over the daemon's socket. Its shared page is not read by default: Node can neither
// map a file nor read CLOCK_MONOTONIC_RAW, which the page is anchored to. process.hrtime reads
// CLOCK_MONOTONIC, which an NTP daemon may slew against the other by as much as a tenth, so that
// no bound would hold that is worth having. `Page` is here for who has that clock, from a native
// module: it computes what the page says for readings that are given to it.

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const SOCKET_VARIABLE = 'EXCHANGE_CLOCK_SOCKET';
const STANDARD_SOCKET = '/run/exchange-clock/exchange-clock.sock';
const PAGE_NAME = 'clock.page';

/** Bytes; `exchanges`, the longest, takes some hundred thousand. */
const LONGEST_ANSWER = 16 << 20;

/** What waits for an exchange, or for the disk, and for how long where `timeoutMs` is less. */
const WAITING = new Set(['resync', 'report', 'history']);
const PATIENCE_MS = 60_000;

/** Between two attempts where the daemon is behind with taking connections. */
const PAUSE_MS = 5;
/** In which a daemon that has too many clients says so. */
const HEARING_MS = 100;

function socketPath() {
  return process.env[SOCKET_VARIABLE] || STANDARD_SOCKET;
}

function pagePath(socket) {
  return path.join(path.dirname(socket), PAGE_NAME);
}

// --- Errors

class ExchangeClockError extends Error {
  constructor(kind, message, details = {}) {
    super(message);
    this.name = 'ExchangeClockError';
    this.kind = kind;
    this.code = details.code ?? null;
    this.exchange = details.exchange ?? null;
    this.state = details.state ?? null;
    this.reason = details.reason ?? null;
    this.retry_after_ms = details.retry_after_ms ?? null;
  }
}

class PageRefusal extends ExchangeClockError {
  constructor(kind, details = {}) {
    const state = details.state ? ` (${details.state})` : '';
    super(kind, `the shared page does not tell: ${kind}${state}`, details);
    this.name = 'PageRefusal';
  }
}

const KINDS = new Map([
  [-32700, 'parse_error'],
  [-32600, 'invalid_request'],
  [-32601, 'method_not_found'],
  [-32602, 'invalid_params'],
  [-32603, 'internal_error'],
  [-32001, 'not_synchronized'],
  [-32002, 'unknown_exchange'],
  [-32003, 'error_too_large'],
  [-32004, 'refused'],
  [-32005, 'overloaded'],
]);

function protocolError(what, line) {
  return new ExchangeClockError('protocol', `${what}: ${line.slice(0, 200)}`);
}

function unreachable(socket, what, cause) {
  const error = new ExchangeClockError(
    'unreachable',
    `no exchange-clockd answers at ${socket}: ${what}; is the service running, and`
      + ` ${SOCKET_VARIABLE} right?`,
    { reason: what });
  if (cause !== undefined) error.cause = cause;
  return error;
}

// --- Answers

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === 'string';
const isTruth = (value) => typeof value === 'boolean';
const isWhole = (value) => Number.isInteger(value) && Math.abs(value) < 2 ** 63;
const isNumber = (value) => Number.isFinite(value);
const isState = (value) => isText(value) && STATES.includes(value);
const isListOf = (isOne) => (value) => Array.isArray(value) && value.every(isOne);
const orNull = (isIt) => (value) => value === null || isIt(value);
const isA = (shape) => (value) => complaint(shape, value) === null;

const STATES = ['unknown', 'synchronized', 'holdover', 'disrupted'];

/** What a result must have, and what its members must be. */
const MEMBERS = {
  stamp: {
    exchange: isText,
    state: isState,
    timestamp: (value) => isText(value) || isWhole(value),
    unix_us: isWhole,
    carrier: orNull(isText),
    recv_window_ms: orNull(isWhole),
    min_recv_window_ms: orNull(isWhole),
    margin_ms: orNull(isWhole),
    guaranteed: isTruth,
    reason: orNull(isText),
  },
  now: {
    exchange: isText,
    state: isState,
    estimate_us: isWhole,
    earliest_us: isWhole,
    latest_us: isWhole,
    local_us: isWhole,
  },
  offset: {
    exchange: isText,
    state: isState,
    reason: isText,
    offset_ns: orNull(isWhole),
    lower_ns: orNull(isWhole),
    upper_ns: orNull(isWhole),
    error_ns: orNull(isWhole),
    drift_ppm: orNull(isNumber),
    drift_error_ppm: orNull(isNumber),
    rtt_min_ns: orNull(isWhole),
    rtt_last_ns: orNull(isWhole),
    samples: isWhole,
    rejected: isWhole,
    rejected_by: isObject,
    resyncs_by: isObject,
    resyncs_failed: isWhole,
    resolution_ns: isWhole,
    last_sync_us: orNull(isWhole),
    age_ms: orNull(isWhole),
    next_sync_ms: isWhole,
    failures: isWhole,
  },
  converted: {
    exchange: isText,
    local_us: isWhole,
    estimate_us: isWhole,
    earliest_us: isWhole,
    latest_us: isWhole,
  },
  subscribed: {
    subscription: isWhole,
    offsets: isListOf(isA('offset')),
  },
  report: {
    exchange: isText,
    verdict: isText,
    action: isText,
    explanation: isText,
    resynced: isTruth,
    retry_after_ms: orNull(isWhole),
    offset: isA('offset'),
    stamp: orNull(isA('stamp')),
  },
  health: {
    status: isText,
    reasons: isListOf(isText),
    ready: isTruth,
    ready_now: isTruth,
    configuration: orNull(isText),
    uptime_ms: isWhole,
    started_us: orNull(isWhole),
    version: isText,
    system_clock: isObject,
    counts: isObject,
    verdicts: isListOf(isObject),
  },
  exchange: {
    id: isText,
    name: isText,
    market: isText,
    enabled: isTruth,
    endpoint: isText,
    resolution_ns: isWhole,
    timestamp_format: isText,
    timestamp_carrier: isText,
    window_ms: orNull(isWhole),
    window_max_ms: orNull(isWhole),
    future_tolerance_ms: orNull(isWhole),
    codes: isListOf(isObject),
    window_kind: isText,
    window_param: orNull(isText),
    window_documented: isTruth,
    confidence: isText,
    sources: isListOf(isText),
  },
};

/** What an older daemon does not say, and what is taken for it. */
const OPTIONAL = {
  stamp: () => ({ reason: null }),
  offset: () => ({ rejected_by: {}, resyncs_by: {}, resyncs_failed: 0 }),
  health: () => ({ verdicts: [], ready_now: false, configuration: null, started_us: null }),
  exchange: () => ({
    window_kind: 'unknown', window_param: null, window_documented: true, confidence: '',
    sources: [],
  }),
};

/** Why a value is none of a shape; null where it is one. Optional members are added to it. */
function complaint(shape, value) {
  if (!isObject(value)) return `${shape}: it is no object`;
  for (const [member, byDefault] of Object.entries(OPTIONAL[shape]?.() ?? {})) {
    if (!Object.hasOwn(value, member)) value[member] = byDefault;
  }
  for (const [member, isIt] of Object.entries(MEMBERS[shape])) {
    if (!Object.hasOwn(value, member)) return `${shape}: it lacks ${member}`;
    if (!isIt(value[member])) return `${shape}: ${member} is not what it should be`;
  }
  return null;
}

function read(shape, result) {
  const why = complaint(shape, result);
  if (why !== null) throw protocolError("a result is none of this protocol's", why);
  return result;
}

function readAll(shape, result) {
  if (!Array.isArray(result)) {
    throw protocolError("a result is none of this protocol's", 'it is no list');
  }
  return result.map((each) => read(shape, each));
}

/** The result of each method as its type, or a protocol error. */
function readResult(method, result) {
  switch (method) {
    case 'stamp': return read('stamp', result);
    case 'now': return read('now', result);
    case 'offset': return read('offset', result);
    case 'offsets': return readAll('offset', result);
    case 'resync':
      return Array.isArray(result) ? readAll('offset', result) : read('offset', result);
    case 'convert': return read('converted', result);
    case 'subscribe': return read('subscribed', result);
    case 'report': return read('report', result);
    case 'health': return read('health', result);
    case 'exchanges': return readAll('exchange', result);
    default: return result;
  }
}

// --- Lines

/** One request, without the newline; parameters that are undefined or null are left out. */
function requestLine(id, method, params = {}) {
  const given = Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== undefined && value !== null));
  try {
    // JSON would make null of a number that is none, which is to leave the parameter out.
    return JSON.stringify({ jsonrpc: '2.0', id, method, params: given }, (key, value) => {
      if (typeof value !== 'number' || Number.isFinite(value)) return value;
      throw new TypeError(`${key} is ${value}`);
    });
  } catch (error) {
    throw new ExchangeClockError(
      'invalid_params', `${method} cannot be asked with these parameters: ${error.message}`);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A line, as text or as bytes of UTF-8, as an object of JSON-RPC. */
function parsed(line) {
  let message;
  try {
    message = JSON.parse(typeof line === 'string' ? line : utf8.decode(line));
  } catch {
    throw protocolError('no JSON', String(line));
  }
  if (!isObject(message) || message.jsonrpc !== '2.0') {
    throw protocolError('no JSON-RPC 2.0', String(line));
  }
  return message;
}

/** The result that the answer to that request carries, or its error, thrown. */
function readAnswer(line, id) {
  return resultOf(parsed(line), id, line);
}

/**
 * The offset that a line tells which came unasked, with the `subscription` that it is for; null for
 * what this client does not know, which is to be passed over.
 */
function readNotification(line) {
  return notified(parsed(line), line);
}

function notified({ method, params }, line) {
  if (isText(method) && method !== 'offset') return null;
  if (!isText(method) || !isWhole(params?.subscription)) {
    throw protocolError('no notification of an offset', String(line));
  }
  return read('offset', params);
}

function resultOf(answer, id, line) {
  // What cannot be read is answered with no id, and so is a client that is one too many.
  const isForNobody = (answer.id ?? null) === null && 'error' in answer;
  if (answer.id !== id && !isForNobody) {
    throw protocolError('an answer to another request', String(line));
  }
  if ('result' in answer) return answer.result;
  throw refusalOf(answer.error, line);
}

function refusalOf(error, line) {
  if (!isObject(error) || !Number.isInteger(error.code) || !isText(error.message)) {
    return protocolError('neither a result nor an error', String(line));
  }
  // What is not as it should be is not worth losing the refusal for.
  const { exchange, state, reason, retry_after_ms: wait } = isObject(error.data) ? error.data : {};
  const ifText = (value) => (isText(value) ? value : null);
  return new ExchangeClockError(KINDS.get(error.code) ?? 'server_error', error.message, {
    code: error.code,
    exchange: ifText(exchange),
    state: ifText(state),
    reason: ifText(reason),
    retry_after_ms: isWhole(wait) ? wait : null,
  });
}

// --- The shared page

const HEADER_BYTES = 64;
const SLOT_BYTES = 192;
const TRIES = 1000;
const [, SYNCHRONIZED, HOLDOVER] = STATES.keys();
const RULE_WINDOW = 1;
const RULE_EXPIRY = 2;
const MAY_CHOOSE = 1;
const DOCUMENTED = 2;
const LONGEST_UPLINK_NS = 1_000_000_000n;
/** Beyond 2116, or bounds that are 73 years apart: the page is damaged. */
const FARTHEST_NS = 2n ** 62n;
const WIDEST_NS = 2n ** 61n;
/** No window and no tolerance is longer, which is 104 days. */
const LONGEST_RULE_NS = 2n ** 53n;
/** By the slot's format: unix_s, unix_ms, unix_us, unix_ns, iso8601_ms, iso8601_bare_s. */
const STEPS_NS = [1_000_000_000n, 1_000_000n, 1_000n, 1n, 1_000_000n, 1_000_000_000n];

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const absolute = (value) => (value < 0n ? -value : value);
const smaller = (one, other) => (one < other ? one : other);
const larger = (one, other) => (one > other ? one : other);

/** BigInt division cuts towards zero; this one rounds down. */
function floorDivided(dividend, divisor) {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

const ceilDivided = (dividend, divisor) => -floorDivided(-dividend, divisor);

function bootID() {
  const text = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
  return Buffer.from(text.trim().replaceAll('-', ''), 'hex');
}

/**
 * The shared page, over any buffer that holds one: docs/shared-page.md has it byte by byte. Where
 * the buffer is the daemon's own memory, mapped by a native module, this is right on x86 alone:
 * nothing here keeps other processors from reordering the reads.
 */
class Page {
  #buffer;
  #view;
  #offsets = new Map();

  constructor(buffer, bootId) {
    if (buffer.length < HEADER_BYTES) throw new PageRefusal('foreign_version');
    this.#buffer = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    const slots = this.#u32(20);
    if (this.#buffer.toString('latin1', 0, 8) !== 'XCLOCKPG' || this.#u32(8) !== 1
      || this.#u32(12) !== HEADER_BYTES || this.#u32(16) !== SLOT_BYTES
      || buffer.length < HEADER_BYTES + slots * SLOT_BYTES) {
      throw new PageRefusal('foreign_version');
    }
    if (!this.#buffer.subarray(24, 40).equals(bootId)) throw new PageRefusal('other_boot');
    if (this.#u32(40) !== 1) throw new PageRefusal('replaced');
    for (let slot = 0; slot < slots; slot += 1) {
      const base = HEADER_BYTES + slot * SLOT_BYTES;
      const id = this.#buffer.toString('utf8', base + 8, base + 40).replace(/\0+$/, '');
      this.#offsets.set(id, base);
    }
  }

  /** A copy of the page as it is in the file now. */
  static open(file) {
    // What is no file, such as a pipe that nobody writes to, is not waited for.
    const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
    let descriptor;
    try {
      descriptor = fs.openSync(file, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    } catch (error) {
      throw new PageRefusal('not_found', { reason: error.message });
    }
    try {
      if (!fs.fstatSync(descriptor).isFile()) throw new PageRefusal('foreign_version');
      return new Page(fs.readFileSync(descriptor), bootID());
    } finally {
      fs.closeSync(descriptor);
    }
  }

  now(exchange, rawNs, realNs) {
    const { earliest, latest, state } = this.#read(exchange, rawNs, realNs);
    return {
      exchange,
      state,
      estimate_us: Number(floorDivided(earliest + latest, 2_000n)),
      earliest_us: Number(floorDivided(earliest, 1_000n)),
      latest_us: Number(ceilDivided(latest, 1_000n)),
      local_us: Number(floorDivided(realNs, 1_000n)),
    };
  }

  stamp(exchange, rawNs, realNs, { recv_window_ms = null, lifetime_ms = null } = {}) {
    const { earliest, latest, state, slot } = this.#read(exchange, rawNs, realNs);
    const isExpiry = slot.rule === RULE_EXPIRY;
    const [wanted, other] = isExpiry
      ? [lifetime_ms, recv_window_ms] : [recv_window_ms, lifetime_ms];
    const isUsable = (slot.rule === RULE_WINDOW || isExpiry)
      && [slot.window, slot.longestWindow, slot.tolerance].every(
        (each) => each >= 0n && each <= LONGEST_RULE_NS);
    if (!isUsable || slot.format >= STEPS_NS.length || other !== null) {
      throw new PageRefusal('ask_socket', { exchange });
    }
    let { window } = slot;
    if (wanted !== null) {
      window = Number.isInteger(wanted) ? BigInt(wanted) * 1_000_000n : 0n;
      if (!(slot.flags & MAY_CHOOSE) || window <= 0n || window > LONGEST_RULE_NS
        || (slot.longestWindow !== 0n && window > slot.longestWindow)) {
        throw new PageRefusal('ask_socket', { exchange });
      }
    }
    const limit = isExpiry || slot.flags & MAY_CHOOSE ? slot.longestWindow : window;
    const rule = { ...slot, window, limit, step: STEPS_NS[slot.format] };
    const stamp = (isExpiry ? expiryStamp : windowStamp)(earliest, latest, rule);
    const isDocumented = (slot.flags & DOCUMENTED) !== 0;
    return {
      exchange,
      state,
      timestamp: written(stamp.instant, slot.format),
      unix_us: Number(floorDivided(stamp.instant, 1_000n)),
      carrier: null,
      recv_window_ms: Number(floorDivided(window, 1_000_000n)),
      min_recv_window_ms: stamp.smallest === null || !isDocumented
        ? null : Number(ceilDivided(stamp.smallest, 1_000_000n)),
      margin_ms: Number(floorDivided(stamp.margin, 1_000_000n)),
      guaranteed: stamp.isSure && isDocumented,
      reason: null,
    };
  }

  /** The exchange's earliest and latest Unix time, in ns, for those readings of the clocks. */
  #read(exchange, rawNs, realNs) {
    if (this.#u32(40) !== 1) throw new PageRefusal('replaced', { exchange });
    const base = this.#offsets.get(exchange);
    if (base === undefined) throw new PageRefusal('unknown_exchange', { exchange });
    const slot = this.#slot(base);
    if (slot === null) throw new PageRefusal('torn', { exchange });
    if (slot.state !== SYNCHRONIZED && slot.state !== HOLDOVER) {
      throw new PageRefusal(
        'not_synchronized', { exchange, state: STATES[slot.state] ?? 'unknown' });
    }
    if (rawNs > slot.voidAfter) throw new PageRefusal('void', { exchange });
    const moved = absolute(realNs - rawNs - slot.realMinusRaw);
    const age = Math.max(Number(rawNs - slot.checked), 0);
    if (Number(moved) > 20e6 + age * 600e-6) {
      throw new PageRefusal('clock_moved', { exchange });
    }
    const elapsed = rawNs - slot.asOf;
    const [lowerRate, upperRate] = elapsed < 0n
      ? [slot.upperRate, slot.lowerRate] : [slot.lowerRate, slot.upperRate];
    const least = Math.floor(Number(elapsed) * lowerRate);
    const most = Math.ceil(Number(elapsed) * upperRate);
    if (!Number.isFinite(least) || !Number.isFinite(most)) {
      throw new PageRefusal('void', { exchange });
    }
    const earliest = slot.lower + elapsed + BigInt(least);
    const latest = slot.upper + elapsed + BigInt(most);
    if (latest < earliest || latest - earliest > WIDEST_NS || absolute(earliest) >= FARTHEST_NS) {
      throw new PageRefusal('void', { exchange });
    }
    const isHeldOver = slot.state === HOLDOVER || rawNs > slot.holdoverAfter;
    return {
      earliest,
      latest,
      state: STATES[isHeldOver ? HOLDOVER : SYNCHRONIZED],
      slot,
    };
  }

  #slot(base) {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const sequence = this.#u64(base);
      if (sequence % 2n !== 0n) continue;
      const slot = {
        state: this.#u32(base + 40),
        rule: this.#u32(base + 44),
        format: this.#u32(base + 48),
        flags: this.#u32(base + 52),
        asOf: this.#i64(base + 56),
        lower: this.#i64(base + 64),
        upper: this.#i64(base + 72),
        lowerRate: this.#f64(base + 80),
        upperRate: this.#f64(base + 88),
        voidAfter: this.#i64(base + 96),
        holdoverAfter: this.#i64(base + 104),
        checked: this.#i64(base + 112),
        realMinusRaw: this.#i64(base + 120),
        window: this.#i64(base + 136),
        longestWindow: this.#i64(base + 144),
        tolerance: this.#i64(base + 152),
      };
      if (this.#u64(base) === sequence) return slot;
    }
    return null;
  }

  #u32(offset) { return this.#view.getUint32(offset, isLittleEndian); }
  #u64(offset) { return this.#view.getBigUint64(offset, isLittleEndian); }
  #i64(offset) { return this.#view.getBigInt64(offset, isLittleEndian); }
  #f64(offset) { return this.#view.getFloat64(offset, isLittleEndian); }
}

/** The instant that makes the smaller margin largest, from the earliest to the middle. */
function windowStamp(earliest, latest, { window, limit, tolerance, step }) {
  const first = floorDivided(earliest, step) * step;
  const arrival = latest + LONGEST_UPLINK_NS;
  const most = smaller(
    earliest + (latest - earliest) / 2n, first + larger(tolerance - 1n, 0n));
  const balanced = first + larger((arrival - first + tolerance - window) / 2n, 0n);
  const marginOf = (instant) =>
    smaller(tolerance - (instant - first), window - (arrival - instant));
  let instant = floorDivided(smaller(balanced, most), step) * step;
  const above = instant + step;
  if (above <= most && marginOf(above) > marginOf(instant)) instant = above;
  const smallest = arrival - instant + 1n;
  return {
    instant,
    smallest: limit !== 0n && smallest > limit ? null : smallest,
    margin: marginOf(instant),
    isSure: smallest <= window,
  };
}

/** The request is refused once the clock has passed the stamp. */
function expiryStamp(earliest, latest, { window, limit, step }) {
  const arrival = latest + LONGEST_UPLINK_NS;
  let instant = ceilDivided(latest + window, step) * step;
  let smallest = LONGEST_UPLINK_NS + 1n;
  const farthest = floorDivided(earliest, step) * step + limit;
  if (limit !== 0n) {
    const most = floorDivided(farthest - 1n, step) * step;
    if (most <= arrival) smallest = null;
    instant = smaller(instant, most);
  }
  let margin = instant - arrival;
  // A lifetime that is enough only by being rounded up now is not enough.
  if (window <= LONGEST_UPLINK_NS) margin = smaller(margin, window - LONGEST_UPLINK_NS);
  const isSure = margin > 0n;
  if (limit !== 0n) margin = smaller(margin, farthest - instant);
  return { instant, smallest, margin, isSure };
}

function written(instantNs, format) {
  if (format < 3) return Number(floorDivided(instantNs, STEPS_NS[format]));
  if (format === 3) return String(instantNs);
  const text = new Date(Number(floorDivided(instantNs, 1_000_000n))).toISOString();
  return format === 4 ? text : text.slice(0, 19);
}

// --- The client

async function connect(options = {}) {
  const clock = new ExchangeClock(options);
  await clock.open();
  return clock;
}

class ExchangeClock {
  #connection = null;
  /** Of requests that wait: the daemon answers a connection in order. */
  #waiting = new Set();
  /** How often this was closed; what began before is over. */
  #closings = 0;

  constructor({ path: socket = socketPath(), timeoutMs = 5_000 } = {}) {
    this.path = socket;
    this.timeoutMs = timeoutMs;
  }

  stamp(exchange, { recv_window_ms, lifetime_ms } = {}) {
    return this.ask('stamp', { exchange, recv_window_ms, lifetime_ms });
  }

  now(exchange, { max_error_ms } = {}) {
    return this.ask('now', { exchange, max_error_ms });
  }

  offset(exchange) {
    return this.ask('offset', { exchange });
  }

  offsets() {
    return this.ask('offsets');
  }

  convert(exchange, local_us) {
    return this.ask('convert', { exchange, local_us });
  }

  async subscribe({ exchanges, min_change_us } = {}) {
    const subscription = new Subscription(this, { exchanges, min_change_us });
    await subscription.begin();
    return subscription;
  }

  unsubscribe(subscription) {
    return subscription.close();
  }

  resync(exchange, { accept_step } = {}) {
    return this.ask('resync', { exchange, accept_step });
  }

  report(exchange, { code, http_status, message, timestamp, recv_window_ms } = {}) {
    const params = { exchange, code, http_status, message, timestamp, recv_window_ms };
    return this.ask('report', params);
  }

  health() {
    return this.ask('health');
  }

  exchanges() {
    return this.ask('exchanges');
  }

  async ask(method, params = {}) {
    const result = WAITING.has(method)
      ? await this.#askApart(method, params)
      : await this.withConnection((connection) => connection.ask(method, params, this.timeoutMs));
    const read = readResult(method, result);
    // The answer to another's request, such as another process's over this connection.
    if (isObject(read) && isText(params.exchange) && isText(read.exchange)
      && read.exchange !== params.exchange) {
      this.#connection?.end();
      throw protocolError(
        `an answer about another exchange than ${params.exchange}`, read.exchange);
    }
    return read;
  }

  get closings() {
    return this.#closings;
  }

  async #askApart(method, params) {
    const closings = this.#closings;
    const timeoutMs = Math.max(this.timeoutMs, PATIENCE_MS);
    let own = new Connection(this.path, this.timeoutMs);
    this.#waiting.add(own);
    try {
      return await own.ask(method, params, timeoutMs);
    } catch (error) {
      if (!isCutOff(error) || closings !== this.#closings) throw error;
      this.#waiting.delete(own);
      own = new Connection(this.path, this.timeoutMs);
      this.#waiting.add(own);
      await own.heard();
      return await own.ask(method, params, timeoutMs);
    } finally {
      this.#waiting.delete(own);
      own.end();
    }
  }

  /**
   * What a function does with the connection; once more with a new one if the daemon had closed it
   * meanwhile: no request does harm twice.
   */
  async withConnection(use) {
    const closings = this.#closings;
    for (let hasHeard = false; ;) {
      const kept = this.#connection;
      const connection = this.#connected();
      if (hasHeard) await connection.heard();
      try {
        return await use(connection);
      } catch (error) {
        if (error.kind !== 'unreachable' || (connection !== kept && !isCutOff(error))) throw error;
        if (closings !== this.#closings) throw error;
        if (hasHeard) throw error;
        hasHeard = connection !== kept;
      }
    }
  }

  async open() {
    await this.#connected().opened;
  }

  close() {
    this.#closings += 1;
    for (const each of [this.#connection, ...this.#waiting]) each?.end();
    this.#connection = null;
  }

  #connected() {
    if (this.#connection === null || this.#connection.isOver) {
      this.#connection = new Connection(this.path, this.timeoutMs);
    }
    return this.#connection;
  }
}

/**
 * Whether the daemon ended a connection while it was written to. Node then forgets what is still to
 * be read, which may say why: who is turned away has to listen before it asks.
 */
function isCutOff(error) {
  return ['EPIPE', 'ECONNRESET'].includes(error.cause?.code);
}

/** A connection whose answers are handed to whom they are for. */
class Connection {
  #path;
  #socket;
  #why = null;
  #lastId = 0;
  #asked = new Map();
  #listeners = new Map();
  #pieces = [];
  #length = 0;
  #ends = [];

  constructor(socketPath, timeoutMs) {
    this.#path = socketPath;
    this.isOver = false;
    this.opened = this.#open(Date.now() + timeoutMs);
    // Whoever asks is told by its own promise.
    this.opened.catch((error) => this.#ended(error));
  }

  async #open(deadline) {
    for (;;) {
      const socket = net.connect({ path: this.#path });
      // A program that waits for nothing else may end.
      socket.unref();
      this.#socket = socket;
      this.#keepAlive();
      const error = await new Promise((resolve) => {
        socket.once('connect', () => resolve(null));
        socket.once('error', resolve);
        socket.once('close', () => resolve(new Error('it closed the connection')));
      });
      if (this.isOver) {
        socket.destroy();
        throw this.#why;
      }
      if (error === null) break;
      // EAGAIN: as many as may be are waiting to be taken already.
      if (error.code !== 'EAGAIN') throw unreachable(this.#path, error.message);
      if (Date.now() >= deadline) {
        throw new ExchangeClockError(
          'timed_out', `the daemon at ${this.#path} takes no connection`);
      }
      await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
    }
    const closed = () => unreachable(this.#path, 'it closed the connection');
    this.#socket.on('data', (piece) => this.#received(piece));
    this.#socket.on('error', (error) => {
      this.#ended(unreachable(this.#path, error.message, error));
    });
    this.#socket.on('close', () => this.#ended(closed()));
  }

  /** Waits for what the daemon says unasked to a client that is one too many. */
  async heard() {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, HEARING_MS);
      const end = () => { clearTimeout(timer); resolve(); };
      if (this.isOver) end();
      else this.#ends.push(end);
    });
  }

  /** accept: called with the result before whatever else has come is handed out. */
  ask(method, params, timeoutMs, accept = () => {}) {
    return new Promise((resolve, reject) => {
      if (this.isOver) {
        reject(this.#why);
        return;
      }
      const id = this.#lastId + 1;
      // Before anything waits for the answer, as there are parameters that cannot be sent.
      const line = `${requestLine(id, method, params)}\n`;
      this.#lastId = id;
      const timer = setTimeout(() => {
        this.#ended(new ExchangeClockError(
          'timed_out', `the daemon at ${this.#path} did not answer in time`));
      }, timeoutMs);
      this.#asked.set(id, { resolve, reject, timer, accept });
      this.#keepAlive();
      this.opened.then(() => { if (!this.isOver) this.#socket.write(line); }, () => {});
    });
  }

  /** Calls a listener with the params of each notification, and with an error at the end. */
  listen(subscription, listener) {
    this.#listeners.set(subscription, listener);
    this.#keepAlive();
  }

  forget(subscription) {
    this.#listeners.delete(subscription);
    this.#keepAlive();
  }

  end() {
    this.#ended(unreachable(this.#path, 'this client has closed the connection'));
  }

  #keepAlive() {
    if (this.isOver) return;
    if (this.#asked.size > 0 || this.#listeners.size > 0) this.#socket.ref();
    else this.#socket.unref();
  }

  #received(piece) {
    let rest = piece;
    for (let end = rest.indexOf(10); end >= 0 && !this.isOver; end = rest.indexOf(10)) {
      const line = Buffer.concat([...this.#pieces, rest.subarray(0, end)]);
      this.#pieces = [];
      this.#length = 0;
      rest = rest.subarray(end + 1);
      try {
        this.#handOut(line);
      } catch (error) {
        this.#ended(error);
      }
    }
    if (this.isOver) return;
    this.#pieces.push(rest);
    this.#length += rest.length;
    if (this.#length > LONGEST_ANSWER) this.#ended(protocolError('a line without end', ''));
  }

  #handOut(line) {
    const message = parsed(line);
    if ('method' in message) {
      const told = notified(message, line);
      if (told === null) return;
      const { subscription, ...offset } = told;
      this.#listeners.get(subscription)?.(null, offset);
      return;
    }
    let { id } = message;
    if ((id ?? null) === null && 'error' in message) {
      const refusal = refusalOf(message.error, line);
      // One client too many: the daemon ends the connection.
      if (refusal.kind === 'overloaded') throw refusal;
      // Answers come in order: it is for who has waited longest.
      [id] = this.#asked.keys();
      if (id === undefined) return;
    }
    const asked = this.#asked.get(id);
    if (asked === undefined) throw protocolError('an answer that nobody waits for', String(line));
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    this.#keepAlive();
    try {
      const result = resultOf(message, id, line);
      asked.accept(result);
      asked.resolve(result);
    } catch (error) {
      asked.reject(error);
    }
  }

  #ended(error) {
    if (this.isOver) return;
    this.isOver = true;
    this.#why = error;
    this.#socket.destroy();
    for (const end of this.#ends) end();
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#asked.clear();
    for (const listener of this.#listeners.values()) listener(error, null);
    this.#listeners.clear();
  }
}

/** Offsets as they change: `for await (const offset of subscription)`. */
class Subscription {
  #clock;
  #params;
  #connection = null;
  #id = null;
  #waiting = [];
  /** An answer that was none of this protocol's, to be thrown once. */
  #failure = null;
  #wake = null;
  #isClosed = false;
  #closings;

  constructor(clock, params) {
    this.#clock = clock;
    this.#params = params;
    this.#closings = clock.closings;
  }

  async begin() {
    await this.#clock.withConnection((connection) => connection.ask(
      'subscribe', this.#params, this.#clock.timeoutMs,
      (result) => this.#begun(connection, result)));
  }

  #begun(connection, result) {
    const { offsets, subscription } = readResult('subscribe', result);
    if (this.#isClosed) {
      // Meanwhile. The daemon is told; with the connection it would end as well.
      connection.ask('unsubscribe', { subscription }, this.#clock.timeoutMs).catch(() => {});
      return;
    }
    for (const offset of offsets) this.#waiting.push(offset);
    this.#id = subscription;
    this.#connection = connection;
    connection.listen(this.#id, (error, offset) => {
      if (error === null) {
        this.#waiting.push(offset);
      } else {
        this.#connection = null;
        if (error.kind === 'protocol' || this.#closings !== this.#clock.closings) {
          this.#failure = error;
        }
      }
      this.#wake?.();
    });
  }

  async* [Symbol.asyncIterator]() {
    while (!this.#isClosed) {
      if (this.#waiting.length > 0) {
        yield this.#waiting.shift();
      } else if (this.#failure !== null) {
        const failure = this.#failure;
        this.#failure = null;
        throw failure;
      } else if (this.#connection === null && this.#closings !== this.#clock.closings) {
        throw unreachable(this.#clock.path, 'this client has closed the connection');
      } else if (this.#connection === null) {
        try {
          await this.begin();
        } catch (error) {
          if (this.#isClosed || this.#closings !== this.#clock.closings) continue;
          if (!['unreachable', 'timed_out', 'overloaded'].includes(error.kind)) throw error;
          await this.#sleep(1_000);
        }
      } else {
        await this.#sleep(null);
      }
    }
  }

  async close() {
    this.#isClosed = true;
    this.#wake?.();
    const connection = this.#connection;
    this.#connection = null;
    if (connection === null) return;
    connection.forget(this.#id);
    try {
      await connection.ask('unsubscribe', { subscription: this.#id }, this.#clock.timeoutMs);
    } catch {
      // With the connection the subscription has ended as well.
    }
  }

  async #sleep(milliseconds) {
    let timer;
    await new Promise((resolve) => {
      this.#wake = resolve;
      if (milliseconds !== null) timer = setTimeout(resolve, milliseconds);
    });
    this.#wake = null;
    clearTimeout(timer);
  }
}

module.exports = {
  connect,
  ExchangeClock,
  ExchangeClockError,
  Page,
  PageRefusal,
  Subscription,
  pagePath,
  readAnswer,
  readNotification,
  readResult,
  requestLine,
  socketPath,
};
