package io.perfkit.examples.marketplace.load;

import static java.nio.charset.StandardCharsets.UTF_8;

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
  private static final int USERS_AT_ONCE = 1_000;
  private static final int BURST = 50;
  private static final int COMPARED_BETS = 50;
  private static final long SEED = 42;
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private final DemoSettings settings;
  private final Closer closer;
  private final PrintStream out;
  private final Progress progress;
  private final Timing timing = Timing.system();

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
      OpenLoop load = new OpenLoop(USERS_AT_ONCE, timing);
      progress.step("%s: warming up for %d s".formatted(variant.label(), seconds(true)));
      load.run(workload, target, schedule(true), progress::at);
      progress.step(variant.label() + ": " + BURST + " at once");
      Burst burst = Burst.run(BURST, workload, target, timing);
      progress.step("%s: measuring for %d s".formatted(variant.label(), seconds(false)));
      Figures before = host.figures();
      Duration cpuBefore = cpu();
      LoadResult result = load.run(workload, target, schedule(false), progress::at);
      double generatorCpu = 100.0 * cpu().minus(cpuBefore).toNanos() / result.elapsed().toNanos();
      Figures during = host.figures().since(before);
      DatabaseReport database = host.databaseReport();
      long heap = host.figuresAfterCollection().heapBytes();
      progress.step(variant.label() + ": asking far too often");
      Flood flood = Flood.run(host.uri(), openMarkets.get(0), timing);
      progress.step(variant.label() + ": logging in");
      LoginStorm logins = LoginStorm.run(host.uri(), timing);
      return new Measured(result, during, heap, database, burst, flood, logins, generatorCpu);
    } finally {
      closer.close(host);
    }
  }

  private Schedule schedule(boolean warmUp) {
    Duration length = warmUp ? settings.warmUp() : settings.measured();
    return new Schedule(settings.requestsPerSecond(), length, DRAIN);
  }

  private long seconds(boolean warmUp) {
    return schedule(warmUp).length().toSeconds();
  }

  private static Duration cpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private void print(Measured plain, Measured perfkit, int compared) {
    out.println();
    out.println(Report.table(Report.rows(plain, perfkit, settings.requestsPerSecond())));
    out.println();
    out.println(
        """
        %,d answers of both sides compared: equal. Each side: a JVM with %s and fresh data,
        warmed up for %d s, then %d s at %,d requests/s with at most %,d under way, %d %% reads,
        ids by Zipf's law. Latency counts from the intended start; what had no answer %d s after
        the end is an error. JDK %s, %d cores, shared with the databases and the load generator,
        which took %.0f %% of one core for plain and %.0f %% for perfkit. Then 300 requests and 30
        logins of one address each and 100 bets of one user come at once, of which 10/s, 6/min and
        20/s (40 at once) are allowed. At last %,d logins of %d users from as many addresses, %d at
        once; plain keeps sessions in the memory of its one node, perfkit in Redis."""
            .formatted(
                compared,
                HostProcess.HEAP,
                seconds(true),
                seconds(false),
                settings.requestsPerSecond(),
                USERS_AT_ONCE,
                Workload.READ_PERCENT,
                DRAIN.toSeconds(),
                System.getProperty("java.version"),
                Runtime.getRuntime().availableProcessors(),
                plain.generatorCpuPercent(),
                perfkit.generatorCpuPercent(),
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
