package io.perfkit.weave;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.Handle;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.utility.OpenedClassReader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds self-invocations: calls of a service's own annotated methods, which bypass an object around
 * the service. Read from the class files; a call of the same method on another instance looks the
 * same and is reported too.
 */
final class SelfInvocations {
  private static final Logger LOG = LoggerFactory.getLogger(SelfInvocations.class);

  private SelfInvocations() {}

  static void warn(Class<?> service, List<AnnotatedMethod> woven) {
    for (String found : find(service, woven)) {
      LOG.warn(
          "{}: this call inside the wrapped service is not woven; make the service with"
              + " Weaver.create(..), or move the method to another service",
          found);
    }
  }

  /** One line for each, such as {@code Users.all() calls Users.find(long) (Users.java:12)}. */
  static List<String> find(Class<?> service, List<AnnotatedMethod> woven) {
    Map<String, String> names = new HashMap<>();
    for (AnnotatedMethod method : woven) {
      method.versions().forEach(version -> names.put(signature(version), method.name()));
    }
    Set<String> owners = new LinkedHashSet<>();
    Ancestors.of(service).forEach(type -> owners.add(Type.getInternalName(type)));
    List<String> found = new ArrayList<>();
    for (Class<?> type : Ancestors.of(service)) {
      read(type, new Finder(type, owners, names, found));
    }
    return found;
  }

  private static String signature(Method method) {
    return method.getName() + Type.getMethodDescriptor(method);
  }

  private static void read(Class<?> type, ClassVisitor visitor) {
    try (InputStream bytes = ClassFiles.of(type)) {
      if (bytes != null) { // a class made at run time has no file
        OpenedClassReader.of(bytes.readAllBytes()).accept(visitor, ClassReader.SKIP_FRAMES);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Looks through one class. */
  private static final class Finder extends ClassVisitor {
    private final Class<?> type;
    private final Set<String> owners;
    private final Map<String, String> names;
    private final List<String> found;
    private @Nullable String source;

    Finder(Class<?> type, Set<String> owners, Map<String, String> names, List<String> found) {
      super(OpenedClassReader.ASM_API);
      this.type = type;
      this.owners = owners;
      this.names = names;
      this.found = found;
    }

    @Override
    public void visitSource(@Nullable String file, @Nullable String debug) {
      source = file;
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
        int access,
        String method,
        String descriptor,
        @Nullable String generic,
        String @Nullable [] exceptions) {
      if ((access & Opcodes.ACC_BRIDGE) != 0) {
        return null;
      }
      return new MethodVisitor(OpenedClassReader.ASM_API) {
        private int line;

        @Override
        public void visitLineNumber(int number, Label start) {
          line = number;
        }

        @Override
        public void visitMethodInsn(
            int opcode, String owner, String name, String called, boolean isInterface) {
          see(owner, name + called);
        }

        @Override
        public void visitInvokeDynamicInsn(
            String name, String called, Handle bootstrap, Object... arguments) {
          Arrays.stream(arguments)
              .filter(Handle.class::isInstance)
              .map(Handle.class::cast)
              .forEach(handle -> see(handle.getOwner(), handle.getName() + handle.getDesc()));
        }

        private void see(String owner, String signature) {
          String callee = names.get(signature);
          boolean overridden = signature.equals(method + descriptor); // super.find(..) in find(..)
          if (callee != null && owners.contains(owner) && !overridden) {
            String where =
                type.getSimpleName() + "." + method.replaceAll("^lambda\\$(.*)\\$\\d+$", "$1");
            found.add(where + " calls " + callee + " (" + source + ":" + line + ")");
          }
        }
      };
    }
  }
}
