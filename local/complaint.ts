/** What stops the collector and what the user can do about it: one line, exit code 1, no stack. */
export class Complaint extends Error {}
