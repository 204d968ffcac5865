/**
 * What time each crypto exchange believes it is, as the daemon exchange-clockd knows it.
 *
 * Units are last in every name. Unix times are in microseconds where the name ends in `_us`.
 * Offsets are the exchange's clock minus this host's; positive: the exchange is ahead.
 */

export type State = 'unknown' | 'synchronized' | 'holdover' | 'disrupted';

/** The timestamp that a request signed now should carry. */
export interface Stamp {
  exchange: string;
  state: State;
  /** Exactly as the exchange wants it. */
  timestamp: number | string;
  /** The same instant, by the exchange's clock. */
  unix_us: number;
  /** Where the request carries it, in words; null where it was computed from the page. */
  carrier: string | null;
  /** What the margin was computed with, the lifetime of an expiry; null where the exchange
      compares no clocks. */
  recv_window_ms: number | null;
  /** The smallest with which acceptance is sure; null as above, and where none that the exchange
      allows would do. */
  min_recv_window_ms: number | null;
  /** What is left on the tighter side; negative: not sure to be accepted; null where the exchange
      compares no clocks. */
  margin_ms: number | null;
  guaranteed: boolean;
  /** Why it is not, in words; null where it is, or where it was computed from the page. */
  reason: string | null;
}

/** What time the exchange believes it is, and what this host's clock says meanwhile. */
export interface Now {
  exchange: string;
  state: State;
  estimate_us: number;
  earliest_us: number;
  latest_us: number;
  local_us: number;
}

/** All that is known of an exchange's clock; null is what no good sample has told yet. */
export interface Offset {
  exchange: string;
  state: State;
  /** Why the state is what it is; empty when synchronized. */
  reason: string;
  offset_ns: number | null;
  lower_ns: number | null;
  upper_ns: number | null;
  /** The offset is off by at most this. */
  error_ns: number | null;
  drift_ppm: number | null;
  drift_error_ppm: number | null;
  rtt_min_ns: number | null;
  rtt_last_ns: number | null;
  samples: number;
  rejected: number;
  rejected_by: Record<string, number>;
  /** Resyncs that have ended since the start, by what they were begun for; empty where not told. */
  resyncs_by: Record<string, number>;
  resyncs_failed: number;
  resolution_ns: number;
  last_sync_us: number | null;
  age_ms: number | null;
  next_sync_ms: number;
  failures: number;
}

/** The exchange's clock at a past time of this host's. */
export interface Converted {
  exchange: string;
  local_us: number;
  estimate_us: number;
  earliest_us: number;
  latest_us: number;
}

/** What a refusal means, and what to do; docs/report.md has all verdicts and actions. */
export interface Report {
  exchange: string;
  verdict: 'clock' | 'late' | 'signature' | 'key' | 'rate_limit' | 'format' | 'unknown';
  action: 'resign' | 'resign_wider_window' | 'wait' | 'check_key' | 'check_signature'
    | 'check_format' | 'none';
  explanation: string;
  /** The exchange's clock was read after the refusal. */
  resynced: boolean;
  retry_after_ms: number | null;
  offset: Offset;
  /** What to sign with now, for the verdicts clock and late. */
  stamp: Stamp | null;
}

export interface Health {
  status: 'ok' | 'degraded' | 'failing';
  reasons: string[];
  ready: boolean;
  /** False where the daemon is older and does not tell. */
  ready_now: boolean;
  configuration: string | null;
  uptime_ms: number;
  /** This host's Unix time when the daemon was started. */
  started_us: number | null;
  version: string;
  system_clock: Record<string, number | boolean | null>;
  counts: Record<string, unknown>;
  verdicts: Record<string, unknown>[];
}

/** One entry of the daemon's catalogue. */
export interface Exchange {
  id: string;
  name: string;
  market: string;
  enabled: boolean;
  endpoint: string;
  resolution_ns: number;
  timestamp_format: string;
  timestamp_carrier: string;
  window_ms: number | null;
  window_max_ms: number | null;
  future_tolerance_ms: number | null;
  codes: Record<string, unknown>[];
  window_kind: string;
  window_param: string | null;
  window_documented: boolean;
  confidence: string;
  sources: string[];
}

/** Why there is no answer, a word for programs, the same in all clients. */
export type ErrorKind =
  | 'unreachable' // no daemon answers at the socket, or it went away
  | 'timed_out' // the daemon did not answer in time
  | 'protocol' // the answer is none of this protocol's
  | 'not_synchronized' // nothing is known of the exchange's clock now: see state and reason
  | 'unknown_exchange' // not known, or not enabled
  | 'error_too_large' // not known as closely as max_error_ms demands
  | 'refused' // the exchange told the daemon to stay away for retry_after_ms
  | 'overloaded' // the daemon cannot do that now; see retry_after_ms
  | 'invalid_params'
  | 'method_not_found' // the daemon is older than this client
  | 'invalid_request'
  | 'parse_error'
  | 'internal_error'
  | 'server_error'; // a code that has no name here

/** Why the shared page does not tell; only from `Page`. */
export type PageRefusalKind =
  | 'not_found'
  | 'foreign_version'
  | 'other_boot'
  | 'replaced'
  | 'unknown_exchange'
  | 'torn'
  | 'not_synchronized'
  | 'void'
  | 'clock_moved'
  | 'ask_socket'; // nothing is wrong, but only the daemon can answer

