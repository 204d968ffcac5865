// The same for `import`: one implementation, so that an error is of one class however it was
// loaded.
import clock from './exchange_clock.js';

export const {
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
} = clock;
export default clock;
