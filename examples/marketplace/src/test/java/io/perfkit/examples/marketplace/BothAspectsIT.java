package io.perfkit.examples.marketplace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Caches;
import io.perfkit.cache.weave.CacheAspect;
import io.perfkit.cache.weave.CacheEvict;
import io.perfkit.cache.weave.Cacheable;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimitExceeded;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.weave.RateLimitAspect;
import io.perfkit.ratelimit.weave.RateLimited;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import io.perfkit.weave.Aspect;
import io.perfkit.weave.Interceptors;
import io.perfkit.weave.Weaver;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services with annotations of the cache and of the limiter, in each form and of any loader. */
@RealRedis
final class BothAspectsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Plan THREE =
      Plan.of("three").with(Policy.fixedWindow("three", 3, Duration.ofHours(1)), "who");

  private final TestRedis server;
  private final Path folder;

  BothAspectsIT(TestRedis server, @TempDir Path folder) {
    this.server = server;
    this.folder = folder;
  }

  /** How aspects take effect. */
  enum Form {
    CREATED {
      @Override
      Service of(Class<?> type, Aspect... aspects) {
        Object created = Weaver.of(aspects).create(type);
        return (method, arguments) -> invoke(method, created, arguments);
      }
    },
    INTERCEPTED {
      @Override
      Service of(Class<?> type, Aspect... aspects) throws ReflectiveOperationException {
        Map<Method, Interceptors.Interceptor> advice = Interceptors.of(aspects).of(type);
        Object target = type.getDeclaredConstructor().newInstance();
        return (method, arguments) -> {
          Interceptors.Interceptor advised = advice.get(method);
          return advised == null
              ? invoke(method, target, arguments)
              : advised.call(target, arguments, () -> invoke(method, target, arguments));
        };
      }
    };

    abstract Service of(Class<?> type, Aspect... aspects) throws ReflectiveOperationException;
  }

  interface Service {
    Object call(Method method, Object... arguments) throws Throwable;
  }

  private static Object invoke(Method method, Object target, Object... arguments) throws Throwable {
    method.setAccessible(true);
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private interface Body {
    void run(Service service) throws Throwable;
  }

  /** In each form, with new caches and a new limiter. */
  private void inEachForm(Class<?> type, Body body) throws Throwable {
    for (Form form : Form.values()) {
      try (Caches caches = caches();
          RateLimiter limiter = RateLimiter.local()) {
        body.run(form.of(type, CacheAspect.of(caches), RateLimitAspect.of(limiter, THREE)));
      }
    }
  }

  private Caches caches() {
    Caches caches =
        Caches.builder(server.client(), server.prefix() + UUID.randomUUID())
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
    Await.until("subscribed", DEADLINE, caches::subscribed); // which ends copies made before
    return caches;
  }

  interface Prices {
    @RateLimited(plan = "three", key = "customer")
    String price(String customer, long item);
  }

  static class CachedPrices implements Prices {
    @Cacheable("prices")
    @Override
    public String price(String customer, long item) {
      return customer + item;
    }
  }

  @Test
  void aLimitOnTheInterfaceAndACacheOnTheClassAreBothInForce() throws Throwable {
    for (Class<?> declared : List.of(Prices.class, CachedPrices.class)) {
      Method price = declared.getMethod("price", String.class, long.class);
      inEachForm(
          CachedPrices.class,
          service -> {
            int admitted = 0;
            for (int i = 0; i < 10; i++) {
              try {
                assertThat(service.call(price, "ann", 7L)).isEqualTo("ann7");
                admitted++;
              } catch (RateLimitExceeded refused) {
                assertThat(refused).hasMessageContaining("plan 'three'");
              }
            }
            assertThat(admitted).as(service.toString()).isEqualTo(3);
          });
    }
  }

  abstract static class Names {
    String stored = "old";

    @Cacheable("names")
    public String name(long id) {
      return stored;
    }

    @CacheEvict(cache = "names", key = "id")
    public void rename(long id, String to) {
      stored = to;
    }
  }

  static class LimitedNames extends Names {
    @RateLimited(plan = "three", key = "id")
    @Override
    public void rename(long id, String to) {
      super.rename(id, to);
    }
  }

  @Test
  void anEvictionOnTheSuperclassAndALimitOnTheOverrideAreBothInForce() throws Throwable {
    Method name = LimitedNames.class.getMethod("name", long.class);
    Method rename = LimitedNames.class.getMethod("rename", long.class, String.class);
    inEachForm(
        LimitedNames.class,
        service -> {
          assertThat(service.call(name, 1L)).isEqualTo("old");
          for (String to : List.of("a", "b", "c")) {
            service.call(rename, 1L, to);
            assertThat(service.call(name, 1L)).isEqualTo(to);
          }
          assertThatThrownBy(() -> service.call(rename, 1L, "d"))
              .isInstanceOf(RateLimitExceeded.class);
          assertThat(service.call(name, 1L)).isEqualTo("c");
        });
  }

  private static final String IMPORTS =
      """
      import io.perfkit.cache.weave.*;
      import io.perfkit.ratelimit.weave.*;
      import java.util.*;
      """;

  private static final String HIDDEN =
      """
      abstract class Hidden {
        private int calls;

        public int calls() {
          return calls;
        }

        @Cacheable("hidden.users")
        public List<Open.User> users(long group) {
          calls++;
          return List.of(new Open.User(group));
        }

        @Cacheable("hidden.user")
        @RateLimited(plan = "three", key = "id")
        public Optional<Open.User> user(long id) {
          calls++;
          return Optional.of(new Open.User(id));
        }

        @Cacheable(cache = "hidden.found", key = "#p0")
        public Object find(long id, Object how) {
          calls++;
          return "o" + id;
        }

        public String find(long id, String how) {
          return "s" + id;
        }
      }
      """;

  /** The compiler makes bridges for methods of a base class that its callers can't see. */
  @Test
  void methodsOfAPackagePrivateBaseAreAsPublicAsTheCompilerMakesThem() throws Throwable {
    ClassLoader loader =
        compiled(
            getClass().getClassLoader(),
            "Open",
            "package far;"
                + IMPORTS
                + HIDDEN
                + "public class Open extends Hidden { public record User(long id) {} }");
    Class<?> open = loader.loadClass("far.Open");
    Method users = open.getMethod("users", long.class);
    Method user = open.getMethod("user", long.class);
    Method find = open.getMethod("find", long.class, Object.class);
    Method beside = open.getMethod("find", long.class, String.class);
    Method calls = open.getMethod("calls");
    inEachForm(
        open,
        service -> {
          assertThat(service.call(users, 1L)).isEqualTo(service.call(users, 1L));
          assertThat(service.call(find, 1L, "x")).isEqualTo("o1");
          assertThat(service.call(find, 1L, "y")).isEqualTo("o1");
          assertThat(service.call(beside, 1L, "x")).isEqualTo("s1");
          for (int i = 0; i < 3; i++) {
            assertThat((Optional<?>) service.call(user, 5L)).isPresent();
          }
          assertThatThrownBy(() -> service.call(user, 5L)).isInstanceOf(RateLimitExceeded.class);
          assertThat(service.call(calls)).isEqualTo(3);
        });
  }

  private static String limitedAndCached(String name) {
    return IMPORTS
        + """
        public class %1$s {
          public record Value(long id, String name) {}

          @Cacheable("values.%1$s")
          @RateLimited(plan = "three", key = "id")
          public Value find(long id) {
            return new Value(id, "%1$s");
          }
        }
        """
            .formatted(name);
  }

  @Test
  void servicesOfAnyLoaderAreAdvised() throws Throwable {
    ClassLoader own = getClass().getClassLoader();
    ClassLoader unnamed = compiled(own, "Plain", limitedAndCached("Plain"));
    ClassLoader parent = compiled(own, "Above", "package far;" + limitedAndCached("Above"));
    ClassLoader child = compiled(parent, "Below", "package far;" + limitedAndCached("Below"));
    for (Class<?> type :
        List.of(
            unnamed.loadClass("Plain"),
            parent.loadClass("far.Above"),
            child.loadClass("far.Below"))) {
      Method find = type.getMethod("find", long.class);
      inEachForm(
          type,
          service -> {
            Object first = service.call(find, 1L);
            assertThat(service.call(find, 1L)).as(type.getName()).isSameAs(first);
            assertThat(service.call(find, 1L)).isSameAs(first);
            assertThatThrownBy(() -> service.call(find, 1L)).isInstanceOf(RateLimitExceeded.class);
          });
    }
  }

  @Test
  void loadersOfServicesCanGo() throws Throwable {
    compiled(getClass().getClassLoader(), "Gone", limitedAndCached("Gone"));
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ClassLoader loader = loader(getClass().getClassLoader(), "Gone");
      Class<?> type = loader.loadClass("Gone");
      Method find = type.getMethod("find", long.class);
      inEachForm(type, service -> assertThat(service.call(find, 1L)).isNotNull());
      loaders.add(new WeakReference<>(loader));
    }
    Await.until(
        "loaders to go, but for one that a frame may still name",
        DEADLINE,
        () -> {
          System.gc();
          return loaders.stream().filter(loader -> loader.get() != null).count() <= 1;
        });
  }

  private ClassLoader compiled(ClassLoader parent, String name, String source) throws IOException {
    Path file = Files.createDirectories(folder.resolve(name)).resolve(name + ".java");
    Files.writeString(file, source);
    List<String> classes = new ArrayList<>();
    for (ClassLoader up = parent; up instanceof URLClassLoader above; up = up.getParent()) {
      for (URL url : above.getURLs()) {
        classes.add(url.getPath());
      }
    }
    classes.add(System.getProperty("java.class.path"));
    String[] options = {
      "-parameters",
      "-nowarn",
      "-proc:none",
      "-cp",
      String.join(System.getProperty("path.separator"), classes),
      "-d",
      file.getParent().toString(),
      file.toString()
    };
    assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, options)).isZero();
    return loader(parent, name);
  }

  private ClassLoader loader(ClassLoader parent, String name) throws IOException {
    return new URLClassLoader(new URL[] {folder.resolve(name).toUri().toURL()}, parent);
  }
}