export class ExchangeClockError extends Error {
  readonly kind: ErrorKind | PageRefusalKind;
  /** Of JSON-RPC; null where it was not the daemon that refused. */
  readonly code: number | null;
  readonly exchange: string | null;
  readonly state: State | null;
  readonly reason: string | null;
  readonly retry_after_ms: number | null;
}

export class PageRefusal extends ExchangeClockError {
  readonly kind: PageRefusalKind;
}

export interface Options {
  /** The daemon's socket; default: `socketPath()`. */
  path?: string;
  /** How long an answer may take; default: 5000. Waiting for a resync may take longer. */
  timeoutMs?: number;
}

export interface StampOptions {
  /** How old the exchange shall let the timestamp be; default: as the exchange has it. */
  recv_window_ms?: number;
  /** How far ahead it is put, for exchanges whose requests carry an expiry; default: as above. */
  lifetime_ms?: number;
}

/** A client that is connected; rejected as unreachable where no daemon listens. */
export function connect(options?: Options): Promise<ExchangeClock>;

/**
 * A client of the daemon. It connects at its first request, or by `open`; after a restart of the
 * daemon the next request connects anew. Requests may be sent without waiting for the answers of
 * others: resync and report have a connection of their own. While nothing is asked, the connection
 * does not keep the program alive.
 */
export class ExchangeClock {
  constructor(options?: Options);
  readonly path: string;
  readonly timeoutMs: number;
  /** The timestamp for a request that is signed now. */
  stamp(exchange: string, options?: StampOptions): Promise<Stamp>;
  /** What time the exchange believes it is. */
  now(exchange: string, options?: { max_error_ms?: number }): Promise<Now>;
  offset(exchange: string): Promise<Offset>;
  /** Of every exchange that the daemon follows, sorted by id. */
  offsets(): Promise<Offset[]>;
  /** The exchange's clock when this host's CLOCK_REALTIME was that, in the past. */
  convert(exchange: string, local_us: number): Promise<Converted>;
  /**
   * The offsets as they change. It begins with the offset of every exchange, and does so again
   * after the daemon was restarted.
   */
  subscribe(options?: { exchanges?: string[]; min_change_us?: number }): Promise<Subscription>;
  unsubscribe(subscription: Subscription): Promise<void>;
  /**
   * Has the daemon ask the exchange now, and waits. With accept_step a jump of its clock is believed
   * however far; of root and the daemon's own user only.
   */
  resync(exchange: string, options?: { accept_step?: boolean }): Promise<Offset>;
  resync(exchange?: undefined, options?: { accept_step?: boolean }): Promise<Offset[]>;
  /** What a refusal means; the daemon resyncs first where the exchange's clock is to blame. */
  report(
    exchange: string,
    refusal: {
      code?: number | string;
      http_status?: number;
      message?: string;
      timestamp?: number | string;
      recv_window_ms?: number;
    },
  ): Promise<Report>;
  health(): Promise<Health>;
  /** The daemon's catalogue. */
  exchanges(): Promise<Exchange[]>;
  /** The result of any request. What waits (resync, report, history) has a minute of time. */
  ask(method: string, params?: Record<string, unknown>): Promise<unknown>;
  open(): Promise<void>;
  /**
   * Ends the connection. What waits for an answer, and what iterates over a subscription, is
   * rejected as unreachable; the next request makes a new connection.
   */
  close(): void;
}

/**
 * `for await (const offset of subscription)`: does not end before it is closed. Where the daemon
 * goes away, or has too many clients when it is back, it tries again once a second. All of a client
 * share its connection, for which the daemon allows 16.
 */
export class Subscription implements AsyncIterable<Offset> {
  private constructor();
  [Symbol.asyncIterator](): AsyncIterator<Offset>;
  close(): Promise<void>;
}

/**
 * The shared page, for who has a CLOCK_MONOTONIC_RAW to read it by, which Node has not. Readings of
 * the clocks are in nanoseconds.
 */
export class Page {
  constructor(buffer: Uint8Array, bootId: Uint8Array);
  /** A copy of the page as it is in the file now. */
  static open(path: string): Page;
  now(exchange: string, rawNs: bigint, realNs: bigint): Now;
  stamp(exchange: string, rawNs: bigint, realNs: bigint, options?: StampOptions): Stamp;
}

/** EXCHANGE_CLOCK_SOCKET, or where the service has its socket. */
export function socketPath(): string;
/** The shared page of the daemon with that socket. */
export function pagePath(socket: string): string;
/** One request as a line, without the newline. */
export function requestLine(
  id: number, method: string, params?: Record<string, unknown>,
): string;
/** The result that the answer to that request carries, or its error, thrown. */
export function readAnswer(line: string | Uint8Array, id: number): unknown;
/** The result of a method, checked; throws where it is none of this protocol's. */
export function readResult(method: string, result: unknown): unknown;
/**
 * The offset that a line tells which came unasked, with the subscription that it is for; null for
 * what this client does not know, which is to be passed over.
 */
export function readNotification(
  line: string | Uint8Array,
): (Offset & { subscription: number }) | null;
