"""The browser's half: bundles as built, on a page of their own, in a real browser under the strict content policy."""
