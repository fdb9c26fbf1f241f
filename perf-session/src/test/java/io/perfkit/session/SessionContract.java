package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.Conflict;
import io.perfkit.session.SessionOutcome.Deadline;
import io.perfkit.session.SessionOutcome.Expired;
import io.perfkit.session.SessionOutcome.LimitReached;
import io.perfkit.session.SessionOutcome.NotFound;
import io.perfkit.session.SessionOutcome.Revoked;
import io.perfkit.session.SessionOutcome.Rotated;
import io.perfkit.session.SessionOutcome.TooLarge;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What sessions promise, in Redis and in process. Each manager has a store of its own. */
abstract class SessionContract {
  static final Duration MINUTE = Duration.ofMinutes(1);
  static final Duration MILLI = Duration.ofMillis(1);
  static final SessionAttribute<String> CART = SessionAttribute.of("cart", Codec.string());
  static final SessionAttribute<String> THEME = SessionAttribute.of("theme", Codec.string());
  static final SessionAttribute<Long> VISITS = SessionAttribute.of("visits", Codec.longs());

  final FakeClock clock = FakeClock.startingAt(Instant.ofEpochMilli(Instant.now().toEpochMilli()));
  private final List<SessionManager> opened = new ArrayList<>();

  abstract SessionManager.Builder builder();

  final SessionManager manager(SessionConfig.Builder config) {
    SessionManager manager = builder().config(config.sweepEvery(Duration.ZERO).build()).build();
    opened.add(manager);
    return manager;
  }

  /** Idle 30 min, absolute 8 h, every use touches, at most three sessions. */
  static SessionConfig.Builder strict() {
    return SessionConfig.builder()
        .touchEvery(Duration.ZERO)
        .maxPerUser(3)
        .onLimit(LimitPolicy.REJECT);
  }

  @AfterEach
  void close() {
    opened.forEach(SessionManager::close);
  }

  static Session active(SessionOutcome outcome) {
    assertThat(outcome).isInstanceOf(Active.class);
    return outcome.session().orElseThrow();
  }

  static String text(Session session) {
    return session.token().text();
  }

  @Test
  void anAnonymousSessionIsFoundByItsTokenAlone() {
    SessionManager sessions = manager(strict());
    Session made = active(sessions.create());

    Session found = active(sessions.get(text(made)));

    assertThat(found.id()).isEqualTo(made.id()).isNotEqualTo(text(made));
    assertThat(found.user()).isEmpty();
    assertThat(found.created()).isEqualTo(clock.instant());
    assertThat(found.expires()).isEqualTo(clock.instant().plus(Duration.ofMinutes(30)));
    assertThat(sessions.get(made.id())).isInstanceOf(NotFound.class);
  }

  @Test
  void forgedTruncatedAndHugeTokensAreNotFound() {
    SessionManager sessions = manager(strict());
    String token = text(active(sessions.login(Login.of("alice"))));

    List<String> bad = new ArrayList<>(List.of("", " ", "x", token.substring(1), token + "A"));
    bad.add("A".repeat(64));
    bad.add("\u0000".repeat(64));
    bad.add("é".repeat(64));
    bad.add("!".repeat(64));
    bad.add("A".repeat(10 * 1024));
    for (int i = 0; i < token.length(); i++) {
      char other = token.charAt(i) == 'A' ? 'B' : 'A';
      bad.add(token.substring(0, i) + other + token.substring(i + 1));
    }
    for (String forged : bad) {
      assertThat(sessions.get(forged)).isInstanceOf(NotFound.class);
      assertThat(sessions.invalidate(forged)).isFalse();
    }
    assertThat(sessions.stats().notFound()).isEqualTo(bad.size());
    active(sessions.get(token));
  }

  @Test
  void ofSeveralTokensTheFirstWithALiveSessionWins() {
    SessionManager sessions = manager(strict());
    Session ended = active(sessions.login(Login.of("alice")));
    sessions.invalidate(ended);
    Session rotated = active(sessions.create());
    Session fresh = active(sessions.rotate(active(sessions.get(text(rotated)))));
    Session bob = active(sessions.login(Login.of("bob")));

    assertThat(sessions.get(List.of())).isInstanceOf(NotFound.class);
    assertThat(sessions.get(List.of("forged", "A".repeat(64)))).isInstanceOf(NotFound.class);
    assertThat(sessions.get(List.of("forged", "A".repeat(64), text(ended))))
        .isEqualTo(new Revoked(EndReason.LOGOUT));
    assertThat(active(sessions.get(List.of(text(ended), text(bob)))).user()).contains("bob");
    assertThat(active(sessions.get(List.of("x", text(rotated), text(bob)))).id())
        .isEqualTo(fresh.id());
    assertThat(sessions.get(List.of("1", "2", "3", "4", text(bob)))).isInstanceOf(NotFound.class);
  }

