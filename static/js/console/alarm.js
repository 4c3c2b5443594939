// What rings until somebody takes it. The server says what rings and how old it is; how loudly follows from the age, so
// that neither a lost message nor a page that stood open for hours makes it quiet.
export const SILENT = -1;
const EVERY_S = [4, 2.5, 1.5]; // seconds between two rings, by step

// 0 while it is new, 1 once it should have been taken, 2 after twice that time.
export const stepOf = (age, louder) => Math.min(2, Math.max(0, Math.floor(age / louder)));

export class Bell {
  // `ring(step)` makes the sound, `show(count, step)` marks the tab, `notify(alarm, more)` tells whoever looks
  // elsewhere of the first that should have been taken by now, and how many more there are.
  constructor({ ring, show, notify }) {
    Object.assign(this, { ring, show, notify });
    this.step = SILENT;
    this.rang = 0;
    this.known = new Set();
    this.told = new Set();
  }

  // `alarms` are { key, since }; all times are seconds of one clock that nobody sets.
  tick(alarms, now, louder) {
    const steps = alarms.map(({ since }) => stepOf(now - since, louder));
    const step = Math.max(SILENT, ...steps);
    const fresh = alarms.some(({ key }) => !this.known.has(key));
    if (step !== SILENT && (fresh || step > this.step || now - this.rang >= EVERY_S[step])) {
      this.ring(step);
      this.rang = now;
    }
    const late = alarms.filter(({ key }, at) => steps[at] > 0 && !this.told.has(key));
    late.forEach(({ key }) => this.told.add(key));
    if (late.length) this.notify(late[0], late.length - 1);
    this.known = new Set(alarms.map(({ key }) => key));
    this.step = step;
    this.show(alarms.length, step);
  }
}
