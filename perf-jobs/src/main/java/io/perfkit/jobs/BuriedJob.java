package io.perfkit.jobs;

/** A dead letter in the heap, and the job that a replay makes of it. */
record BuriedJob(NewJob source, DeadLetter letter) {}
