package io.perfkit.examples.marketplace;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.http.ClientAddressConfig;
import io.perfkit.ratelimit.http.ClientAddresses;
import io.perfkit.ratelimit.http.HeadersConfig;
import io.perfkit.ratelimit.http.RateLimitHeaders;
import io.perfkit.ratelimit.http.Refusal;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Lets each address ask the API as often as {@link Limits} says, and tells it how it stands. The
 * host's own machine is the proxy that it trusts. Thread safe.
 */
final class LimitedApi extends Handler.Wrapper {
  private final RateLimiter limiter;
  private final ClientAddresses clients =
      ClientAddresses.of(ClientAddressConfig.behind("127.0.0.1", "::1"));
  private final RateLimitHeaders headers = RateLimitHeaders.of(HeadersConfig.defaults());

  LimitedApi(RateLimiter limiter, Handler api) {
    super(api);
    this.limiter = limiter;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    boolean login = Request.getPathInContext(request).equals("/login");
    Plan plan = login ? Limits.LOGINS : Limits.REQUESTS;
    String client =
        clients.client(
            Request.getRemoteAddr(request), request.getHeaders().getValuesList(clients.header()));
    Decision decision = limiter.check(plan, io.perfkit.ratelimit.Request.of("ip", client));
    headers.write(decision, response.getHeaders()::put);
    if (decision instanceof Decision.Denied denied) {
      Refusal refusal = Refusal.of(denied);
      response.setStatus(refusal.status());
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, Refusal.CONTENT_TYPE);
      response.write(true, ByteBuffer.wrap(refusal.body().getBytes(UTF_8)), callback);
      return true;
    }
    return super.handle(request, response, callback);
  }
}
