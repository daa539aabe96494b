import { useState } from 'preact/hooks';
import type { Alarm } from '../core/heartbeat/alarm.ts';
import type { OpenAlarm } from '../core/view/alarms.ts';
import { agoText, clockText, lengthText } from './format.ts';
import { useLive } from './live.ts';
import { Empty, Problem, Waiting } from './notice.tsx';
import { useNow } from './now.ts';
import { hrefOf } from './route.ts';

type AlarmList = { readonly open: readonly OpenAlarm[]; readonly past: readonly Alarm[] };

type Named = { readonly job: string; readonly instance: string; readonly labels?: Readonly<Record<string, string>> };

const Name = ({ job, instance, labels }: Named) => {
  const others = Object.entries(labels ?? {}).filter(([name]) => !['alertname', 'job', 'instance'].includes(name));
  return (
    <>
      {job !== '' && <a href={hrefOf('source', { job, instance })}>{job}</a>}
      {job === '' && labels === undefined && <strong>the collector itself</strong>}{' '}
      <span class="soft">
        {instance === '*' ? '' : instance} {others.map(([name, value]) => `${name}=${value}`).join(' ')}
      </span>
    </>
  );
};

const wordOf = ({ isRecovering, labels }: OpenAlarm): string =>
  labels !== undefined ? 'firing' : isRecovering ? 'recovering' : 'down';

const Open = ({ alarm, nowMs }: { readonly alarm: OpenAlarm; readonly nowMs: number }) => (
  <li class="open-alarm">
    <p class="open-head">
      <span class={`state state-${alarm.isRecovering ? 'recovering' : 'down'}`}>{wordOf(alarm)}</span>{' '}
      {alarm.labels === undefined ? (
        <>
          <Name {...alarm} /> <code>{alarm.reason}</code>
        </>
      ) : (
        <>
          <code>{alarm.reason}</code> <Name {...alarm} />
        </>
      )}
      <span class="soft">
        {' '}
        for {lengthText(nowMs - alarm.sinceMs)}, since {clockText(alarm.sinceMs, nowMs)}
      </span>
    </p>
    <ul class="evidence">
      {alarm.evidence.map(each => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  </li>
);

/** What begins something that goes on until it is RESOLVED. */
const beginnings: readonly Alarm['kind'][] = ['DOWN', 'FIRING', 'FLAPPING'];

/** Who is down now, and what was rung. */
export const Alarms = ({ parameters }: { readonly parameters: URLSearchParams }) => {
  const live = useLive<AlarmList>('/v1/alarms', 3_000);
  const nowMs = useNow();
  const [words, setWords] = useState(parameters.get('filter') ?? '');
  const { open = [], past = [] } = live.data ?? {};
  const wanted = words.toLowerCase().split(/\s+/);
  const rung = past.filter(({ text, job, instance }) =>
    wanted.every(word => `${text} ${job} ${instance}`.toLowerCase().includes(word)),
  );
  return (
    <>
      <div class="head">
        <h1>Alarms</h1>
        <p class="summary" role="status">
          {live.data !== undefined &&
            (open.length === 0 ? 'nobody is down, nothing fires' : <strong class="bad">{open.length} open</strong>)}
        </p>
        <input
          type="search"
          class="filter"
          aria-label="Filter past alarms"
          placeholder="Filter past alarms"
          value={words}
          onInput={event => setWords(event.currentTarget.value)}
        />
      </div>
      <Problem live={live} />
      {live.data === undefined && live.problem === undefined && <Waiting />}
      {open.length > 0 && (
        <ul class="open-alarms" aria-label="Open alarms">
          {open.map(alarm => (
            <Open
              key={JSON.stringify([alarm.job, alarm.instance, alarm.reason, alarm.labels])}
              alarm={alarm}
              nowMs={nowMs}
            />
          ))}
        </ul>
      )}
      {live.data !== undefined && past.length === 0 && (
        <Empty title={open.length === 0 ? 'It never rang' : 'Nothing was rung before'}>
          <p>
            Alarms go to the topic and to whoever subscribed to it; what was rung in the last 90 days is listed here.
          </p>
          <pre>SLUICE_SUBSCRIBE=http://127.0.0.1:9093/hook npm start</pre>
        </Empty>
      )}
      {past.length > 0 && (
        <>
          <h2>What was rung</h2>
          <div class="scroll-x">
            <table class="cards">
              <thead>
                <tr>
                  <th scope="col">Kind</th>
                  <th scope="col">Who</th>
                  <th scope="col">Why</th>
                  <th scope="col">When</th>
                  <th scope="col">For</th>
                  <th scope="col">What it said</th>
                </tr>
              </thead>
              <tbody>
                {rung.slice(0, 200).map(alarm => (
                  <tr key={alarm.id}>
                    <td>
                      <span
                        class={`state state-${alarm.kind === 'RESOLVED' ? 'up' : beginnings.includes(alarm.kind) ? 'down' : 'invalid'}`}
                      >
                        {alarm.kind.toLowerCase().replace('_', ' ')}
                      </span>
                    </td>
                    <th scope="row">
                      <Name {...alarm} />
                    </th>
                    <td>
                      <code>{alarm.reason}</code>
                    </td>
                    <td class="nowrap" title={agoText(alarm.atMs, nowMs)}>
                      {clockText(alarm.atMs, nowMs)}
                    </td>
                    <td class="nowrap number">
                      {beginnings.includes(alarm.kind) ? '' : lengthText(alarm.atMs - alarm.sinceMs)}
                    </td>
                    <td class="said">{alarm.text}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {rung.length > 200 && <p class="soft">and {rung.length - 200} more: filter to see them</p>}
        </>
      )}
    </>
  );
};
