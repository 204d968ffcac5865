// The Node client as a test tells it: each line of stdin is "ID METHOD EXCHANGE", and is answered by
// a line of JSON with that id, many at once. Arguments: the socket, the patience in milliseconds.

import readline from 'node:readline';

import { ExchangeClock, ExchangeClockError } from '../../clients/node/exchange_clock.mjs';

const [, , path, timeoutMs] = process.argv;
const clock = new ExchangeClock({ path, timeoutMs: Number(timeoutMs) });
let subscription = null;
let offsets = null;

async function perform(method, exchange) {
  switch (method) {
    case 'open': return clock.open();
    case 'subscribe':
      subscription = await clock.subscribe();
      offsets = subscription[Symbol.asyncIterator]();
      return null;
    case 'next': return (await offsets.next()).value ?? null;
    case 'unsubscribe': return clock.unsubscribe(subscription);
    case 'report': return clock.report(exchange, { code: -1021 });
    default: return exchange === '-' ? clock[method]() : clock[method](exchange);
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [id, method, exchange] = line.split(' ');
  perform(method, exchange).then(
    (result) => console.log(JSON.stringify({ id: Number(id), result: result ?? null })),
    (error) => console.log(JSON.stringify(error instanceof ExchangeClockError
      ? { id: Number(id), kind: error.kind, message: error.message }
      : { id: Number(id), kind: error.name, message: error.stack })));
}
clock.close();
