import type { Family } from '../batch.ts';
import { type WrittenSample, writeText } from '../exposition/write.ts';
import { labelSetOf, metricNameLabel } from '../labels.ts';
import { type Measure, measures } from '../measures.ts';
import type { ToldOverTime } from './vitals.ts';

// What the collector says of itself, as a page of Prometheus's text.

type Named = { readonly name: string; readonly help: string };

const day = ' since midnight UTC';

/** Each measure by the name that Prometheus's conventions give it. */
const names: { readonly [name in Measure]: Named } = {
  Accepted: { name: 'sluice_accepted_samples_total', help: `Samples taken into the buffer, pushed or scraped,${day}.` },
  Pushes: { name: 'sluice_pushes_total', help: `Pushes that were taken${day}.` },
  Refused: { name: 'sluice_refused_pushes_total', help: `Pushes that were refused, whole,${day}.` },
  Limited: { name: 'sluice_limited_pushes_total', help: `Of the refused, those over a limit of their key${day}.` },
  Stored: { name: 'sluice_stored_samples_total', help: `Samples written to the series table${day}.` },
  Merged: { name: 'sluice_merged_samples_total', help: `Samples that repeated others and were written once${day}.` },
  Quarantined: { name: 'sluice_quarantined_samples_total', help: `Samples put aside, being unreadable,${day}.` },
  WriteUnits: { name: 'sluice_write_units_total', help: `Write units that storing took${day}.` },
  Merges: { name: 'sluice_merges_total', help: `Complete runs of the merger${day}.` },
  SeriesAdded: { name: 'sluice_series_added_total', help: `Series that a worker saw for the first time${day}.` },
  OnwardRefused: { name: 'sluice_onward_refused_requests_total', help: `Requests a receiver refused for good${day}.` },
  MirrorSkipped: { name: 'sluice_mirror_skipped_samples_total', help: `Mirrored values that were left out${day}.` },
  ScrapeLateness: { name: 'sluice_scrape_lateness_seconds', help: 'How late after its slot a scrape began, lately.' },
  ScrapesMissed: { name: 'sluice_scrapes_missed_total', help: `Slots that came too late to be scraped${day}.` },
  DetectionDelay: { name: 'sluice_detection_delay_seconds', help: 'From down to its alarm, at most, lately.' },
  Sweeps: { name: 'sluice_sweeps_total', help: `Looks of the checker at all heartbeats${day}.` },
};

const bufferMessages = { name: 'sluice_buffer_messages', help: 'Messages in the buffer, waiting or at work.' };
const bufferAge = { name: 'sluice_buffer_age_seconds', help: 'How long the oldest message of the buffer has waited.' };

/** `told` from midnight UTC on: counters begin anew each day, which rate() and increase() take for the restart it is. */
export const ownMetrics = (told: ToldOverTime, buffered: number): string => {
  const families: Family[] = [];
  const samples: WrittenSample[] = [];
  const say = ({ name, help }: Named, type: 'counter' | 'gauge', value: number): void => {
    families.push({ name, type, help });
    samples.push({ labels: labelSetOf([[metricNameLabel, name]]), value });
  };
  for (const measure of Object.keys(measures) as Measure[]) {
    const values = (told[measure] ?? []).map(([, value]) => value);
    if (measures[measure] === 'Count')
      say(
        names[measure],
        'counter',
        values.reduce((sum, value) => sum + value, 0),
      );
    else if (values.length > 0) say(names[measure], 'gauge', values.at(-1)! / 1_000);
  }
  say(bufferMessages, 'gauge', buffered);
  const ageSeconds = told.BufferAge?.at(-1)?.[1];
  if (ageSeconds !== undefined) say(bufferAge, 'gauge', ageSeconds);
  return writeText(samples, families);
};
