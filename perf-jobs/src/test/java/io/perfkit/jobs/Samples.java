package io.perfkit.jobs;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Jobs for tests of stores. */
final class Samples {
  static final String QUEUE = "mail";
  static final String TYPE = "send";
  static final Set<String> TYPES = Set.of(TYPE);
  static final int PLENTY = 1_000_000;

  private static final JobIds IDS = new JobIds(InstantSource.system());

  private Samples() {}

  /** A job of {@link #TYPE}, changed by its methods. */
  static Sample job() {
    return new Sample();
  }

  static NewJob plain() {
    return job().build();
  }

  static List<NewJob> plain(int number) {
    List<NewJob> jobs = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      jobs.add(plain());
    }
    return jobs;
  }

  static List<Integer> normal(int places) {
    return List.of(0, 0, places, 0);
  }

  static List<JobId> ids(Collection<ClaimedJob> jobs) {
    return jobs.stream().map(ClaimedJob::id).toList();
  }

  static List<JobId> idsOf(Collection<NewJob> jobs) {
    return jobs.stream().map(NewJob::id).toList();
  }

  static final class Sample {
    private String type = TYPE;
    private Priority priority = Priority.NORMAL;
    private String key;
    private int perKey = 1;
    private String unique;
    private long uniqueMillis;
    private long delayMillis;

    Sample type(String name) {
      type = name;
      return this;
    }

    Sample priority(Priority other) {
      priority = other;
      return this;
    }

    Sample key(String text, int atOnce) {
      key = text;
      perKey = atOnce;
      return this;
    }

    Sample unique(String text, long millis) {
      unique = text;
      uniqueMillis = millis;
      return this;
    }

    Sample delay(long millis) {
      delayMillis = millis;
      return this;
    }

    NewJob build() {
      return new NewJob(
          IDS.next(),
          type,
          1,
          priority,
          key,
          perKey,
          unique,
          uniqueMillis,
          delayMillis,
          3,
          Map.of("trace", "t-1"),
          "payload".getBytes(StandardCharsets.UTF_8));
    }
  }
}
