package io.perfkit.session.http;

/** With which requests of other sites a browser sends the cookie. */
public enum SameSite {
  /** None of them, not even a link that is followed. */
  STRICT("Strict"),
  /** Links that are followed, and no other ones; not a form that another site posts. */
  LAX("Lax"),
  /** All of them; then the application must defend itself against forged requests. */
  NONE("None");

  private final String text;

  SameSite(String text) {
    this.text = text;
  }

  /** As the attribute spells it. */
  String text() {
    return text;
  }
}
