// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Types of stepcast.js, for who writes TypeScript; doc/protocol.md says what the messages mean.

export type State = 'idle' | 'running' | 'paused' | 'stopping' | 'stopped' | 'finished' | 'failed';
export type Connection = 'connecting' | 'open' | 'events' | 'reconnecting' | 'closed';
export type Delivery = 'latest' | 'every';

/** Whole numbers of more than 53 bits are strings. */
export type Value = boolean | number | string | { upload: string };
export type Values = Record<string, Value>;

/** Who did something; null where it came by itself. */
export type Actor = { kind: string; id: string } | null;

export interface Reason {
  code: string;
  message: string;
}

export interface ParameterSpec {
  name: string;
  label: string;
  description: string;
  type: string;
  default: Value;
  value: Value;
  minimum?: number | string;
  maximum?: number | string;
  choices?: string[];
  unit?: string;
  live: boolean;
  [other: string]: unknown;
}

export interface MetricSpec {
  name: string;
  summary: string;
  unit?: string;
}

export interface StateMessage {
  type: string;
  state: State;
  run: number;
  step: number;
  reason: Reason | null;
  by: Actor;
  'held-by': Actor;
}

export interface Hello extends StateMessage {
  version: number;
  session: string;
  title?: string;
  generator: string;
  summary: string;
  role: 'view' | 'control';
  /** null, as `resume`, where there is no WebSocket */
  viewer: number | string | null;
  resume: string | null;
  /** null: a new viewer, on `/ws` of a new session */
  resumed: { missed: number } | null;
  delivery: Delivery;
  compressed: boolean;
  rate: number;
  parameters: ParameterSpec[];
  metrics: MetricSpec[];
  [other: string]: unknown;
}

export interface FrameHeader {
  type?: string;
  run: number;
  serial?: number;
  step: number;
  time?: number;
}

export interface Frame<Header = FrameHeader> {
  header: Header;
  svg: string;
}

export interface Progress {
  type: 'progress';
  step: number;
  fraction: number | null;
  metrics: Record<string, number | null>;
  'steps-per-second': number;
}

export interface Metrics {
  type: 'metrics';
  'steps-per-second': number;
  'frames-per-second': number;
  drawn: number;
  validated: number;
  viewers: number;
  sent: number;
  missed: number;
  skipped: number;
  'backlog-bytes': number;
  unshown: number | null;
  'sent-per-second': number;
  'round-trip-seconds': number | null;
}

export interface ConnectionChange {
  connection: Connection;
  /** a text for people */
  reason: string | null;
  /** the WebSocket's close code */
  code: number | null;
  /** what the service told before it closed the connection */
  error: Reason | null;
}

export interface SessionEventMap {
  hello: CustomEvent<Hello>;
  state: CustomEvent<StateMessage>;
  parameters: CustomEvent<{ values: Values; by: Actor }>;
  rate: CustomEvent<{ rate: number; by: Actor }>;
  title: CustomEvent<{ title: string; by: Actor }>;
  progress: CustomEvent<Progress>;
  metrics: CustomEvent<Metrics>;
  log: CustomEvent<{ line: string }>;
  frame: CustomEvent<Frame>;
  skipped: CustomEvent<{ run: number; serial: number; step: number; bytes: number }>;
  error: CustomEvent<Reason>;
  connection: CustomEvent<ConnectionChange>;
}

export interface PictureEventMap<Header = FrameHeader> {
  shown: CustomEvent<Header>;
  broken: CustomEvent<Header>;
  dropped: CustomEvent<Header>;
}

/** `code` is one of the service's, such as 'bad-state', or 'closed': there was no connection. */
export class RequestError extends Error {
  constructor(code: string, message: string);
  readonly code: string;
}

export interface SessionOptions {
  token?: string | null;
  delivery?: Delivery;
  /** 1 to 240 */
  maxFps?: number;
  /** 0 (no limit), or from 1024 */
  maxBytes?: number;
  /** whether server-sent events stand in where WebSockets do not get through */
  events?: 'auto' | 'never' | 'always';
}

/** A session, over as many connections as it takes. */
export class StepcastSession extends EventTarget {
  /** @param url `…/sessions/NAME`, or `…/ws?generator=…&PARAMETER=…` for a session of one's own */
  constructor(url: string | URL, options?: SessionOptions);

  readonly connection: Connection;
  /** in ms, as Date.now(); null while nothing is waited for */
  readonly retryAt: number | null;
  readonly hello: Hello | null;
  readonly name: string | null;
  readonly title: string | null;
  readonly generator: string | null;
  readonly role: 'view' | 'control' | null;
  readonly viewer: number | string | null;
  readonly specs: ParameterSpec[];
  readonly values: Values;
  readonly metricSpecs: MetricSpec[];
  readonly rate: number;
  readonly state: State | 'connecting';
  readonly run: number;
  readonly step: number;
  readonly reason: Reason | null;
  readonly by: Actor;
  readonly heldBy: Actor;
  readonly progress: Progress | null;
  readonly metrics: Metrics | null;
  readonly stopReport: { step: number; seconds: number } | null;

  request(type: string, members?: object): Promise<Record<string, unknown>>;
  start(): Promise<unknown>;
  pause(): Promise<unknown>;
  resume(): Promise<unknown>;
  stop(): Promise<{ step: number; seconds: number }>;
  stepBy(n?: number): Promise<unknown>;
  set(values: Values): Promise<{ step: number | null }>;
  setRate(rate: number): Promise<unknown>;
  setOptions(options: { delivery?: Delivery; maxFps?: number; maxBytes?: number }): Promise<unknown>;

  /** Tells that this frame is in sight; who tells it is sent no more than it shows. */
  acknowledge(header: FrameHeader): void;
  /** A picture of the present state; null where there is none. */
  fetchPicture(): Promise<Frame | null>;
  retryNow(): void;
  close(): void;

  addEventListener<K extends keyof SessionEventMap>(
    type: K, listener: (this: StepcastSession, event: SessionEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null,
                   options?: boolean | AddEventListenerOptions): void;
}

/** Shows SVG documents one after the other, without a flicker and at the display's pace. */
export class StepcastPicture<Header extends object = FrameHeader> extends EventTarget {
  /** @param container gets two `<img>`, and the custom property `--ratio` */
  constructor(container: HTMLElement);

  readonly current: { svg: string | Blob; header: Header } | null;
  readonly naturalSize: { width: number; height: number };
  description: string;

  show(svg: string | Blob, header?: Header): void;
  drop(): void;
  clear(): void;

  addEventListener<K extends keyof PictureEventMap>(
    type: K, listener: (event: PictureEventMap<Header>[K]) => void,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null,
                   options?: boolean | AddEventListenerOptions): void;
}

type ViewEventMap = Omit<SessionEventMap, 'error'> & PictureEventMap;

/** `<stepcast-view src="…/sessions/NAME" token="…" controls>` */
export class StepcastView extends HTMLElement {
  /** Translates what the element says. */
  static translate: (msgid: string) => string;

  readonly session: StepcastSession | null;
  readonly picture: StepcastPicture;
  src: string;
  token: string | null;
  controls: boolean;
  label: string;
  delivery: Delivery;
  maxFps: number | null;

  addEventListener<K extends keyof ViewEventMap>(
    type: K, listener: (this: StepcastView, event: ViewEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof HTMLElementEventMap>(
    type: K, listener: (this: StepcastView, event: HTMLElementEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null,
                   options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'stepcast-view': StepcastView;
  }
}
