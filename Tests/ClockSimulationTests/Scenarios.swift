// Scenarios.
