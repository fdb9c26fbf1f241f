package io.perfkit.redis;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;

/**
 * Loads compiled classes with {@link Stepped} in place of the JDK's atomics, queue and parking: the
 * names in their constant pools are all that changes.
 */
final class SteppedLoader extends ClassLoader {
  private static final int UTF8 = 1;
  private static final String HERE = "io/perfkit/redis/Stepped$";
  private static final Map<String, String> STEPPED =
      Map.of(
          "java/util/concurrent/atomic/AtomicInteger", HERE + "Int",
          "java/util/concurrent/atomic/AtomicBoolean", HERE + "Flag",
          "java/util/concurrent/atomic/AtomicReference", HERE + "Reference",
          "java/util/concurrent/ConcurrentLinkedQueue", HERE + "Fifo",
          "java/util/concurrent/locks/LockSupport", HERE + "Parking");

  private final Set<String> names;

  /**
   * @param names of the classes, whose nested ones are loaded with them
   */
  SteppedLoader(Set<String> names) {
    super(SteppedLoader.class.getClassLoader());
    this.names = names;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    Class<?> loaded = findLoadedClass(name);
    if (loaded != null) {
      return loaded;
    }
    int nested = name.indexOf('$');
    if (!names.contains(nested < 0 ? name : name.substring(0, nested))) {
      return super.loadClass(name, resolve);
    }
    try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (file == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] stepped = stepped(file.readAllBytes());
      return defineClass(name, stepped, 0, stepped.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** JVMS 4.4: entries of two kinds have a length, and two kinds take two places. */
  private static byte[] stepped(byte[] compiled) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(compiled));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(in.readLong()); // magic number and version
    int places = in.readUnsignedShort();
    out.writeShort(places);
    for (int place = 1; place < places; place++) {
      int tag = in.readUnsignedByte();
      out.writeByte(tag);
      switch (tag) {
        case UTF8 -> out.writeUTF(renamed(in.readUTF()));
        case 7, 8, 16, 19, 20 -> out.write(in.readNBytes(2));
        case 15 -> out.write(in.readNBytes(3));
        case 3, 4, 9, 10, 11, 12, 17, 18 -> out.write(in.readNBytes(4));
        case 5, 6 -> {
          out.write(in.readNBytes(8));
          place++;
        }
        default -> throw new IOException("constant: " + tag + " (expected: one of JVMS 4.4)");
      }
    }
    in.transferTo(out);
    return bytes.toByteArray();
  }

  private static String renamed(String text) {
    String renamed = text;
    for (Map.Entry<String, String> each : STEPPED.entrySet()) {
      renamed = renamed.replace(each.getKey(), each.getValue());
    }
    return renamed;
  }
}
