package io.perfkit.examples.marketplace;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Says as a problem what Jetty itself refuses, such as a request that isn't HTTP. */
final class ProblemPages implements Request.Handler {
  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/problem+json");
    byte[] body = HttpApi.problemBody(status, "The server refused the request.");
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }
}
