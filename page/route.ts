import { useEffect, useState } from 'preact/hooks';

/** Where somebody is: a view and what it shows, all of it in the address after the #, so that it can be shared. */
export type Route = { readonly view: string; readonly parameters: URLSearchParams };

export const readRoute = (hash: string): Route => {
  const [view = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { view: view === '' ? 'sources' : view, parameters: new URLSearchParams(query) };
};

export const hrefOf = (view: string, parameters: URLSearchParams | Record<string, string> = {}): string => {
  const query = new URLSearchParams(parameters).toString();
  return `#/${view}${query === '' ? '' : `?${query}`}`;
};

/** Changes what the view shows without leaving a trace in the history. */
export const refine = (view: string, parameters: URLSearchParams): void => {
  history.replaceState(null, '', hrefOf(view, parameters));
  dispatchEvent(new HashChangeEvent('hashchange'));
};

export const useRoute = (): Route => {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(readRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
};
