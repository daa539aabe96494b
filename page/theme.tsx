import { useEffect, useState } from 'preact/hooks';

const kept = 'sluice-theme';
const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const readTheme = (): Theme => themes.find(theme => theme === localStorage.getItem(kept)) ?? 'system';

const apply = (theme: Theme): void => {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  dispatchEvent(new Event('sluice-theme'));
};

apply(readTheme());

/** Light, dark, or as the system has it. */
export const ThemeButton = () => {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    apply(theme);
    localStorage.setItem(kept, theme);
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length]!;
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => setTheme(next)}
      aria-label={`Colours: ${theme}. Change to ${next}`}
    >
      {{ system: '◐', light: '☀', dark: '☾' }[theme]} <span class="wide">{theme}</span>
    </button>
  );
};
