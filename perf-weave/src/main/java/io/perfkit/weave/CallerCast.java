package io.perfkit.weave;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.StackWalker.StackFrame;
import java.util.Optional;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.utility.OpenedClassReader;
import org.jspecify.annotations.Nullable;

/**
 * What a caller of {@code weaver.wrap(service)} takes the result for. The language lets a final
 * class stand where only its interfaces can be answered, and the cast that fails then is in the
 * caller's code, where nothing explains it. So the caller's byte code is asked before.
 */
final class CallerCast {
  private static final String WEAVER = Type.getInternalName(Weaver.class);

  private CallerCast() {}

  /** The name of the class that the caller's code casts the result to, if that can be told. */
  static Optional<String> castOf(StackFrame caller) {
    try (InputStream bytes = ClassFiles.of(caller.getDeclaringClass())) {
      if (bytes == null || caller.getByteCodeIndex() < 0) {
        return Optional.empty();
      }
      Reader reader = new Reader(bytes.readAllBytes());
      reader.accept(new Finder(reader, caller), ClassReader.SKIP_FRAMES);
      return Optional.ofNullable(reader.isCallFound ? reader.castOfCall : reader.castOnLine);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Knows the offset of the instruction that is visited. */
  private static final class Reader extends ClassReader {
    private int offset;
    private boolean isCallFound;
    private @Nullable String castOfCall;

    /** An agent that instruments the caller, such as for coverage, moves offsets and not lines. */
    private @Nullable String castOnLine;

    Reader(byte[] bytes) {
      super(bytes);
    }

    @Override
    protected void readBytecodeInstructionOffset(int bytecodeOffset) {
      offset = bytecodeOffset;
    }
  }

  private static final class Finder extends ClassVisitor {
    private final Reader reader;
    private final StackFrame caller;

    Finder(Reader reader, StackFrame caller) {
      super(OpenedClassReader.ASM_API);
      this.reader = reader;
      this.caller = caller;
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
        int access,
        String method,
        String descriptor,
        @Nullable String generic,
        String @Nullable [] exceptions) {
      if (!method.equals(caller.getMethodName()) || !descriptor.equals(caller.getDescriptor())) {
        return null;
      }
      return new MethodVisitor(OpenedClassReader.ASM_API) {
        private int line;
        private boolean isWrapped;
        private boolean isTheCall;

        @Override
        public void visitLineNumber(int number, Label start) {
          line = number;
        }

        @Override
        public void visitMethodInsn(
            int opcode, String owner, String name, String type, boolean isInterface) {
          isWrapped = owner.equals(WEAVER) && name.equals("wrap");
          isTheCall = isWrapped && reader.offset == caller.getByteCodeIndex();
          reader.isCallFound |= isTheCall;
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
          if (isWrapped && opcode == Opcodes.CHECKCAST) {
            String cast = Type.getObjectType(type).getClassName();
            if (isTheCall) {
              reader.castOfCall = cast;
            }
            if (line == caller.getLineNumber()) {
              reader.castOnLine = cast;
            }
          }
          isWrapped = false;
        }

        @Override
        public void visitVarInsn(int opcode, int variable) {
          isWrapped = false;
        }

        @Override
        public void visitInsn(int opcode) {
          isWrapped = false;
        }
      };
    }
  }
}
