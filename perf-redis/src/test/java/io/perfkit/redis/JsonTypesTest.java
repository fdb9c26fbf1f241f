package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Serializable;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.net.URL;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.Temporal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Collection;
import java.util.Currency;
import java.util.Date;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Records of each type of component that hosts use: read back equal, or refused in words. */
@SuppressWarnings({"JavaUtilDate", "JdkObsolete"}) // hosts have them
final class JsonTypesTest {
  private static final int VALUES = 30;
  private static final long SEED = Long.getLong("perf.seed", System.nanoTime());

  record Holder<T>(T value) {}

  record Point(int x, int y) {}

  enum Color {
    RED {
      @Override
      public String toString() {
        return "a color";
      }
    },
    GREEN {
      @Override
      public String toString() {
        return "a color";
      }
    }
  }

  sealed interface Shape permits Round, Square, Line {}

  record Round(int radius) implements Shape {}

  record Square(Optional<Point> at) implements Shape {}

  enum Line implements Shape {
    STRAIGHT
  }

  interface Payment {}

  record Card(String number) implements Payment {}

  /** One type of component with its random values. */
  private abstract static class Component<T> {
    final Function<Random, T> values;

    Component(Function<Random, T> values) {
      this.values = values;
    }

    Type type() {
      ParameterizedType self = (ParameterizedType) getClass().getGenericSuperclass();
      return new TypeWithArguments(Holder.class, List.of(self.getActualTypeArguments()));
    }

    String name() {
      ParameterizedType self = (ParameterizedType) getClass().getGenericSuperclass();
      return self.getActualTypeArguments()[0]
          .getTypeName()
          .replaceAll("[a-z]+\\.", "")
          .replaceAll("JsonTypesTest\\$", "");
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(12); left > 0; left--) {
      text.appendCodePoint(
          random.nextBoolean() ? ' ' + random.nextInt(95) : 0x1F600 + random.nextInt(64));
    }
    return text.toString();
  }

  private static Instant instant(Random random) {
    return Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
  }

  private static ZonedDateTime zoned(Random random) {
    List<String> zones = List.of("Europe/Berlin", "Australia/Lord_Howe", "UTC", "America/New_York");
    return instant(random).atZone(ZoneId.of(zones.get(random.nextInt(zones.size()))));
  }

  private static ZoneOffset offset(Random random) {
    return ZoneOffset.ofTotalSeconds(60 * (random.nextInt(1_201) - 600));
  }

  private static Color color(Random random) {
    return Color.values()[random.nextInt(2)];
  }

  private static Point point(Random random) {
    return new Point(random.nextInt(), random.nextInt());
  }

