package io.perfkit.jobs;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Jobs in the heap of this process. Thread safe: one lock, under which no user code runs. */
class MemoryStore extends JobStore {
  private final String application;
  private final LongSupplier nanos;
  private final InstantSource wallClock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, MemoryQueue> queues = new HashMap<>();
  private final Map<JobId, MemoryJob> jobs = new HashMap<>();
  private final Map<Long, Owner> owners = new LinkedHashMap<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private long lastOwner;

  /** A live incarnation: what it owns, and until when. */
  private static final class Owner {
    final Set<MemoryJob> owned = new LinkedHashSet<>();
    long leaseUntil;
  }

  /**
   * @param nanos elapsed time
   * @param wallClock for the times that dead letters show
   */
  MemoryStore(String application, LongSupplier nanos, InstantSource wallClock) {
    this.application = JobType.requireName("application", application);
    this.nanos = nanos;
    this.wallClock = wallClock;
  }

  @Override
  String application() {
    return application;
  }

  @Override
  boolean keepsObjects() {
    return true;
  }

  @Override
  List<Stored> enqueue(String name, int capacity, List<NewJob> batch) {
    List<Stored> answers = new ArrayList<>(batch.size());
    lock.lock();
    try {
      long now = elapsed();
      MemoryQueue queue = queue(name);
      for (NewJob job : batch) {
        answers.add(enqueue(queue, capacity, job, now));
      }
    } finally {
      lock.unlock();
    }
    hasWork(name);
    return answers;
  }

  private Stored enqueue(MemoryQueue queue, int capacity, NewJob job, long now) {
    if (jobs.containsKey(job.id())) {
      return Stored.duplicateOf(job.id());
    }
    if (job.unique() != null) {
      JobId earlier = queue.uniqueHolder(job.unique(), now);
      if (earlier != null) {
        return Stored.duplicateOf(earlier);
      }
    }
    if (queue.waiting >= capacity) {
      return Stored.FULL;
    }
    MemoryJob stored = new MemoryJob(job, queue);
    jobs.put(job.id(), stored);
    if (job.unique() != null) {
      queue.takeUnique(job, now);
    }
    queue.count.enqueued++;
    queue.add(stored, now, TimeUnit.MILLISECONDS.toNanos(job.delayMillis()));
    return Stored.ACCEPTED;
  }

