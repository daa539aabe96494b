import type { Routes } from './api.ts';

/** Where Prometheus's HTTP API is asked, each path with its methods. */
export const questions: Routes = {
  '/-/healthy': ['GET'],
  '/-/ready': ['GET'],
  '/api/v1/query': ['GET', 'POST'],
  '/api/v1/query_range': ['GET', 'POST'],
  '/api/v1/series': ['GET', 'POST'],
  '/api/v1/labels': ['GET', 'POST'],
  '/api/v1/label/{name}/values': ['GET', 'POST'],
  '/api/v1/metadata': ['GET', 'POST'],
  '/api/v1/targets': ['GET'],
  '/api/v1/alerts': ['GET'],
  '/api/v1/rules': ['GET'],
  '/api/v1/read': ['POST'],
  '/federate': ['GET'],
  '/api/v1/status/{what}': ['GET'],
  // What nobody answers is said as Prometheus says it.
  '/api/v1/{nothing+}': ['GET', 'POST'],
};
