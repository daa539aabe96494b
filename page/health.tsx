import type { ComponentChildren } from 'preact';
import type { Measure } from '../core/measures.ts';
import type { Vitals } from '../core/view/vitals.ts';
import { Bars } from './bars.tsx';
import { agoText, clockText, countText, lengthText } from './format.ts';
import { useLive } from './live.ts';
import { Problem, Waiting } from './notice.tsx';
import { useNow } from './now.ts';

const shown: readonly (readonly [name: Measure, title: string, isBad?: boolean])[] = [
  ['Accepted', 'Samples accepted'],
  ['Stored', 'Samples stored'],
  ['Merged', 'Came more than once, stored once'],
  ['Pushes', 'Pushes taken'],
  ['Refused', 'Pushes refused', true],
  ['Quarantined', 'Samples quarantined', true],
  ['ScrapesMissed', 'Scrapes missed', true],
  ['ScrapeLateness', 'Scrapes late by, at most (ms)'],
  ['DetectionDelay', 'Alarms late by, at most (ms)'],
  ['SeriesAdded', 'New series'],
  ['WriteUnits', 'Write units'],
];

const lateText = (ms = 0): string => (ms < 1_000 ? `${Math.round(ms)} ms` : lengthText(ms));

const Card = ({
  title,
  value,
  children,
  isBad = false,
}: {
  title: string;
  value: ComponentChildren;
  children?: ComponentChildren;
  isBad?: boolean;
}) => (
  <section class="fact">
    <h2>{title}</h2>
    <p class={isBad ? 'value bad' : 'value'}>{value}</p>
    {children}
  </section>
);

/** Whether every accepted sample is accounted for. */
const Balance = ({ today, onTheirWay }: Vitals) => {
  const { Accepted = 0, Stored = 0, Merged = 0, Quarantined = 0 } = today;
  const parts = [
    [Accepted, 'accepted', ''],
    [Stored, 'stored', '='],
    [Merged, 'merged', '+'],
    [Quarantined, 'quarantined', '+'],
    [onTheirWay, 'on their way', '+'],
  ] as const;
  return (
    <section class="balance" aria-label="Balance of the last 24 hours">
      {parts.map(([count, title, sign]) => (
        <div key={title} class={title === 'quarantined' && count > 0 ? 'part bad' : 'part'}>
          {sign !== '' && <span class="sign">{sign}</span>}
          <span>
            <b>{countText(count)}</b>
            <small>{title}</small>
          </span>
        </div>
      ))}
    </section>
  );
};

/** Up to when silence is measured, and when everybody was looked at. */
const Watermark = ({ checkedMs, watermarkMs, blindSinceMs, nowMs }: Vitals & { readonly nowMs: number }) => {
  const isAway = checkedMs !== null && nowMs - checkedMs > 150_000;
  const isBlind = isAway || blindSinceMs !== null;
  const value =
    checkedMs === null
      ? 'not yet'
      : isBlind
        ? 'blind'
        : watermarkMs === null
          ? 'not needed'
          : agoText(watermarkMs, nowMs);
  return (
    <Card title="Watermark" isBad={isBlind} value={value}>
      <p class="soft">
        {blindSinceMs !== null
          ? `its own pushes have not come through since ${clockText(blindSinceMs, nowMs)}: nobody is accused meanwhile`
          : watermarkMs === null
            ? 'nobody is expected to be heard by pushes'
            : 'silence is measured up to there, as far as its own pushes proved that it hears'}
        {checkedMs === null
          ? '; the checker looks once a minute'
          : `; everybody was looked at at ${clockText(checkedMs, nowMs)}`}
      </p>
    </Card>
  );
};

