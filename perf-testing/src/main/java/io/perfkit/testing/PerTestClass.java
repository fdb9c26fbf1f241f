package io.perfkit.testing;

import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * JUnit extension that injects a part {@code P} of a server {@code S}: it opens the server once per
 * test run, and the part once per top-level test class. JUnit's store closes the part after the
 * class and the server after the run. Immutable.
 */
abstract class PerTestClass<S extends AutoCloseable, P extends AutoCloseable>
    implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(PerTestClass.class);

  private final Class<S> serverType;
  private final Class<P> partType;
  private final Supplier<S> open;
  private final BiFunction<S, Class<?>, P> partFor;

  PerTestClass(
      Class<S> serverType,
      Class<P> partType,
      Supplier<S> open,
      BiFunction<S, Class<?>, P> partFor) {
    this.serverType = serverType;
    this.partType = partType;
    this.open = open;
    this.partFor = partFor;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == partType;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    ExtensionContext ofClass = topLevelClass(context);
    return ofClass
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(
            partType,
            type -> partFor.apply(server(context), ofClass.getRequiredTestClass()),
            partType);
  }

  private S server(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(serverType, type -> open.get(), serverType);
  }

  private static ExtensionContext topLevelClass(ExtensionContext context) {
    ExtensionContext outermost = context;
    for (ExtensionContext c = context;
        c.getTestClass().isPresent();
        c = c.getParent().orElseThrow()) {
      outermost = c;
    }
    return outermost;
  }
}
