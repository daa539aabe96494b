import middy from '@middy/core';
import { samplesIn } from '../core/batch.ts';
import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import { canaryAt, canaryMatchers } from '../core/rules/canary.ts';
import { measuredAt } from '../core/rules/due.ts';
import { readRules } from '../core/rules/read.ts';
import { type Group, groupIdOf } from '../core/rules/rule.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { Ports } from '../io/ports.ts';
import { Answering } from './answering.ts';
import { evaluateGroup } from './evaluating.ts';
import { measured } from './middleware/measured.ts';
import type { ScheduleEvent } from './schedule-event.ts';
import { wantedBy } from './wanted.ts';

export type RulePorts = Pick<
  Ports,
  | 'clock'
  | 'log'
  | 'measures'
  | 'series'
  | 'blocks'
  | 'retention'
  | 'includesOlderEnd'
  | 'buffer'
  | 'rules'
  | 'alarms'
  | 'history'
>;

/**
 * Rules → samples and alarms. Each minute a canary goes the way of all samples, and every group is evaluated at its instants up to
 * where canaries say that everything is stored. What is due and was missed is made good.
 */
export const rules = (ports: RulePorts) => {
  const { clock, log } = ports;
  const groups = ports.rules.files.flatMap(({ name, text }): readonly Group[] => {
    const { value, rejects } = readRules(text, name);
    // lib reads them before they are deployed: this is for who deploys otherwise.
    for (const reject of rejects) log.write('error', 'rules not read', { file: name, reject: textOfReject(reject) });
    return value;
  });
  const answering = new Answering(ports);
  return middy<ScheduleEvent, void>()
    .use(measured(ports))
    .handler(async () => {
      const nowMs = clock.nowMs();
      const canary = canaryAt(nowMs);
      await ports.buffer.send(encodeBatch(canary));
      ports.measures.tell({ Accepted: samplesIn([canary]) });
      const { series } = await answering.samples.columns(
        wantedBy([canaryMatchers]),
        nowMs - limits.ruleDelaySpanMs,
        nowMs,
      );
      const road = measuredAt(series[0], nowMs);
      if (road === undefined) {
        log.write('info', 'rules wait for the first canary', { groups: groups.length });
        return;
      }
      const failed: string[] = [];
      for (const group of groups) {
        if (clock.nowMs() - nowMs > limits.rulesForMs) break;
        await evaluateGroup(ports, answering, group, road).catch((error: Error) => {
          failed.push(groupIdOf(group));
          log.write('error', 'group not evaluated', { group: groupIdOf(group), cause: error.message });
        });
      }
      log.write('info', 'rules evaluated', { groups: groups.length, failed: failed.length, delayMs: road.delayMs });
      if (failed.length > 0) throw new Error(`${failed.length} groups of rules were not evaluated: ${failed[0]}`);
    });
};