  @Test
  void aSessionEndsToTheMillisecondWhenItHasBeenIdle() {
    SessionManager sessions = manager(strict());
    String token = text(active(sessions.login(Login.of("alice"))));
    clock.advance(Duration.ofMinutes(20));
    active(sessions.get(token));
    clock.advance(Duration.ofMinutes(30).minus(MILLI));
    assertThat(active(sessions.get(token, Touch.NO)).lastSeen())
        .isEqualTo(clock.instant().minus(Duration.ofMinutes(30)).plus(MILLI));

    clock.advance(MILLI);

    assertThat(sessions.get(token)).isEqualTo(new Expired(Deadline.IDLE));
    assertThat(sessions.count("alice")).isZero();
    assertThat(sessions.list("alice")).isEmpty();
  }

  @Test
  void noUseAndNoExtensionPassesTheAbsoluteDeadline() {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.login(Login.of("alice")));
    for (int i = 0; i < 47; i++) {
      clock.advance(Duration.ofMinutes(10));
      active(sessions.get(text(session)));
    }
    assertThat(active(sessions.extend(session, Duration.ofDays(10_000))).expires())
        .isEqualTo(session.created().plus(Duration.ofHours(8)));
    clock.advance(Duration.ofMinutes(10).minus(MILLI));
    active(sessions.get(text(session)));

    clock.advance(MILLI);

