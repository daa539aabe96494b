import { useEffect, useRef, useState } from 'preact/hooks';
import { Chart } from './chart.tsx';
import { type Editor, openEditor } from './editor.ts';
import { askChart, askTable, type Chart as ChartData, type Table, type Told } from './promql.ts';

export type Span = { readonly fromSeconds: number; readonly toSeconds: number; readonly stepSeconds: number };

type PanelProps = {
  readonly query: string;
  readonly mode: 'chart' | 'table';
  readonly span: Span;
  readonly onQuery: (query: string) => void;
  readonly onMode: (mode: 'chart' | 'table') => void;
  readonly onRemove: (() => void) | undefined;
};

type Shown = { readonly chart?: Told<ChartData>; readonly table?: Told<Table>; readonly problem?: string };

/** One expression, as a chart or as a table. */
export const Panel = ({ query, mode, span, onQuery, onMode, onRemove }: PanelProps) => {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const text = useRef(query);
  const [shown, setShown] = useState<Shown>({});
  const [isBusy, setBusy] = useState(false);
  const latest = useRef({ onQuery });
  latest.current = { onQuery };

  useEffect(() => {
    editor.current = openEditor(host.current!, query, {
      label: 'PromQL expression',
      changed: next => {
        text.current = next;
      },
      run: () => latest.current.onQuery(text.current),
    });
    if (query === '') editor.current.focus();
    return () => editor.current?.destroy();
  }, []);

  useEffect(() => {
    text.current = query;
    editor.current?.set(query);
    if (query.trim() === '') {
      setShown({});
      return;
    }
    const abort = new AbortController();
    setBusy(true);
    const asked: Promise<Shown> =
      mode === 'chart'
        ? askChart(query, span.fromSeconds, span.toSeconds, span.stepSeconds, abort.signal).then(chart => ({ chart }))
        : askTable(query, span.toSeconds, abort.signal).then(table => ({ table }));
    asked.then(
      answer => {
        setShown(answer);
        setBusy(false);
      },
      (error: Error) => {
        if (abort.signal.aborted) return;
        setShown({ problem: error.message });
        setBusy(false);
      },
    );
    return () => abort.abort();
  }, [query, mode, span.fromSeconds, span.toSeconds, span.stepSeconds]);

  const { chart, table, problem } = shown;
  const told = chart ?? table;
  const count = chart
    ? chart.answer.lines.length + chart.answer.left
    : table
      ? table.answer.rows.length + table.answer.left
      : 0;
  return (
    <section class="panel" aria-label={query === '' ? 'New query' : query} aria-busy={isBusy}>
      <div class="panel-head">
        <div class="editor" ref={host} />
        <button type="button" class="strong" onClick={() => onQuery(text.current)}>
          Run
        </button>
      </div>
      <div class="panel-bar">
        <div class="chips" role="group" aria-label="Shown as">
          <button type="button" aria-pressed={mode === 'chart'} onClick={() => onMode('chart')}>
            Chart
          </button>
          <button type="button" aria-pressed={mode === 'table'} onClick={() => onMode('table')}>
            Table
          </button>
        </div>
        <span class="soft" role="status">
          {isBusy ? 'asking …' : told === undefined ? '' : `${count} series, ${Math.round(told.tookMs)} ms`}
        </span>
        {onRemove !== undefined && (
          <button type="button" class="quiet panel-remove" onClick={onRemove}>
            Remove
          </button>
        )}
      </div>
      {problem !== undefined && (
        <p class="notice notice-bad" role="alert">
          {problem}
        </p>
      )}
      {told?.warnings.map(warning => (
        <p key={warning} class="notice">
          {warning}
        </p>
      ))}
      {told !== undefined && count === 0 && (
        <p class="notice">
          No series match. The name may be another one (the editor completes those that exist), or nothing came in this
          span.
        </p>
      )}
      {chart !== undefined && count > 0 && <Chart data={chart.answer} label={query} />}
      {chart !== undefined && chart.answer.left > 0 && (
        <p class="soft">The first 100 of {count} series are drawn: topk(10, …) picks some.</p>
      )}
      {table !== undefined && count > 0 && (
        <div class="scroll-x">
          <table>
            <thead>
              <tr>
                <th scope="col">Series</th>
                <th scope="col" class="number">
                  Value
                </th>
              </tr>
            </thead>
            <tbody>
              {table.answer.rows.map(({ name, value }) => (
                <tr key={name}>
                  <td class="series">{name}</td>
                  <td class="number value-cell">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {table.answer.left > 0 && <p class="soft">and {table.answer.left} more</p>}
        </div>
      )}
      {query === '' && (
        <p class="hint">
          Type a metric’s name; the editor completes names, labels and functions. Enter runs, Shift-Enter begins a new
          line.
        </p>
      )}
    </section>
  );
};
