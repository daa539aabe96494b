/** What the collector says of itself, in CloudWatch's namespace `Sluice`: each metric with its unit. */
export const measures = {
  /** Samples taken into the buffer, pushed or scraped. */
  Accepted: 'Count',
  /** Pushes that were taken. */
  Pushes: 'Count',
  /** Pushes that were refused, whole. */
  Refused: 'Count',
  /** Pushes that were refused because of a limit of their key, of those refused. */
  Limited: 'Count',
  /** Samples written to the series table; again where a message came again. */
  Stored: 'Count',
  /** Samples that were in what ingest held more than once, and were written once. */
  Merged: 'Count',
  /** Samples whose message could not be read; it ends in the dead letters. */
  Quarantined: 'Count',
  /** Write units that storing took. */
  WriteUnits: 'Count',
  /** Runs of the merger that did all there was to do, every five minutes: their absence rings. */
  Merges: 'Count',
  /** Series that a worker of ingest saw for the first time: new ones, and some again after a cold start. */
  SeriesAdded: 'Count',
  /** Onward requests that the receiver refused for good: 1 to limits.onwardSamples samples each. */
  OnwardRefused: 'Count',
  /** Values of mirrored series that were left out, being more than limits.mirrorLines at once. */
  MirrorSkipped: 'Count',
  /** How long after its slot a scrape began, at most. */
  ScrapeLateness: 'Milliseconds',
  /** Slots that came too late to be scraped. */
  ScrapesMissed: 'Count',
  /** From the instant a source counted as down until its alarm was sent, at most. */
  DetectionDelay: 'Milliseconds',
  /** Looks of the checker at all heartbeats, one a minute: its absence is the dead man's alarm. */
  Sweeps: 'Count',
} as const;

export type Measure = keyof typeof measures;

/** Some of them; what is zero or absent costs nothing. */
export type Told = { readonly [name in Measure]?: number };
