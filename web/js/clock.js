// How far this computer's clock is from the server's: learnt from the page itself, then from every
// answer. A clock that is set while the page is open is noticed by the steady clock of the page; then
// nothing is known until the next answer, and the server measures it itself when the reading arrives.
const STEP_MS = 2000;
const SLOW_MS = 10000;
const WRONG_MS = 120000;  // told past two minutes

export class DeviceClock {
  // serverNow: the server's clock when it wrote the page; arrived: when its first byte came, by `steady`.
  constructor(serverNow, arrived, wall = () => Date.now(), steady = () => performance.now()) {
    Object.assign(this, { wall, steady, offset: null, base: 0 });
    if (Number.isFinite(serverNow)) this.learn(serverNow, wall() - (steady() - arrived));
  }
  moment() { return { wall: this.wall(), steady: this.steady() }; }
  learn(server, wall) {
    this.offset = server - wall;
    this.base = this.wall() - this.steady();
  }
  // An answer to what was asked at `asked`: the server read its clock somewhere between.
  answered(server, asked) {
    const took = this.steady() - asked.steady;
    const stepped = Math.abs(this.wall() - asked.wall - took) > STEP_MS;
    if (Number.isFinite(server) && took >= 0 && took < SLOW_MS && !stepped) this.learn(server, this.wall() - took / 2);
  }
  // What to add to this clock for the server's, milliseconds; null when it is not known.
  offsetMs() {
    if (this.offset === null || Math.abs(this.wall() - this.steady() - this.base) > STEP_MS) return null;
    return Math.round(this.offset);
  }
  // How wrong it is, in seconds: more than 0 behind, less than 0 ahead, 0 when it is not worth a word.
  skewSeconds() {
    const ms = this.offsetMs();
    return ms === null || Math.abs(ms) <= WRONG_MS ? 0 : Math.round(ms / 1000);
  }
}

// Seconds in the unit a person would say.
export function amount(seconds) {
  if (seconds < 7200) return { unit: 'minutes', n: Math.round(seconds / 60) };
  if (seconds < 172800) return { unit: 'hours', n: Math.round(seconds / 3600) };
  return { unit: 'days', n: Math.round(seconds / 86400) };
}
