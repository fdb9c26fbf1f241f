package io.perfkit.cache;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/** The second level of a disabled cache: it keeps nothing. Thread safe. */
final class NoLevel<V> implements SecondLevel<V> {
  private final OpenState open;

  NoLevel(OpenState open) {
    this.open = open;
  }

  @Override
  public void requireOpen() {
    open.requireOpen();
  }

  @Override
  public Address address(String text) {
    return Address.inProcess(text);
  }

  @Override
  public List<L2Reply<V>> lookup(List<Question<V>> questions) {
    requireOpen();
    return Collections.nCopies(questions.size(), L2Reply.absent());
  }

  @Override
  public List<Boolean> fill(List<Fill<V>> fills) {
    return Collections.nCopies(fills.size(), false);
  }

  @Override
  public void release(List<Release> releases, Duration cooldown) {}

  @Override
  public EntryVersion put(Address address, Entry<V> entry, Ttl ttl) {
    requireOpen();
    return EntryVersion.next();
  }

  @Override
  public void invalidate(Collection<Address> addresses) {
    requireOpen();
  }

  @Override
  public void invalidateTag(String tag) {
    requireOpen();
  }

  @Override
  public void clear() {
    requireOpen();
  }

  @Override
  public CacheHealth health(long now) {
    return CacheHealth.ALONE;
  }

  @Override
  public long failures() {
    return 0;
  }

  @Override
  public long unreadable() {
    return 0;
  }

  @Override
  public long unwritable() {
    return 0;
  }
}
