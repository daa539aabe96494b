import { memoryPorts } from '../../io/memory/ports.ts';
import { blocksContract } from './blocks.contract.ts';
import { exemplarsContract } from './exemplars.contract.ts';
import { familiesContract } from './families.contract.ts';
import { heartbeatsContract } from './heartbeats.contract.ts';
import { historyContract } from './history.contract.ts';
import { queueContract } from './queue.contract.ts';
import { refusalsContract } from './refusals.contract.ts';
import { rulesContract } from './rules.contract.ts';
import { seriesContract } from './series.contract.ts';
import { targetsContract } from './targets.contract.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 34, 56);
const shared = memoryPorts({ startMs });

heartbeatsContract('memory', () => shared.heartbeats);
targetsContract('memory', () => shared.targets);
exemplarsContract('memory', () => ({ port: shared.exemplars, nowMs: startMs }));
familiesContract('memory', () => ({ port: memoryPorts({ startMs }).families, nowMs: startMs }));
historyContract('memory', () => ({ port: memoryPorts({ startMs }).history, nowMs: startMs }));
blocksContract('memory', () => ({ blocks: shared.blocks, series: shared.series, nowMs: startMs }));
refusalsContract('memory', () => ({ port: memoryPorts({ startMs }).refusals, nowMs: startMs }));
rulesContract('memory', () => shared.rules);
seriesContract('memory', () => ({ port: memoryPorts({ startMs }).series, nowMs: startMs }));
queueContract('memory', () => {
  const { buffer, clock } = memoryPorts({ startMs });
  return {
    port: buffer,
    take: async () => {
      await clock.moveTo(clock.nowMs() + 500);
      return buffer.take().map(({ body }) => body);
    },
  };
});
