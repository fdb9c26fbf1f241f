package io.perfkit.examples.marketplace.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.perfkit.examples.marketplace.DataSize;
import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.Figures;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.examples.marketplace.load.OpenLoop.Schedule;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs the market plain and with perfkit under the same load and prints the two side by side. Exits
 * with 0 if both sides gave the same answers and the load ran to its end, whatever the figures are,
 * and with 1 otherwise. One thread at a time.
 */
public final class MarketplaceDemo {
  private static final DataSize SIZE = DataSize.FULL;

  /** Under way at once, or there at once. */
  static final int USERS = 1_000;

  /** Of the most that the plain side can do: a load that it bears. */
  private static final int HEALTHY_PERCENT = 70;

  private static final int SATURATING_USERS = 64;
  private static final Duration SATURATED = Duration.ofSeconds(8);
  private static final Duration THINK = Duration.ofSeconds(1);
  private static final Duration THINKING = Duration.ofSeconds(10);
  private static final int BURST = 50;
  private static final int COMPARED_BETS = 50;
  private static final long SEED = 42;
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private final DemoSettings settings;
  private final Closer closer;
  private final PrintStream out;
  private final Progress progress;
  private final Timing timing = Timing.system();

  /** Known once the plain side was asked for all that it can do. */
  private double healthyPerSecond;

