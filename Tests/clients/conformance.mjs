// The cases of clients/conformance by the Node client; its failures, one a line, on stderr.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import * as imported from '../../clients/node/exchange_clock.mjs';
import required from '../../clients/node/exchange_clock.js';

const { Page, readAnswer, readNotification, readResult, requestLine } = imported;
let passed = 0;

function load(name) {
  return JSON.parse(fs.readFileSync(path.join(process.env.CASES, name), 'utf8'));
}

function check(file, item, body) {
  try {
    body(item);
    passed += 1;
  } catch (error) {
    process.exitCode = 1;
    console.error(`${file}, "${item.name}": ${error.message}`);
  }
}

/** Members that a result may have beyond those that are expected are of a newer daemon. */
function isKnownIn(result, expected) {
  if (Array.isArray(expected)) {
    return expected.length === result.length
      && expected.every((each, index) => isKnownIn(result[index], each));
  }
  if (typeof expected !== 'object' || expected === null) return isDeepStrictEqual(result, expected);
  return Object.keys(expected).every((key) => isKnownIn(result[key], expected[key]));
}

function refused(body) {
  try {
    body();
  } catch (error) {
    if (error instanceof imported.ExchangeClockError) return error;
    throw error;
  }
  throw new Error('it is not refused');
}

assert.equal(imported.ExchangeClockError, required.ExchangeClockError);

for (const item of load('requests.json').cases) {
  check('requests.json', item, ({ id, method, params, line }) => {
    assert.equal(requestLine(id, method, params), line);
  });
}

for (const item of load('answers.json').cases) {
  check('answers.json', item, ({ id, method, line, line_hex: hex, result, error }) => {
    const call = () => readResult(method, readAnswer(line ?? Buffer.from(hex, 'hex'), id));
    if (result !== undefined) {
      assert.ok(isKnownIn(call(), result), 'the result is another');
      return;
    }
    const thrown = refused(call);
    for (const key of Object.keys(error)) assert.deepEqual(thrown[key], error[key], key);
  });
}

for (const item of load('notifications.json').cases) {
  check('notifications.json', item, (each) => {
    const { line, subscription, offset, passed_over: isPassedOver, error } = each;
    if (isPassedOver) {
      assert.equal(readNotification(line), null);
      return;
    }
    if (error !== undefined) {
      assert.equal(refused(() => readNotification(line)).kind, error.kind);
      return;
    }
    const told = readNotification(line);
    assert.equal(told.subscription, subscription);
    assert.ok(isKnownIn(told, offset), 'the offset is another');
  });
}

const pages = load('pages.json');
const bootId = Buffer.from(pages.boot_id, 'hex');
for (const item of pages.cases) {
  check('pages.json', item, (each) => {
    const clocks = [BigInt(each.raw_ns), BigInt(each.realtime_ns)];
    const open = () => new Page(Buffer.from(each.page, 'hex'), bootId);
    const { refusal, state, now, stamps } = each.expect;
    if (refusal !== undefined) {
      const thrown = refused(() => open().now(each.exchange, ...clocks));
      assert.deepEqual([thrown.kind, thrown.state], [refusal, state ?? null]);
      return;
    }
    const page = open();
    assert.deepEqual(page.now(each.exchange, ...clocks), now);
    for (const { stamp, refusal: why, ...asked } of stamps) {
      if (why !== undefined) {
        assert.equal(refused(() => page.stamp(each.exchange, ...clocks, asked)).kind, why);
      } else {
        assert.deepEqual(page.stamp(each.exchange, ...clocks, asked), stamp);
      }
    }
  });
}

console.log(`Node ${process.version}: ${passed} cases`);
