import { expect, test } from 'vitest';
import { lint } from '../../../core/exposition/lint.ts';
import { measures } from '../../../core/measures.ts';
import { ownMetrics } from '../../../core/view/own-metrics.ts';

const page = ownMetrics(
  {
    Accepted: [
      [0, 5],
      [300, 7],
    ],
    ScrapeLateness: [
      [0, 900],
      [300, 250],
    ],
    BufferAge: [[300, 4]],
  },
  3,
);

test('counts are added up, of what varies the newest counts', () => {
  const lines = page.split('\n').filter(line => !line.startsWith('#'));
  expect(lines).toContain('sluice_accepted_samples_total 12');
  expect(lines).toContain('sluice_stored_samples_total 0');
  expect(lines).toContain('sluice_scrape_lateness_seconds 0.25');
  expect(lines).toContain('sluice_buffer_messages 3');
  expect(lines).toContain('sluice_buffer_age_seconds 4');
  // Nobody was late in telling, so nothing is said of it.
  expect(page).not.toContain('sluice_detection_delay_seconds');
});

test('it is a page that lint has nothing to say about, with a help text for each measure', () => {
  expect(lint(Buffer.from(page), 'lenient')).toMatchObject({ valid: true, findings: [] });
  const told = Object.fromEntries(Object.keys(measures).map(name => [name, [[0, 1]]]));
  const whole = ownMetrics({ ...told, BufferAge: [[0, 1]] }, 1);
  expect(whole.match(/^# HELP /gm)).toHaveLength(Object.keys(measures).length + 2);
  expect(whole.match(/^# TYPE /gm)).toHaveLength(Object.keys(measures).length + 2);
});
