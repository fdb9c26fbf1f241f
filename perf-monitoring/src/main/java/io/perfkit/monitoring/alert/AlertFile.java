package io.perfkit.monitoring.alert;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.monitoring.internal.OncePerMinute;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open alerts in a file, so that a process that restarts resolves what its predecessor raised.
 * A line for each: rule, scope, phase, nanoseconds in the phase, what was told. Without a path it
 * does nothing. One thread at a time.
 */
final class AlertFile {
  private static final Logger LOG = LoggerFactory.getLogger(AlertFile.class);

  private final @Nullable Path path;
  private final OncePerMinute failureLog = new OncePerMinute();
  private final Map<String, Saved> found = new HashMap<>();
  private String written = "";

  /** What an earlier process left of one alert. */
  record Saved(String rule, String scope, AlertState phase, long nanos, AlertState told) {
    AlertStatus at(long now) {
      return new AlertStatus(phase, now - nanos, null, now, List.of(), false, told);
    }
  }

  AlertFile(@Nullable Path path) {
    this.path = path;
    if (path != null && Files.exists(path)) {
      try {
        Files.readAllLines(path, UTF_8).forEach(this::read);
      } catch (IOException | RuntimeException e) {
        LOG.warn("the state of alerts can't be read and begins anew: {}", e.getClass().getName());
        found.clear();
      }
    }
  }

  private void read(String line) {
    String[] parts = line.split("\t", -1);
    Saved saved =
        new Saved(
            URLDecoder.decode(parts[0], UTF_8),
            URLDecoder.decode(parts[1], UTF_8),
            AlertState.valueOf(parts[2]),
            Long.parseLong(parts[3]),
            AlertState.valueOf(parts[4]));
    found.put(saved.rule() + '\n' + saved.scope(), saved);
  }

  /** What was found of a rule, once. */
  List<Saved> take(String rule) {
    List<Saved> saved = found.values().stream().filter(each -> each.rule().equals(rule)).toList();
    saved.forEach(each -> found.remove(each.rule() + '\n' + each.scope()));
    return saved;
  }

  /** Writes if an alert opened, changed or ended; the times in a phase are those of then. */
  void write(Map<String, Map<String, AlertStatus>> open, long now) {
    if (path == null) {
      return;
    }
    StringBuilder text = new StringBuilder();
    StringBuilder changes = new StringBuilder();
    new TreeMap<>(open)
        .forEach(
            (rule, alerts) ->
                alerts.forEach(
                    (scope, status) -> {
                      String name =
                          URLEncoder.encode(rule, UTF_8)
                              + '\t'
                              + URLEncoder.encode(scope, UTF_8)
                              + '\t'
                              + status.phase()
                              + '\t';
                      text.append(name)
                          .append(now - status.since())
                          .append('\t')
                          .append(status.told())
                          .append('\n');
                      changes.append(name).append(status.told()).append('\n');
                    }));
    if (!changes.toString().equals(written)) {
      write(path, text.toString());
      written = changes.toString();
    }
  }

  private void write(Path target, String text) {
    try {
      Path next = target.resolveSibling(target.getFileName() + ".tmp");
      Files.writeString(next, text, UTF_8);
      Files.move(next, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (failureLog.isDue()) {
        LOG.warn("the state of alerts can't be written", e);
      }
    }
  }
}