    assertThat(sessions.get(text(session))).isEqualTo(new Expired(Deadline.ABSOLUTE));
    assertThat(sessions.extend(session, MINUTE)).isEqualTo(new Expired(Deadline.ABSOLUTE));
  }

  @Test
  void aThrottledTouchIsWrittenOncePerPause() {
    SessionManager sessions = manager(strict().touchEvery(MINUTE));
    Session session = active(sessions.create());
    clock.advance(MINUTE.minus(MILLI));
    assertThat(active(sessions.get(text(session))).lastSeen()).isEqualTo(session.created());
    clock.advance(MILLI);
    assertThat(active(sessions.get(text(session), Touch.NO)).lastSeen())
        .isEqualTo(session.created());
    assertThat(active(sessions.get(text(session))).lastSeen()).isEqualTo(clock.instant());
  }

  @Test
  void anExtensionOutlastsTheIdleTimeOutOnce() {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.create());
    active(sessions.extend(session, Duration.ofHours(2)));
    assertThat(session.expires()).isEqualTo(clock.instant().plus(Duration.ofHours(2)));
    clock.advance(Duration.ofMinutes(119));
    active(sessions.get(text(session)));
    clock.advance(Duration.ofMinutes(30));
    assertThat(sessions.get(text(session))).isEqualTo(new Expired(Deadline.IDLE));
    Session other = active(sessions.create());
    assertThatThrownBy(() -> sessions.extend(other, Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("by: PT-1S (expected: above zero)");
    assertThatThrownBy(() -> sessions.extend(other, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSessionHasAnIdleTimeoutOfItsOwnOnceItWasGivenOne() {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.login(Login.of("alice")));
    assertThat(session.idleTimeout()).isEqualTo(Duration.ofMinutes(30));
    active(sessions.idleTimeout(session, Duration.ofMinutes(5)));
    assertThat(session.expires()).isEqualTo(clock.instant().plus(Duration.ofMinutes(5)));
    clock.advance(Duration.ofMinutes(5).minus(MILLI));
    Session found = active(sessions.get(text(session)));
    assertThat(found.idleTimeout()).isEqualTo(Duration.ofMinutes(5));
    clock.advance(Duration.ofMinutes(5).minus(MILLI));
    active(sessions.idleTimeout(found, Duration.ofDays(10_000)));
    assertThat(found.expires()).isEqualTo(session.created().plus(Duration.ofHours(8)));
    active(sessions.idleTimeout(found, MINUTE));
    clock.advance(MINUTE);
    assertThat(sessions.sweep().idle()).isEqualTo(1);
    assertThat(sessions.idleTimeout(found, MINUTE).session()).isEmpty();
    assertThatThrownBy(() -> sessions.idleTimeout(found, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("timeout: PT0S (expected: above zero)");
  }

  @Test
  void aRotationWithoutGraceEndsEveryEarlierToken() {
    SessionManager sessions = manager(strict());
    Session first = active(sessions.create());
    Session here = active(sessions.get(text(first)));
    Session renewed = active(sessions.rotate(active(sessions.get(text(first)))));

    Session fresh = active(sessions.rotateNow(here));

    assertThat(text(fresh)).isNotEqualTo(text(first));
    assertThat(sessions.get(text(first))).isEqualTo(new Rotated());
    assertThat(sessions.get(text(renewed))).isEqualTo(new Rotated());
    active(sessions.get(text(fresh)));
  }

  @Test
  void changesOfDifferentAttributesAtOnceBothSurvive() {
    SessionManager sessions = manager(strict());
    Session one = active(sessions.create());
    Session two = active(sessions.get(text(one)));
    one.set(CART, "3 apples");
    two.set(THEME, "dark");

    active(sessions.save(one));
    active(sessions.save(two));

    Session found = active(sessions.get(text(one)));
    assertThat(found.get(CART)).contains("3 apples");
    assertThat(found.get(THEME)).contains("dark");
    assertThat(found.version()).isEqualTo(3);
    assertThat(found.attributeNames()).containsExactly("cart", "theme");
    found.remove(CART);
    assertThat(found.get(CART)).isEmpty();
    active(sessions.save(found));
    assertThat(active(sessions.get(text(one))).attributeNames()).containsExactly("theme");
  }

  @Test
  void aChangeOnAnOldVersionIsAConflictAndChangesNothing() {
    SessionManager sessions = manager(strict());
    Session one = active(sessions.create());
    Session two = active(sessions.get(text(one)));
    one.set(CART, "first");
    two.set(CART, "second");
    active(sessions.saveIfUnchanged(one));

    assertThat(sessions.saveIfUnchanged(two)).isEqualTo(new Conflict(2));

    assertThat(two.changed()).isTrue();
    assertThat(active(sessions.get(text(one))).get(CART)).contains("first");
    one.set(CART, "third");
    active(sessions.saveIfUnchanged(one));
    assertThat(sessions.stats().conflicts()).isEqualTo(1);
  }

  @Test
  void incrementsAreExactHoweverManyThereAreAtOnce() throws Exception {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.create());
    List<Callable<SessionOutcome>> tasks = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      tasks.add(
          () ->
              sessions.increment(active(sessions.get(text(session))), VISITS, 9_007_199_254_741L));
    }
    all(tasks).forEach(SessionContract::active);

    Session found = active(sessions.get(text(session)));
    assertThat(found.get(VISITS)).contains(200 * 9_007_199_254_741L);
    active(sessions.increment(found, VISITS, -200 * 9_007_199_254_741L));
    assertThat(found.get(VISITS)).contains(0L);
    found.set(VISITS, 41L);
    active(sessions.save(found));
    active(sessions.increment(found, VISITS, 1));
    assertThat(active(sessions.get(text(session))).get(VISITS)).contains(42L);
  }

  @Test
  void whatIsNoNumberIsNotCounted() {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.create());
    session.set(CART, "apples");
    active(sessions.save(session));
    SessionAttribute<Long> wrong = SessionAttribute.of("cart", Codec.longs());
    assertThatThrownBy(() -> sessions.increment(session, wrong, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("attribute: not a number");
    session.set(VISITS, Long.MAX_VALUE);
    active(sessions.save(session));
    assertThatThrownBy(() -> sessions.increment(session, VISITS, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(active(sessions.get(text(session))).get(VISITS)).contains(Long.MAX_VALUE);
  }

  @Test
  void attributesOfAnotherTypeAreAbsentCountedAndLeftAsTheyAre() {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.create());
    session.set(CART, "3 apples");
    active(sessions.save(session));
    SessionAttribute<Long> number = SessionAttribute.of("cart", Codec.longs());
    SessionAttribute<byte[]> bytes = SessionAttribute.of("cart", Codec.bytes());

    Session found = active(sessions.get(text(session)));

    assertThat(found.get(number)).isEmpty();
    assertThat(found.get(bytes)).isEmpty();
    assertThat(sessions.stats().unreadable()).isEqualTo(2);
    assertThat(found.changed()).isFalse();
    found.set(THEME, "dark");
    active(sessions.save(found));
    assertThat(active(sessions.get(text(session))).get(CART)).contains("3 apples");
  }

  @Test
  void whatIsTooLargeIsRefusedAndChangesNothing() {
    SessionManager sessions = manager(strict().maxAttributeBytes(100).maxSessionBytes(150));
    Session session = active(sessions.create());
    assertThatThrownBy(() -> session.set(CART, "x".repeat(93)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attribute cart: 101 bytes (expected: at most maxAttributeBytes 100)");
    session.set(CART, "x".repeat(92));
    active(sessions.save(session));
    session.set(THEME, "y".repeat(34));
    assertThat(sessions.save(session)).isEqualTo(new TooLarge(4 + 100 + 5 + 42));
    session.set(THEME, "y".repeat(33));
    active(sessions.save(session));
    assertThat(sessions.increment(session, VISITS, 1)).isEqualTo(new TooLarge(150 + 7));
    session.remove(CART);
    active(sessions.save(session));
    active(sessions.increment(session, VISITS, 1));
    assertThat(active(sessions.get(text(session))).attributeNames())
        .containsExactly("theme", "visits");
    assertThat(sessions.stats().tooLarge()).isEqualTo(2);
  }

  @Test
  void moreAttributesThanOneSaveTakesAreRefused() {
    SessionManager sessions = manager(strict().maxSessionBytes(16 << 20));
    Session session = active(sessions.create());
    List<SessionAttribute<String>> many = new ArrayList<>();
    for (int i = 0; i <= 65_535; i++) {
      many.add(SessionAttribute.of("a" + i, Codec.string()));
    }
    many.forEach(one -> session.set(one, ""));
    assertThatThrownBy(() -> sessions.save(session))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "session: 65536 attributes set and 0 removed (expected: at most 65535 of each in one"
                + " save)");
    session.remove(many.get(65_535));
    active(sessions.save(session));
    Session found = active(sessions.get(text(session)));
    assertThat(found.attributeNames()).hasSize(65_535);
    found.set(many.get(65_535), "");
    active(sessions.save(found));
    many.forEach(found::remove);
    assertThatThrownBy(() -> sessions.saveIfUnchanged(found))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 attributes set and 65536 removed");
  }

  @Test
  void aLoginTakesTheSessionOverAndEndsItsTokenInTheSameStep() {
    SessionManager sessions = manager(strict());
    Session before = active(sessions.create());
    before.set(CART, "3 apples");
    active(sessions.save(before));
    before.set(THEME, "dark");

    Session after = active(sessions.login(Login.of("alice").from(before).client("Firefox")));

    assertThat(sessions.get(text(before))).isEqualTo(new Rotated());
    assertThat(after.get(CART)).contains("3 apples");
    assertThat(after.get(THEME)).as("unsaved").contains("dark");
    active(sessions.save(after));
    Session found = active(sessions.get(text(after)));
    assertThat(found.user()).contains("alice");
    assertThat(found.client()).isEqualTo("Firefox");
    assertThat(found.get(CART)).contains("3 apples");
    assertThat(found.get(THEME)).contains("dark");
    assertThat(sessions.save(before)).isEqualTo(new Rotated());
    before.set(CART, "theft");
    assertThat(sessions.save(before)).isEqualTo(new Rotated());
    assertThat(sessions.invalidate(before)).isFalse();
    assertThat(sessions.count("alice")).isEqualTo(1);
  }

  @Test
  void whoLogsInAgainAtTheLimitIsNotCountedTwice() {
    SessionManager sessions = manager(strict());
    active(sessions.login(Login.of("alice")));
    active(sessions.login(Login.of("alice")));
    Session third = active(sessions.login(Login.of("alice")));

    Session again = active(sessions.login(Login.of("alice").from(third)));

    assertThat(sessions.count("alice")).isEqualTo(3);
    assertThat(sessions.get(text(third))).isEqualTo(new Rotated());
    assertThat(sessions.login(Login.of("alice"))).isInstanceOf(LimitReached.class);
    Session bob = active(sessions.login(Login.of("bob").from(again)));
    assertThat(bob.user()).contains("bob");
    assertThat(sessions.count("alice")).isEqualTo(2);
    assertThat(sessions.count("bob")).isEqualTo(1);
  }

  @Test
  void theIndexFollowsASessionWhoseUserActsAsAnotherAndBack() {
    SessionManager sessions = manager(strict().maxPerUser(1));
    Session admin = active(sessions.login(Login.of("admin")));
    Session asBob = active(sessions.login(Login.of("bob").from(admin)));
    assertThat(sessions.count("admin")).isZero();
    assertThat(sessions.login(Login.of("bob"))).isInstanceOf(LimitReached.class);
    Session back = active(sessions.login(Login.of("admin").from(asBob)));
    assertThat(sessions.count("bob")).isZero();
    assertThat(sessions.login(Login.of("admin"))).isInstanceOf(LimitReached.class);

    assertThat(sessions.invalidateAll("bob")).isZero();
    active(sessions.get(text(back)));
    assertThat(sessions.invalidateAll("admin")).isEqualTo(1);

    for (Session one : List.of(admin, asBob, back)) {
      assertThat(sessions.get(text(one)).session()).isEmpty();
    }
  }

  @Test
  void aLoginAtTheLimitIsRefusedAndTheSessionThatWantedItLivesOn() {
    SessionManager sessions = manager(strict());
    for (int i = 0; i < 3; i++) {
      active(sessions.login(Login.of("alice").client("client " + i)));
      clock.advance(MINUTE);
    }
    Session anonymous = active(sessions.create());

    SessionOutcome refused = sessions.login(Login.of("alice").from(anonymous));

    assertThat(((LimitReached) refused).existing())
        .extracting(SessionInfo::client)
        .containsExactlyInAnyOrder("client 0", "client 1", "client 2");
    assertThat(active(sessions.get(text(anonymous))).user()).isEmpty();
    assertThat(sessions.stats().limitReached()).isEqualTo(1);
    assertThat(sessions.invalidate("alice", ((LimitReached) refused).existing().get(0))).isTrue();
    active(sessions.login(Login.of("alice").from(anonymous)));
  }

  @Test
  void evictsTheOldest() {
    SessionManager sessions = manager(strict().onLimit(LimitPolicy.EVICT_OLDEST));
    List<Session> made = threeAndAUseOfTheFirst(sessions);

    active(sessions.login(Login.of("alice")));

    assertThat(sessions.get(text(made.get(0)))).isEqualTo(new Revoked(EndReason.EVICTED));
    active(sessions.get(text(made.get(1))));
    active(sessions.get(text(made.get(2))));
    assertThat(sessions.count("alice")).isEqualTo(3);
    assertThat(sessions.stats().ended()).isEqualTo(1);
  }

  @Test
  void evictsTheOneThatRestedLongest() {
    SessionManager sessions = manager(strict().onLimit(LimitPolicy.EVICT_IDLE));
    List<Session> made = threeAndAUseOfTheFirst(sessions);

    active(sessions.login(Login.of("alice")));

    active(sessions.get(text(made.get(0))));
    assertThat(sessions.get(text(made.get(1)))).isEqualTo(new Revoked(EndReason.EVICTED));
    active(sessions.get(text(made.get(2))));
  }

  private List<Session> threeAndAUseOfTheFirst(SessionManager sessions) {
    List<Session> made = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      made.add(active(sessions.login(Login.of("alice"))));
      clock.advance(MINUTE);
    }
    active(sessions.get(text(made.get(0))));
    clock.advance(MINUTE);
    return made;
  }

  @Test
  void endedAndExpiredSessionsLeaveRoomUnderTheLimit() {
    SessionManager sessions = manager(strict());
    Session first = active(sessions.login(Login.of("alice")));
    active(sessions.login(Login.of("alice")));
    active(sessions.login(Login.of("alice")));
    sessions.invalidate(first);
    active(sessions.login(Login.of("alice")));
    assertThat(sessions.login(Login.of("alice"))).isInstanceOf(LimitReached.class);
    clock.advance(Duration.ofMinutes(30));
    active(sessions.login(Login.of("alice")));
    assertThat(sessions.count("alice")).isEqualTo(1);
  }

  @Test
  void aRotatedTokenFindsItsSessionForItsGraceAndThenNoMore() {
    SessionManager sessions = manager(strict());
    Session old = active(sessions.login(Login.of("alice")));
    old.set(CART, "unsaved");

    Session fresh = active(sessions.rotate(old));

    assertThat(fresh.id()).isNotEqualTo(old.id());
    assertThat(fresh.get(CART)).contains("unsaved");
    Session inFlight = active(sessions.get(text(old)));
    assertThat(inFlight.id()).isEqualTo(fresh.id());
    inFlight.set(THEME, "dark");
    active(sessions.save(inFlight));
    active(sessions.save(old));
    assertThat(active(sessions.get(text(fresh))).attributeNames()).containsExactly("cart", "theme");
    assertThat(sessions.count("alice")).isEqualTo(1);
    clock.advance(Duration.ofSeconds(20));
    assertThat(sessions.get(text(old))).isEqualTo(new Rotated());
    active(sessions.get(text(fresh)));
  }

  @Test
  void aSecondRotationOfTheSameTokenGoesOnWithTheFirst() {
    SessionManager sessions = manager(strict());
    Session one = active(sessions.create());
    Session two = active(sessions.get(text(one)));
    Session fresh = active(sessions.rotate(one));

    Session same = active(sessions.rotate(two));

    assertThat(same.id()).isEqualTo(fresh.id());
    assertThat(text(same)).isEqualTo(text(one));
    active(sessions.get(text(fresh)));
  }

  @Test
  void aTokenRotatedAtOnceIsDeadAtOnce() {
    SessionManager sessions = manager(strict());
    Session old = active(sessions.login(Login.of("alice")));
    Session fresh = active(sessions.rotateNow(old));
    assertThat(sessions.get(text(old))).isEqualTo(new Rotated());
    assertThat(sessions.save(fresh)).isInstanceOf(Active.class);
    active(sessions.get(text(fresh)));
  }

  @Test
  void aLoginFollowsASessionThatWasRotatedMeanwhile() {
    SessionManager sessions = manager(strict());
    Session old = active(sessions.create());
    Session fresh = active(sessions.rotate(active(sessions.get(text(old)))));
    fresh.set(CART, "3 apples");
    active(sessions.save(fresh));

    Session after = active(sessions.login(Login.of("alice").from(old)));

    assertThat(after.get(CART)).contains("3 apples");
    assertThat(sessions.get(text(fresh))).isEqualTo(new Rotated());
    assertThat(sessions.get(text(old))).isEqualTo(new Rotated());
  }

  @Test
  void aTokenAsksForItsRenewalWhenItIsOld() {
    SessionManager sessions = manager(strict().renewal(Duration.ofMinutes(15)));
    Session session = active(sessions.create());
    clock.advance(Duration.ofMinutes(15).minus(MILLI));
    assertThat(((Active) sessions.get(text(session))).renewalDue()).isFalse();
    clock.advance(MILLI);
    assertThat(((Active) sessions.get(text(session))).renewalDue()).isTrue();
    Session fresh = active(sessions.rotate(session));
    assertThat(((Active) sessions.get(text(fresh))).renewalDue()).isFalse();
    assertThat(((Active) sessions.get(text(session))).renewalDue()).isFalse();
  }

  @Test
  void aLogoutIsFinal() {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.login(Login.of("alice")));
    session.set(CART, "late");

    assertThat(sessions.invalidate(session)).isTrue();

    Revoked logout = new Revoked(EndReason.LOGOUT);
    assertThat(sessions.get(text(session))).isEqualTo(logout);
    assertThat(sessions.save(session)).isEqualTo(logout);
    assertThat(sessions.increment(session, VISITS, 1)).isEqualTo(logout);
    assertThat(sessions.extend(session, MINUTE)).isEqualTo(logout);
    assertThat(sessions.rotate(session)).isEqualTo(logout);
    assertThat(sessions.invalidate(session)).isFalse();
    assertThat(sessions.invalidateOthers(session)).isZero();
    assertThat(sessions.count("alice")).isZero();
    assertThat(active(sessions.login(Login.of("alice").from(session))).get(THEME)).isEmpty();
    assertThat(sessions.get(text(session))).isEqualTo(logout);
  }

  @Test
  void aLogoutByTheOldTokenOfARotatedSessionEndsIt() {
    SessionManager sessions = manager(strict());
    Session old = active(sessions.login(Login.of("alice")));
    Session fresh = active(sessions.rotate(active(sessions.get(text(old)))));
    assertThat(sessions.invalidate(text(old))).isTrue();
    assertThat(sessions.get(text(fresh))).isEqualTo(new Revoked(EndReason.LOGOUT));
    assertThat(sessions.get(text(old))).isEqualTo(new Revoked(EndReason.LOGOUT));
  }

  @Test
  void endsTheOthersOrAllOrOneOfAUser() {
    SessionManager sessions = manager(strict().maxPerUser(10));
    List<Session> made = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      made.add(active(sessions.login(Login.of("alice").client("c" + i))));
      clock.advance(MINUTE);
    }
    Session bob = active(sessions.login(Login.of("bob")));
    active(sessions.get(text(made.get(1))));
    List<SessionInfo> listed = sessions.list("alice");
    assertThat(listed)
        .extracting(SessionInfo::client)
        .containsExactly("c1", "c4", "c3", "c2", "c0");
    assertThat(listed.get(0).id()).isEqualTo(made.get(1).id());
    assertThat(listed.get(0).lastSeen()).isEqualTo(clock.instant());
    assertThat(listed.get(1).created()).isEqualTo(made.get(4).created());
    assertThat(listed.get(1).expires()).isEqualTo(made.get(4).expires());

    assertThat(sessions.invalidate("bob", listed.get(4))).as("not his").isFalse();
    assertThat(sessions.invalidate("alice", listed.get(4))).isTrue();
    assertThat(sessions.invalidate("alice", listed.get(4))).isFalse();
    assertThat(sessions.get(text(made.get(0)))).isEqualTo(new Revoked(EndReason.CHOSEN));

    assertThat(sessions.invalidateOthers(made.get(4))).isEqualTo(3);
    assertThat(sessions.get(text(made.get(1)))).isEqualTo(new Revoked(EndReason.OTHERS));
    assertThat(sessions.count("alice")).isEqualTo(1);

    assertThat(sessions.invalidateAll("alice")).isEqualTo(1);
    assertThat(sessions.get(text(made.get(4)))).isEqualTo(new Revoked(EndReason.EVERYWHERE));
    assertThat(sessions.invalidateAll("alice")).isZero();
    active(sessions.get(text(bob)));
    active(sessions.login(Login.of("alice")));
    assertThat(sessions.get(text(made.get(4)))).isEqualTo(new Revoked(EndReason.EVERYWHERE));
  }

  @Test
  void everySessionThatWasMadeIsLiveOrHasEndedOnce() {
    SessionManager sessions = manager(strict().onLimit(LimitPolicy.EVICT_OLDEST));
    for (int i = 0; i < 5; i++) {
      active(sessions.login(Login.of("alice")));
    }
    sessions.invalidate(active(sessions.login(Login.of("bob"))));
    active(sessions.login(Login.of("carol").from(active(sessions.create()))));
    sessions.invalidateAll("carol");
    active(sessions.rotate(active(sessions.create())));
    clock.advance(Duration.ofMinutes(10));
    Session kept = active(sessions.create());
    clock.advance(Duration.ofMinutes(20));

    SweepReport report = sessions.sweep();

    assertThat(report).isEqualTo(new SweepReport(4, 0, 1, 0));
    assertThat(sessions.sweep().total()).isZero();
    active(sessions.get(text(kept)));
    SessionStats stats = sessions.stats();
    assertThat(stats.created()).isEqualTo(10);
    assertThat(stats.ended()).isEqualTo(stats.created() - 1);
    clock.advance(Duration.ofMinutes(30));
    assertThat(sessions.sweep().idle()).isEqualTo(1);
  }

  @Test
  void everySessionHasOneEventOfItsCreationAndOneOfItsEnd() {
    SessionManager sessions =
        manager(strict().onLimit(LimitPolicy.EVICT_OLDEST).maxEvents(1_000).maxPerUser(2));
    String start = sessions.events("").next();
    Session anonymous = active(sessions.create());
    Session one = active(sessions.login(Login.of("alice").from(anonymous).client("Firefox")));
    clock.advance(MINUTE);
    Session renewed = active(sessions.rotate(active(sessions.get(text(one)))));
    Session two = active(sessions.login(Login.of("alice")));
    Session three = active(sessions.login(Login.of("alice"))); // evicts the first
    sessions.invalidateOthers(three); // the second
    sessions.invalidate("alice", sessions.list("alice").get(0));
    Session bob = active(sessions.login(Login.of("bob")));
    Session bobs = active(sessions.login(Login.of("bob")));
    sessions.invalidate(bob);
    sessions.invalidateAll("bob");
    Instant before = clock.instant();
    Session carol = active(sessions.login(Login.of("carol")));
    clock.advance(Duration.ofMinutes(30));
    sessions.sweep();
    sessions.sweep();

    EventPage page = sessions.events(start);

    Instant created = before.minus(MINUTE);
    assertThat(page.missed() || page.more()).isFalse();
    assertThat(page.events().subList(0, 5))
        .containsExactly(
            new SessionEvent.Created(anonymous.id(), "", "", created),
            new SessionEvent.Ended(
                anonymous.id(), "", EndReason.REPLACED, created, created, created),
            new SessionEvent.Created(one.id(), "alice", "Firefox", created),
            new SessionEvent.Renewed(one.id(), renewed.id(), before),
            new SessionEvent.Created(two.id(), "alice", "", before));
    assertThat(page.events().get(5))
        .isEqualTo(
            new SessionEvent.Ended(
                renewed.id(), "alice", EndReason.EVICTED, created, before, before));
    EventHistory history = new EventHistory();
    page.events().forEach(history::happened);
    assertThat(history.live()).isEmpty();
    assertThat(history.ended())
        .containsOnly(
            Map.entry(anonymous.id(), EndReason.REPLACED),
            Map.entry(renewed.id(), EndReason.EVICTED),
            Map.entry(two.id(), EndReason.OTHERS),
            Map.entry(three.id(), EndReason.CHOSEN),
            Map.entry(bob.id(), EndReason.LOGOUT),
            Map.entry(bobs.id(), EndReason.EVERYWHERE),
            Map.entry(carol.id(), EndReason.IDLE));
    assertThat(sessions.events(page.next()).events()).isEmpty();
  }

  @Test
  void aSweepAfterALogoutEverywhereEndsEachSessionByItsOwnEvent() {
    SessionManager sessions = manager(strict().maxPerUser(1_000).maxEvents(10_000));
    String start = sessions.events("").next();
    for (int i = 0; i < 250; i++) {
      active(sessions.login(Login.of("alice")));
    }
    Session idle = active(sessions.login(Login.of("alice")));
    active(sessions.idleTimeout(idle, MINUTE));
    clock.advance(MINUTE);
    sessions.invalidateAll("alice");
    Session next = active(sessions.login(Login.of("alice")));

    assertThat(sessions.sweep()).isEqualTo(new SweepReport(1, 0, 250, 0));

    active(sessions.get(text(next)));
    EventHistory history = new EventHistory();
    for (EventPage page = sessions.events(start); ; page = sessions.events(page.next())) {
      page.events().forEach(history::happened);
      if (!page.more()) {
        break;
      }
    }
    assertThat(history.live()).containsExactly(next.id());
    assertThat(sessions.stats().live()).isEqualTo(1);
    assertThat(sessions.stats().userPeak()).isEqualTo(251);
  }

  @Test
  void aReaderThatIsTooLateIsTold() {
    SessionManager sessions = manager(strict().maxEvents(100));
    String start = sessions.events("").next();
    active(sessions.create());
    EventPage first = sessions.events(start);
    for (int i = 0; i < 1_000; i++) {
      active(sessions.create());
    }

    EventPage late = sessions.events(first.next());

    assertThat(late.missed()).isTrue();
    assertThat(late.events()).hasSizeBetween(100, 500);
    assertThat(sessions.events(late.next()).events()).isEmpty();
    assertThat(sessions.events(late.next()).missed()).isFalse();
    assertThatThrownBy(() -> sessions.events("1-1,2-2"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void listenersGetEveryEventOneThatFailsIncluded() {
    List<SessionEvent> heard = new CopyOnWriteArrayList<>();
    SessionConfig config = strict().maxEvents(100).sweepEvery(Duration.ZERO).build();
    SessionManager sessions =
        builder()
            .config(config)
            .listener(
                event -> {
                  heard.add(event);
                  throw new IllegalStateException("a listener that fails");
                })
            .build();
    opened.add(sessions);
    Session session = active(sessions.login(Login.of("alice")));
    sessions.invalidate(session);

    Await.until("both are heard", Duration.ofSeconds(30), () -> heard.size() == 2);

    assertThat(heard).extracting(SessionEvent::id).containsOnly(session.id());
    assertThatThrownBy(() -> builder().listener(heard::add).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxEvents: 0 (expected: above 0 for a listener)");
  }

  @Test
  void withoutEventsNoneAreKept() {
    SessionManager sessions = manager(strict());
    String start = sessions.events("").next();
    active(sessions.create());
    assertThat(sessions.events(start).events()).isEmpty();
  }

  @Test
  void anotherClientIsTheDecisionOfTheBindingPolicy() throws Exception {
    Binding home = Binding.of("Firefox", InetAddress.getByName("192.0.2.7"));
    Binding sameNetwork = Binding.of("Firefox", InetAddress.getByName("192.0.2.200"));
    Binding elsewhere = Binding.of("Firefox", InetAddress.getByName("198.51.100.7"));
    Binding otherAgent = Binding.of("curl", InetAddress.getByName("192.0.2.7"));
    Login login = Login.of("alice").binding(home);

    SessionManager off = manager(strict());
    Session ignored = active(off.login(login));
    assertThat(off.get(List.of(text(ignored)), Touch.YES, elsewhere))
        .isInstanceOfSatisfying(Active.class, one -> assertThat(one.otherClient()).isFalse());

    SessionManager alert = manager(strict().binding(BindingPolicy.ALERT));
    Session watched = active(alert.login(login));
    for (Binding other : List.of(elsewhere, otherAgent)) {
      assertThat(alert.get(List.of(text(watched)), Touch.YES, other))
          .isInstanceOfSatisfying(Active.class, one -> assertThat(one.otherClient()).isTrue());
    }
    for (Binding same : List.of(home, sameNetwork)) {
      assertThat(alert.get(List.of(text(watched)), Touch.YES, same))
          .isInstanceOfSatisfying(Active.class, one -> assertThat(one.otherClient()).isFalse());
    }
    assertThat(alert.stats().otherClient()).isEqualTo(2);

    SessionManager strictly = manager(strict().binding(BindingPolicy.TERMINATE).maxEvents(100));
    String start = strictly.events("").next();
    Session bound = active(strictly.login(login));
    Session renewed = active(strictly.rotateNow(bound));
    active(strictly.get(List.of(text(renewed)), Touch.YES, sameNetwork));
    Session free = active(strictly.login(Login.of("bob")));
    active(strictly.get(List.of(text(free)), Touch.YES, elsewhere));
    Revoked ended = new Revoked(EndReason.OTHER_CLIENT);
    assertThat(strictly.get(List.of(text(renewed)), Touch.YES, elsewhere)).isEqualTo(ended);
    assertThat(strictly.get(List.of(text(renewed)), Touch.YES, home)).isEqualTo(ended);
    EventHistory history = new EventHistory();
    strictly.events(start).events().forEach(history::happened);
    assertThat(history.ended()).containsOnly(Map.entry(renewed.id(), EndReason.OTHER_CLIENT));
    assertThat(strictly.stats().ended()).isEqualTo(1);
  }

  @Test
  void atNoMomentAreThereMoreSessionsThanTheLimit() throws Exception {
    SessionManager sessions = manager(strict().onLimit(LimitPolicy.EVICT_OLDEST));
    List<Callable<SessionOutcome>> tasks = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      tasks.add(
          () -> {
            SessionOutcome outcome = sessions.login(Login.of("alice"));
            assertThat(sessions.count("alice")).isBetween(1, 3);
            return outcome;
          });
    }
    List<SessionOutcome> made = all(tasks);
    made.forEach(SessionContract::active);
    assertThat(made.stream().filter(one -> sessions.get(text(active(one))) instanceof Active))
        .hasSize(3);
  }

  @Test
  void prefixesAndUsersAreApart() {
    SessionManager sessions = manager(strict());
    Session session = active(sessions.login(Login.of("alice")));
    assertThat(sessions.count("Alice")).isZero();
    assertThatThrownBy(() -> sessions.count(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("user: 0 characters (expected: 1 to 1000)");
    assertThat(sessions.count("ü".repeat(1_000))).isZero();
    assertThatThrownBy(() -> Login.of("x".repeat(1_001)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Login.of("x").client("y".repeat(201)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(session.toString()).doesNotContain(text(session)).doesNotContain("alice");
    assertThat(session.token().toString()).doesNotContain(text(session));
    assertThat(sessions.get(text(session)).toString()).doesNotContain(text(session));
    assertThat(sessions.health().healthy()).isTrue();
  }

  private static <T> List<T> all(List<Callable<T>> tasks) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> ended : threads.invokeAll(tasks)) {
        results.add(ended.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }
}
