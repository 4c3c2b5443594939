// A recording's wave, drawn once: where somebody speaks is seen before it is played.
const EVERY = 8; // of the samples; more would not show

export async function drawWave(canvas) {
  try {
    const sound = await (await fetch(canvas.dataset.wave)).arrayBuffer();
    const context = new OfflineAudioContext(1, 1, 48000);
    const data = (await context.decodeAudioData(sound)).getChannelData(0);
    const pen = canvas.getContext("2d");
    canvas.width = canvas.clientWidth * 2;
    canvas.height = 120;
    const { width, height } = canvas;
    const step = Math.max(1, Math.floor(data.length / width));
    pen.fillStyle = "#0b4ea2";
    for (let x = 0; x < width; x += 1) {
      let top = 0;
      for (let i = x * step; i < (x + 1) * step && i < data.length; i += EVERY) top = Math.max(top, Math.abs(data[i]));
      const tall = Math.max(1, Math.min(1, top * 1.5) * height);
      pen.fillRect(x, (height - tall) / 2, 1, tall);
    }
    canvas.dataset.drawn = "1";
  } catch {
    canvas.hidden = true;
  }
}
