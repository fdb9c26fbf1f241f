package io.perfkit.cache.behind;

/**
 * Counts of a {@link WriteBehind} since it was made. Taken at one moment: {@code accepted = merged
 * + written + failed + returned + waiting}. Immutable.
 *
 * @param accepted writes that were accepted from callers
 * @param merged writes that a later one of their key replaced before they were written
 * @param written writes that the writer committed
 * @param overflowed of those written, the ones that their callers wrote because the buffer was full
 * @param retries writes that failed and were put back to be tried again
 * @param failed writes that were given up and handed to the host's handler
 * @param returned writes that a close handed back
 * @param waiting writes that wait or are under way now
 */
public record WriteBehindStats(
    long accepted,
    long merged,
    long written,
    long overflowed,
    long retries,
    long failed,
    long returned,
    long waiting) {}
