// The Node client against the real daemon. The test that runs this reads a line of stdout for each
// step, moves the world, and writes a line to stdin when the next may begin.

import assert from 'node:assert/strict';
import net from 'node:net';
import os from 'node:os';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

import { connect, ExchangeClock, ExchangeClockError } from '../../clients/node/exchange_clock.mjs';

const steps = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function step(name) {
  console.log(name);
  await steps.next();
}

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ExchangeClockError, error);
    return error;
  }
  throw new Error('it is not refused');
}

/** A server that answers as a test wants it; what the body returns, with the server ended. */
async function withServer(answer, body) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'exchange-clock-'));
  const socket = path.join(directory, 'socket');
  const connections = [];
  const server = net.createServer((connection) => {
    connections.push(connection);
    connection.on('error', () => {});
    readline.createInterface({ input: connection }).on('line', (line) => {
      answer(JSON.parse(line), connection, connections.length);
    });
  });
  await new Promise((resolve) => { server.listen(socket, resolve); });
  const clock = new ExchangeClock({ path: socket, timeoutMs: 200 });
  try {
    return await body(clock, connections);
  } finally {
    clock.close();
    connections.forEach((each) => each.destroy());
    await new Promise((resolve) => { server.close(resolve); });
    fs.rmSync(directory, { recursive: true });
  }
}

/** What a promise comes to within five seconds, which is far longer than any of these takes. */
async function soon(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), 5_000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function wrongParameters() {
  await withServer((request, connection) => {
    connection.write(answered(request.id, []));
  }, async (clock, connections) => {
    await clock.offsets();
    const loop = {};
    loop.loop = loop;
    for (const wrong of [1n, loop, NaN, Infinity, -Infinity, [NaN]]) {
      assert.equal((await refusal(clock.now('okx', { max_error_ms: wrong }))).kind, 'invalid_params');
      assert.equal(
        (await refusal(clock.subscribe({ min_change_us: wrong }))).kind, 'invalid_params');
    }
    // Longer than the timeout of this client.
    await new Promise((resolve) => { setTimeout(resolve, 400); });
    assert.deepEqual(await clock.offsets(), []);
    assert.equal(connections.length, 1);
  });
}

async function otherExchanges() {
  const now = {
    exchange: 'bybit', state: 'synchronized', estimate_us: 2, earliest_us: 1, latest_us: 3, local_us: 2,
  };
  await withServer((request, connection) => {
    connection.write(answered(request.id, now));
  }, async (clock, connections) => {
    assert.equal((await clock.now('bybit')).estimate_us, 2);
    assert.equal((await refusal(clock.now('okx'))).kind, 'protocol');
    assert.equal((await clock.now('bybit')).estimate_us, 2);
    assert.equal(connections.length, 2);
  });
}

async function closing() {
  // A second subscription is answered when the test wants it.
  let answer = null;
  let unsubscribed = false;
  await withServer((request, connection, count) => {
    if (request.method === 'unsubscribe') unsubscribed = true;
    const send = () => connection.write(answered(request.id, { subscription: 1, offsets: [] }));
    if (count === 1 || request.method !== 'subscribe') send();
    else answer = send;
    if (count === 1) setTimeout(() => connection.destroy(), 20);
  }, async (clock) => {
    clock.timeoutMs = 60_000;
    const subscription = await clock.subscribe();
    const end = subscription[Symbol.asyncIterator]().next();
    while (answer === null) await new Promise((resolve) => { setTimeout(resolve, 5); });
    await subscription.close();
    answer();
    assert.equal((await soon(end)).done, true);
    while (!unsubscribed) await new Promise((resolve) => { setTimeout(resolve, 5); });
  });
  await withServer((request, connection) => {
    if (request.method === 'subscribe') {
      connection.write(answered(request.id, { subscription: 1, offsets: [] }));
    }
  }, async (clock, connections) => {
    clock.timeoutMs = 60_000;
    const subscription = await clock.subscribe();
    const asked = [
      clock.offsets(), clock.resync('okx'), subscription[Symbol.asyncIterator]().next()];
    while (connections.length < 2) await new Promise((resolve) => { setTimeout(resolve, 5); });
    clock.close();
    for (const each of asked) assert.equal((await soon(refusal(each))).kind, 'unreachable');
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    assert.equal(connections.length, 2);
  });
}

const answered = (id, result) => `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`;

