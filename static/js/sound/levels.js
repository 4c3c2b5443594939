// How much of the sound is silence or too loud: a covered microphone says nothing, and somebody should know.
const SAMPLE_MS = 100;
const SILENT = 0.001; // root mean square, about -60 dBFS
const CLIPPED = 0.99;

// Count into `heard.silent` and `heard.clipped`, in milliseconds, until the timer that it returns is cleared.
export function watchLevels(stream, heard) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  return setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    const power = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
    if (context.state === "running" && power < SILENT) heard.silent += SAMPLE_MS;
    if (wave.some((value) => Math.abs(value) >= CLIPPED)) heard.clipped += SAMPLE_MS;
  }, SAMPLE_MS);
}
