// The readings that the server has not answered yet. Each is kept under a key of its own before it
// is sent, so that no other window can overwrite it, and is sent again with the same id until the
// server has answered: the server gives a repeat its first answer. Any window of a person sends all of
// theirs, each under the name of the window that read it (`device`): a number of one window's count
// is never another's. A reading is only ever sent for the person who made it: on a shared computer the
// next one to sign in does not send it.
const PREFIX = 'rastro-scan-';
const AGAIN_MS = 2000;

export class Outbox {
  // send(scan, device): {answer}, or {trouble: 'off' | 'ill' | 'auth' | 'person', said} when nothing is
  // known to be recorded; `said` is the server's own sentence, where it gave one.
  constructor({ person, device, send, onSending, onAnswer, onTrouble, onDone, storage = localStorage, againMs = AGAIN_MS }) {
    Object.assign(this, { person, device, send, onSending, onAnswer, onTrouble, onDone, storage, againMs });
    this.busy = false;
    this.done = Promise.resolve();
    this.timer = 0;
  }
  // All that is kept, oldest first: a UUIDv7 sorts by its time.
  kept() {
    return Object.keys(this.storage).filter(k => k.startsWith(PREFIX)).sort()
      .map(k => { try { return JSON.parse(this.storage.getItem(k)); } catch { return null; } })
      .filter(entry => entry?.scan?.id);
  }
  own() { return this.kept().filter(e => e.person === this.person); }
  mine() { return this.own().map(e => e.scan); }
  others() { return this.kept().filter(e => e.person !== this.person).length; }
  put(scan) {
    this.storage.setItem(PREFIX + scan.id, JSON.stringify({ person: this.person, device: this.device, scan }));
    return this.drain();
  }
  // Sends all of this person's; done when nothing is left or the server can't be reached.
  drain() {
    if (!this.busy) { this.busy = true; this.done = this.run(); }
    return this.done;
  }
  async run() {
    clearTimeout(this.timer);
    try {
      for (let first; (first = this.own()[0]);) {
        const { scan, device } = first;
        this.onSending(this.mine().length);
        const { answer, trouble, said } = await this.send(scan, device);
        if (trouble) {
          this.timer = setTimeout(() => this.drain(), this.againMs);
          this.onTrouble(trouble, this.mine(), said);
          return;
        }
        this.storage.removeItem(PREFIX + scan.id);
        this.onAnswer(scan, answer);
      }
      this.onDone(this.others());
    } finally {
      this.busy = false;  // in the same step as the last look at what is kept: nothing put later waits in vain
    }
  }
}
