/**
 * What a report says, before it is drawn: the terminal, Markdown and the HTML page draw the same blocks, so
 * that they cannot say different things.
 */
export interface Page {
  /** What was looked at and how it ended, in one line. */
  readonly title: string;
  readonly tone: Tone;
  readonly blocks: readonly Block[];
}

/** How a reader should take it; each drawing has a colour and a sign for it. */
export type Tone = 'good' | 'bad' | 'warning' | 'plain';

export type Block = Facts | Note | Heading | Paragraph | Table | Code | Drawing;

/** Rows of a label and a text; those without a text are left out. */
export interface Facts {
  readonly block: 'facts';
  readonly rows: ReadonlyArray<readonly [label: string, text: string | undefined]>;
}

/** What a reader must not overlook. */
export interface Note {
  readonly block: 'note';
  readonly tone: Tone;
  readonly text: string;
  /** Further lines, such as the reasons. */
  readonly lines?: readonly string[];
}

export interface Heading {
  readonly block: 'heading';
  readonly text: string;
}

export interface Paragraph {
  readonly block: 'paragraph';
  readonly text: string;
}

export interface Column {
  readonly title: string;
  /** Numbers stand under each other by their ends. */
  readonly number?: boolean;
  /** Long and hard to break: where a line has no room for it, it stands below its row. */
  readonly wide?: boolean;
}

export interface Row {
  readonly cells: readonly string[];
  readonly tone?: Tone;
}

export interface Table {
  readonly block: 'table';
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Rows beyond this many are counted on the terminal, and left to the other drawings. */
  readonly mostOnTerminal?: number;
  /** How many were left out of the report itself. */
  readonly omitted?: number;
}

/** Text to copy: never wrapped. */
export interface Code {
  readonly block: 'code';
  readonly language: string;
  readonly text: string;
}

/** A plot, which only the HTML page draws: a table beside it holds the numbers. */
export interface Drawing {
  readonly block: 'drawing';
  readonly title: string;
  /** For who cannot see it. */
  readonly description: string;
  readonly plot: Plot;
}

export type Plot = LinePlot | PointPlot | BarPlot;

export interface Axis {
  readonly name: string;
  /** Where the values lie far from zero, the axis begins near them. */
  readonly fromZero?: boolean;
  readonly logarithmic?: boolean;
  readonly most?: number;
}

export interface LinePlot {
  readonly plot: 'lines';
  readonly x: Axis;
  readonly y: Axis;
  readonly series: ReadonlyArray<{ readonly name: string; readonly points: ReadonlyArray<readonly [number, number]>; readonly step?: boolean }>;
  /** Vertical lines at values of x. */
  readonly marks?: ReadonlyArray<{ readonly name: string; readonly at: number }>;
}

export interface PointPlot {
  readonly plot: 'points';
  readonly x: Axis;
  readonly y: Axis;
  readonly series: ReadonlyArray<{ readonly name: string; readonly tone: Tone; readonly points: ReadonlyArray<{ readonly x: number; readonly y: number; readonly label?: string }> }>;
}

export interface BarPlot {
  readonly plot: 'bars';
  readonly unit: string;
  readonly categories: readonly string[];
  readonly series: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<number | null> }>;
}

export const heading = (text: string): Heading => ({ block: 'heading', text });
export const paragraph = (text: string): Paragraph => ({ block: 'paragraph', text });
export const facts = (rows: Facts['rows']): Facts => ({ block: 'facts', rows });
