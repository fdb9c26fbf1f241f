package io.perfkit.cache;

import io.perfkit.redis.CodecFailed;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what the codec of one cache could not read or write, and logs the first of each. */
final class CodecLog {
  private static final Logger LOG = LoggerFactory.getLogger(CodecLog.class);

  private final String cache;
  private final LongAdder unreadable = new LongAdder();
  private final LongAdder unwritable = new LongAdder();
  private final AtomicBoolean unreadableLogged = new AtomicBoolean();
  private final AtomicBoolean unwritableLogged = new AtomicBoolean();

  CodecLog(String cache) {
    this.cache = cache;
  }

  /**
   * @param problem the codec's type and the property, or what wrote the bytes; asked for once
   */
  void unreadable(Supplier<String> problem) {
    unreadable.increment();
    if (!unreadableLogged.getAndSet(true)) {
      LOG.warn(
          "An entry of cache '{}' in Redis can't be read and counts as absent: {}. Further ones are"
              + " only counted",
          cache,
          problem.get());
    }
  }

  void unwritable(CodecFailed failure) {
    unwritable.increment();
    if (!unwritableLogged.getAndSet(true)) {
      LOG.warn(
          "A loaded value of cache '{}' can't be written; it is served and not kept. Further ones"
              + " are only counted",
          cache,
          failure);
    }
  }

  long unreadableCount() {
    return unreadable.sum();
  }

  long unwritableCount() {
    return unwritable.sum();
  }
}
