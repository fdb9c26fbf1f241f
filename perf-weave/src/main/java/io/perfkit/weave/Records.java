package io.perfkit.weave;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.Handle;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.utility.OpenedClassReader;
import org.jspecify.annotations.Nullable;

/** Facts about records that reflection does not offer. */
public final class Records {
  private Records() {}

  /**
   * Whether a record's source defines {@code equals}, so that records with different components may
   * be equal. Read from the class file; of a class without one the answer is yes unless the method
   * is final, as the compiler makes its own.
   */
  public static boolean definesEquals(Class<?> record) {
    try (InputStream bytes = ClassFiles.of(record)) {
      if (bytes == null) {
        return !Modifier.isFinal(record.getDeclaredMethod("equals", Object.class).getModifiers());
      }
      Finder finder = new Finder();
      OpenedClassReader.of(bytes.readAllBytes()).accept(finder, ClassReader.SKIP_DEBUG);
      return !finder.generated;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchMethodException e) {
      throw new LinkageError(record.getName(), e);
    }
  }

  private static final class Finder extends ClassVisitor {
    private boolean generated;

    Finder() {
      super(OpenedClassReader.ASM_API);
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
        int access,
        String method,
        String descriptor,
        @Nullable String generic,
        String @Nullable [] exceptions) {
      if (!method.equals("equals") || !descriptor.equals("(Ljava/lang/Object;)Z")) {
        return null;
      }
      return new MethodVisitor(OpenedClassReader.ASM_API) {
        @Override
        public void visitInvokeDynamicInsn(
            String name, String called, Handle bootstrap, Object... arguments) {
          generated |= bootstrap.getOwner().equals("java/lang/runtime/ObjectMethods");
        }
      };
    }
  }
}
