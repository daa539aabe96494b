import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { valueText } from './format.ts';
import type { Chart as ChartData } from './promql.ts';

/** Colours that are told apart on either ground, by people with any of the usual kinds of sight. */
const palette = {
  light: ['#0b6e6e', '#b3541e', '#5b4bb3', '#a3307a', '#3f7a1f', '#8a6d00', '#1f5fbf', '#b32d3a', '#5f5f5f', '#007a4d'],
  dark: ['#4fc3c3', '#f0a06a', '#a99cff', '#f083c4', '#9bd46f', '#e3c34a', '#7ab2ff', '#ff8f96', '#bdbdbd', '#55d6a0'],
};

const isDark = (): boolean => {
  const theme = document.documentElement.dataset['theme'];
  return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
};

const colourAt = (index: number): string => {
  const colours = palette[isDark() ? 'dark' : 'light'];
  return colours[index % colours.length]!;
};

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const two = (part: number): string => String(part).padStart(2, '0');

/** An instant below the chart, as exact as the steps between them. */
const instantText = (seconds: number, stepSeconds: number): string => {
  const at = new Date(seconds * 1_000);
  const [day, time] = [
    `${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    `${two(at.getHours())}:${two(at.getMinutes())}`,
  ];
  if (stepSeconds >= 86_400) return day;
  if (stepSeconds < 60) return `${time}:${two(at.getSeconds())}`;
  return at.getHours() === 0 && at.getMinutes() === 0 ? day : time;
};

/** Lines over time, with the values under the cursor below. */
export const Chart = ({ data, height = 300, label }: { data: ChartData; height?: number; label: string }) => {
  const host = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const [alone, setAlone] = useState<string>();
  const [theme, setTheme] = useState(isDark);
  useEffect(() => {
    const follow = (): void => setTheme(isDark());
    addEventListener('sluice-theme', follow);
    const media = matchMedia('(prefers-color-scheme: dark)');
    media.addEventListener('change', follow);
    return () => {
      removeEventListener('sluice-theme', follow);
      media.removeEventListener('change', follow);
    };
  }, []);
  const isKnown = data.lines.some(({ name }) => name === alone);
  useEffect(() => {
    const element = host.current!;
    const axis = {
      stroke: token('--soft'),
      grid: { stroke: token('--line'), width: 1 },
      ticks: { stroke: token('--line'), width: 1 },
      font: '12px system-ui, sans-serif',
    };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { points: { size: 7 }, focus: { prox: 24 }, drag: { x: true, y: false } },
        focus: { alpha: 0.35 },
        scales: { x: { time: true } },
        axes: [
          { ...axis, values: (_, splits, __, ___, step) => splits.map(each => instantText(each, step)) },
          { ...axis, size: 64, values: (_, values) => values.map(valueText) },
        ],
        series: [
          {},
          ...data.lines.map(({ name }, index) => ({
            label: name,
            stroke: colourAt(index),
            width: 1.5,
            spanGaps: false,
            points: { show: data.seconds.length < 40 },
            show: !isKnown || name === alone,
          })),
        ],
        hooks: { setCursor: [({ cursor }) => setAt(cursor.idx ?? null)] },
      },
      [data.seconds as number[], ...data.lines.map(({ values }) => values as (number | null)[])],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, height, theme, alone, isKnown]);
  const shownAt = at ?? data.seconds.length - 1;
  const time = data.seconds[shownAt];
  return (
    <figure class="chart">
      <div ref={host} role="img" aria-label={`${label}: ${data.lines.length} series`} />
      <figcaption>
        <p class="soft">{time === undefined ? '' : `at ${new Date(time * 1_000).toLocaleString()}`}</p>
        <ul class="legend">
          {data.lines.slice(0, 40).map(({ name, values }, index) => {
            const value = values[shownAt];
            return (
              <li key={name}>
                <button
                  type="button"
                  aria-pressed={alone === name}
                  onClick={() => setAlone(alone === name ? undefined : name)}
                  title="only this one"
                >
                  <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
                    <rect width="10" height="10" rx="2" fill={colourAt(index)} />
                  </svg>
                  <span class="legend-name">{name}</span>
                  <b>{value === null || value === undefined ? '–' : valueText(value)}</b>
                </button>
              </li>
            );
          })}
        </ul>
        {data.lines.length > 40 && <p class="soft">and {data.lines.length - 40} more in the chart</p>}
      </figcaption>
    </figure>
  );
};
