import { environment } from '../io/aws/contract.ts';
import type { CollectorProps } from './collector-props.ts';
import type { Handler } from './handler.ts';

/** Who is told beside the alarm topic, as far as anybody is wanted: of alarms, and of complete sweeps. */
export const receivedBy = (
  { alertmanagerUrl, eventBus, watchdogUrl }: Pick<CollectorProps, 'alertmanagerUrl' | 'eventBus' | 'watchdogUrl'>,
  check: Handler,
): void => {
  if (watchdogUrl !== undefined) check.knows(environment.watchdogUrl, watchdogUrl);
  if (alertmanagerUrl !== undefined) check.knows(environment.alertmanagerUrl, alertmanagerUrl);
  if (eventBus === undefined) return;
  eventBus.grantPutEventsTo(check);
  check.knows(environment.eventBus, eventBus.eventBusArn);
};
