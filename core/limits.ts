// Every number that bounds or tunes something, once: its unit in its name, its reason beside it.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const KiB = 1_024;
const MiB = 1_024 * KiB;

export const limits = {
  /** Push body as received. API Gateway hands Lambda at most 6 MB, base64 takes a third of it. */
  pushBodyBytes: 4 * MiB,
  /** Push body after decompression: a bomb stops here, while it unpacks. */
  pushUnpackedBytes: 20 * MiB,
  /** Samples of one push: what ingest merges in one go within its memory. */
  pushSamples: 200_000,
  /** Messages inside each other in a push of protobuf, and brackets in one of JSON: what is read is a hundred bytes each. */
  pushParts: 2_000_000,
  /** Rejects listed in an answer; further ones are only counted, so that an answer stays readable. */
  rejectsListed: 20,

  /** Characters by which a message is known: 96 bits of a hash, of which nobody will meet two alike. */
  messageNameChars: 16,
  /** Of one push what its receipt holds, so that it is fit for a header: proxies take 4 KB and more. */
  receiptWitnesses: 8,
  receiptMessages: 16,
  receiptProblems: 3,
  receiptProblemChars: 200,
  /** A receipt as it comes back, and unpacked: with long job names it may be a few KB. */
  receiptChars: 8 * KiB,
  receiptUnpackedBytes: 64 * KiB,

  /** How long a look hides what lies in quarantine from other looks, and how much it takes: bodies of up to 1 MB each. */
  quarantineLookMs: 4 * second,
  quarantineListed: 200,
  /** Nothing is put aside sooner: it was received ten times, ingest's window apart at the very least. */
  quarantinedAfterMs: 10 * second,

  /** Slots for names and values remembered while one exposition is read: 64 KiB, and most pages repeat far fewer. */
  wordSlots: 16_384,
  /** Text of series and comments remembered for one target, as long as a page may be. */
  pageMemoryBytes: 16 * MiB,
  /** Remembered texts for each one on the page, and this many more, after which all are forgotten: most are of the past. */
  pageMemorySlack: 3,
  pageMemoryTexts: 1_000,
  /** Cells (series times timestamps) of one batch for each sample in it: sparser deliveries are cut into several. */
  cellsPerSample: 64,
  /** Nesting of a JSON push. RELIABILITY 5, row 11. */
  jsonDepth: 32,
  /** One line of an exposition. Prometheus has no limit; a longer line is an accident. */
  lineBytes: 64 * KiB,
  /** Labels of one series, metric name included. RELIABILITY: 30 names, as Mimir's default. */
  labelCount: 30,
  labelNameBytes: 1 * KiB,
  labelValueBytes: 2 * KiB,
  /** Characters in the labels of an exemplar, names and values together. OpenMetrics 1.0, Exemplars. */
  exemplarCharacters: 128,
  /** Text of the exemplars that one delivery keeps, and of those in one item: some 300 of them, well inside a message. */
  exemplarBytes: 64 * KiB,
  /** Of each series and minute: one a scrape at 15 s, and no more for producers that tell one an observation. */
  exemplarsPerMinute: 4,
  /** Exemplars a writer knows to be stored: pages tell them until there are newer ones. Some 200 bytes each. */
  exemplarsRemembered: 20_000,
  /** Names, help texts and units of one delivery's families that are kept: a third of a message, and ten exporters' worth. */
  familyBytes: 256 * KiB,
  /** Samples older or newer than this against the accept time are refused. Ahead as in Prometheus's maxAheadTime. */
  timestampBehindMs: 1 * hour,
  timestampAheadMs: 10 * minute,
  /** Bounds of an exponential histogram once they are explicit, +Inf and zero apart: what OpenTelemetry's SDKs send at most. */
  histogramBounds: 160,
  /** Samples of target_info for one resource of a push: a day of them, half a lookback apart. */
  targetInfoSamples: 576,

  /** One message of the buffer, base64 included: under SQS's 1 MiB, with room for the envelope. */
  messageBytes: 1_000_000,
  /** One SendMessageBatch: SQS takes 10 messages and 1 MiB altogether. */
  sendBatchMessages: 10,
  sendBatchBytes: 1_000_000,
  /** Label sets of past messages that a warm ingest remembers, some 200 bytes each: as many as a tenth of its memory holds. */
  labelSetsRemembered: 500_000,
  /** A message that unpacks to more than this is not ours. */
  messageUnpackedBytes: 64 * MiB,

  /** Bytes of one stored segment: DynamoDB takes items of 400 KB, key and attribute names included. */
  segmentBytes: 390 * KiB,
  /** Times × series of one block held in memory, 9 bytes each; a sparser block is cut. */
  blockCells: 4_000_000,
  /** Segments a segment may build on, one on the other: what is lost with one that is broken, at most. */
  segmentDepth: 15,
  /**
   * Times from which on a segment that builds on another is coded in groups of chunks, and how many groups: a reader decodes those
   * that it wants. Each takes some 5 bytes: of segments of two minutes at 15 s a hundredth, of smaller ones more.
   */
  groupedSlots: 8,
  segmentGroups: 8,
  /**
   * Series of segments that a warm writer remembers the ends of, and as many of where chains begin: some 230 bytes each, and their labels where no
   * two sources are alike. A quarter of ingest's memory.
   */
  baseSeriesRemembered: 500_000,
  /** Ids of sources that need not be hashed again: some 150 bytes each. */
  sourceIdsRemembered: 10_000,
  /** A source with fewer series fits a write unit anyway: nothing is looked up to build on. */
  baseWorthSeries: 100,
  /** Schema chunks a warm writer keeps, some 20 KB each. */
  writerChunksRemembered: 3_000,
  /** Pieces of an object this near are read in one request: it costs the same and 256 KiB more take a few ms. */
  blockGapBytes: 256 * KiB,
  /** Span that one partition of segments covers; a segment never crosses it. */
  segmentSpanMs: 1 * hour,
  /** How often a counter made of increments tells its sum on the way out: Prometheus's usual scrape interval. */
  counterStepMs: 15 * second,
  /** Span of one catalog partition, the day in UTC. */
  catalogSpanMs: 1 * day,
  /** Partitions the catalog of a day is spread over: 1,000 write units a second each. */
  catalogShards: 8,
  /**
   * Label sets of one schema chunk: cut by content between these, so that a change rewrites one chunk. With 32 at least a page
   * had a third more chunks to read, and recorded ones took as many write units a day.
   */
  chunkSetsMin: 64,
  chunkSetsMax: 256,
  /**
   * Label sets of one stripe of a block, cut after a family between these: a reader decodes a stripe whole, some 1 ms an hour at
   * 15 s. Smaller ones would be more bytes, as each begins knowing nothing.
   */
  stripeSetsMin: 8,
  stripeSetsMax: 16,
  /** How long samples are kept at each resolution where nothing else is asked for. DESIGN: raw 15 d, 5 m 90 d, 1 h 2 y. */
  rawRetentionMs: 15 * day,
  fiveMinuteRetentionMs: 90 * day,
  hourRetentionMs: 730 * day,
  /** How long segments stay after their hour, merged or not: DynamoDB takes away for nothing what a delete would charge. A week to notice that nothing is merged any more. */
  hotRetentionMs: 7 * day,
  /** Past an hour's end: what is stored for it later is late, and is found apart from the rest. Pushed samples may be timestampBehindMs old, and wait in the queue for a while. */
  lateAfterMs: 70 * minute,
  /** Past an hour's end: when it is merged. Later than lateAfterMs by more than clocks differ. */
  compactAfterMs: 75 * minute,
  /** Groups of sources that are merged apart, each into an object an hour. More would be more requests, fewer larger ones. */
  blockShards: 32,
  /** Objects one day's manifest lists for late samples before all are merged into one. */
  blockParts: 8,
  /** Late segments that one swap of a manifest merges: their keys stand in it, some 20 bytes each, and an item takes 400 KB. */
  lateMerged: 2_000,
  /** Indexes of objects a warm reader keeps: of a day of six sources with 500 series some 100 KB each. */
  blockIndexesRemembered: 500,
  /** An object this small is read whole: one request instead of two, and some 20 ms for the bytes. */
  blockWholeBytes: 2 * MiB,
  /** Objects read at the same time. */
  blockParallel: 8,
  /** When a merging function stops taking up work: it ends after 290 s. */
  compactForMs: 200 * second,
  /** Shortest and longest of a retention: days are merged whole, and nobody has asked for more than ten years yet. */
  retentionMinMs: 1 * day,
  retentionMaxMs: 3_650 * day,
  /** By how much schema chunks and catalog outlive the samples that name them: days are merged whole, clocks differ. */
  schemaOutlivesMs: 2 * day,
  /** How long is remembered what was told of families. */
  familyRetentionMs: 17 * day,
  /** Chunk ids a warm function remembers having written or read, so that it does not again. */
  chunksRemembered: 20_000,
  /** How long a remembered chunk is believed to be stored: far below its retention, so that it is renewed in time. */
  chunkRenewMs: 1 * day,

  /** Shortest and longest scrape interval. */
  scrapeIntervalMinMs: 5 * second,
  scrapeIntervalMaxMs: 1 * day,
  scrapeIntervalDefaultMs: 1 * minute,
  scrapeTimeoutDefaultMs: 10 * second,
  /** Longest timeout: the scraping function ends after 60 s and needs time to hand over what it got. */
  scrapeTimeoutMaxMs: 50 * second,
  /** Page as received and as unpacked: an order of 25 targets must fit into its worker's memory. */
  pageBytes: 8 * MiB,
  pageUnpackedBytes: 16 * MiB,
  /** A page as a share of its worker's memory: what is made of it takes some seven times as much, and others are on their way. */
  pageShare: 1 / 32,
  pageSamples: 200_000,
  /** Samples of a page for each byte of its worker's memory, 64,000 of 160 MiB: a series that nobody knows yet takes a kilobyte. */
  pageSamplesShare: 400 / MiB,
  /** However little memory there is said to be. */
  pageSamplesLeast: 1_000,
  /** Targets of one list of HTTP SD, how long it may take to be had, and how many are looked at side by side. */
  discoveredTargets: 10_000,
  discoverTimeoutMs: 10 * second,
  discoverParallel: 4,
  /** Clusters, services, namespaces, filters or their values that a list may name: EC2 takes 200 values a filter. */
  discoveryNames: 200,
  /** Pages of one answer of AWS: 100 tasks a page and limits.discoveredTargets of them, and as much again of empty ones. */
  inventoryPages: 200,
  /** Tries of one call that was throttled or failed, the wait before the second, doubled each time and cut at random. */
  inventoryTries: 6,
  inventoryBackoffMs: 200,
  inventoryTimeoutMs: 10 * second,
  /** After a task or instance began: when it is scraped beside its slots, so that it is seen before its first interval is over. */
  firstScrapesMs: [2 * second, 10 * second],
  /** So long what has just begun may be silent without an alarm: a process that boots is alive. */
  startGraceMs: 1 * minute,
  /** Characters of a target's URL, address or path: what servers take at the very least (RFC 9110, 4.1). */
  urlChars: 8_000,
  /** The id of a row: what DynamoDB takes as a partition key. */
  rowIdBytes: 2 * KiB,
  /** Characters of a hash by which targets of one job and address are told apart: 48 bits, for a handful. */
  toldApartChars: 8,
  /** Of a job or an address that was refused, what is said of it. */
  refusedChars: 200,
  /** Query parameters, headers and scopes of one target: beyond anything written by hand. */
  paramCount: 50,
  /** A target's row as JSON: an order must hold it, DynamoDB would take 400 KB, and JSON may need more characters than it. */
  targetRowBytes: 256 * KiB,
  /** Further tries of a scrape that failed, the wait before the first of them, doubled each time. */
  scrapeRetries: 5,
  scrapeRetryMs: 250,
  /** Redirects followed for one scrape or list, where that is asked for at all: Go's own bound, to which exporters are used. */
  redirects: 10,
  /** Patterns kept compiled: fleets share their rules. */
  patternsRemembered: 1_000,
  /** How long a worker believes what it read of a secret: a changed one is used after that. */
  scrapeSecretMs: 1 * minute,
  /** Secrets and access tokens a warm worker remembers. */
  scrapeSecretsRemembered: 1_000,
  /** An access token is renewed this long before it expires. */
  accessTokenReserveMs: 30 * second,
  /** What an authorization server may answer. */
  accessTokenBytes: 64 * KiB,
  /** Header bytes a target may answer with. */
  headerBytes: 32 * KiB,
  /** Rules of one relabeling, and characters of one pattern: beyond any configuration that was written by hand. */
  relabelRules: 100,
  patternChars: 4_096,
  /** A text on its way through the rules of one relabeling: labels of what is discovered may be long, and rules join them. */
  relabelTextChars: 65_536,
  /** Width of a bin of slots, in which targets count as scraped at once. */
  slotBinMs: 100,
  /** Seats of a ring for each target on it: the fullest bin is so far over the mean. Less room makes more of them move. */
  slotRoom: 1.14,
  /** How late a slot may be scraped, as a part of its interval; later it is a missed slot, the collector's fault. */
  scrapeLateShare: 0.5,
  /** Targets of one scrape order: what one worker opens at once and still ends inside a timeout. */
  orderTargets: 25,
  /** What sending the orders of a small fleet takes; of those sent later each comes a second earlier. */
  orderSendMs: 300,
  /** Orders made and sent together, and calls open at once: 4,000 scrapes' worth in memory, and more calls gain nothing. */
  ordersAtOnce: 160,
  sendParallel: 16,
  /** What the scheduler's tick covers. EventBridge fires once a minute. */
  tickMs: 1 * minute,
  /** Slots are ordered up to this long after the running minute's start: a tick a minute late is still in time. */
  planAheadMs: 2 * minute,
  /** What one loop order covers at most, on a grid of it: eight scrapes at 15 s are one segment, in which they take a third less to write than four and four. */
  loopSpanMs: 2 * minute,
  /** Scrapes a second from which on a worker that loops costs less than orders by the slot: one awake all the time is as much as 0.5 orders a second. */
  loopWorthScrapesASecond: 0.5,
  /** MiB of a worker that scrapes, where nobody says more: 200 targets of 500 series take 151 of them. */
  scrapeMemoryMiB: 160,
  /** Targets of one loop, and scrapes a second: a tenth of a core, which 160 MiB buy, makes some 30 of 500 series. */
  loopTargets: 250,
  loopScrapesASecond: 25,
  /** A loop's order is to be there this long before its first slot: queues hand over within tens of milliseconds, mostly. */
  loopLeadMs: 1 * second,
  /** Scrapes of one loop under way at once: a target that hangs holds a place for its timeout, and nobody else up. */
  loopParallel: 250,
  /** A list of labels that batches in hand share may have a label set, of some 400 bytes, for so many of a worker's memory: a sixteenth of it. */
  bytesASetInHand: 6_400,
  /** What a loop has in hand at most: beyond it a target's scrapes are handed over as they are. */
  loopHeldBytes: 24 * MiB,
  /** How long a loop gathers messages for one call, and how long after its span's end it tries to hand over what is left. */
  loopGatherMs: 1 * second,
  loopHandOverMs: 15 * second,
  /** How often a loop tells its measures while it goes on, no later than what it hands over is stored: lines of 300 bytes, 8 cents a month. */
  loopMeasuresMs: 5 * second,
  /** How old a looped target's samples are at most when they are handed over, where nothing else is asked for, and at most. */
  freshnessDefaultMs: 2 * minute,
  freshnessMaxMs: 2 * minute,
  /** Wake-ups are set for deadlines this near; ticks that are a minute apart overlap, so a late one misses none. */
  wakeAheadMs: 2 * minute,
  /** Heartbeats named by one wake-up. */
  wakeKeys: 500,
  /** Changes one heartbeat makes in one look: expected, up, down and back are all there are. */
  stepsAtOnce: 4,
  /** Heartbeats looked at side by side. */
  checkParallel: 16,
  /** Scrapes one worker has open at once. */
  scrapeParallel: 25,
  /** Targets of which a warm worker remembers the row, the last page as far as predictedShare goes, and whether they failed. */
  targetsRemembered: 2_000,
  /** Characters of a row that is remembered: longer ones are read again for each scrape. */
  rowRememberedChars: 8 * KiB,
  /** What is kept to predict the next pages by, as a share of a worker's memory, and where that is not known: all targets together. */
  predictedShare: 1 / 8,
  predictedBytes: 64 * MiB,
  /** Part of it that is for the texts of all targets together: by these a page is read at a third of what it costs without. */
  commonLinesShare: 1 / 2,
  /** Failed slots in a row after which a target is down. One failure may be a blip. */
  failedSlotsToDown: 2,
  /**
   * How often `up` of who pushes is written: twice within what an instant query looks back, so that one that is lost leaves
   * no gap.
   */
  upEveryMs: 2 * minute,
  /** Failed slots of a target that its row remembers, for those that are down by a share of them. */
  missesKept: 16,
  /**
   * A source flaps that fell so often within so long, and is steady when it stays as it is for the time of one fall: a quarter
   * of an hour. RELIABILITY 3.4 names the hour.
   */
  flapFalls: 4,
  flapWithinMs: 1 * hour,
  /** What a row may say of that. Falls are kept on the row. */
  flapFallsMax: 20,
  flapWithinMinMs: 1 * minute,
  flapWithinMaxMs: 7 * day,
  /** Signs of life from which a cadence is learned. */
  learnedBeats: 12,
  /** Fallen sources of one look that are asked about, how long their alarms wait for that, and for a target's answer. */
  explainedAtOnce: 5,
  explainMs: 5 * second,
  /** How far back the gateway is asked whom it turned away: CloudWatch gives values by the minute for fifteen days. */
  gatewayLookMs: 1 * day,
  probeMs: 3 * second,
  /** How much of two sources' metrics must be the same for one to be the other renamed; and how many such are looked at. */
  renamedShare: 0.8,
  lookAlikes: 3,
  /** Of a refusal's reason, what its heartbeat remembers. */
  refusalReasonChars: 300,
  /** Windows of maintenance on one row, how long one may be, and how many times of it are looked at. */
  maintenanceWindows: 10,
  maintenanceMaxMs: 31 * day,
  maintenanceSpans: 64,
  /** How long a heartbeat may be snoozed: whoever wants it quiet for longer pauses it, which is seen. */
  snoozeMaxMs: 31 * day,
  /** How far ahead a schedule is looked through for its next time: every date comes again in so many years. */
  scheduleYears: 50,
  /** What a ping may say of its run; healthchecks.io keeps as much. */
  pingBodyBytes: 10_000,
  /** Of a ping's text, what an alarm repeats. */
  pingDetailChars: 200,
  /** A heartbeat that a ping made by `create=1` is expected so often, as with healthchecks.io. */
  pingIntervalDefault: '1d',
  pingGraceDefault: '1h',
  /** More fallen sources than this, and than this share of all, in one look are one message. RELIABILITY 3.4. */
  groupedFallen: 5,
  groupedShare: 0.2,
  /** Sources of one grouped message: SNS takes 256 KB; and of them those that its text names. */
  groupedMembers: 400,
  groupedNamed: 20,
  /** How often the note about an invalid row is refreshed on the row. */
  rowNoteRefreshMs: 10 * minute,

  /** A heartbeat is expected this often, unless its row says otherwise (RELIABILITY 3.2: default 60 s, grace 35 s). */
  heartbeatIntervalDefaultMs: 1 * minute,
  heartbeatGraceDefaultMs: 35 * second,
  heartbeatIntervalMinMs: 1 * second,
  heartbeatIntervalMaxMs: 365 * day,
  /** How long a recovered source stays up before the recovery is announced, at most; see core/heartbeat. */
  recoveryHoldMs: 15 * second,
  /** A checker that has not swept for longer than this was blind: that time counts for nobody's silence. */
  blindAfterMs: 150 * second,
  /** After blindness, producers get this long to come back before their silence counts again. */
  blindHoldMs: 60 * second,
  /** So long after the last sweep the planner orders one; so long after the last plan the checker tells no watchdog. */
  sweepMissedMs: 90 * second,
  plannerAwayMs: 5 * minute,
  /** What a receiver of alarms beside SNS may take. */
  ringTimeoutMs: 4 * second,
  /** How long an alert that nobody resolves stays open in an Alertmanager. */
  alertOpenMs: 30 * day,
  /** Members of a grouped alarm in one event: EventBridge takes 256 KB, as SNS does. */
  busMembers: 400,
  /** Spans of blindness kept. */
  blindSpansKept: 20,
  /**
   * Spacing of canaries while somebody is expected to be heard. With a gap of two and a half of them the parameter law of
   * RELIABILITY 3.2 gives the default grace: 12.5 s + 15 s + 5 s + 2 s = 34.5 s.
   */
  canaryEveryMs: 5 * second,
  /** A canary that is not answered by then counts as lost: it is never repeated. */
  canaryTimeoutMs: 4 * second,
  /** A canary that is well is on its row this long after its slot began. */
  canaryLagMs: 1_500,
  /** No canary for longer than this, and that time counts for nobody's silence. */
  canaryGapMs: 12_500,
  /** Acceptances kept: more than a checker may be late, so that no gap is forgotten before it was seen. */
  canariesKept: 40,
  /** The collector is blind when no canary came for this long, or fewer than this share of those due in the window. */
  canaryBlindMs: 30 * second,
  canaryWindowMs: 120 * second,
  canaryShare: 0.9,
  /** Canaries that must have been due before their share is judged. */
  canariesJudged: 12,
  /** How long all must be well before a blind collector says that it hears again. */
  collectorCleanMs: 60 * second,
  /** How long usual clients wait at most between tries: OpenTelemetry's default. */
  pushBackoffUsualMs: 30 * second,
  /** What a push may take on its way and how far two clocks may be apart: parts of the law for graces. */
  pushAllowanceMs: 7 * second,
  /** How long a warm push function believes that a source has no heartbeat registered. */
  heartbeatDirectoryMs: 10 * second,
  /** Sources a warm push function remembers. */
  heartbeatDirectorySources: 10_000,

  /** Instant queries look back this far for the newest sample, as Prometheus does. */
  lookbackMs: 5 * minute,
  /** Steps of a range query: Prometheus's own bound. */
  querySteps: 11_000,
  /** Series one query may touch, samples it may read, span it may cover. */
  querySeries: 50_000,
  querySamples: 10_000_000,
  querySpanMs: 32 * day,
  /** Rules of one file, and how often a group is evaluated: as Prometheus where a group does not say. */
  rules: 1_000,
  ruleIntervalMs: 1 * minute,
  ruleIntervalMinMs: 10 * second,
  ruleIntervalMaxMs: 1 * day,
  /** Series or alerts that one rule may give: their label sets stand in the group's record, which is one item. */
  ruleSeries: 5_000,
  /** Missed instants of a group that are made good at once; what is older than that stays missed, and is said. */
  ruleInstantsAtOnce: 60,
  /** How long an alert that is over is listed as such. */
  ruleResolvedMs: 15 * minute,
  /** How long a group's record is kept that nobody evaluates any more: its rules were taken out. */
  ruleRecordMs: 2 * day,
  /** How far back canaries are looked for that say how long storing takes. */
  ruleDelaySpanMs: 10 * minute,
  /** Before the delay that was measured: clocks differ, and what is stored is seen a moment later. */
  ruleSlackMs: 2 * second,
  /** When a function that evaluates rules stops taking up instants: it ends after 55 s. */
  rulesForMs: 40 * second,
  /** Remote read: a request unpacked, its queries, and the samples of its answer, which are some 20 bytes each before they are packed. */
  readRequestBytes: 1 * MiB,
  readQueries: 10,
  readSamples: 2_000_000,
  /** How long a query may take, unless it asks for less itself: the function answers by itself at 26 s. */
  queryForMs: 24 * second,
  /** A read of more than this is answered from buckets where they do: a day of samples costs a hundred times a day of buckets. */
  bucketsFromMs: 2 * day,
  /** Span of a read from buckets of 5 m and of 1 h: a day is two requests a shard, whatever its buckets are. */
  fiveMinuteSpanMs: 93 * day,
  hourSpanMs: 400 * day,
  /** Values that one evaluation holds at once, one a series and step at 9 bytes: some 200 MB. */
  queryCells: 20_000_000,
  /** Samples and steps looked at, each as often as windows overlap on it, sorted ones more: some seconds of a core. */
  queryVisits: 500_000_000,
  /** Steps of one subquery: a month by 5 s. */
  subquerySteps: 520_000,
  /** Step of a subquery that names none: Prometheus's evaluation interval where none is set. */
  subqueryStepMs: 1 * minute,
  /** Levels that parts of an expression may stand in each other, operators in a row included: far from the stack's end. */
  expressionDepth: 500,
  /** Characters of an expression: generated ones have some thousands. */
  expressionChars: 64 * KiB,
  /** Selectors of one query read at the same time, each of which reads queryParallel sources. */
  queryReadsParallel: 4,
  /** Sources read at the same time. */
  queryParallel: 16,
  /** Answer of a query: Lambda's 6 MB with room for the envelope. */
  answerBytes: 5_500_000,

  /** Characters of a push key, and those of them that name it. 48 secret ones of 62 kinds are 285 bits. */
  keyChars: 64,
  keyIdChars: 16,
  /** How long a warm function believes what it read of a key: a revoked one is refused after that (DESIGN: 60 s). */
  keyCacheMs: 30 * second,
  /** Keys, and names that were none, a warm push function remembers. */
  keysRemembered: 10_000,

  /**
   * What a key may push unless its row says otherwise, and at most: requests as many as the gateway lets in, samples a quarter of
   * what ten workers of ingest store, series a large fleet's. A worker's memory holds some 40 bytes a series.
   */
  keyRequestsPerSecond: 2_000,
  keyRequestsPerSecondMax: 10_000,
  keySamplesPerSecond: 250_000,
  keySamplesPerSecondMax: 2_000_000,
  keyActiveSeries: 200_000,
  keyActiveSeriesMax: 1_000_000,
  /** How much of a rate may come at once: fleets flush together. */
  keyBurstMs: 10 * second,
  /** How long a series counts after it was seen, at most. */
  activeSeriesMs: 1 * day,
  /** Series that a worker counts, all keys together: beyond it the key used longest ago is begun anew. */
  seriesCounted: 2_000_000,
  /** How often a worker tells the others how much it lets in with a key, and from which part of a limit on. */
  keyShareMs: 10 * second,
  keyShareFrom: 1 / 32,
  /** How long a push waits for that before it goes on by itself: a rate held to the last request is worth no producer’s patience. */
  keyShareWaitMs: 500,
  /** How often a worker tells what it refused, and how long that is kept: a day is looked at, hour by hour. */
  refusalsToldMs: 10 * second,
  /** How long a push's answer waits for that list to be told: it is worth no producer's patience. */
  refusalsWaitMs: 500,
  refusalsKeptMs: 26 * hour,
  /** Reasons that are told apart, by protocol and job, in an hour of one worker and in all: more are not read by people. */
  refusalLines: 100,
  /** Hours of workers that are added up: a hundred workers' day, some 2 MB. */
  refusalPages: 2_400,
  /** Longest Retry-After of a rate that was passed. */
  keyRetryAfterMaxMs: 60 * second,
  /** How long a group of a Pushgateway is shown on /metrics after its last push: a nightly job's all day. Its time to live at most. */
  groupShownMs: 1 * day,
  /** The interval in which a producer is told its offset where it says none: most flush once a minute, or a part of one. */
  flushIntervalDefaultMs: 1 * minute,
  /** Producers in one second that are a crowd: fewer harm nobody; spread over ten seconds a tenth would be there. */
  crowdSources: 20,
  crowdShare: 0.3,
  /** How far back crowds are looked for, over how many sources, and how many of them are told. */
  crowdSpanMs: 3 * minute,
  crowdSourcesRead: 20_000,
  crowdsListed: 10,
  /** How long the old secret of a rotated key goes on unless told otherwise, and at most: a day to change it everywhere, a quarter for the slowest. */
  keyOldSecretMs: 1 * day,
  keyOldSecretMaxMs: 90 * day,

  /** Samples of one onward request: what Amazon Managed Prometheus advises its senders to put into one. */
  onwardSamples: 1_000,
  /** How long a receiver may take for one of them. */
  onwardTimeoutMs: 15 * second,
  /** What a receiver says of a refusal, as far as it is kept. */
  onwardReasonChars: 300,
  /** Choices of series to mirror: they travel to the function in its environment, which holds 4 KB. */
  mirrorChoices: 20,
  /** Lines that one invocation writes for mirrored series; beyond it, somebody has chosen too much. */
  mirrorLines: 1_000,

  /** Age of the oldest accepted message at which we ring for ourselves: five seconds is usual, an hour is lost time. */
  selfAlarmBufferAgeMs: 5 * minute,
  /** New series an hour at which we ring for ourselves: a fleet of 200 services with 500 series starting all over. */
  selfAlarmSeriesAddedPerHour: 100_000,

  /** How long alarms that were rung can be looked up: a quarter, to see what keeps coming. */
  alarmRetentionMs: 90 * day,
  /** Alarms that the page is shown, some 400 bytes each. */
  alarmsListed: 500,
  /** Targets of which `status` asks what their last scrapes said; of more it asks the records: whole hours of segments would be read. */
  statusTargetsRead: 100,
  /** How long a warm function believes the catalog's list of sources: a new pusher appears on the page after this. */
  sourcesKeptMs: 10 * second,
  /** Spans that the collector's own measures are shown in: 48 bars a day. */
  vitalsEveryMs: 30 * minute,
  /** How long a look at CloudWatch is good for: it is charged, and metrics come by the minute. */
  vitalsKeptMs: 20 * second,
  /** What /metrics says of the collector itself is as old as this at most, and added up from such spans: each look costs $0.0002. */
  ownMetricsKeptMs: 5 * minute,
  ownMetricsEveryMs: 5 * minute,

  /** A door answers 503 this long before its function would be ended (RELIABILITY 0.1: timeout minus 2 s). */
  answerReserveMs: 2 * second,
  /** Retry-After of a 503: spread over this range, so that those refused do not return together. */
  retryAfterMinMs: 1 * second,
  retryAfterMaxMs: 10 * second,
  /** Tries of one service call inside a handler before it gives up, and the first wait between them. */
  serviceTries: 4,
  serviceBackoffMs: 50,
} as const;
