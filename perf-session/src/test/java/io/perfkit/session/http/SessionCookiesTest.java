package io.perfkit.session.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.session.Session;
import io.perfkit.session.SessionManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SessionCookiesTest {
  private final SessionManager sessions = SessionManager.local("cookies");
  private final Session session = sessions.create().session().orElseThrow();
  private final String token = session.token().text();
  private final List<String> headers = new ArrayList<>();

  @AfterEach
  void close() {
    sessions.close();
  }

  private void header(String name, String value) {
    headers.add(name + ": " + value);
  }

  private static SessionCookies cookies() {
    return SessionCookies.of(CookieConfig.defaults());
  }

  @Test
  void sendsAHostOnlyCookieThatScriptsAndOtherSitesDoNotGet() {
    cookies().write(session, this::header);
    assertThat(headers)
        .containsExactly(
            "Set-Cookie: __Host-session=" + token + "; Path=/; Secure; HttpOnly; SameSite=Lax",
            "Cache-Control: no-store");
  }

  @Test
  void removesItWithTheAttributesItWasSetWith() {
    SessionCookies persistent =
        SessionCookies.of(
            CookieConfig.builder()
                .name("id")
                .sameSite(SameSite.STRICT)
                .path("/shop")
                .domain("example.org")
                .maxAge(Duration.ofDays(7))
                .build());
    persistent.write(session, this::header);
    persistent.remove(this::header);
    String attributes = "; Path=/shop; Domain=example.org; Secure; HttpOnly; SameSite=Strict";
    assertThat(headers)
        .containsExactly(
            "Set-Cookie: id=" + token + attributes + "; Max-Age=604800",
            "Cache-Control: no-store",
            "Set-Cookie: id=" + attributes + "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "Cache-Control: no-store");
  }

  @Test
  void aLogoutAlsoClearsWhatTheBrowserKeeps() {
    cookies().logout(this::header);
    assertThat(headers)
        .containsExactly(
            "Set-Cookie: __Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0;"
                + " Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "Cache-Control: no-store",
            "Clear-Site-Data: \"cache\", \"cookies\", \"storage\"");
  }

  @Test
  void aCookieOfAFormerScopeIsFoundAndRemoved() {
    CookieConfig former =
        CookieConfig.builder().name("id").path("/shop").domain("example.org").build();
    SessionCookies cookies = cookies().replacing(former);

    assertThat(cookies.tokens(List.of("id=old; __Host-session=new; ids=x")))
        .containsExactly("old", "new");
    cookies.write(session, this::header);
    String gone =
        "Set-Cookie: id=; Path=/shop; Domain=example.org; Secure; HttpOnly; SameSite=Lax;"
            + " Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    assertThat(headers)
        .containsExactly(
            "Set-Cookie: __Host-session=" + token + "; Path=/; Secure; HttpOnly; SameSite=Lax",
            gone,
            "Cache-Control: no-store");
    headers.clear();
    cookies.logout(this::header);
    assertThat(headers).contains(gone);
    assertThatThrownBy(() -> cookies.replacing(former))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("former: ");
    assertThatThrownBy(() -> cookies.replacing(CookieConfig.defaults()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void findsItWhateverElseTheRequestHolds() {
    SessionCookies cookies = cookies();
    assertThat(cookies.tokens(List.of())).isEmpty();
    assertThat(cookies.tokens(List.of("", ";", "=", "==;=", "a", "__Host-session"))).isEmpty();
    assertThat(cookies.tokens(List.of("a=b; __Host-session=one;c=d", "__Host-session=\"two\"")))
        .containsExactly("one", "two");
    assertThat(cookies.tokens(List.of("x__Host-session=1; __Host-sessionx=2; __host-session=3")))
        .isEmpty();
    assertThat(cookies.tokens(List.of("__Host-session=a=b; __Host-session=; __Host-session=\"")))
        .containsExactly("a=b", "", "\"");
    assertThat(cookies.tokens(List.of("__Host-session=1; __Host-session=1".repeat(500))))
        .hasSizeLessThanOrEqualTo(SessionCookies.MAX_COOKIES);
    assertThat(
            cookies.tokens(
                List.of(
                    "__Host-session=1;__Host-session=2;__Host-session=3;__Host-session=4;"
                        + "__Host-session=5")))
        .containsExactly("1", "2", "3", "4");
  }

  @Test
  void refusesWhatBrowsersDropInSilence() {
    refuses(b("__Host-s").secure(false), "secure: false (expected: true for the name __Host-s)");
    refuses(
        b("__Secure-s").secure(false), "secure: false (expected: true for the name __Secure-s)");
    refuses(b("__Host-s").path("/shop"), "path: /shop (expected: / for the name __Host-s)");
    refuses(
        b("__Host-s").domain("example.org"),
        "domain: example.org (expected: none for the name __Host-s)");
    refuses(
        b("s").secure(false).sameSite(SameSite.NONE),
        "secure: false (expected: true for SameSite=None)");
    refuses(b("a b"), "name: 'a b' (expected: 1 to 64 of letters, digits and . _ -)");
    refuses(
        b("s").path("/;Domain=evil.org"),
        "path: '/;Domain=evil.org' (expected: / and up to 200 of letters, digits and . _ ~ / -)");
    refuses(
        b("s").domain("localhost"),
        "domain: 'localhost' (expected: a domain such as example.org, or nothing)");
    refuses(b("s").maxAge(Duration.ofSeconds(-1)), "maxAge: PT-1S (expected: zero to PT9600H)");
    refuses(b("s").maxAge(Duration.ofDays(401)), "maxAge: PT9624H (expected: zero to PT9600H)");
  }

  private static CookieConfig.Builder b(String name) {
    return CookieConfig.builder().name(name);
  }

  private static void refuses(CookieConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void inDevelopmentItNeedsNoTls() {
    SessionCookies.of(CookieConfig.development()).write(session, this::header);
    assertThat(headers.get(0))
        .isEqualTo("Set-Cookie: session=" + token + "; Path=/; HttpOnly; SameSite=Lax");
    assertThat(CookieConfig.defaults().toBuilder().build()).isEqualTo(CookieConfig.defaults());
    assertThat(cookies().toString()).doesNotContain(token);
  }

  @Test
  void ofSeveralCookiesTheValidOneWins() {
    String stale = sessions.create().session().orElseThrow().token().text();
    sessions.invalidate(stale);
    List<String> sent =
        cookies().tokens(List.of("__Host-session=" + stale + "; __Host-session=" + token));
    assertThat(sessions.get(sent).session().orElseThrow().id()).isEqualTo(session.id());
  }
}