  @Override
  void awaitPlace(String name, int capacity, long waitNanos) throws InterruptedException {
    lock.lock();
    try {
      MemoryQueue queue = queue(name);
      if (queue.place == null) {
        queue.place = lock.newCondition();
      }
      long left = waitNanos;
      while (left > 0 && queue.waiting >= capacity) {
        left = queue.place.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  long join(String node, Duration lease) {
    lock.lock();
    try {
      long owner = ++lastOwner;
      Owner fresh = new Owner();
      fresh.leaseUntil = elapsed() + NANOSECONDS.convert(lease);
      owners.put(owner, fresh);
      return owner;
    } finally {
      lock.unlock();
    }
  }

  @Override
  Beat beat(long number, Duration lease) {
    lock.lock();
    try {
      Owner owner = owners.get(number);
      if (owner == null) {
        return Beat.FENCED;
      }
      owner.leaseUntil = elapsed() + NANOSECONDS.convert(lease);
      Set<JobId> cancelled = new HashSet<>();
      for (MemoryJob job : owner.owned) {
        if (job.cancelRequested) {
          cancelled.add(job.source.id());
        }
      }
      return new Beat(false, cancelled);
    } finally {
      lock.unlock();
    }
  }

  @Override
  StepReply step(long number, List<Completion> completions, @Nullable ClaimRequest claim) {
    List<Boolean> accepted = new ArrayList<>(completions.size());
    List<ClaimedJob> claimed = List.of();
    long nextDue = Long.MAX_VALUE;
    boolean fenced;
    lock.lock();
    try {
      long now = elapsed();
      for (Completion completion : completions) {
        accepted.add(complete(completion, now));
      }
      Owner owner = owners.get(number);
      fenced = owner == null;
      if (claim != null && owner != null) {
        MemoryQueue queue = queue(claim.queue());
        queue.promote(now);
        claimed = claim(queue, number, owner, claim, now);
        nextDue = queue.nextDueMillis(now);
      }
    } finally {
      lock.unlock();
    }
    return new StepReply(fenced, accepted, claimed, nextDue);
  }

  private List<ClaimedJob> claim(
      MemoryQueue queue, long number, Owner owner, ClaimRequest claim, long now) {
    int want = claim.want();
    List<MemoryJob> taken = queue.take(claim.types(), claim.quotas(), want);
    List<ClaimedJob> claimed = new ArrayList<>(taken.size());
    for (MemoryJob job : taken) {
      job.owner = number;
      job.claim = claim.claim();
      job.attempt++;
      owner.owned.add(job);
      queue.waiting--;
      queue.inFlight++;
      queue.count.claimed++;
      claimed.add(job.claimed(now));
    }
    if (!taken.isEmpty() && queue.place != null) {
      queue.place.signalAll();
    }
    return claimed;
  }

  /** I3. */
  boolean owns(MemoryJob job, ClaimedJob claim) {
    return job.owner == claim.owner() && job.claim == claim.claim();
  }

  private boolean complete(Completion completion, long now) {
    MemoryJob job = (MemoryJob) completion.job().handle();
    MemoryQueue queue = job.queue;
    if (!owns(job, completion.job())) {
      queue.count.stale += completion.quiet() ? 0 : 1;
      return false;
    }
    release(job);
    long delay = TimeUnit.MILLISECONDS.toNanos(completion.delayMillis());
    switch (completion.kind()) {
      case DONE -> queue.count.done++;
      case DISCARDED -> queue.count.discarded++;
      case CANCELLED -> queue.count.cancelled++;
      case DEAD -> bury(job, completion.deadReason(), completion.error());
      case RETRY -> {
        queue.count.retried++;
        queue.putBack(job, now, delay);
      }
      case RETURNED -> {
        job.attempt--;
        queue.count.returned++;
        queue.putBack(job, now, delay);
      }
    }
    if (completion.ends()) {
      end(job);
    }
    return true;
  }

  private void bury(MemoryJob job, DeadReason reason, @Nullable String error) {
    job.queue.count.dead++;
    job.queue.dead.put(
        job.source.id(),
        new BuriedJob(
            job.source, job.letter(reason, error == null ? "" : error, wallClock.instant())));
  }

  /** Takes a job from its owner. */
  private void release(MemoryJob job) {
    Owner owner = owners.get(job.owner);
    if (owner != null) {
      owner.owned.remove(job);
    }
    job.owner = 0;
    job.cancelRequested = false;
    job.queue.inFlight--;
  }

  /** Forgets a job that needs no place any more. */
  private void end(MemoryJob job) {
    jobs.remove(job.source.id());
    job.queue.freeUnique(job.source);
    job.queue.freeKey(job);
  }

  @Override
  void disown(long number, long claim) {
    lock.lock();
    try {
      Owner owner = owners.get(number);
      if (owner != null) {
        List<MemoryJob> lost = owner.owned.stream().filter(job -> job.claim == claim).toList();
        giveBack(lost);
      }
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(Collection<MemoryJob> owned) {
    long now = elapsed();
    List<MemoryJob> reversed = new ArrayList<>(owned);
    Collections.reverse(reversed);
    for (MemoryJob job : reversed) {
      release(job);
      job.attempt--;
      job.queue.count.returned++;
      job.queue.putBack(job, now, 0);
    }
  }

  @Override
  void leave(long number) {
    Set<String> touched = new HashSet<>();
    lock.lock();
    try {
      Owner owner = owners.get(number);
      if (owner != null) {
        owner.owned.forEach(job -> touched.add(job.queue.name));
        giveBack(owner.owned);
        owners.remove(number);
      }
    } finally {
      lock.unlock();
    }
    touched.forEach(this::hasWork);
  }

  @Override
  Maintained maintain(int maxCrashes, Duration keepDead) {
    int rescued = 0;
    int dead = 0;
    int purged = 0;
    Set<String> touched = new HashSet<>();
    lock.lock();
    try {
      long now = elapsed();
      for (Iterator<Owner> all = owners.values().iterator(); all.hasNext(); ) {
        Owner owner = all.next();
        if (owner.leaseUntil - now > 0) {
          continue;
        }
        List<MemoryJob> owned = new ArrayList<>(owner.owned);
        Collections.reverse(owned);
        for (MemoryJob job : owned) {
          touched.add(job.queue.name);
          rescued++;
          dead += rescue(job, maxCrashes, now) ? 1 : 0;
        }
        all.remove();
      }
      Instant oldest = wallClock.instant().minus(keepDead);
      for (MemoryQueue queue : queues.values()) {
        purged += queue.purge(oldest, now);
      }
    } finally {
      lock.unlock();
    }
    touched.forEach(this::hasWork);
    return new Maintained(rescued, dead, purged);
  }

  /** Whether the job became a dead letter. */
  private boolean rescue(MemoryJob job, int maxCrashes, long now) {
    release(job);
    job.attempt--;
    job.crashes++;
    job.queue.count.rescued++;
    if (job.crashes <= maxCrashes) {
      job.queue.putBack(job, now, 0);
      return false;
    }
    job.queue.count.crashed++;
    bury(job, DeadReason.CRASHES, "");
    end(job);
    return true;
  }

  @Override
  Map<String, QueueCounts> counts(boolean ofRows) {
    lock.lock();
    try {
      Map<String, QueueCounts> all = new TreeMap<>();
      queues.forEach((name, queue) -> all.put(name, queue.counts()));
      return all;
    } finally {
      lock.unlock();
    }
  }

  @Override
  boolean cancel(JobId id) {
    lock.lock();
    try {
      MemoryJob job = jobs.get(id);
      if (job == null) {
        return false;
      }
      if (job.owner != 0) {
        job.cancelRequested = true;
        return true;
      }
      job.queue.remove(job);
      job.queue.waiting--;
      job.queue.count.removed++;
      end(job);
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  List<DeadLetter> deadLetters(String name, int max) {
    lock.lock();
    try {
      List<DeadLetter> newest = new ArrayList<>();
      List<BuriedJob> all = new ArrayList<>(queue(name).dead.values());
      for (int i = all.size() - 1; i >= 0 && newest.size() < max; i--) {
        newest.add(all.get(i).letter());
      }
      return newest;
    } finally {
      lock.unlock();
    }
  }

  @Override
  boolean replay(JobId id) {
    MemoryQueue touched = null;
    lock.lock();
    try {
      for (MemoryQueue queue : queues.values()) {
        BuriedJob buried = queue.dead.remove(id);
        if (buried != null) {
          MemoryJob job = new MemoryJob(buried.source(), queue);
          jobs.put(id, job);
          queue.count.replayed++;
          queue.add(job, elapsed(), 0);
          touched = queue;
        }
      }
    } finally {
      lock.unlock();
    }
    if (touched != null) {
      hasWork(touched.name);
    }
    return touched != null;
  }

  @Override
  boolean deleteDead(JobId id) {
    lock.lock();
    try {
      return queues.values().stream().anyMatch(queue -> queue.dead.remove(id) != null);
    } finally {
      lock.unlock();
    }
  }

  @Override
  void onWork(Consumer<String> listener) {
    listeners.add(listener);
  }

  private void hasWork(String queue) {
    for (Consumer<String> listener : listeners) {
      listener.accept(queue);
    }
  }

  private MemoryQueue queue(String name) {
    return queues.computeIfAbsent(name, MemoryQueue::new);
  }

  private long elapsed() {
    return nanos.getAsLong();
  }

  @Override
  Instant now() {
    return wallClock.instant();
  }

  @Override
  public void close() {
    listeners.clear();
  }
}
