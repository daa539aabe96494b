import { compare } from './compare.ts';
import { isThere } from './prometheus.ts';

// Random questions over random data, to a real Prometheus and to ours: `npm run compare:promql [-- seed [count]]`.
// $PROMETHEUS names another program than Debian's. Exit code 1 where an answer differs.

const [seed = Date.now() % 1_000_000, count = 2_000] = process.argv.slice(2).map(Number);
if (isThere()) {
  const { differences, ...counts } = await compare(seed, count);
  for (const each of differences) console.log(each);
  console.log(`seed ${seed}: ${JSON.stringify(counts)}, ${differences.length} differ`);
  process.exitCode = differences.length === 0 ? 0 : 1;
} else console.log('skipped: no Prometheus here, set PROMETHEUS and PROMTOOL');
