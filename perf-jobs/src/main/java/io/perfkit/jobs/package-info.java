/**
 * Background jobs that are never lost and never finished twice. {@link io.perfkit.jobs.Jobs} is the
 * entry point: it stores jobs and runs their handlers on workers. What is stored lives in a {@link
 * io.perfkit.jobs.JobStore}. All types are thread safe unless their Javadoc says otherwise.
 */
@NullMarked
package io.perfkit.jobs;

import org.jspecify.annotations.NullMarked;
