package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Frames of generated classes are in no call site: they have no line that somebody wrote. */
final class CallSiteTest {
  private static final String HERE = CallSiteTest.class.getName() + ".";

  private final CallSite callSite = new CallSite(List.of());

  /** What a repository of the application does. */
  interface Orders {
    String asked(Supplier<String> walk);
  }

  private static class Written implements Orders {
    @Override
    public String asked(Supplier<String> walk) {
      return walk.get();
    }
  }

  /** Named as Spring names a proxy that it generates. */
  private static final class Orders$$SpringCGLIB$$0 extends Written {
    @Override
    public String asked(Supplier<String> walk) {
      return walk.get();
    }
  }

  /** Named as Hibernate names a lazy entity. */
  private static final class Order$HibernateProxy$kX7 extends Written {
    @Override
    public String asked(Supplier<String> walk) {
      return walk.get();
    }
  }

  private static Orders proxy() {
    Orders written = new Written();
    return (Orders)
        Proxy.newProxyInstance(
            CallSiteTest.class.getClassLoader(),
            new Class<?>[] {Orders.class},
            (self, method, arguments) -> method.invoke(written, arguments));
  }

  @Test
  void generatedClassesAreSkipped() {
    for (Orders generated : List.of(new Orders$$SpringCGLIB$$0(), new Order$HibernateProxy$kX7())) {
      assertThat(generated.asked(callSite::find)).startsWith(HERE + "generatedClassesAreSkipped:");
      assertThat(generated.asked(callSite::path))
          .startsWith(HERE + "generatedClassesAreSkipped:")
          .doesNotContain("$$", "HibernateProxy", ":-1");
    }
  }

  @Test
  void aLineBehindAProxyIsFoundAndTheProxyIsNot() {
    assertThat(proxy().asked(callSite::find)).startsWith(Written.class.getName() + ".asked:");
    assertThat(proxy().asked(callSite::path)).doesNotContain("$Proxy", ":-1");
  }

  @Test
  void pathsThatDifferInGeneratedClassesAloneAreOne() {
    Set<String> hashes = new HashSet<>();
    for (Orders orders : List.of(new Orders$$SpringCGLIB$$0(), new Order$HibernateProxy$kX7())) {
      hashes.add(orders.asked(() -> String.valueOf(callSite.pathHash())));
    }
    assertThat(hashes).hasSize(1);
  }
}