/** What was refused and why: who sent it, what it was told, when last. */
const RefusedTable = ({ refused, nowMs }: { readonly refused: Vitals['refused']; readonly nowMs: number }) => (
  <section aria-label="Refused by reason">
    <h2>Refused by reason</h2>
    {refused.length === 0 ? (
      <p class="soft">Nothing was refused in the last 24 hours.</p>
    ) : (
      <div class="scroll-x">
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Why</th>
              <th scope="col">Protocol</th>
              <th scope="col">Job</th>
              <th scope="col" class="number">
                Pushes
              </th>
              <th scope="col" class="number">
                Samples
              </th>
              <th scope="col">Last</th>
              <th scope="col">The last was told</th>
            </tr>
          </thead>
          <tbody>
            {refused.map(({ protocol, job, status, code, pushes, samples, lastMs, reason }) => (
              <tr key={JSON.stringify([protocol, job, status, code])}>
                <th scope="row" class="nowrap">
                  <code>{code}</code> <span class="soft">{status === 0 ? '' : status}</span>
                </th>
                <td>{protocol}</td>
                <td>{job === '' ? <span class="soft">not known</span> : job}</td>
                <td class="number" data-title="pushes">
                  {pushes === 0 ? <span class="soft">–</span> : countText(pushes)}
                </td>
                <td class="number" data-title="samples">
                  {samples === 0 ? <span class="soft">–</span> : countText(samples)}
                </td>
                <td class="nowrap" title={clockText(lastMs, nowMs)}>
                  {agoText(lastMs, nowMs)}
                </td>
                <td class="said">{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);

/** How the collector itself does. */
export const Health = () => {
  const live = useLive<Vitals>('/v1/health', 10_000);
  const nowMs = useNow();
  const vitals = live.data;
  return (
    <>
      <div class="head">
        <h1>Health</h1>
        <p class="summary">the collector itself, in the last 24 hours</p>
      </div>
      <Problem live={live} />
      {vitals === undefined && live.problem === undefined && <Waiting />}
      {vitals !== undefined && (
        <>
          <Balance {...vitals} />
          <div class="facts">
            <Watermark {...vitals} nowMs={nowMs} />
            <Card title="In the buffer" value={countText(vitals.buffered)}>
              <p class="soft">
                messages, waiting or at work
                {vitals.bufferAgeSeconds === null
                  ? ''
                  : `; the oldest for ${lengthText(vitals.bufferAgeSeconds * 1_000)}`}
              </p>
            </Card>
            <Card
              title="Scrapes ordered"
              value={
                vitals.plannedUntilMs === null
                  ? 'none'
                  : vitals.plannedUntilMs > nowMs
                    ? `${lengthText(vitals.plannedUntilMs - nowMs)} ahead`
                    : `${lengthText(nowMs - vitals.plannedUntilMs)} behind`
              }
              isBad={vitals.plannedUntilMs !== null && vitals.plannedUntilMs < nowMs - 60_000}
            >
              <p class="soft">the plan reaches up to two minutes ahead</p>
            </Card>
            <Card
              title="Late, at most"
              value={
                vitals.today.ScrapeLateness || vitals.today.DetectionDelay
                  ? lateText(Math.max(vitals.today.ScrapeLateness ?? 0, vitals.today.DetectionDelay ?? 0))
                  : 'not late'
              }
            >
              <p class="soft">
                scrapes {lateText(vitals.today.ScrapeLateness)}, alarms {lateText(vitals.today.DetectionDelay)}
              </p>
            </Card>
            <Card title="Cost of it" value={`$${vitals.costUsd.toFixed(vitals.costUsd < 1 ? 4 : 2)}`}>
              <p class="soft">
                {countText(vitals.today.WriteUnits ?? 0)} write units; at list price: {vitals.costParts}
              </p>
            </Card>
          </div>
          {vitals.blind.length > 0 && (
            <p class="notice">
              The collector did not look from{' '}
              {vitals.blind
                .map(({ fromMs, toMs }) => `${clockText(fromMs, nowMs)} to ${clockText(toMs, nowMs)}`)
                .slice(-3)
                .join(', ')}
              : silence in that time is held against nobody.
            </p>
          )}
          <RefusedTable refused={vitals.refused} nowMs={nowMs} />
          <h2>Over the day</h2>
          <div class="measures">
            {shown.map(([name, title, isBad = false]) => {
              const total = vitals.today[name] ?? 0;
              return (
                <section key={name} class="measure">
                  <h2>{title}</h2>
                  <p class={isBad && total > 0 ? 'value bad' : 'value'}>{countText(total)}</p>
                  <Bars
                    values={vitals.over[name] ?? []}
                    everyMs={vitals.everyMs}
                    nowMs={nowMs}
                    label={title}
                    isBad={isBad}
                  />
                </section>
              );
            })}
          </div>
        </>
      )}
    </>
  );
};
