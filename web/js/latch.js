// A stop stands until a person has acknowledged it: nothing that arrives meanwhile takes its place.
// Only the stop of an unsaved reading goes by itself, when that very reading is answered.
export class Latch {
  constructor() { this.stands = null; this.behind = []; }
  // A stop, with the id of its reading if that is still unsaved. True: draw it now.
  stop(what, unsaved = null) {
    if (this.stands) { this.behind.push({ what, unsaved }); return false; }
    this.stands = { what, unsaved };
    return true;
  }
  // The reading is answered, so its being unsaved is no news any more.
  answered(id) {
    this.behind = this.behind.filter(s => s.unsaved !== id);
    if (this.stands?.unsaved === id) this.stands = null;
  }
  // The next stop to draw, or null when the way is free.
  next() {
    this.stands ??= this.behind.shift() ?? null;
    return this.stands?.what ?? null;
  }
  acknowledge() { this.stands = null; return this.next(); }
}
