package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.perfkit.cache.SharedCopies.Layout;
import io.perfkit.cache.SharedHash.Formats;
import io.perfkit.cache.internal.KeyText;
import io.perfkit.redis.Codec;
import io.perfkit.redis.KeySpace;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Makes the hashes, lists and sets that the nodes of an application share. They live in Redis
 * alone, with local copies for reads; {@link Caches#shared()} gives it. Thread safe.
 *
 * <p>All methods take a name, which is the same on all nodes and unique among the caches and
 * structures of these {@link Caches}. They throw {@link IllegalArgumentException} for a name with
 * other characters than letters, digits and {@code . _ - :}, and {@link IllegalStateException} if
 * it is taken. Those with {@code keyType} make as many structures as there are ids, and throw
 * {@link IllegalArgumentException} unless it is String, a whole number, Character, Boolean,
 * BigDecimal, UUID, an enum or a {@code java.time} value.
 *
 * <pre>
 * one structure    prefix:{name}:v1:hash, prefix:{name}:v1:list
 * a spread set     prefix:{name.P}:v1:set, P 0 to 63
 * one of each id   prefix:{name.P}:v1:hash:id, …:list:id, …:set:id, P of the id
 * </pre>
 */
public final class Shared {
  private static final int PARTITIONS = 64;

  private static final byte[] HASH = "hash".getBytes(US_ASCII);
  private static final byte[] LIST = "list".getBytes(US_ASCII);

  private final Caches caches;
  private final RedisBackend redis;

  Shared(Caches caches, RedisBackend redis) {
    this.caches = caches;
    this.redis = redis;
  }

  /** One hash. Values of {@code Codec.longs()} can be incremented. */
  public <F, V> SharedHash<F, V> hash(
      String name, Codec<F> fields, Codec<V> values, SharedConfig config) {
    return this.<String, F, V>hashes(name, one(name, "hash"), 1, fields, values, config).of(name);
  }

  /** A hash for each id. */
  public <K, F, V> SharedById<K, SharedHash<F, V>> hashes(
      String name, Class<K> keyType, Codec<F> fields, Codec<V> values, SharedConfig config) {
    return hashes(name, byId(name, "hash", keyType), config.maxCopies(), fields, values, config);
  }

  private <K, F, V> SharedById<K, SharedHash<F, V>> hashes(
      String name,
      Function<Object, Address> address,
      int maxCopies,
      Codec<F> fields,
      Codec<V> values,
      SharedConfig config) {
    SharedCounters counters = new SharedCounters();
    Formats<F, V> formats = Formats.of(fields, values, config, counters.unreadable);
    SharedCopies<Map<F, V>> copies =
        copies(
            scripts("hash", name, address, counters),
            new Layout<>(
                SharedHash.READ,
                List.of(HASH),
                reading -> formats.fieldsAndValues(reading.parts())),
            config,
            maxCopies);
    return new SharedById<>(copies, id -> new SharedHash<>(copies, id, formats));
  }

  /** One list. */
  public <E> SharedList<E> list(String name, Codec<E> elements, SharedConfig config) {
    return this.<String, E>lists(name, one(name, "list"), 1, elements, config).of(name);
  }

  /** A list for each id. */
  public <K, E> SharedById<K, SharedList<E>> lists(
      String name, Class<K> keyType, Codec<E> elements, SharedConfig config) {
    return lists(name, byId(name, "list", keyType), config.maxCopies(), elements, config);
  }

  private <K, E> SharedById<K, SharedList<E>> lists(
      String name,
      Function<Object, Address> address,
      int maxCopies,
      Codec<E> elements,
      SharedConfig config) {
    SharedCounters counters = new SharedCounters();
    MemberFormat<E> format = MemberFormat.of(elements, config, counters.unreadable);
    SharedCopies<List<E>> copies =
        copies(
            scripts("list", name, address, counters),
            new Layout<>(
                SharedHash.READ,
                List.of(LIST),
                reading -> SharedList.elements(reading.parts(), format)),
            config,
            maxCopies);
    return new SharedById<>(copies, id -> new SharedList<>(copies, id, format));
  }

  /** One set, spread over 64 parts by its members. */
  public <E> SharedSet<E> set(String name, Codec<E> members, SharedConfig config) {
    List<Address> addresses = parts(name);
    List<Integer> parts = IntStream.range(0, SharedSet.PARTS).boxed().toList();
    SetMaker<E> maker =
        setMaker(name, part -> addresses.get((Integer) part), parts.size(), members, config);
    return maker.of(parts);
  }

  /** A set for each id, each in one piece. */
  public <K, E> SharedById<K, SharedSet<E>> sets(
      String name, Class<K> keyType, Codec<E> members, SharedConfig config) {
    SetMaker<E> maker =
        setMaker(name, byId(name, "set", keyType), config.maxCopies(), members, config);
    return new SharedById<>(maker.copies(), id -> maker.of(List.of(id)));
  }

  private record SetMaker<E>(SharedCopies<SetCopy<E>> copies, MemberFormat<E> format) {
    SharedSet<E> of(List<?> parts) {
      return new SharedSet<>(copies, parts, format);
    }
  }

  private <E> SetMaker<E> setMaker(
      String name,
      Function<Object, Address> address,
      int maxCopies,
      Codec<E> members,
      SharedConfig config) {
    SharedCounters counters = new SharedCounters();
    MemberFormat<E> format = MemberFormat.of(members, config, counters.unreadable);
    SharedCopies<SetCopy<E>> copies =
        copies(
            scripts("set", name, address, counters),
            new Layout<>(SharedSet.READ, List.of(), reading -> SharedSet.copy(reading, format)),
            config,
            maxCopies);
    return new SetMaker<>(copies, format);
  }

  private SharedScripts scripts(
      String kind, String name, Function<Object, Address> address, SharedCounters counters) {
    return new SharedScripts(
        kind, name, address, counters, redis.guard(), redis.channel(), redis.clock());
  }

  private <C> SharedCopies<C> copies(
      SharedScripts scripts, Layout<C> layout, SharedConfig config, int maxCopies) {
    caches.take(scripts.name());
    LocalLevel<Object, C> local =
        caches.copies(
            scripts.name(),
            config.copies(maxCopies),
            null,
            new InvalidationListener(new Fence(maxCopies), new LeaseWaiters()),
            caches.exactClock()); // members end to the millisecond
    SharedCopies<C> copies = new SharedCopies<>(scripts, layout, config, local);
    caches.measure(copies);
    return copies;
  }

  private Function<Object, Address> one(String name, String kind) {
    byte[] key = redis.keys(name).partitionKey(kind, 0);
    Address address = Address.withoutLease("", key, 0, 0);
    return id -> address;
  }

  private List<Address> parts(String name) {
    KeySpace keys = redis.keys(name).withPartitions(SharedSet.PARTS);
    return IntStream.range(0, SharedSet.PARTS)
        .mapToObj(p -> Address.withoutLease("", keys.partitionKey("set", p), p, p))
        .toList();
  }

  private <K> Function<Object, Address> byId(String name, String kind, Class<K> keyType) {
    KeySpace keys = redis.keys(name).withPartitions(PARTITIONS);
    Function<Object, String> idText = KeyText.of(requireNonNull(keyType, "keyType"));
    return id -> {
      String text = idText.apply(keyType.cast(id));
      byte[] key = keys.key(kind, text);
      return Address.withoutLease(text, key, keys.partition(text), Hash.of(text));
    };
  }
}
