package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

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

  private static void isRefusedWhenMade(Class<?> type, String message) {
    assertThatThrownBy(() -> Codec.json(type))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("type: " + type.getTypeName() + " can't be read back from JSON, at " + message);
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

  record Secret(long id, @JsonIgnore String hash, @JsonFormat(pattern = "yyyy") LocalDate day) {}

  static final class WriteOnly {
    @JsonProperty(access = JsonProperty.Access.WRITE_ONLY)
    public String hash = "none";

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public List<String> names = new ArrayList<>(List.of("a"));
  }

  static final class Fluent {
    @SuppressWarnings("UnusedVariable") // stored all the same
    private String name = "";

    private List<Long> ids = new ArrayList<>();

    Fluent name(String newName) {
      name = newName;
      return this;
    }

    Fluent id(long id) {
      ids.add(id);
      return this;
    }
  }

  static final class Money {
    private final long cents;

    private Money(long cents) {
      this.cents = cents;
    }

    static Money of(long cents) {
      return new Money(cents);
    }

    long cents() {
      return cents;
    }
  }

  /** As a library writes it: the names are those of the getters. */
  static final class Named {
    private final long mAmount;

    @JsonCreator
    Named(@JsonProperty("amount") long amount) {
      mAmount = amount;
    }

    public long getAmount() {
      return mAmount;
    }
  }

  @Test
  void aValueIsItsFieldsWhateverItsGettersAndAnnotationsShow() {
    survives(Price.class, new Price(0));
    survives(Derived.class, new Derived());
    survives(Secret.class, new Secret(1, "hash", LocalDate.of(2026, 7, 1)));
    WriteOnly writeOnly = new WriteOnly();
    writeOnly.hash = "real";
    writeOnly.names.clear();
    survives(WriteOnly.class, writeOnly);
    survives(Fluent.class, new Fluent().name("a").id(7));
    survives(Named.class, new Named(5));
  }

  record Tree(@Nullable Tree below) {}

  private static @Nullable Tree tree(int depth) {
    Tree tree = null;
    for (int i = 0; i < depth; i++) {
      tree = new Tree(tree);
    }
    return tree;
  }

  @Test
  void deepValuesAndLongNumbersSurviveAndEndlessOnesAreRefused() {
    survives(Tree.class, requireNonNull(tree(600)));
    survives(BigHolder.class, new BigHolder(BigInteger.TEN.pow(20_000).add(BigInteger.ONE)));
    Ring ring = new Ring();
    ring.next = ring;
    assertThatThrownBy(() -> Codec.json(Ring.class).encode(ring))
        .isInstanceOf(RuntimeException.class)
        .isNotInstanceOf(StackOverflowError.class);
  }

  record BigHolder(BigInteger number) {}

  record Rule(Pattern text) {}

  static final class Ring {
    public @Nullable Ring next;
  }

  @Test
  void whatCannotBeReadBackIsRefusedWhenTheCodecIsMade() {
    String open =
        " does not say which class to build (expected: a record, an enum, a class that is not"
            + " abstract, a sealed type, or one with @JsonTypeInfo and @JsonSubTypes)";
    isRefusedWhenMade(Order.class, "Order.payment: " + Payment.class.getTypeName() + open);
    isRefusedWhenMade(Event.class, "Event.data[]: java.lang.Object" + open);
    isRefusedWhenMade(Amount.class, "Amount.value: java.lang.Number" + open);
    isRefusedWhenMade(
        ByPoint.class,
        "ByPoint.names: "
            + Point.class.getTypeName()
            + " as key of a map (expected: a string, a number, an enum or another type of the JDK"
            + " with one text)");
    isRefusedWhenMade(
        Money.class,
        "Money: "
            + Money.class.getTypeName()
            + " has no way to be built (expected: a record, a constructor without parameters, one"
            + " with @JsonCreator, or a class compiled with -parameters; for a Kotlin class give a"
            + " mapper with its module by JacksonCodec)");
  }

  @Test
  void aPatternKeepsItsFlagsOrIsRefused() {
    Rule rule = new Rule(Pattern.compile("a:+", Pattern.CASE_INSENSITIVE | Pattern.DOTALL));
    Codec<Rule> codec = Codec.json(Rule.class);
    Pattern read = codec.decode(codec.encode(rule)).text();
    assertThat(read.pattern()).isEqualTo("a:+");
    assertThat(read.flags()).isEqualTo(rule.text().flags());

    Codec<Rule> plain = JacksonCodec.of(JsonMapper.builder().build(), Rule.class);
    assertThatThrownBy(() -> plain.encode(rule))
        .hasMessageContaining("reads back as another value, at 'value.text'");
    assertThat(plain.encode(new Rule(Pattern.compile("a")))).isNotEmpty();
  }

  @Test
  void whatReadsAsSomethingElseIsRefusedWithItsProperty() {
    Admin admin = new Admin();
    Codec<User> users = Codec.json(User.class);
    for (int i = 0; i < 2; i++) { // each time, not just the first
      assertThatThrownBy(() -> users.encode(admin))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(Admin.class.getTypeName());
    }
  }

  static final class Upper {
    final String text;

    Upper(String text) {
      this.text = text;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Upper upper && upper.text.equals(text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }
  }

  record Shown(Upper text) {}

  @Test
  void theHostsOwnMapperReadsWhatPerfkitsCannot() {
    SimpleModule module =
        new SimpleModule()
            .addSerializer(Upper.class, new ToStringWriter())
            .addDeserializer(Upper.class, new TextReader());
    JsonMapper mapper = JsonMapper.builder().addModule(module).build();
    Codec<Shown> codec = JacksonCodec.of(mapper, Shown.class);

    byte[] json = codec.encode(new Shown(new Upper("a")));

    assertThat(new String(json, UTF_8)).isEqualTo("{\"text\":\"a\"}");
    assertThat(codec.decode(json)).isEqualTo(new Shown(new Upper("a")));
    assertThatThrownBy(() -> Codec.json(Shown.class)).hasMessageContaining("Shown.text");
    assertThatThrownBy(() -> JacksonCodec.of(mapper, Hidden.class).encode(new Hidden(1, "h")))
        .as("what the mapper hides is not stored")
        .hasMessageContaining("value.hash");
  }

  record Hidden(long id, @JsonIgnore String hash) {}

  private static final class ToStringWriter extends ValueSerializer<Upper> {
    @Override
    public void serialize(Upper value, JsonGenerator json, SerializationContext context) {
      json.writeString(value.text);
    }
  }

  private static final class TextReader extends ValueDeserializer<Upper> {
    @Override
    public Upper deserialize(JsonParser json, DeserializationContext context) {
      return new Upper(json.getString());
    }
  }

  @Test
  void listsAndMapsHaveCodecsOfTheirOwn() {
    Codec<List<Point>> points = Codec.listOf(Point.class);
    Codec<Map<Long, Point>> byId = Codec.mapOf(Long.class, Point.class);

    assertThat(points.decode(points.encode(List.of(new Point(1, 2)))))
        .containsExactly(new Point(1, 2));
    assertThat(byId.decode(byId.encode(Map.of(7L, new Point(1, 2)))))
        .containsExactly(Map.entry(7L, new Point(1, 2)));
    assertThatThrownBy(() -> Codec.mapOf(Point.class, String.class))
        .hasMessageContaining("as key of a map");
    assertThatThrownBy(() -> Codec.listOf(Object.class)).hasMessageContaining("List[]: ");
  }

  sealed interface Shape permits Round, Square {}

  record Round(int radius) implements Shape {}

  record Square(int side) implements Shape {}

  record Drawing(Shape shape) {}

  record RoundDrawing(Round shape) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Cash.class, name = "cash"),
    @JsonSubTypes.Type(value = Cheque.class, name = "cheque")
  })
  interface Paid {}

  record Cash(long cents) implements Paid {}

  record Cheque(String bank) implements Paid {}

  @Test
  void aRootMayBeSealedOrNameItsSubtypes() {
    Codec<Shape> shapes = Codec.json(Shape.class);
    Codec<Paid> paid = Codec.json(Paid.class);

    byte[] json = shapes.encode(new Square(2));

    assertThat(new String(json, UTF_8)).isEqualTo("{\"@type\":\"ReadBackTest$Square\",\"side\":2}");
    assertThat(shapes.decode(json)).isEqualTo(new Square(2));
    survives(Drawing.class, new Drawing(new Round(1)));
    assertThat(paid.decode(paid.encode(new Cheque("b")))).isEqualTo(new Cheque("b"));
    assertThatThrownBy(() -> shapes.decode("{\"@type\":\"java.io.File\"}".getBytes(UTF_8)))
        .as("bytes choose no class")
        .isInstanceOf(CodecFailed.class);
  }

  @Test
  void theSchemaFollowsSealedTypes() {
    assertThat(ClassSchema.hash(Drawing.class)).isNotEqualTo(ClassSchema.hash(RoundDrawing.class));
    assertThat(ClassSchema.hash(Shape.class)).isNotZero();
  }
}
