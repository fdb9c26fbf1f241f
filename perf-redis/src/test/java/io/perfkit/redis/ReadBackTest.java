package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Currency;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What JSON gives back is equal, or is refused when it is written. */
final class ReadBackTest {
  enum Color {
    RED
  }

  record Point(int x, int y) {}

  record Scalars(
      boolean flag,
      byte small,
      short shorter,
      int number,
      long big,
      float real,
      double precise,
      char letter,
      String text,
      Color color,
      BigDecimal amount,
      BigInteger huge,
      UUID id,
      URI uri,
      Locale locale,
      Currency currency) {}

  record Times(
      Instant instant,
      LocalDate date,
      LocalTime time,
      LocalDateTime local,
      OffsetDateTime offset,
      ZonedDateTime zoned,
      Duration duration,
      Period period,
      Year year,
      YearMonth month,
      ZoneId zone,
      ZoneOffset zoneOffset) {}

  @SuppressWarnings("ArrayRecordComponent") // hosts have them
  record Containers(
      List<Point> points,
      Set<String> names,
      Map<String, Point> byName,
      Map<Integer, String> byNumber,
      EnumMap<Color, String> byColor,
      Optional<Point> some,
      Optional<Point> none,
      int[] numbers,
      byte[] bytes,
      Point[] array,
      List<List<Point>> nested) {}

  record Price(long cents) {
    public boolean isFree() {
      return cents == 0;
    }
  }

  interface Payment {}

  record Card(String number) implements Payment {}

  record Order(long id, Payment payment) {}

  record Event(String name, Map<String, Object> data) {}

  record ByPoint(Map<Point, String> names) {}

  record Amount(Number value) {}

  static class User {
    public String name = "";
  }

  static final class Admin extends User {
    public String right = "";
  }

  static final class Derived {
    public int price = 100;

    public int getOffset() {
      return price / 2;
    }
  }

  private static <T> void survives(Class<T> type, T value) {
    Codec<T> codec = Codec.json(type);
    assertThat(ReadBack.difference(value, codec.decode(codec.encode(value)))).isNull();
  }

  private static <T> void isRefused(Class<T> type, T value) {
    Codec<T> codec = Codec.json(type);
    for (int i = 0; i < 2; i++) { // each time, not just the first
      assertThatThrownBy(() -> codec.encode(value))
          .as(type.getSimpleName())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(value.getClass().getTypeName());
    }
  }

  @Test
  void scalarsSurvive() {
    survives(
        Scalars.class,
        new Scalars(
            true,
            (byte) -1,
            (short) 7,
            1,
            Long.MAX_VALUE,
            1.5f,
            0.1,
            'x',
            "a \u1F60\n",
            Color.RED,
            new BigDecimal("1.10"),
            BigInteger.TEN.pow(40),
            UUID.randomUUID(),
            URI.create("https://example.org/a?b=c"),
            Locale.forLanguageTag("de-AT"),
            Currency.getInstance("EUR")));
  }

  @Test
  void offsetsAndZonesSurvive() {
    ZonedDateTime zoned =
        ZonedDateTime.of(2026, 7, 1, 9, 30, 0, 123_456_789, ZoneId.of("Europe/Berlin"));
    survives(
        Times.class,
        new Times(
            zoned.toInstant(),
            zoned.toLocalDate(),
            zoned.toLocalTime(),
            zoned.toLocalDateTime(),
            zoned.toOffsetDateTime(),
            zoned,
            Duration.of(90, ChronoUnit.MILLIS),
            Period.ofMonths(3),
            Year.of(2026),
            YearMonth.of(2026, 7),
            ZoneId.of("Europe/Berlin"),
            ZoneOffset.ofHours(2)));
  }

  @Test
  void containersSurvive() {
    EnumMap<Color, String> byColor = new EnumMap<>(Map.of(Color.RED, "r"));
    survives(
        Containers.class,
        new Containers(
            new ArrayList<>(List.of(new Point(1, 2))),
            Set.of("a", "b"),
            Map.of("p", new Point(3, 4)),
            Map.of(1, "one"),
            byColor,
            Optional.of(new Point(5, 6)),
            Optional.empty(),
            new int[] {1, 2},
            new byte[] {1, 2},
            new Point[] {new Point(7, 8)},
            List.of(List.of(new Point(9, 10)))));
  }

  @Test
  void whatCannotBeReadBackIsRefused() {
    isRefused(Price.class, new Price(0));
    isRefused(Order.class, new Order(1, new Card("4711")));
    isRefused(ByPoint.class, new ByPoint(Map.of(new Point(1, 2), "a")));
    isRefused(Derived.class, new Derived());
  }

  @Test
  void whatReadsAsSomethingElseIsRefusedWithItsProperty() {
    Admin admin = new Admin();
    isRefused(User.class, admin);
    isRefused(Event.class, new Event("sold", Map.of("amount", 42L)));
    isRefused(Amount.class, new Amount(new BigDecimal("1.10")));
    assertThatThrownBy(
            () -> Codec.json(Event.class).encode(new Event("sold", Map.of("amount", 42L))))
        .hasMessage(
            "io.perfkit.redis.ReadBackTest$Event reads back as another value, at"
                + " 'value.data.amount': another java.lang.Long was written and another"
                + " java.lang.Integer is read (expected: an equal value)");
  }

  sealed interface Shape permits Round, Square {}

  record Round(int radius) implements Shape {}

  record Square(int side) implements Shape {}

  record Drawing(Shape shape) {}

  record RoundDrawing(Round shape) {}

  @Test
  void theSchemaFollowsSealedTypes() {
    assertThat(ClassSchema.hash(Drawing.class)).isNotEqualTo(ClassSchema.hash(RoundDrawing.class));
    assertThat(ClassSchema.hash(Shape.class)).isNotZero();
  }
}
