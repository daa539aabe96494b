import type { Routes } from './api.ts';

/** Where producers push, by their own paths. */
export const pushes: Routes = {
  '/v1/push': ['POST'],
  '/api/v1/write': ['POST'],
  '/api/v1/push': ['POST'],
  '/v1/statsd': ['POST', 'PUT'],
  '/api/v2/write': ['POST'],
  '/write': ['POST'],
  '/v1/graphite': ['POST'],
  '/api/v2/series': ['POST'],
  '/v1/firehose': ['POST'],
  '/v1/metrics': ['POST'],
  '/api/v1/otlp/v1/metrics': ['POST'],
  '/v1/lint': ['POST'],
  // All of /metrics/job/… and /metrics/job@base64/…; push refuses the rest with a reason.
  '/metrics/{group+}': ['GET', 'PUT', 'POST', 'DELETE'],
  '/metrics': ['PUT', 'POST', 'DELETE'],
  // What jobs say of their runs.
  '/ping/{run+}': ['GET', 'HEAD', 'POST'],
};

/** Whether the collector is there, for who signs. */
export const probes: Routes = { '/-/healthy': ['GET'], '/-/ready': ['GET'] };

/** What is read: Prometheus's HTTP API, and the lists of the page. */
export const questions: Routes = {
  '/api/v1/query': ['GET', 'POST'],
  '/api/v1/query_range': ['GET', 'POST'],
  '/api/v1/series': ['GET', 'POST'],
  '/api/v1/labels': ['GET', 'POST'],
  '/api/v1/label/{name}/values': ['GET', 'POST'],
  '/api/v1/metadata': ['GET', 'POST'],
  '/api/v1/query_exemplars': ['GET', 'POST'],
  '/api/v1/targets': ['GET'],
  '/api/v1/alerts': ['GET'],
  '/api/v1/rules': ['GET'],
  '/api/v1/read': ['POST'],
  '/federate': ['GET'],
  '/api/v1/status/{what}': ['GET'],
  // What nobody answers is said as Prometheus says it.
  '/api/v1/{nothing+}': ['GET', 'POST'],
  '/v1/sources': ['GET'],
  '/v1/alarms': ['GET'],
};

/** What became of a push, which whoever pushed it may ask. */
export const receipts: Routes = { '/v1/receipts/{id}': ['GET'] };

/** Who pushes, for who signs: groups, and those that push at once. */
export const accounts: Routes = { '/v1/flushes': ['GET'], '/metrics': ['GET'] };

/** The page, its files, and what people may do there. */
export const looks: Routes = {
  '/': ['GET'],
  '/page/{file}': ['GET'],
  '/v1/health': ['GET'],
  '/v1/heartbeats/pause': ['POST'],
  '/v1/heartbeats/resume': ['POST'],
  '/v1/heartbeats/snooze': ['POST'],
};
