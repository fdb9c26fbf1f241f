package io.perfkit.cache;

import io.perfkit.cache.InvalidationChannel.Kind;

/** Applies the messages that one cache hears. Thread safe. */
record InvalidationListener(Fence fence, LeaseWaiters waiters) {

  /**
   * Ends what a message ends and wakes the threads that wait for it. A node skips what its own
   * messages end: it ended that itself, in the order that put needs. It follows its own messages of
   * shared structures, whose command may have run later than its caller waited.
   */
  void heard(Kind kind, int hash, boolean own) {
    if (!own || kind == Kind.CHANGED) {
      end(kind, hash);
    }
    if (kind == Kind.ALL || kind == Kind.TAG) {
      waiters.wakeAll();
    } else {
      waiters.wake(hash);
    }
  }

  private void end(Kind kind, int hash) {
    switch (kind) {
      case KEY, CHANGED -> fence.advance(fence.stripe(hash));
      case TAG -> fence.advanceTag(fence.stripe(hash));
      case ALL -> fence.advanceAll();
      case FILLED -> {} // a lease has ended, no copy has
    }
  }

  /** Messages may have been missed. */
  void gap() {
    fence.advanceAll();
    waiters.wakeAll();
  }
}
