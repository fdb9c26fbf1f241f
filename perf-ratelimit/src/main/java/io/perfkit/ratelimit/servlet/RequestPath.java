package io.perfkit.ratelimit.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The normalised path by which a container dispatches a request: decoded by the container, below
 * its context, without path parameters, empty segments and dots.
 */
final class RequestPath {
  private RequestPath() {}

  static String of(HttpServletRequest request) {
    String servlet = request.getServletPath();
    String rest = request.getPathInfo();
    return normalised((servlet == null ? "" : servlet) + (rest == null ? "" : rest));
  }

  /** The path with a slash before each segment and none after the last; the root is {@code /}. */
  static String normalised(String path) {
    Deque<String> segments = new ArrayDeque<>();
    for (String part : path.replace('\\', '/').split("/", -1)) {
      int parameters = part.indexOf(';');
      String segment = parameters < 0 ? part : part.substring(0, parameters);
      if (segment.equals("..")) {
        segments.pollLast();
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.addLast(segment);
      }
    }
    return "/" + String.join("/", segments);
  }

  /** Whether {@code path} is {@code route} or below it; both normalised. */
  static boolean isAt(String route, String path) {
    return route.equals("/")
        || path.equals(route)
        || (path.startsWith(route) && path.charAt(route.length()) == '/');
  }
}
