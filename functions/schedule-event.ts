/** What a schedule sends: the instant it was meant for, in ISO 8601. */
export type ScheduleEvent = { readonly scheduledAt: string };
