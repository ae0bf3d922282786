// Short tones that tell states apart without words: accepted, had already, refused.

let context = null;

function tone(start, frequency, seconds) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.25, start + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + seconds);
}

const TONES = {
  serving: [[0, 880, 0.12], [0.1, 1320, 0.16]],
  duplicate: [[0, 330, 0.18], [0.24, 330, 0.18]],
  asked: [[0, 520, 0.14], [0.18, 520, 0.14]],
  refused: [[0, 220, 0.4]],
};

export function play(stage) {
  const tones = TONES[stage];
  if (!tones) return;
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
    for (const [delay, frequency, seconds] of tones) tone(context.currentTime + delay, frequency, seconds);
  } catch {
    // No sound device: the screen says it all.
  }
}
