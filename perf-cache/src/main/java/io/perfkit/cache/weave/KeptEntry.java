package io.perfkit.cache.weave;

import io.perfkit.cache.Entry;
import io.perfkit.weave.Call;
import io.perfkit.weave.expression.Texts;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of an annotation that decide how a loaded value is cached.
 *
 * @param unless a function of the call that excludes a value from the cache
 * @param tags functions of the call that give a value's tags
 * @param method for messages
 */
record KeptEntry(Optional<MethodHandle> unless, List<MethodHandle> tags, String method) {

  static Entry<Object> ofNullable(@Nullable Object value) {
    return value == null ? Entry.absent() : Entry.of(value);
  }

  Entry<Object> of(Call call, @Nullable Object value) throws Throwable {
    if (value == null) {
      return Entry.absent();
    }
    if (OnceOnly.is(value)) {
      throw new IllegalStateException(
          method
              + " returned a "
              + value.getClass().getSimpleName()
              + ", which can be used once and is kept nowhere (expected: what is in it)");
    }
    Entry<Object> entry = Entry.of(value);
    if (unless.isPresent() && Boolean.TRUE.equals(call.apply(unless.get(), value))) {
      return entry.unkept();
    }
    return tags.isEmpty() ? entry : new Entry<>(value, entry.maxTtl(), texts(tags, call, value));
  }

  /** The message for a null where a stage is required. */
  String noStage() {
    return noStage(method);
  }

  static String noStage(String method) {
    return method + " returned null (expected: a stage; of no value, completedFuture(null))";
  }

  /** The texts of the functions' results, which may be any values. */
  static Set<String> texts(List<MethodHandle> functions, Call call, @Nullable Object value)
      throws Throwable {
    Set<String> texts = new LinkedHashSet<>();
    for (MethodHandle function : functions) {
      texts.add(Texts.of(call.apply(function, value)));
    }
    return texts;
  }
}
