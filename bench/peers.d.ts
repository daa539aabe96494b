declare module 'parse-prometheus-text-format' {
  type Metric = { readonly value?: string; readonly buckets?: object; readonly quantiles?: object };
  const parse: (text: string) => readonly { readonly name: string; readonly metrics: readonly Metric[] }[];
  export default parse;
}
