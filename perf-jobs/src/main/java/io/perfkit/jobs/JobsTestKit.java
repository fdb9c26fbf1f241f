package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Jobs for a host's tests: in this process, under a virtual clock that the test advances, run by
 * the test's own thread. Payloads are encoded, so that one that can't be stored fails here. One
 * thread at a time.
 *
 * <pre>{@code
 * JobsTestKit kit = JobsTestKit.create();
 * kit.jobs().handle(EMAIL, mailer);
 * kit.jobs().enqueue(EMAIL, mail, o -> o.delay(Duration.ofHours(1)));
 * kit.advance(Duration.ofHours(1));
 * assertEquals(1, kit.runDue());
 * }</pre>
 */
public final class JobsTestKit implements AutoCloseable {
  private static final int MAX_RUNS = 100_000;
  private static final Duration LEASE = Duration.ofDays(3_660);

  private final VirtualClock clock = new VirtualClock();
  private final Jobs jobs;
  private final long owner;
  private long claims;

  /** Stands still until it is advanced. */
  private static final class VirtualClock implements InstantSource {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private long elapsedNanos;

    @Override
    public Instant instant() {
      return START.plusNanos(elapsedNanos);
    }

    long nanos() {
      return elapsedNanos;
    }
  }

  /** A memory store whose payloads are bytes, as they are elsewhere. */
  private static final class EncodingStore extends MemoryStore {
    EncodingStore(VirtualClock clock) {
      super("test", clock::nanos, clock);
    }

    @Override
    boolean keepsObjects() {
      return false;
    }
  }

  private JobsTestKit(JobsConfig config) {
    this.jobs =
        Jobs.builder(new EncodingStore(clock))
            .config(config)
            .clocks(clock::nanos, clock)
            .byHand()
            .build();
    this.owner = jobs.store().join("test", LEASE);
  }

  /** A kit with the default settings, at 2026-01-01T00:00:00Z. */
  public static JobsTestKit create() {
    return create(JobsConfig.defaults());
  }

  /** A kit with other settings. */
  public static JobsTestKit create(JobsConfig config) {
    return new JobsTestKit(requireNonNull(config, "config"));
  }

  /** The jobs, to which the code under test enqueues; they refuse {@link Jobs#start}. */
  public Jobs jobs() {
    return jobs;
  }

  /** The virtual time. */
  public Instant now() {
    return clock.instant();
  }

  /** Lets time pass; runs nothing. */
  public void advance(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("time: " + time + " (expected: not negative)");
    }
    clock.elapsedNanos += NANOSECONDS.convert(time);
  }

  /**
   * Fires every schedule and runs every job that is due, one after the other, and those that they
   * enqueue, until none is due. What a handler throws becomes of its job as always.
   *
   * @return how many attempts ran
   * @throws IllegalStateException if it does not come to an end
   */
  public int runDue() {
    int ran = 0;
    boolean more = true;
    while (more) {
      more = false;
      jobs.schedules().tick(clock.nanos());
      for (String queue : queues()) {
        for (ClaimedJob job : claim(queue)) {
          run(job);
          more = true;
          if (++ran > MAX_RUNS) {
            throw new IllegalStateException(
                "runDue: " + MAX_RUNS + " attempts, and still there are jobs that are due");
          }
        }
      }
    }
    return ran;
  }

  private Set<String> queues() {
    Set<String> names = new TreeSet<>();
    jobs.types().values().forEach(registered -> names.add(registered.type().queue()));
    return names;
  }

  private List<ClaimedJob> claim(String queue) {
    List<Integer> quotas = List.of(1, 0, 0, 0); // filled up from the other priorities
    ClaimRequest claim = new ClaimRequest(queue, ++claims, typesOf(queue), quotas);
    return jobs.store().step(owner, List.of(), claim).claimed();
  }

  private Set<String> typesOf(String queue) {
    Set<String> names = new TreeSet<>();
    for (Registered<?> registered : jobs.types().values()) {
      if (registered.type().queue().equals(queue)) {
        names.add(registered.type().name());
      }
    }
    return names;
  }

  private void run(ClaimedJob job) {
    Registered<?> registered = requireNonNull(jobs.types().get(job.type()), job.type());
    Completion completion =
        jobs.runner().run(registered, new JobContext(job, jobs.store())).completion();
    StepReply unused = jobs.store().step(owner, List.of(completion), null);
  }

  @Override
  public void close() {
    jobs.close();
  }
}
