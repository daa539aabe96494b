import { expect, test } from 'vitest';
import { readTemplate } from '../../../core/rules/template.ts';

const written = (
  text: string,
  value = 1_234.5,
  labels: Record<string, string> = { job: 'shop', instance: 'a:1' },
): string => {
  const template = readTemplate(text);
  return template.ok ? template.write({ value, labels }) : `! ${template.reason}`;
};

// What Prometheus's own templates give (template/template_test.go, and text/template).
test.each<[string, number, string]>([
  ['no actions', 0, 'no actions'],
  ['{{ $value }}', 1_234.5, '1234.5'],
  ['{{ .Value }}', 1_234_567, '1.234567e+06'],
  ['{{ $value }}', Number.NaN, 'NaN'],
  ['{{$labels.job}}/{{ .Labels.instance }}/{{ $labels.none }}.', 0, 'shop/a:1/.'],
  ['a {{- $value -}} b', 1, 'a1b'],
  ['{{ $labels }}', 0, 'map[instance:a:1 job:shop]'],
  ['{{ humanize $value }}', 0, '0'],
  ['{{ humanize $value }}', 1, '1'],
  ['{{ $value | humanize }}', 1_234_567, '1.235M'],
  ['{{ $value | humanize }}', 0.1, '100m'],
  ['{{ $value | humanize }}', Number.POSITIVE_INFINITY, '+Inf'],
  ['{{ $value | humanize1024 }}', 1_048_576, '1Mi'],
  ['{{ $value | humanizeDuration }}', 0, '0s'],
  ['{{ $value | humanizeDuration }}', 60, '1m 0s'],
  ['{{ $value | humanizeDuration }}', 86_400 + 3_600 + 60 + 1, '1d 1h 1m 1s'],
  ['{{ $value | humanizeDuration }}', -3_600, '-1h 0m 0s'],
  ['{{ $value | humanizeDuration }}', 0.0001, '100us'],
  ['{{ $value | humanizeDuration }}', 1.2345, '1.234s'],
  ['{{ $value | humanizePercentage }}', 0.123456, '12.35%'],
  ['{{ $value | humanizeTimestamp }}', 1_435_065_584.128, '2015-06-23 13:19:44.128 +0000 UTC'],
  ['{{ printf "%.2f of %s" $value $labels.job }}', 1_234.5, '1234.50 of shop'],
  ['{{ printf "%5.1f|%-6s|%d%%" $value "x" 7 }}', 9.96, ' 10.0|x     |7%'],
  ['{{ $value | printf "%.0f" }}', 2.4, '2'],
  ['{{ toUpper $labels.job }}{{ "ABC" | toLower }}', 0, 'SHOPabc'],
  ['{{ title "some shop" }}', 0, 'Some Shop'],
  ['{{ reReplaceAll ":.*" "" $labels.instance }}', 0, 'a'],
  ['{{ $labels.instance | stripPort }}', 0, 'a'],
  ['{{ (printf "%.1f" $value) | toUpper }}', 1, '1.0'],
  ['{{/* nothing */}}x', 0, 'x'],
])('%s of %d is %j', (text, value, result) => {
  expect(written(text, value)).toBe(result);
});

test.each([
  ['{{ $value', 'template: {{ is not closed'],
  ['{{ }}', 'template: a value is missing'],
  ['{{ if $value }}x{{ end }}', 'template: "if" is not known here, see docs/rules.md'],
  ['{{ range query "up" }}{{ end }}', 'template: "range" is not known here, see docs/rules.md'],
  ['{{ query "up" | first | value }}', 'template: "query" is not known here, see docs/rules.md'],
  ['{{ nope $value }}', 'template: function "nope" not defined'],
  ['{{ $value | nope }}', 'template: function "nope" not defined'],
  ['{{ $nope }}', 'template: undefined variable "$nope"'],
  ['{{ humanize }}', 'template: wrong number of args for humanize: want 1, got 0'],
  ['{{ humanize 1 2 }}', 'template: wrong number of args for humanize: want 1, got 2'],
  ['{{ (humanize 1 }}', 'template: ( is not closed'],
  ['{{ $value $value }}', 'template: unexpected "$value"'],
])('%s is refused', (text, reason) => {
  expect(written(text)).toBe(`! ${reason}`);
});
