package io.perfkit.cache;

/**
 * What a cache has done since it was made, on this node. Counts are read one after the other, so a
 * snapshot under load may be off by the calls under way. Immutable.
 *
 * @param l1Hits gets answered by the local copy
 * @param l2Hits gets answered by Redis
 * @param misses gets that neither level answered: they ran the loader, waited for one that ran, or
 *     found nothing
 * @param puts values that callers put
 * @param loads runs of a loader that returned
 * @param loadFailures runs of a loader that threw
 * @param redisFailures commands that Redis did not answer or refused; reads went on to the loader
 * @param staleServed gets answered with a value past its life; they count as hits too
 * @param refreshesSkipped refreshes that were due and had no thread
 * @param failuresRemembered reads that ended with a remembered failure instead of a load
 * @param loadNanos time that loaders took, including those that failed
 * @param leaseWaits waits for the load of another node
 * @param leaseWaitNanos time that these took
 * @param evictionsBySize local copies dropped to keep within their bound
 * @param evictionsByAge local copies dropped because they were old or idle
 * @param unreadable entries in Redis that could not be decoded and counted as absent
 * @param unwritable loaded values that could not be encoded: they were served and not kept
 */
public record CacheStats(
    long l1Hits,
    long l2Hits,
    long misses,
    long puts,
    long loads,
    long loadFailures,
    long redisFailures,
    long staleServed,
    long refreshesSkipped,
    long failuresRemembered,
    long loadNanos,
    long leaseWaits,
    long leaseWaitNanos,
    long evictionsBySize,
    long evictionsByAge,
    long unreadable,
    long unwritable) {

  static final CacheStats NONE = new CacheStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  CacheStats plus(CacheStats other) {
    return new CacheStats(
        l1Hits + other.l1Hits,
        l2Hits + other.l2Hits,
        misses + other.misses,
        puts + other.puts,
        loads + other.loads,
        loadFailures + other.loadFailures,
        redisFailures + other.redisFailures,
        staleServed + other.staleServed,
        refreshesSkipped + other.refreshesSkipped,
        failuresRemembered + other.failuresRemembered,
        loadNanos + other.loadNanos,
        leaseWaits + other.leaseWaits,
        leaseWaitNanos + other.leaseWaitNanos,
        evictionsBySize + other.evictionsBySize,
        evictionsByAge + other.evictionsByAge,
        unreadable + other.unreadable,
        unwritable + other.unwritable);
  }

  /** Share of gets that a level answered, 0 to 1; 0 before the first get. */
  public double hitRatio() {
    long gets = l1Hits + l2Hits + misses;
    return gets == 0 ? 0 : (double) (l1Hits + l2Hits) / gets;
  }
}