  private static Shape shape(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> new Round(random.nextInt());
      case 1 -> new Square(random.nextBoolean() ? Optional.of(point(random)) : Optional.empty());
      default -> Line.STRAIGHT;
    };
  }

  private static <T> List<T> list(Random random, Function<Random, T> element) {
    return Stream.generate(() -> element.apply(random)).limit(random.nextInt(4)).toList();
  }

  private static <K, V> Map<K, V> map(
      Random random, Function<Random, K> key, Function<Random, V> value) {
    Map<K, V> map = new LinkedHashMap<>();
    for (int left = random.nextInt(4); left > 0; left--) {
      map.put(key.apply(random), value.apply(random));
    }
    return map;
  }

  private static BigDecimal decimal(Random random) {
    return new BigDecimal(new BigInteger(200, random), random.nextInt(60) - 20);
  }

  private static List<Component<?>> simple() {
    return List.of(
        new Component<Pattern>(random -> Pattern.compile("a+", random.nextInt(4))) {},
        new Component<String>(JsonTypesTest::text) {},
        new Component<Character>(random -> (char) (' ' + random.nextInt(500))) {},
        new Component<Boolean>(Random::nextBoolean) {},
        new Component<Byte>(random -> (byte) random.nextInt()) {},
        new Component<Short>(random -> (short) random.nextInt()) {},
        new Component<Integer>(Random::nextInt) {},
        new Component<Long>(Random::nextLong) {},
        new Component<Float>(random -> Float.intBitsToFloat(random.nextInt())) {},
        new Component<Double>(random -> Double.longBitsToDouble(random.nextLong())) {},
        new Component<BigInteger>(random -> new BigInteger(5_000, random)) {},
        new Component<BigDecimal>(JsonTypesTest::decimal) {},
        new Component<Color>(JsonTypesTest::color) {},
        new Component<UUID>(random -> new UUID(random.nextLong(), random.nextLong())) {},
        new Component<URI>(random -> URI.create("https://e.org/" + random.nextInt())) {},
        new Component<Locale>(random -> Locale.forLanguageTag("zh-Hant-TW")) {},
        new Component<Currency>(random -> Currency.getInstance("EUR")) {},
        new Component<Charset>(random -> StandardCharsets.UTF_16) {},
        new Component<TimeUnit>(random -> TimeUnit.DAYS) {},
        new Component<Path>(random -> Path.of("/tmp/" + random.nextInt())) {},
        new Component<CharSequence>(JsonTypesTest::text) {},
        new Component<StringBuilder>(random -> new StringBuilder(text(random))) {});
  }

  private static List<Component<?>> times() {
    return List.of(
        new Component<Instant>(JsonTypesTest::instant) {},
        new Component<LocalDate>(random -> zoned(random).toLocalDate()) {},
        new Component<LocalTime>(random -> zoned(random).toLocalTime()) {},
        new Component<LocalDateTime>(random -> zoned(random).toLocalDateTime()) {},
        new Component<OffsetDateTime>(random -> instant(random).atOffset(offset(random))) {},
        new Component<OffsetTime>(
            random -> instant(random).atOffset(offset(random)).toOffsetTime()) {},
        new Component<ZonedDateTime>(JsonTypesTest::zoned) {},
        new Component<Duration>(random -> Duration.ofNanos(random.nextLong())) {},
        new Component<Period>(random -> Period.of(random.nextInt(), 3, -1)) {},
        new Component<Year>(random -> Year.of(random.nextInt(9_999))) {},
        new Component<YearMonth>(random -> YearMonth.of(random.nextInt(9_999), 7)) {},
        new Component<MonthDay>(random -> MonthDay.of(2, 29)) {},
        new Component<DayOfWeek>(random -> DayOfWeek.of(1 + random.nextInt(7))) {},
        new Component<Month>(random -> Month.of(1 + random.nextInt(12))) {},
        new Component<ZoneId>(random -> zoned(random).getZone()) {},
        new Component<ZoneOffset>(JsonTypesTest::offset) {},
        new Component<TimeZone>(random -> TimeZone.getTimeZone(zoned(random).getZone())) {},
        new Component<Date>(random -> new Date(random.nextInt() * 1_000L + 7)) {},
        new Component<Timestamp>(random -> Timestamp.from(instant(random))) {},
        new Component<java.sql.Date>(random -> java.sql.Date.valueOf("2026-07-01")) {});
  }

  private static List<Component<?>> containers() {
    return List.of(
        new Component<List<Point>>(random -> list(random, JsonTypesTest::point)) {},
        new Component<List<String>>(random -> Arrays.asList(text(random), null)) {},
        new Component<Collection<Long>>(random -> list(random, Random::nextLong)) {},
        new Component<Iterable<String>>(random -> list(random, JsonTypesTest::text)) {},
        new Component<ArrayList<Color>>(
            random -> new ArrayList<>(list(random, JsonTypesTest::color))) {},
        new Component<LinkedList<Long>>(
            random -> new LinkedList<>(list(random, Random::nextLong))) {},
        new Component<Deque<Long>>(random -> new LinkedList<>(list(random, Random::nextLong))) {},
        new Component<ArrayDeque<Long>>(
            random -> new ArrayDeque<>(list(random, Random::nextLong))) {},
        new Component<Set<Point>>(random -> Set.copyOf(list(random, JsonTypesTest::point))) {},
        new Component<List<List<Long>>>(
            random -> list(random, some -> list(some, Random::nextLong))) {},
        new Component<Optional<String>>(random -> Optional.of(text(random))) {},
        new Component<long[]>(random -> random.longs(3).toArray()) {},
        new Component<boolean[]>(random -> new boolean[] {random.nextBoolean()}) {},
        new Component<Map<String, List<Point>>>(
            random ->
                map(random, JsonTypesTest::text, some -> list(some, JsonTypesTest::point))) {},
        new Component<Set<String>>(random -> Set.copyOf(list(random, JsonTypesTest::text))) {},
        new Component<LinkedHashSet<Long>>(
            random -> new LinkedHashSet<>(list(random, Random::nextLong))) {},
        new Component<SortedSet<String>>(
            random -> new TreeSet<>(list(random, JsonTypesTest::text))) {},
        new Component<EnumSet<Color>>(random -> EnumSet.of(color(random))) {},
        new Component<Map<String, Point>>(
            random -> map(random, JsonTypesTest::text, JsonTypesTest::point)) {},
        new Component<Map<Long, String>>(
            random -> map(random, Random::nextLong, JsonTypesTest::text)) {},
        new Component<Map<UUID, List<Long>>>(
            random ->
                map(
                    random,
                    some -> new UUID(some.nextLong(), 1),
                    some -> list(some, Random::nextLong))) {},
        new Component<Map<LocalDate, BigDecimal>>(
            random -> map(random, some -> zoned(some).toLocalDate(), JsonTypesTest::decimal)) {},
        new Component<Map<ZonedDateTime, String>>(
            random -> map(random, JsonTypesTest::zoned, JsonTypesTest::text)) {},
        new Component<Map<Color, Integer>>(
            random -> map(random, JsonTypesTest::color, Random::nextInt)) {},
        new Component<EnumMap<Color, String>>(
            random -> new EnumMap<>(Map.of(color(random), text(random)))) {},
        new Component<HashMap<String, Integer>>(
            random -> new HashMap<>(map(random, JsonTypesTest::text, some -> null))) {},
        new Component<TreeMap<Integer, String>>(
            random -> new TreeMap<>(map(random, Random::nextInt, JsonTypesTest::text))) {},
        new Component<SortedMap<String, String>>(
            random -> new TreeMap<>(map(random, JsonTypesTest::text, JsonTypesTest::text))) {},
        new Component<ConcurrentMap<String, Long>>(
            random ->
                new ConcurrentHashMap<>(map(random, JsonTypesTest::text, Random::nextLong))) {},
        new Component<Map.Entry<String, Long>>(
            random -> Map.entry(text(random), random.nextLong())) {},
        new Component<Properties>(
            random -> {
              Properties properties = new Properties();
              properties.setProperty("a", text(random));
              return properties;
            }) {},
        new Component<Optional<Point>>(
            random -> random.nextBoolean() ? Optional.empty() : Optional.of(point(random))) {},
        new Component<OptionalInt>(random -> OptionalInt.of(random.nextInt())) {},
        new Component<OptionalLong>(random -> OptionalLong.of(random.nextLong())) {},
        new Component<OptionalDouble>(random -> OptionalDouble.empty()) {},
        new Component<byte[]>(random -> text(random).getBytes(StandardCharsets.UTF_8)) {},
        new Component<int[]>(random -> random.ints(3).toArray()) {},
        new Component<double[]>(random -> random.doubles(3).toArray()) {},
        new Component<String[]>(random -> new String[] {text(random), null}) {},
        new Component<Point>(JsonTypesTest::point) {},
        new Component<Set<Color>>(random -> Set.of(color(random))) {},
        new Component<Set<Long>>(random -> Set.copyOf(list(random, Random::nextLong))) {},
        new Component<List<UUID>>(
            random -> list(random, some -> new UUID(some.nextLong(), some.nextLong()))) {},
        new Component<Map<Integer, BigDecimal>>(
            random -> map(random, Random::nextInt, JsonTypesTest::decimal)) {},
        new Component<Map<Color, List<String>>>(
            random ->
                map(random, JsonTypesTest::color, some -> list(some, JsonTypesTest::text))) {},
        new Component<Optional<BigDecimal>>(random -> Optional.of(decimal(random))) {},
        new Component<List<LocalDateTime>>(
            random -> list(random, some -> zoned(some).toLocalDateTime())) {},
        new Component<Map<String, String>>(
            random -> map(random, JsonTypesTest::text, JsonTypesTest::text)) {},
        new Component<Map<String, Map<String, Long>>>(
            random ->
                map(
                    random,
                    JsonTypesTest::text,
                    some -> map(some, JsonTypesTest::text, Random::nextLong))) {},
        new Component<Optional<Instant>>(random -> Optional.of(instant(random))) {},
        new Component<List<Instant>>(random -> list(random, JsonTypesTest::instant)) {},
        new Component<Integer[]>(random -> new Integer[] {random.nextInt(), null}) {},
        new Component<Map<LocalDate, List<BigDecimal>>>(
            random ->
                map(
                    random,
                    some -> zoned(some).toLocalDate(),
                    some -> list(some, JsonTypesTest::decimal))) {},
        new Component<Point[]>(random -> new Point[] {point(random)}) {},
        new Component<Holder<Map<String, List<Optional<Long>>>>>(
            random -> new Holder<>(Map.of("a", List.of(Optional.of(random.nextLong()))))) {},
        new Component<Shape>(JsonTypesTest::shape) {},
        new Component<List<Shape>>(random -> list(random, JsonTypesTest::shape)) {});
  }

  private static List<Component<?>> refused() {
    return List.of(
        new Component<Object>(Random::nextLong) {},
        new Component<Number>(JsonTypesTest::decimal) {},
        new Component<AtomicLong>(random -> new AtomicLong(random.nextLong())) {},
        new Component<Map<String, Object>>(random -> Map.of("a", random.nextLong())) {},
        new Component<Map<Point, String>>(random -> Map.of(point(random), "a")) {},
        new Component<List<? extends Number>>(random -> List.of(random.nextLong())) {},
        new Component<Payment>(random -> new Card(text(random))) {},
        new Component<Class<?>>(random -> String.class) {},
        new Component<Calendar>(random -> GregorianCalendar.from(zoned(random))) {},
        new Component<Throwable>(random -> new IllegalStateException(text(random))) {},
        new Component<BitSet>(random -> BitSet.valueOf(new long[] {random.nextLong()})) {});
  }

  /** Null if all its values came back equal, else the refusal. */
  private static <T> String refusal(Component<T> component, Random random) {
    ValueFormat<Holder<T>> format;
    try {
      format = ValueFormat.of(Codec.<Holder<T>>json(component.type()));
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageContaining("(expected: ");
      return refused.getMessage();
    }
    for (int i = 0; i < VALUES; i++) {
      Holder<T> value = new Holder<>(component.values.apply(random));
      byte[] bytes;
      try {
        bytes = format.encode(value);
      } catch (CodecFailed refused) {
        assertThat(i)
            .as("%s is refused at its first value: %s", component.name(), refused)
            .isZero();
        return String.valueOf(refused.getCause());
      }
      Holder<T> read = format.decode(bytes).orElse(null);
      assertThat(ReadBack.difference(value, read))
          .as("%s of %s, perf.seed %d, %s", value, component.name(), SEED, format.problem(bytes))
          .isNull();
    }
    return null;
  }

  private static List<Component<?>> vague() {
    return List.of(
        new Component<Comparable<?>>(JsonTypesTest::text) {},
        new Component<Serializable>(JsonTypesTest::text) {},
        new Component<Temporal>(JsonTypesTest::instant) {});
  }

  private static List<Component<?>> kept() {
    return Stream.of(simple(), times(), containers()).<Component<?>>flatMap(List::stream).toList();
  }

  @Test
  void valuesOfTheseTypesComeBackEqual() {
    Random random = new Random(SEED);
    Map<String, String> refused = new LinkedHashMap<>();
    for (Component<?> component : kept()) {
      String refusal = refusal(component, random);
      if (refusal != null) {
        refused.put(component.name(), refusal);
      }
    }
    assertThat(refused).isEmpty();
  }

  @Test
  void theOthersAreRefusedBeforeTheyAreStoredAndAreListedInTheGuide() throws Exception {
    Random random = new Random(SEED);
    String guide = Files.readString(Path.of("../docs/guide/cache.md"));
    for (Component<?> component : Stream.concat(refused().stream(), vague().stream()).toList()) {
      assertThat(refusal(component, random)).as(component.name()).isNotNull();
      assertThat(guide).contains("`" + component.name() + "`");
    }
    double all = kept().size() + refused().size();
    assertThat(kept().size() / all).as("share of types that come back").isGreaterThanOrEqualTo(0.9);
  }

  @Test
  void addressesOfMachinesAndTheWebComeBack() throws Exception {
    assertThat(refusal(new Component<URL>(random -> url()) {}, new Random(SEED))).isNull();
    InetAddress address = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
    assertThat(refusal(new Component<InetAddress>(random -> address) {}, new Random(SEED)))
        .isNull();
  }

  private static URL url() {
    try {
      return URI.create("https://127.0.0.1/a").toURL();
    } catch (java.net.MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }
}
