package io.perfkit.examples.marketplace.load;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a host did with a few users who log in again and again, from many addresses at once.
 *
 * @param perSecond logins that were answered with a cookie
 * @param failed logins that were not
 * @param most sessions that a user's own list named at once, looked up while others logged in
 */
record LoginStorm(double perSecond, long failed, long most) {
  static final int LOGINS = 2_000;
  static final int USERS = 8;
  static final int AT_ONCE = 32;

  /** Sessions that a user may have. */
  static final int LIMIT = 3;

  private static final int LIST_EVERY = 5;
  private static final Pattern ENTRY = Pattern.compile("\"current\":");

  static LoginStorm run(URI host, Timing timing) {
    try (HttpTarget target = new HttpTarget(host)) {
      return run(target, timing);
    }
  }

  private static LoginStorm run(HttpTarget target, Timing timing) {
    Deque<CompletableFuture<HttpResponse<String>>> underWay = new ArrayDeque<>();
    long start = timing.nanos();
    long succeeded = 0;
    long most = 0;
    for (int i = 0; i < LOGINS + AT_ONCE; i++) {
      if (i < LOGINS) {
        String body = "{\"userId\":%d}".formatted(1 + i % USERS);
        underWay.add(target.ask(Call.post("/login", body), null));
      }
      if ((underWay.size() < AT_ONCE && i < LOGINS) || underWay.isEmpty()) {
        continue;
      }
      String cookie = cookie(underWay.remove());
      succeeded += cookie == null ? 0 : 1;
      if (cookie != null && succeeded % LIST_EVERY == 0) {
        most = Math.max(most, sessions(target.ask(Call.get("/sessions"), cookie)));
      }
    }
    double seconds = (timing.nanos() - start) / 1e9;
    return new LoginStorm(succeeded / seconds, LOGINS - succeeded, most);
  }

  private static @Nullable String cookie(CompletableFuture<HttpResponse<String>> login) {
    try {
      return login
          .join()
          .headers()
          .firstValue("Set-Cookie")
          .map(header -> header.substring(0, header.indexOf(';')))
          .orElse(null);
    } catch (CompletionException e) {
      return null;
    }
  }

  /** None if the session that asks was evicted meanwhile. */
  private static long sessions(CompletableFuture<HttpResponse<String>> list) {
    try {
      return count(list.join().body());
    } catch (CompletionException e) {
      return 0;
    }
  }

  static long count(String list) {
    return ENTRY.matcher(list).results().count();
  }
}
