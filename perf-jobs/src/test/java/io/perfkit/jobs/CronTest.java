package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CronTest {
  private static final ZoneId UTC = ZoneId.of("UTC");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final List<ZoneId> ZONES =
      List.of(
          UTC,
          BERLIN,
          ZoneId.of("America/New_York"),
          ZoneId.of("Australia/Lord_Howe"),
          ZoneId.of("America/Sao_Paulo"));

  private static List<String> next(String expression, ZoneId zone, String after, int number) {
    Cron cron = Cron.parse(expression, zone);
    List<String> times = new ArrayList<>();
    Instant from = Instant.parse(after);
    for (int i = 0; i < number; i++) {
      from = cron.next(from).orElseThrow();
      times.add(from.toString());
    }
    return times;
  }

  @Test
  void firesAtItsTimes() {
    assertThat(next("0 3 * * *", UTC, "2026-03-01T03:00:00Z", 2))
        .containsExactly("2026-03-02T03:00:00Z", "2026-03-03T03:00:00Z");
    assertThat(next("*/20 8-9 * * MON-FRI", UTC, "2026-03-06T09:20:30Z", 3))
        .containsExactly("2026-03-06T09:40:00Z", "2026-03-09T08:00:00Z", "2026-03-09T08:20:00Z");
    assertThat(next("30 0 0 1 JAN *", UTC, "2026-03-01T00:00:00Z", 1))
        .containsExactly("2027-01-01T00:00:30Z");
    assertThat(next("0 0 29 2 *", UTC, "2026-03-01T00:00:00Z", 2))
        .containsExactly("2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z");
    assertThat(next("0 0 13 * 5", UTC, "2026-03-01T00:00:00Z", 3))
        .as("the 13th or a Friday")
        .containsExactly("2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z", "2026-03-20T00:00:00Z");
    assertThat(next("0 0 * * 7", UTC, "2026-03-01T00:00:00Z", 1))
        .as("7 is Sunday too")
        .containsExactly("2026-03-08T00:00:00Z");
  }

  @Test
  void knowsDaysThatDependOnTheMonth() {
    assertThat(next("0 0 L * *", UTC, "2026-01-31T00:00:00Z", 2))
        .containsExactly("2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z");
    assertThat(next("0 0 LW * *", UTC, "2026-01-31T00:00:00Z", 1))
        .as("the 28th is a Saturday")
        .containsExactly("2026-02-27T00:00:00Z");
    assertThat(next("0 0 1W * *", UTC, "2026-01-31T00:00:00Z", 2))
        .as("the 1st is a Sunday, twice")
        .containsExactly("2026-02-02T00:00:00Z", "2026-03-02T00:00:00Z");
    assertThat(next("0 0 * * FRI#2", UTC, "2026-03-01T00:00:00Z", 2))
        .containsExactly("2026-03-13T00:00:00Z", "2026-04-10T00:00:00Z");
    assertThat(next("0 0 * * 5L", UTC, "2026-03-01T00:00:00Z", 2))
        .containsExactly("2026-03-27T00:00:00Z", "2026-04-24T00:00:00Z");
  }

  @Test
  void firesOnceForAGivenHourWhenClocksChange() {
    assertThat(next("30 2 * * *", BERLIN, "2026-03-28T12:00:00Z", 2))
        .as("forward: 02:30 does not exist, so right after the gap")
        .containsExactly("2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
    assertThat(next("0,30 2 * * *", BERLIN, "2026-03-28T12:00:00Z", 2))
        .as("once for both")
        .containsExactly("2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z");
    assertThat(next("30 2 * * *", BERLIN, "2026-10-24T12:00:00Z", 2))
        .as("back: 02:30 comes twice")
        .containsExactly("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
  }

  @Test
  void anIntervalFollowsTheClockOnTheWall() {
    assertThat(next("30 * * * *", BERLIN, "2026-03-29T00:00:00Z", 2))
        .containsExactly("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
    assertThat(next("30 * * * *", BERLIN, "2026-10-24T23:45:00Z", 3))
        .containsExactly("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z");
  }

  /** Walks over every minute instead of over the fields. */
  @Test
  void agreesWithAWalkOverAllMinutes() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (ZoneId zone : ZONES) {
      for (int i = 0; i < 40; i++) {
        int step = 1 + random.nextInt(29);
        int hours = 1 + random.nextInt(6);
        int month = 1 + random.nextInt(12);
        boolean monthly = random.nextBoolean();
        String expression =
            "*/" + step + " */" + hours + " * " + (monthly ? Integer.toString(month) : "*") + " *";
        Cron cron = Cron.parse(expression, zone);
        Instant from =
            Instant.parse("2016-01-01T00:00:00Z")
                .plus(Duration.ofMinutes(random.nextInt(10 * 525_600)));
        Instant expected = from.plusSeconds(60);
        while (!matches(expected.atZone(zone), step, hours, monthly ? month : 0)) {
          expected = expected.plusSeconds(60);
        }
        assertThat(cron.next(from))
            .as("seed %s: %s in %s after %s", seed, expression, zone, from)
            .contains(expected);
      }
    }
  }

  private static boolean matches(ZonedDateTime time, int step, int hours, int month) {
    return time.getMinute() % step == 0
        && time.getHour() % hours == 0
        && (month == 0 || time.getMonthValue() == month);
  }

  @Test
  void everyTimeIsLaterThanTheOneBeforeIt() {
    for (ZoneId zone : ZONES) {
      for (String expression : List.of("*/7 * * * *", "15 2,3 * * *", "0 0 L * *", "0 */5 * * 1")) {
        Cron cron = Cron.parse(expression, zone);
        Instant from = Instant.parse("2026-01-01T00:00:00Z");
        for (int i = 0; i < 3_000; i++) {
          Instant next = cron.next(from).orElseThrow();
          assertThat(next).isAfter(from);
          from = next;
        }
      }
    }
  }

  @Test
  void refusesWhatIsNoExpression() {
    for (String wrong :
        List.of(
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "1,,2 * * * *",
            "* * 32W * *",
            "* * * * 1#6",
            "-1 * * * *",
            "99999999999 * * * *")) {
      assertThatThrownBy(() -> Cron.parse(wrong, UTC))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("cron: ");
    }
    assertThatThrownBy(() -> Cron.parse("0 0 30 2 *", UTC))
        .hasMessage("cron: '0 0 30 2 *' never fires (expected: a day that exists)");
  }
}
