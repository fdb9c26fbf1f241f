package io.perfkit.weave;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.utility.OpenedClassReader;
import org.jspecify.annotations.Nullable;

/**
 * Checks by byte code whether the constructors of a class could call one of its own methods,
 * directly or by leaking {@code this}. Most only set fields; any other use of {@code this} counts
 * as yes.
 */
final class Constructors {
  private Constructors() {}

  static boolean mayCallOut(Class<?> type) {
    Set<String> ancestors = new HashSet<>();
    Ancestors.classes(type).forEach(ancestor -> ancestors.add(Type.getInternalName(ancestor)));
    ancestors.add("java/lang/Object");
    return Ancestors.classes(type).stream().anyMatch(one -> usesThis(one, ancestors));
  }

  private static boolean usesThis(Class<?> type, Set<String> ancestors) {
    try (InputStream bytes = ClassFiles.of(type)) {
      if (bytes == null) {
        return true;
      }
      Finder finder = new Finder(ancestors);
      OpenedClassReader.of(bytes.readAllBytes()).accept(finder, ClassReader.SKIP_DEBUG);
      return finder.uses;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Counts where {@code this} is loaded in constructors, and what may take it harmlessly. */
  private static final class Finder extends ClassVisitor {
    private final Set<String> ancestors;
    private boolean uses;

    Finder(Set<String> ancestors) {
      super(OpenedClassReader.ASM_API);
      this.ancestors = ancestors;
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
        int access,
        String method,
        String descriptor,
        @Nullable String generic,
        String @Nullable [] exceptions) {
      if (!method.equals("<init>")) {
        return null;
      }
      return new MethodVisitor(OpenedClassReader.ASM_API) {
        private int loaded;
        private int harmless;

        @Override
        public void visitVarInsn(int opcode, int variable) {
          loaded += opcode == Opcodes.ALOAD && variable == 0 ? 1 : 0;
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String type) {
          boolean own = ancestors.contains(owner);
          harmless += own && (opcode == Opcodes.PUTFIELD || opcode == Opcodes.GETFIELD) ? 1 : 0;
        }

        @Override
        public void visitMethodInsn(
            int opcode, String owner, String name, String called, boolean isInterface) {
          boolean constructor = name.equals("<init>") && ancestors.contains(owner);
          harmless += constructor ? 1 : 0;
        }

        @Override
        public void visitEnd() {
          uses |= loaded > harmless;
        }
      };
    }
  }
}
