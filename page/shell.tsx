import { useEffect } from 'preact/hooks';
import { Alarms } from './alarms.tsx';
import { Health } from './health.tsx';
import { Heartbeats } from './heartbeats.tsx';
import { enterKey, useKey } from './key.ts';
import { KeyDialog } from './key-dialog.tsx';
import { OneSource } from './one-source.tsx';
import { hrefOf, useRoute } from './route.ts';
import { Sources } from './sources.tsx';
import { Suspense } from './suspense.tsx';
import { ThemeButton } from './theme.tsx';

const views = [
  ['sources', 'Sources'],
  ['heartbeats', 'Heartbeats'],
  ['explore', 'Explore'],
  ['alarms', 'Alarms'],
  ['health', 'Health'],
] as const;

const viewOf = (view: string, parameters: URLSearchParams) => {
  switch (view) {
    case 'source':
      return <OneSource job={parameters.get('job') ?? ''} instance={parameters.get('instance') ?? ''} />;
    case 'heartbeats':
      return <Heartbeats />;
    case 'explore':
      // The editor and the charts are most of the page: they come when they are wanted.
      return <Suspense load={async () => (await import('./explore.tsx')).Explore} give={{ parameters }} />;
    case 'alarms':
      return <Alarms parameters={parameters} />;
    case 'health':
      return <Health />;
    default:
      return <Sources parameters={parameters} />;
  }
};

/** The whole page: where one can go, and where one is. */
export const Shell = () => {
  const { view, parameters } = useRoute();
  const { key } = useKey();
  const current = view === 'source' ? 'sources' : view;
  useEffect(() => {
    document.title = `${views.find(([name]) => name === current)?.[1] ?? 'Sources'} – Sluice`;
  }, [current]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('main')?.focus()}>
        Skip to the content
      </button>
      <header class="bar">
        <a class="brand" href={hrefOf('sources')}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <rect width="16" height="16" rx="3" />
            <path d="M3 5h10M3 8h7M3 11h4" />
          </svg>
          Sluice
        </a>
        <nav aria-label="Views">
          {views.map(([name, title]) => (
            <a key={name} href={hrefOf(name)} aria-current={name === current ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="bar-end">
          {key !== '' && (
            <button type="button" class="quiet" onClick={() => enterKey('')} title="forget the key of this tab">
              Forget key
            </button>
          )}
          <ThemeButton />
        </div>
      </header>
      <main tabIndex={-1} id="main" class={`view view-${view}`}>
        {viewOf(view, parameters)}
      </main>
      <KeyDialog />
    </>
  );
};
