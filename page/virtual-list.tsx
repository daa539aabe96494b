import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

type ListProps<T> = {
  readonly label: string;
  readonly rows: readonly T[];
  readonly rowHeight: number;
  readonly columns: number;
  readonly head: ComponentChildren;
  readonly row: (row: T, index: number) => ComponentChildren;
  /** Which rows are drawn now. */
  readonly onShown?: (from: number, to: number) => void;
};

/** Rows beyond the visible ones, above and below: scrolling shows no gaps. */
const spare = 8;

/**
 * A table of which only the visible rows exist. To assistive technology it is a table of all of them; the arrow keys go from row to
 * row.
 */
export const VirtualList = <T,>({ label, rows, rowHeight, columns, head, row, onShown }: ListProps<T>) => {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(800);
  useEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const from = Math.max(0, Math.floor(top / rowHeight) - spare);
  const to = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + spare);
  useEffect(() => onShown?.(from, to), [from, to, rows]);
  const pending = useRef(0);
  const scrolled = (): void => {
    // At most once a frame.
    pending.current ||= requestAnimationFrame(() => {
      pending.current = 0;
      setTop(box.current?.scrollTop ?? 0);
    });
  };
  const moved = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
    const own = (event.target as HTMLElement).closest('[aria-rowindex]');
    if (step === undefined || own === null) return;
    event.preventDefault();
    const wanted = Math.min(rows.length - 1, Math.max(0, Number(own.getAttribute('aria-rowindex')) - 2 + step));
    const element = box.current!;
    const [above, below] = [wanted * rowHeight, (wanted + 2) * rowHeight - element.clientHeight];
    if (above < element.scrollTop) element.scrollTop = above;
    else if (below > element.scrollTop) element.scrollTop = below;
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        element
          .querySelector<HTMLElement>(`[aria-rowindex="${wanted + 2}"] a, [aria-rowindex="${wanted + 2}"] button`)
          ?.focus(),
      ),
    );
  };
  return (
    <div class="list" role="table" aria-label={label} aria-rowcount={rows.length + 1} aria-colcount={columns}>
      <div class="list-scroll" role="rowgroup" ref={box} onScroll={scrolled} onKeyDown={moved} tabIndex={-1}>
        <div class="list-head" role="row" aria-rowindex={1}>
          {head}
        </div>
        <div
          class="list-room"
          role="presentation"
          ref={element => {
            if (element) element.style.height = `${rows.length * rowHeight}px`;
          }}
        >
          <div
            class="list-rows"
            role="presentation"
            ref={element => {
              if (element) element.style.transform = `translateY(${from * rowHeight}px)`;
            }}
          >
            {rows.slice(from, to).map((each, index) => row(each, from + index))}
          </div>
        </div>
      </div>
    </div>
  );
};