  private MarketplaceDemo(DemoSettings settings, Closer closer, PrintStream out) {
    this.settings = settings;
    this.closer = closer;
    this.out = out;
    this.progress = Progress.on(out);
  }

  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    Closer closer = new Closer();
    Runtime.getRuntime().addShutdownHook(new Thread(closer::close, "marketplace-closer"));
    int exit = 1;
    try {
      DemoSettings settings = DemoSettings.fromEnvironment(System.getenv());
      exit = new MarketplaceDemo(settings, closer, out).run() ? 0 : 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      if (!closer.closing()) {
        System.err.println("the demo failed: " + withCauses(e));
      }
    }
    closer.close();
    System.exit(exit);
  }

  private static String withCauses(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
        .limit(10)
        .map(Throwable::toString)
        .collect(Collectors.joining("; because of "));
  }

  private boolean run() throws IOException, InterruptedException {
    out.println("perfkit marketplace: " + settings);
    progress.step("starting the servers");
    Servers servers = Servers.start(settings, closer);
    progress.step(
        "writing %,d users, %,d markets, %,d bets"
            .formatted(SIZE.users(), SIZE.markets(), SIZE.bets()));
    servers.fill(SIZE);
    return settings.serve() ? serve(servers) : compare(servers);
  }

  private boolean serve(Servers servers) throws IOException, InterruptedException {
    HostProcess host = closer.add(HostProcess.start(servers.host(Variant.PERFKIT)));
    progress.finish();
    URI uri = host.uri();
    out.println("perfkit serves at " + uri + " until Ctrl-C; for example");
    for (String path : List.of("/markets?page=0", "/markets/7", "/users/42", "/users/42/bets")) {
      out.println("  curl " + uri + path);
    }
    out.println("  curl '" + uri + "/users?query=user-0004'");
    out.println("  curl -d '%s' %s/bets".formatted(ComparedCalls.bet(42, 7, "YES", "250"), uri));
    int exit = host.awaitEnd();
    if (!closer.closing()) {
      out.println("the host application ended with exit code " + exit);
    }
    return false;
  }

  private boolean compare(Servers servers) throws IOException, InterruptedException {
    progress.step("comparing the answers of both sides");
    HostProcess plain = closer.add(HostProcess.start(servers.host(Variant.PLAIN)));
    HostProcess perfkit = closer.add(HostProcess.start(servers.host(Variant.PERFKIT)));
    List<Long> openMarkets;
    int compared;
    try (HttpTarget plainTarget = new HttpTarget(plain.uri());
        HttpTarget perfkitTarget = new HttpTarget(perfkit.uri())) {
      openMarkets = OpenMarkets.of(plainTarget);
      EqualAnswers answers = new EqualAnswers(plainTarget, perfkitTarget);
      Optional<String> difference = difference(answers, openMarkets);
      if (difference.isPresent()) {
        progress.finish();
        out.println("the two sides differ: " + difference.get());
        return false;
      }
      compared = answers.compared();
    }
    closer.close(perfkit);
    closer.close(plain);

    Measured plainSide = measure(Variant.PLAIN, servers, openMarkets);
    Measured perfkitSide = measure(Variant.PERFKIT, servers, openMarkets);
    progress.finish();
    print(plainSide, perfkitSide, compared);
    return true;
  }

  /* Twice: what the first pass and the bets left in the caches must be right too. */
  private Optional<String> difference(EqualAnswers answers, List<Long> openMarkets)
      throws IOException, InterruptedException {
    Workload workload = new Workload(SEED, SIZE, openMarkets);
    List<Call> calls = ComparedCalls.unchanging(SIZE, workload);
    List<Call> bets = Stream.generate(workload::bet).limit(COMPARED_BETS).toList();
    Optional<String> difference = answers.compare(calls);
    progress.at(0.4);
    if (difference.isEmpty()) {
      difference = answers.compareAfter(bets);
    }
    progress.at(0.6);
    return difference.isEmpty() ? answers.compare(calls) : difference;
  }

  private Measured measure(Variant variant, Servers servers, List<Long> openMarkets)
      throws IOException {
    progress.step(variant.label() + ": starting on fresh data");
    servers.fill(SIZE);
    HostProcess host = closer.add(HostProcess.start(servers.host(variant)));
    try (HttpTarget http = new HttpTarget(host.uri())) {
      Workload workload = new Workload(SEED, SIZE, openMarkets);
      Target target = http.followed(workload.links());
      OpenLoop load = new OpenLoop(USERS, timing);
      step(variant, "warming up for %d s", settings.warmUp().toSeconds());
      load.run(
          workload,
          target,
          schedule(settings.requestsPerSecond(), settings.warmUp()),
          progress::at);
      step(variant, "%d at once", BURST);
      Burst burst = Burst.run(BURST, workload, target, timing);
      if (variant == Variant.PLAIN) {
        healthyPerSecond = HEALTHY_PERCENT / 100.0 * most(workload, target);
      }
      step(variant, "%,d requests/s for %d s", Math.round(healthyPerSecond), measuredSeconds());
      LoadResult healthy =
          load.run(workload, target, schedule(healthyPerSecond, settings.measured()), progress::at);
      step(variant, "%,d requests/s for %d s", settings.requestsPerSecond(), measuredSeconds());
      Figures before = host.figures();
      Duration cpuBefore = cpu();
      LoadResult result =
          load.run(
              workload,
              target,
              schedule(settings.requestsPerSecond(), settings.measured()),
              progress::at);
      double generatorCpu = 100.0 * cpu().minus(cpuBefore).toNanos() / result.elapsed().toNanos();
      Figures during = host.figures().since(before);
      DatabaseReport database = host.databaseReport();
      long heap = host.figuresAfterCollection().heapBytes();
      step(variant, "%,d users for %d s", USERS, THINKING.toSeconds());
      LoadResult users =
          new ClosedLoop(USERS, THINK, timing).run(workload, target, THINKING, DRAIN, progress::at);
      step(variant, "asking far too often");
      Flood flood = Flood.run(host.uri(), openMarkets.get(0), timing);
      step(variant, "logging in");
      LoginStorm logins = LoginStorm.run(host.uri(), timing);
      return new Measured(
          healthy, result, users, during, heap, database, burst, flood, logins, generatorCpu);
    } finally {
      closer.close(host);
    }
  }

  /** Requests per second that a side answers to users who never think. */
  private double most(Workload workload, Target target) {
    step(Variant.PLAIN, "finding its maximum for %d s", SATURATED.toSeconds());
    return new ClosedLoop(SATURATING_USERS, Duration.ZERO, timing)
        .run(workload, target, SATURATED, DRAIN, progress::at)
        .reachedPerSecond();
  }

  @FormatMethod
  private void step(Variant variant, @FormatString String format, Object... arguments) {
    progress.step(variant.label() + ": " + String.format(Locale.ROOT, format, arguments));
  }

  private static Schedule schedule(double perSecond, Duration length) {
    return new Schedule(perSecond, length, DRAIN);
  }

  private long measuredSeconds() {
    return settings.measured().toSeconds();
  }

  private static Duration cpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private void print(Measured plain, Measured perfkit, int compared) {
    int cores = Runtime.getRuntime().availableProcessors();
    out.println();
    out.println(
        Report.table(
            Report.sections(
                plain, perfkit, healthyPerSecond, settings.requestsPerSecond(), cores)));
    out.println();
    out.println(
        """
        %,d answers of both sides compared: equal. Each side: a JVM with %s and fresh data,
        warmed up for %d s; %d %% reads, ids by Zipf's law. The first rate is %d %% of what plain
        answers to %d users who never think; at both rates, for %d s each, at most %,d requests are
        under way, latency counts from the intended start, and what has no answer %d s after the
        end is an error. Then %,d users think for %d s on average between two requests. JDK %s,
        %d cores, shared with the databases and the load generator, which took %.0f %% of one core
        for plain and %.0f %% for perfkit at %,d requests/s. Of 300 requests and 30 logins of one
        address each and 100 bets of one user, all at once, 10/s, 6/min and 20/s (40 at once) are
        allowed. At last %,d logins of %d users from as many addresses, %d at once; plain keeps
        sessions in the memory of its one node, perfkit in Redis."""
            .formatted(
                compared,
                HostProcess.HEAP,
                settings.warmUp().toSeconds(),
                Workload.READ_PERCENT,
                HEALTHY_PERCENT,
                SATURATING_USERS,
                measuredSeconds(),
                USERS,
                DRAIN.toSeconds(),
                USERS,
                THINK.toSeconds(),
                System.getProperty("java.version"),
                cores,
                plain.generatorCpuPercent(),
                perfkit.generatorCpuPercent(),
                settings.requestsPerSecond(),
                LoginStorm.LOGINS,
                LoginStorm.USERS,
                LoginStorm.AT_ONCE));
    for (Variant variant : Variant.values()) {
      out.println();
      Measured side = variant == Variant.PLAIN ? plain : perfkit;
      out.println(DatabaseText.of(variant, side.database()));
    }
  }
}
