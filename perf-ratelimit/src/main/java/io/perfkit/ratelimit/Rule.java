package io.perfkit.ratelimit;

/** A policy as one limiter knows it, shared by all its plans; each has a number of its own. */
record Rule(Policy policy, int number) {}