async function strangeDaemons() {
  const nobody = await refusal(connect({ path: '/nowhere/socket' }));
  assert.equal(nobody.kind, 'unreachable');
  assert.match(nobody.message, /\/nowhere\/socket.*EXCHANGE_CLOCK_SOCKET/);

  await withServer(() => {}, async (clock, connections) => {
    assert.equal((await refusal(clock.health())).kind, 'timed_out');
    assert.equal(connections.length, 1);
  });
  for (const line of ['certainly\n', '[]\n', '{"jsonrpc":"2.0","id":99,"result":{}}\n']) {
    await withServer((_, connection) => connection.write(line), async (clock) => {
      assert.equal((await refusal(clock.health())).kind, 'protocol');
    });
  }
  await withServer((_, connection) => connection.end(), async (clock, connections) => {
    assert.equal((await refusal(clock.health())).kind, 'unreachable');
    assert.ok(connections.length <= 2);
  });
  // Every second request of a connection finds it closed.
  await withServer((request, connection) => {
    if (request.id === 2) connection.end();
    else connection.write(answered(request.id, []));
  }, async (clock, connections) => {
    for (let count = 0; count < 6; count += 1) assert.deepEqual(await clock.offsets(), []);
    assert.equal(connections.length, 6);
  });
  // A letter of two bytes, which come one by one.
  await withServer((request, connection) => {
    const bytes = Buffer.from(answered(request.id, 'ö'.repeat(9)));
    bytes.forEach((_, index) => {
      setTimeout(() => connection.write(bytes.subarray(index, index + 1)), index);
    });
  }, async (clock) => assert.equal(await clock.ask('dance'), 'ö'.repeat(9)));
}

async function times(clock) {
  const now = await clock.now('binance');
  assert.equal(now.state, 'synchronized');
  assert.ok(now.earliest_us <= now.estimate_us && now.estimate_us <= now.latest_us);
  assert.ok(Math.abs(now.local_us - now.estimate_us - 3_000_000) < 500_000);
  const stamp = await clock.stamp('binance', { recv_window_ms: 4_000 });
  assert.equal(stamp.recv_window_ms, 4_000);
  assert.equal(stamp.timestamp, Math.floor(stamp.unix_us / 1000));
  assert.equal(stamp.guaranteed, true);
  assert.ok(Math.abs(Date.now() - 3_000 - stamp.timestamp) < 500);

  const offset = await clock.offset('binance');
  assert.ok(Math.abs(offset.offset_ns + 3e9) < 5e8);
  assert.deepEqual((await clock.offsets()).map((each) => each.exchange), ['binance', 'bybit']);
  assert.equal((await clock.resync('binance')).state, 'synchronized');
  assert.equal((await clock.health()).ready, true);
  const enabled = (await clock.exchanges()).filter((each) => each.enabled).map(({ id }) => id);
  assert.deepEqual(enabled, ['binance', 'bybit']);
}

async function refusals(clock) {
  assert.equal((await refusal(clock.stamp('mtgox'))).kind, 'unknown_exchange');
  assert.equal((await refusal(clock.now('binance', { max_error_ms: 0 }))).kind, 'error_too_large');
  const window = await refusal(clock.stamp('binance', { recv_window_ms: 60_001 }));
  assert.deepEqual([window.kind, window.code], ['invalid_params', -32602]);
  assert.equal((await refusal(clock.ask('dance'))).kind, 'method_not_found');
}

/** Reads until an offset is as it is hoped for. */
async function next(offsets, isIt) {
  for (;;) {
    const { value, done } = await offsets.next();
    assert.equal(done, false);
    if (isIt(value)) return value;
  }
}

async function converts(clock) {
  const now = await clock.now('binance');
  const past = await clock.convert('binance', now.local_us);
  assert.ok(past.earliest_us <= now.latest_us && now.earliest_us <= past.latest_us);
  await refusal(clock.convert('binance', now.local_us + 3_600_000_000));
}

async function many(clock) {
  const asked = Array.from({ length: 400 }, (_, index) => (index % 2 ? 'binance' : 'bybit'));
  const told = await Promise.all(asked.map((id) => clock.offset(id)));
  assert.deepEqual(told.map((each) => each.exchange), asked);
}

await strangeDaemons();
await wrongParameters();
await otherExchanges();
await closing();
const clock = await connect();
await times(clock);
await refusals(clock);
await many(clock);
await converts(clock);

const subscription = await clock.subscribe({ min_change_us: 5_000 });
const offsets = subscription[Symbol.asyncIterator]();
await next(offsets, ({ exchange }) => exchange === 'bybit');
await step('step binance to -9 s');
await next(offsets, (each) => Math.abs(each.offset_ns + 9e9) < 1e9);
const others = await clock.subscribe({ exchanges: ['bybit'] });
assert.equal((await others[Symbol.asyncIterator]().next()).value.exchange, 'bybit');
await clock.unsubscribe(others);
assert.equal((await refusal(clock.subscribe({ exchanges: ['mtgox'] }))).kind, 'unknown_exchange');

await step('stop the daemon');
const stoppedAt = 1000 * Date.now();
const waiting = next(
  offsets, (each) => each.exchange === 'bybit' && each.last_sync_us > stoppedAt);
assert.equal((await refusal(clock.stamp('binance'))).kind, 'unreachable');
await step('start the daemon');
assert.equal((await clock.stamp('binance')).exchange, 'binance');
await waiting;
const end = offsets.next();
await clock.unsubscribe(subscription);
assert.equal((await end).done, true);
console.log('done');
// What is still open must not keep the program alive: it ends when stdin does.
process.stdin.destroy();
