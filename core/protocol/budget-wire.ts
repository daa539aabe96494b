import { Wire } from '../exposition/wire.ts';
import { limits } from '../limits.ts';
import { TooMuch } from './samples.ts';

type Budget = { left: number };

/**
 * Protobuf of a push, whose messages inside each other are counted as they are opened: an empty one takes two bytes of the
 * body and a hundred of memory.
 */
export class BudgetWire extends Wire {
  readonly #budget: Budget;
  readonly #view: DataView;

  constructor(
    bytes: Uint8Array,
    at = 0,
    end = bytes.length,
    budget: Budget = { left: limits.pushParts },
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ) {
    super(bytes, at, end, view);
    this.#budget = budget;
    this.#view = view;
  }

  override inside(): Wire {
    this.#budget.left -= 1;
    if (this.#budget.left < 0)
      throw new TooMuch(`more than ${limits.pushParts} messages inside it, send fewer at once`);
    const { bytes, at, end } = super.inside();
    return new BudgetWire(bytes, at, end, this.#budget, this.#view);
  }
}
