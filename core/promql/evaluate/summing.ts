/**
 * A sum with what rounding took from it (Neumaier's improvement of Kahan's): as exact as Prometheus's
 * (util/kahansum), in whatever order numbers come.
 */
export class Sum {
  value = 0;
  lost = 0;

  add(number: number): void {
    const total = this.value + number;
    if (total === Infinity || total === -Infinity) this.lost = 0;
    else if (Math.abs(this.value) >= Math.abs(number)) this.lost += this.value - total + number;
    else this.lost += number - total + this.value;
    this.value = total;
  }

  get total(): number {
    return this.value + this.lost;
  }
}

/** The mean of numbers as Prometheus takes it: their sum by their count, or, where that overflows, step by step. */
export class Mean {
  readonly #sum = new Sum();
  #count = 0;
  #stepwise = false;

  add(number: number): void {
    this.#count += 1;
    const sum = this.#sum;
    if (this.#count === 1) {
      sum.value = number;
      return;
    }
    const { value, lost } = sum;
    if (!this.#stepwise) {
      sum.add(number);
      if (sum.value !== Infinity && sum.value !== -Infinity) return;
      this.#stepwise = true;
      sum.value = value / (this.#count - 1);
      sum.lost = lost / (this.#count - 1);
    }
    const share = (this.#count - 1) / this.#count;
    sum.value *= share;
    sum.lost *= share;
    sum.add(number / this.#count);
  }

  get mean(): number {
    const { value, lost } = this.#sum;
    return this.#stepwise ? value + lost : value / this.#count + lost / this.#count;
  }
}

/**
 * The q-quantile of numbers, interpolated between the two it falls between; NaN is the least of all. `sorted` is as
 * Float64Array.sort leaves it, with NaN at the end.
 */
export const quantileOf = (q: number, sorted: Float64Array): number => {
  const count = sorted.length;
  if (count === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  let numbers = count;
  while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) numbers -= 1;
  const nans = count - numbers;
  const nth = (index: number): number => (index < nans ? Number.NaN : sorted[index - nans]!);
  const rank = q * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return nth(lower) * (1 - weight) + nth(upper) * weight;
};
