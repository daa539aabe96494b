import type { Wire } from '../exposition/wire.ts';
import type { Attributes, Data, Metric, ResourceMetrics, Scope } from './otlp-model.ts';
import { readAttribute } from './otlp-protobuf-attributes.ts';
import { readExponentialPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from './otlp-protobuf-points.ts';
import { readInside, readString, readUint } from './wire-values.ts';

/** An ExportMetricsServiceRequest. What is no protobuf is thrown as a WireError. */
export const readOtlpProtobuf = (wire: Wire): ResourceMetrics[] => {
  const found: ResourceMetrics[] = [];
  while (wire.next()) {
    if (wire.field === 1) found.push(readResource(readInside(wire, 'resource_metrics')));
    else wire.skip();
  }
  return found;
};

const readResource = (wire: Wire): ResourceMetrics => {
  let attributes: Attributes = [];
  const scopes: Scope[] = [];
  while (wire.next()) {
    if (wire.field === 1) attributes = readAttributesIn(readInside(wire, 'resource'), 1);
    else if (wire.field === 2) scopes.push(readScope(readInside(wire, 'scope_metrics')));
    else wire.skip();
  }
  return { attributes, scopes };
};

const readAttributesIn = (wire: Wire, field: number): Attributes => {
  const attributes: [string, string][] = [];
  while (wire.next()) {
    if (wire.field === field) attributes.push(readAttribute(readInside(wire, 'attributes')));
    else wire.skip();
  }
  return attributes;
};

const readScope = (wire: Wire): Scope => {
  let [name, version, schemaUrl] = ['', '', ''];
  let attributes: Attributes = [];
  const metrics: Metric[] = [];
  while (wire.next()) {
    if (wire.field === 1) {
      const scope = readInside(wire, 'scope');
      const read: [string, string][] = [];
      while (scope.next()) {
        if (scope.field === 1) name = readString(scope, 'the scope name');
        else if (scope.field === 2) version = readString(scope, 'the scope version');
        else if (scope.field === 3) read.push(readAttribute(readInside(scope, 'attributes')));
        else scope.skip();
      }
      attributes = read;
    } else if (wire.field === 2) metrics.push(readMetric(readInside(wire, 'metrics')));
    else if (wire.field === 3) schemaUrl = readString(wire, 'schema_url');
    else wire.skip();
  }
  return { name, version, schemaUrl, attributes, metrics };
};

const readMetric = (wire: Wire): Metric => {
  let [name, description, unit] = ['', '', ''];
  let data: Data | undefined;
  while (wire.next()) {
    if (wire.field === 1) name = readString(wire, 'a metric name');
    else if (wire.field === 2) description = readString(wire, 'a description');
    else if (wire.field === 3) unit = readString(wire, 'a unit');
    else if (wire.field === 5) data = { kind: 'gauge', points: readData(wire, readNumberPoint).points };
    else if (wire.field === 7) data = { kind: 'sum', ...readData(wire, readNumberPoint) };
    else if (wire.field === 9) data = { kind: 'histogram', ...readData(wire, readHistogramPoint) };
    else if (wire.field === 10) data = { kind: 'exponential', ...readData(wire, readExponentialPoint) };
    else if (wire.field === 11) data = { kind: 'summary', points: readData(wire, readSummaryPoint).points };
    else wire.skip();
  }
  return { name, description, unit, data };
};

const readData = <T>(
  wire: Wire,
  readPoint: (wire: Wire) => T,
): { points: T[]; temporality: number; isMonotonic: boolean } => {
  const inside = readInside(wire, 'data');
  const points: T[] = [];
  let temporality = 0;
  let isMonotonic = false;
  while (inside.next()) {
    if (inside.field === 1) points.push(readPoint(readInside(inside, 'data_points')));
    else if (inside.field === 2) temporality = readUint(inside, 'aggregation_temporality');
    else if (inside.field === 3) isMonotonic = readUint(inside, 'is_monotonic') !== 0;
    else inside.skip();
  }
  return { points, temporality, isMonotonic };
};
