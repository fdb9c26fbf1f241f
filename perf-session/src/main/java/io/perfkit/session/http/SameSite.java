package io.perfkit.session.http;

/** The cookie's {@code SameSite} attribute: with which cross-site requests a browser sends it. */
public enum SameSite {
  /** With none of them, not even when the user follows a link. */
  STRICT("Strict"),
  /** Only when the user follows a link; not with a form that another site posts. */
  LAX("Lax"),
  /**
   * With all of them; then the application must defend itself against cross-site request forgery.
   */
  NONE("None");

  private final String text;

  SameSite(String text) {
    this.text = text;
  }

  /** The attribute's spelling. */
  String text() {
    return text;
  }
}
