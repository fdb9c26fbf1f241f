package io.perfkit.ratelimit.http;

import static java.util.stream.Collectors.joining;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.LimitStatus;

/**
 * Status and body of the response to a refused request: problem details (RFC 9457) with the types
 * of the IETF draft on rate limits. Contains neither keys nor hidden policies. Immutable.
 *
 * @param status 429 if the client exceeded a limit or is blocked, 503 if the host refused because
 *     Redis is down
 * @param body JSON, to be sent as {@link #CONTENT_TYPE}
 */
public record Refusal(int status, String body) {
  /** The media type of {@link #body}. */
  public static final String CONTENT_TYPE = "application/problem+json";

  private static final String TYPES = "https://iana.org/assignments/http-problem-types#";

  /** The response to this refusal. */
  public static Refusal of(Decision.Denied denied) {
    return switch (denied.reason()) {
      case SPENT ->
          problem(denied, 429, "quota-exceeded", "The quota is exceeded.", retryIn(denied));
      case NEVER ->
          problem(
              denied,
              429,
              "quota-exceeded",
              "The quota is exceeded.",
              "The request costs more than the quota ever holds.");
      case BLOCKED ->
          problem(
              denied, 429, "abnormal-usage-detected", "The client is blocked.", retryIn(denied));
      case UNAVAILABLE ->
          problem(
              denied,
              503,
              "temporary-reduced-capacity",
              "Requests can't be admitted for the moment.",
              retryIn(denied));
    };
  }

  private static String retryIn(Decision.Denied denied) {
    return "Retry in " + Math.max(1, Seconds.up(Seconds.wait(denied))) + " s.";
  }

  /** Builds the JSON; its texts are constants and names of policies, so none needs an escape. */
  private static Refusal problem(
      Decision.Denied denied, int status, String type, String title, String detail) {
    String violated =
        denied.limits().stream()
            .filter(LimitStatus::refuses)
            .filter(standing -> !standing.policy().shadow() && !standing.policy().hidden())
            .map(standing -> '"' + standing.policy().name() + '"')
            .collect(joining(","));
    String member = violated.isEmpty() ? "" : ",\"violated-policies\":[" + violated + "]";
    return new Refusal(
        status,
        """
        {"type":"%s%s","title":"%s","status":%s,"detail":"%s"%s}\
        """
            .formatted(TYPES, type, title, Integer.toString(status), detail, member));
  }
}
