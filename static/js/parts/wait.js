// A promise that is kept after so many milliseconds.
export const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
