package io.perfkit.jobs;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as its producer hands it to a store. Immutable.
 *
 * @param id chosen by the producer, so that storing it twice stores it once
 * @param payload bytes, or the payload itself for a store that {@link JobStore#keepsObjects}
 * @param uniqueMillis how long the unique key is taken; zero means until the job ended
 * @param delayMillis from when it is stored until it is due
 */
record NewJob(
    JobId id,
    String type,
    int version,
    Priority priority,
    @Nullable String key,
    int perKey,
    @Nullable String unique,
    long uniqueMillis,
    long delayMillis,
    int maxAttempts,
    Map<String, String> headers,
    Object payload) {}
