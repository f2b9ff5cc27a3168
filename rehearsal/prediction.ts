import { readFileSync } from 'node:fs';

export interface Prediction {
  readonly url: string;
  readonly request: string;
  readonly milliseconds: number;
  /** What the answer says, for people. */
  readonly answer: string;
  /** The demo's: MIDI number and name of the note that was heard. */
  readonly midi?: number;
  readonly note?: string;
}

/** What is asked of the model, and what a right answer is. */
export interface Question {
  readonly description: string;
  readonly body: string;
  /** @throws when the answer is not what it must be */
  check(answer: Record<string, unknown>): Pick<Prediction, 'answer' | 'midi' | 'note'>;
}

const names = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'];
/** The model's lowest note, A0, is MIDI 21: `note` is [windows, time, 88 keys of a piano]. */
const lowestMidi = 21;

/** The demo: the model hears a tone of 440 Hz, and must name it A4. */
export function toneQuestion(hertz = 440, expectedMidi = 69): Question {
  const [sampleRate, samples] = [22_050, 43_844];
  const tone = Array.from({ length: samples }, (_, i) => [Number(Math.sin((2 * Math.PI * hertz * i) / sampleRate).toFixed(6))]);
  return {
    description: `a tone of ${hertz} Hz, ${samples.toLocaleString('en')} samples`,
    body: JSON.stringify({ instances: [tone] }),
    check(answer) {
      const midi = loudestNote(answer);
      const note = noteName(midi);
      if (midi !== expectedMidi) throw new Error(`the model hears ${note} (MIDI ${midi}) in ${hertz} Hz, expected ${noteName(expectedMidi)} (MIDI ${expectedMidi})`);
      return { answer: `${note} (MIDI ${midi})`, midi, note };
    },
  };
}

export function noteName(midi: number): string {
  return `${names[midi % 12]}${Math.floor(midi / 12) - 1}`;
}

function loudestNote(answer: Record<string, unknown>): number {
  const [window] = (answer.predictions ?? []) as Array<{ note?: number[][] }>;
  if (!window?.note?.length) throw new Error(`the answer holds no predictions[0].note: ${JSON.stringify(answer).slice(0, 200)}`);
  const mean = window.note[0].map((_, key) => window.note!.reduce((sum, moment) => sum + moment[key], 0) / window.note!.length);
  return lowestMidi + mean.indexOf(Math.max(...mean));
}

/** The user's own request: any answer in the REST API's form is right. */
export function fileQuestion(path: string): Question {
  return {
    description: path,
    body: readFileSync(path, 'utf8'),
    check(answer) {
      const result = answer.predictions ?? answer.outputs;
      if (result === undefined) throw new Error(`the answer has neither predictions nor outputs: ${JSON.stringify(answer).slice(0, 200)}`);
      const text = JSON.stringify(result);
      return { answer: text.length > 400 ? `${text.slice(0, 400)}…` : text };
    },
  };
}

export async function ask(url: string, question: Question): Promise<Prediction> {
  const started = performance.now();
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: question.body });
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${text.slice(0, 400)}`);
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`${url} answers with something that is no JSON: ${text.slice(0, 200)}`);
  }
  return { url, request: question.description, milliseconds, ...question.check(answer) };
}
