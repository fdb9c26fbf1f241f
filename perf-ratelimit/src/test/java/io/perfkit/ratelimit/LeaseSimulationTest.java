package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.ModelLeaseServer.Order;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Leases in a world where everything goes wrong: requests and answers are lost, requests arrive
 * late or twice, nodes stand still between any two steps or die, clocks run apart. Whatever
 * happens, all nodes together stay in the envelope of the bucket. Each run follows from its seed.
 */
final class LeaseSimulationTest {
  private static final Limit.TokenBucket BUCKET =
      new Limit.TokenBucket(100, Duration.ofMillis(100), 400);
  private static final Duration LIFE = Duration.ofMillis(200);
  private static final int NODES = 4;
  private static final int RUNS = 400 * Integer.getInteger("perf.chaos.seconds", 5);

  @Test
  void allNodesTogetherStayInTheEnvelopeWhateverFails() {
    long admitted = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      World world = new World(seed, Order.REGAIN_FIRST);
      BucketEnvelope envelope = world.run();
      assertThat(envelope.excess()).as("permits above the bound, seed %d", seed).isNotPositive();
      admitted += envelope.count();
    }
    assertThat(admitted / RUNS).as("admissions of a run").isGreaterThan(100);
  }

  /** The checker is good for something: it finds the permits that leak if settled first. */
  @Test
  void settlingFirstLeaksPermits() {
    assertThat(worst(Order.SETTLE_FIRST)).isGreaterThanOrEqualTo(1);
  }

  @Test
  void leasesThatAreNotCountedLeakPermits() {
    assertThat(worst(Order.LEASES_UNCOUNTED)).isGreaterThanOrEqualTo(1);
  }

  private static double worst(Order order) {
    double worst = 0;
    for (int seed = 0; seed < 200; seed++) {
      worst = Math.max(worst, new World(seed, order).run().excess());
    }
    return worst;
  }

  /** Some nodes, one server and the time, moved by hand. */
  private static final class World {
    private final Random random;
    private final ModelLeaseServer server;
    private final BucketEnvelope envelope = new BucketEnvelope(BUCKET);
    private final List<Node> nodes = new ArrayList<>();
    private final List<Runnable> underWay = new ArrayList<>(); // requests that arrive late
    private long micros = 1_000_000;
    private int started;
    private int depth;

    World(long seed, Order order) {
      random = new Random(seed);
      server = new ModelLeaseServer(order, BUCKET, LIFE.toNanos() / 1_000, micros);
      for (int i = 0; i < NODES; i++) {
        nodes.add(new Node());
      }
    }

    BucketEnvelope run() {
      for (int i = 0; i < 200; i++) {
        step();
      }
      return envelope;
    }

    private void step() {
      switch (random.nextInt(20)) {
        case 0 -> micros += random.nextInt(400_000);
        case 1, 2, 3 -> micros += random.nextInt(40_000);
        case 4 -> nodes.set(random.nextInt(nodes.size()), new Node());
        case 5, 6 -> anyNode().tick();
        case 7 -> arriveLate();
        case 8 -> anyNode().takeAndPutBack(1 + random.nextInt(20));
        case 9 -> storm();
        default -> anyNode().take(1 + random.nextInt(random.nextInt(10) == 0 ? 100 : 20));
      }
    }

    /** After a lull in which leases are held and not spent, all that can be had: a leak shows. */
    private void storm() {
      micros += random.nextInt(200_000);
      for (int i = depth > 0 ? 140 : 0; i < 150; i++) {
        anyNode().take(1 + random.nextInt(20));
        micros += random.nextInt(10) == 0 ? random.nextInt(2_000) : 0;
      }
    }

    private Node anyNode() {
      return nodes.get(random.nextInt(nodes.size()));
    }

    private void arriveLate() {
      if (!underWay.isEmpty()) {
        underWay.remove(random.nextInt(underWay.size())).run();
      }
    }

    /** While one node stands still, the others go on. */
    private void standStill() {
      if (nodes.size() == NODES && depth < 2 && random.nextInt(50) == 0) {
        depth++;
        for (int i = random.nextInt(20); i > 0; i--) {
          step();
        }
        depth--;
      }
    }

    private final class Node implements LeaseServer {
      private final String name = "node" + started++;
      private final long drift = random.nextInt(900) - 450L; // of a million
      private final long start = random.nextLong();
      private final LeasedBucket bucket =
          new LeasedBucket(this, this::nanos, task -> later(task), LIFE, BUCKET.burst() / 4);
      private boolean busy;
      private long readAt;

      private long nanos() {
        standStill();
        readAt = micros;
        return start + micros * 1_000 + micros * drift / 1_000;
      }

      private void later(Runnable task) {
        underWay.add(() -> alone(task));
      }

      void take(long permits) {
        alone(
            () -> {
              if (bucket.take(permits) == 0) {
                envelope.admitted(readAt * 1_000, permits);
              }
            });
      }

      void tick() {
        alone(bucket::tick);
      }

      void takeAndPutBack(long permits) {
        alone(
            () -> {
              long sequence = bucket.sequence();
              if (bucket.take(permits) == 0) {
                standStill();
                bucket.putBack(sequence, permits);
              }
            });
      }

      /** A node has one thread: what stands still does not do something else meanwhile. */
      private void alone(Runnable task) {
        if (busy) {
          return;
        }
        busy = true;
        try {
          task.run();
        } catch (Lost e) {
          // as callers do: the decision is another's
        } finally {
          busy = false;
        }
      }

      @Override
      public Grant lease(Want want) {
        int fate = random.nextInt(20);
        if (fate == 0) {
          throw new Lost();
        }
        if (fate <= 2) {
          underWay.add(() -> server.lease(name, want, micros));
          throw new Lost();
        }
        standStill();
        Grant grant = server.lease(name, want, micros);
        standStill();
        if (fate <= 4) {
          throw new Lost();
        }
        if (fate == 5) {
          underWay.add(() -> server.lease(name, want, micros));
        }
        return grant;
      }
    }

    private static final class Lost extends RuntimeException {
      Lost() {
        super("no answer", null, false, false);
      }
    }
  }
}
