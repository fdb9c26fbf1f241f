package io.perfkit.weave;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

final class SelfInvocationsTest {

  static class Service {
    @Traced
    String find(long id) {
      return "user " + id;
    }

    String direct() {
      return find(1);
    }

    List<String> byReference() {
      LongFunction<String> function = this::find;
      return List.of(function.apply(2));
    }

    String inLambda() {
      LongFunction<String> function = id -> find(id) + "!";
      return function.apply(3);
    }

    String none() {
      return "none";
    }
  }

  static class Sub extends Service {
    @Override
    String find(long id) {
      return super.find(id); // not a way around the weaving
    }

    String another() {
      return find(5);
    }
  }

  private static List<String> found(Class<?> service) {
    ServiceMethods methods = new ServiceMethods(service, Set.of(Traced.class));
    return SelfInvocations.find(service, methods.annotated(ServiceMethods.ofClass(service)));
  }

  @Test
  void namesEachCallAndItsLine() {
    assertThat(found(Service.class))
        .allMatch(
            line ->
                line.matches(
                    ".* calls Service\\.find\\(long\\) \\(SelfInvocationsTest\\.java:\\d+\\)"))
        .extracting(line -> line.substring(0, line.indexOf(' ')))
        .containsExactlyInAnyOrder("Service.direct", "Service.byReference", "Service.inLambda");
  }

  @Test
  void looksIntoSuperclassesAndNotAtSuperCalls() {
    assertThat(found(Sub.class))
        .extracting(line -> line.substring(0, line.indexOf(' ')))
        .containsExactlyInAnyOrder(
            "Sub.another", "Service.direct", "Service.byReference", "Service.inLambda");
  }

  static class Quiet {
    @Traced
    String find(long id) {
      return "user " + id;
    }
  }

  @Test
  void warnsWhenWrappingOnceForAClass() {
    PrintStream before = System.err;
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    System.setErr(new PrintStream(seen, true, StandardCharsets.UTF_8));
    try {
      Weaver weaver = Weaver.of(TraceAspect.into(TraceAspect.newTrace()));
      weaver.create(Service.class);
      weaver.wrap(new Quiet());
      assertThat(seen.toString(StandardCharsets.UTF_8)).isEmpty();
      weaver.wrap(new Service());
      weaver.wrap(new Service());
    } finally {
      System.setErr(before);
    }
    assertThat(seen.toString(StandardCharsets.UTF_8).lines())
        .hasSize(3)
        .allMatch(
            line -> line.startsWith("[main] WARN io.perfkit.weave.SelfInvocations - Service."))
        .anyMatch(line -> line.contains("Service.direct calls Service.find(long) ("));
  }
}
