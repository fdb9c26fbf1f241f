package io.perfkit.cache.weave;

import io.perfkit.cache.Entry;
import io.perfkit.weave.Call;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What annotations say about keeping a loaded value.
 *
 * @param unless a function of the call that keeps a value out
 * @param tags functions of the call that give a value's tags
 */
record KeptEntry(Optional<MethodHandle> unless, List<MethodHandle> tags) {

  static Entry<Object> ofNullable(@Nullable Object value) {
    return value == null ? Entry.absent() : Entry.of(value);
  }

  Entry<Object> of(Call call, @Nullable Object value) throws Throwable {
    if (value == null) {
      return Entry.absent();
    }
    Entry<Object> entry = Entry.of(value);
    if (unless.isPresent() && Boolean.TRUE.equals(call.apply(unless.get(), value))) {
      return entry.unkept();
    }
    return tags.isEmpty() ? entry : new Entry<>(value, entry.maxTtl(), texts(tags, call, value));
  }

  /** The texts of functions that give any values. */
  static Set<String> texts(List<MethodHandle> functions, Call call, @Nullable Object value)
      throws Throwable {
    Set<String> texts = new LinkedHashSet<>();
    for (MethodHandle function : functions) {
      texts.add(String.valueOf(call.apply(function, value)));
    }
    return texts;
  }
}
