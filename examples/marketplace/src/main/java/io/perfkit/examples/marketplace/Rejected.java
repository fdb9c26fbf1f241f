package io.perfkit.examples.marketplace;

/** The request was understood and can't be fulfilled; nothing has changed. */
final class Rejected extends RuntimeException {
  private final int status;
  private final String detail;

  private Rejected(int status, String detail) {
    super(detail, null, false, false);
    this.status = status;
    this.detail = detail;
  }

  static Rejected notLoggedIn() {
    return new Rejected(401, "There is no session: log in.");
  }

  static Rejected noUser(long userId) {
    return new Rejected(404, "There is no user " + userId + ".");
  }

  static Rejected noMarket(long marketId) {
    return new Rejected(404, "There is no market " + marketId + ".");
  }

  static Rejected noPath(String path) {
    return new Rejected(404, "There is nothing at " + path + ".");
  }

  static Rejected closed(long marketId) {
    return new Rejected(409, "Market " + marketId + " takes no more bets.");
  }

  static Rejected balanceTooLow(long stakeCents) {
    return new Rejected(409, "The balance is lower than the stake of " + stakeCents + " cents.");
  }

  static Rejected tooLarge(int bytesMax) {
    return new Rejected(413, "The body is larger than " + bytesMax + " bytes.");
  }

  static Rejected method(String method, String path, String allowed) {
    return new Rejected(405, path + " does not take " + method + ", only " + allowed + ".");
  }

  /** The HTTP status. */
  int status() {
    return status;
  }

  /** One sentence for the sender. */
  String detail() {
    return detail;
  }
}
