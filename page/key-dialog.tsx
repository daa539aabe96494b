import { useEffect, useRef } from 'preact/hooks';
import { enterKey, useKey } from './key.ts';

/** Asks for a key where the collector wants one. */
export const KeyDialog = () => {
  const { key, refusal } = useKey();
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    if (refusal !== undefined && !element.open) element.showModal();
    else if (refusal === undefined && element.open) element.close();
  }, [refusal]);
  return (
    <dialog ref={dialog} aria-labelledby="key-title">
      <form
        method="dialog"
        onSubmit={event => {
          event.preventDefault();
          const entered = input.current?.value.trim() ?? '';
          if (entered !== '') enterKey(entered);
        }}
      >
        <h2 id="key-title">{key === '' ? 'A key, please' : 'That key does not open this'}</h2>
        <p>{key === '' ? 'This collector shows its data to whoever has a key to read with.' : `${refusal}.`}</p>
        <label for="key-input">Key</label>
        <input
          id="key-input"
          ref={input}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-invalid={key !== ''}
        />
        <p class="hint">
          It stays in this tab and goes with it. <code>npx sluice keys create --read</code> makes one; with{' '}
          <code>--operate</code> it can pause heartbeats as well.
        </p>
        <div class="dialog-end">
          <button type="submit" class="strong">
            Open
          </button>
        </div>
      </form>
    </dialog>
  );
};
