package io.perfkit.examples.marketplace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Caches;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.redis.RedisGuard;
import io.perfkit.session.SessionManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import redis.clients.jedis.UnifiedJedis;

/**
 * The classes of perfkit are compiled against the newest Jedis, and a host brings an older one:
 * each member of Jedis that they use is in each version that the guides name.
 */
final class JedisVersionsTest {
  private static final String JEDIS = "redis/clients/jedis/";

  /** One class of each module that speaks to Redis. */
  private static final List<Class<?>> MODULES =
      List.of(RedisGuard.class, Caches.class, RateLimiter.class, SessionManager.class);

  @Test
  void eachMemberThatPerfkitUsesIsInTheOldestJedisThatTheGuidesName() throws Exception {
    assertThat(missing("7.2.0")).isEmpty();
  }

  @Test
  void eachMemberThatPerfkitUsesIsInTheJedisOfSpringBoot() throws Exception {
    assertThat(missing("7.4.1")).isEmpty();
  }

  @Test
  void aJedisWithoutThemIsFoundOut() throws Exception {
    assertThat(missing("7.0.0")).anyMatch(member -> member.contains("RedisSentinelClient"));
  }

  @Test
  void aJedisThatIsTooOldIsRefusedWithItsVersionAndTheProperty() throws Exception {
    List<URL> path = new ArrayList<>();
    path.add(place(RedisGuard.class).toUri().toURL());
    path.add(jar("7.0.0"));
    try (URLClassLoader host = new WithoutPerfkit(path.toArray(new URL[0]))) {
      Class<?> unified = host.loadClass(UnifiedJedis.class.getName());
      Object client = unified.getConstructor(String.class).newInstance("redis://127.0.0.1:1");
      Class<?> guard = host.loadClass(RedisGuard.class.getName());
      assertThatThrownBy(() -> guard.getMethod("create", unified).invoke(null, client))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("7.0.0", "7.2 or later", "jedis.version");
    }
  }

  private static Set<String> missing(String version) throws IOException, URISyntaxException {
    Set<String> missing = new TreeSet<>();
    try (URLClassLoader jedis = new WithoutPerfkit(jar(version))) {
      Members members = new Members(jedis, missing);
      for (Class<?> module : MODULES) { // a module may name its client and call it by perf-redis
        forEachClass(place(module), members);
      }
      assertThat(members.seen).as("members of Jedis").isGreaterThan(50);
    }
    return missing;
  }

  private static URL jar(String version) throws MalformedURLException {
    Path jar = Path.of("target", "hosts-versions", "jedis-" + version + ".jar");
    assertThat(jar).as("copied by the build").exists();
    return jar.toUri().toURL();
  }

  private static Path place(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static void forEachClass(Path place, Members members) throws IOException {
    if (Files.isDirectory(place)) {
      walk(place, members);
      return;
    }
    try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + place.toUri()), Map.of())) {
      walk(jar.getPath("/"), members);
    }
  }

  private static void walk(Path root, Members members) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      files.filter(file -> file.toString().endsWith(".class")).forEach(members::read);
    }
  }

  /** Sees Jedis and perfkit in its own jars alone, and all else as this test does. */
  private static final class WithoutPerfkit extends URLClassLoader {
    WithoutPerfkit(URL... jars) {
      super(jars, JedisVersionsTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("redis.clients.jedis.") && !name.startsWith("io.perfkit.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : findClass(name);
      }
    }

    @Override
    public URL getResource(String name) {
      return findResource(name);
    }
  }

  /** Collects the members of Jedis that classes use and that a version of it lacks. */
  private static final class Members extends ClassVisitor {
    private final ClassLoader jedis;
    private final Set<String> missing;
    private int seen;

    Members(ClassLoader jedis, Set<String> missing) {
      super(Opcodes.ASM9);
      this.jedis = jedis;
      this.missing = missing;
    }

    void read(Path file) {
      try {
        new ClassReader(Files.readAllBytes(file)).accept(this, ClassReader.SKIP_DEBUG);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void visit(
        int version, int access, String name, String signature, String base, String[] interfaces) {
      type(base);
      Arrays.stream(interfaces).forEach(this::type);
    }

    @Override
    public FieldVisitor visitField(
        int access, String name, String descriptor, String signature, Object value) {
      type(Type.getType(descriptor).getInternalName());
      return null;
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      return new MethodVisitor(Opcodes.ASM9) {
        @Override
        public void visitTypeInsn(int opcode, String type) {
          type(type);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
          member(owner, name, descriptor);
        }

        @Override
        public void visitMethodInsn(
            int opcode, String owner, String name, String descriptor, boolean isInterface) {
          member(owner, name, descriptor);
        }

        @Override
        public void visitInvokeDynamicInsn(
            String name, String descriptor, Handle bootstrap, Object... arguments) {
          for (Object argument : arguments) {
            if (argument instanceof Handle handle) {
              member(handle.getOwner(), handle.getName(), handle.getDesc());
            }
          }
        }
      };
    }

    private void type(String name) {
      if (name.startsWith(JEDIS) && load(name) == null) {
        missing.add(name);
      }
    }

    private void member(String owner, String name, String descriptor) {
      if (!owner.startsWith(JEDIS)) {
        return;
      }
      seen++;
      Class<?> type = load(owner);
      if (type == null || !has(type, name, descriptor)) {
        missing.add(owner + "." + name + descriptor);
      }
    }

    private Class<?> load(String name) {
      try {
        return Class.forName(name.replace('/', '.'), false, jedis);
      } catch (ClassNotFoundException e) {
        return null;
      }
    }

    /** As the JVM resolves it: in the class, its bases and all interfaces, if it may be used. */
    private static boolean has(Class<?> type, String name, String descriptor) {
      return members(type)
          .anyMatch(
              member ->
                  (member.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0
                      && name(member).equals(name)
                      && descriptor(member).equals(descriptor));
    }

    private static Stream<Member> members(Class<?> type) {
      Stream<Member> all = Stream.of(type.getMethods());
      all = Stream.concat(all, Stream.of(type.getDeclaredConstructors()));
      for (Class<?> base = type; base != null; base = base.getSuperclass()) {
        all = Stream.concat(all, Stream.of(base.getDeclaredMethods()));
        all = Stream.concat(all, Stream.of(base.getDeclaredFields()));
      }
      return all;
    }

    private static String name(Member member) {
      return member instanceof Constructor ? "<init>" : member.getName();
    }

    private static String descriptor(Member member) {
      if (member instanceof Constructor<?> constructor) {
        return Type.getConstructorDescriptor(constructor);
      }
      return member instanceof Method method
          ? Type.getMethodDescriptor(method)
          : Type.getDescriptor(((Field) member).getType());
    }
  }
}
