// What one call brings along: the clock, the zone and the working days. Set at the start of every call, read by the functions below.
export const state = { now: 0, calendar: null };

// A mistake of the expression, told apart from a mistake of ours: `code` names the sentence that Python says, `params` fills it.
export class Refused extends Error {
  constructor(code, params = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}
