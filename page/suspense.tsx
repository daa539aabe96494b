import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A part of the page that is loaded when it is first looked at. */
export const Suspense = <P extends object>({
  load,
  give,
}: {
  readonly load: () => Promise<ComponentType<P>>;
  readonly give: P;
}) => {
  const [part, setPart] = useState<{ readonly Part: ComponentType<P> }>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    load().then(
      Part => setPart({ Part }),
      () => setProblem('This part of the page could not be loaded: reload the page.'),
    );
  }, []);
  if (problem !== undefined) return <p class="notice notice-bad">{problem}</p>;
  return part === undefined ? <p class="waiting">Loading …</p> : <part.Part {...give} />;
};
